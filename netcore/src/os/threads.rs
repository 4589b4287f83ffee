//! Threads.
#![expect(clippy::disallowed_methods, reason = "this is where threads come from")]

use core::cell::Cell;
use std::thread;

use super::Os;
use crate::sys::{Clock, Errno, Instant, Result, Threads};

thread_local! {
    static SLOT: Cell<u64> = const { Cell::new(0) };
}

impl Threads for Os {
    type Thread = thread::Thread;
    type JoinHandle = thread::JoinHandle<()>;

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> Result<Self::JoinHandle> {
        // pthread_create(3) fails for want of resources only, with EAGAIN.
        thread::Builder::new().name(name.to_owned()).spawn(body).map_err(|_| Errno::EAGAIN)
    }

    /// A panic of the thread has been reported by the panic hook.
    fn join(&self, thread: Self::JoinHandle) {
        let _ = thread.join();
    }

    fn current(&self) -> thread::Thread {
        thread::current()
    }

    fn park(&self, deadline: Option<Instant>) {
        match deadline {
            None => thread::park(),
            Some(deadline) => thread::park_timeout(deadline - self.now()),
        }
    }

    fn unpark(&self, thread: &thread::Thread) {
        thread.unpark();
    }

    fn slot(&self) -> u64 {
        SLOT.get()
    }

    fn set_slot(&self, value: u64) {
        SLOT.set(value);
    }

    fn parallelism(&self) -> usize {
        thread::available_parallelism().map_or(1, usize::from)
    }
}
