//! The core of a descriptor against reference models: any bytes are a sequence of operations, done to both.
//!
//! One thread, in sequence: these say what the types mean. That they mean the same when threads race is the simulated
//! room's business, which schedules at each of their steps.

pub mod fd_mutex;
pub mod poll_desc;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Wake, Waker};

/// Bytes as decisions, one each.
struct Bytes<'a>(core::slice::Iter<'a, u8>);

impl<'a> Bytes<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Bytes(bytes.iter())
    }

    /// A number below `n`, as long as there is one.
    fn below(&mut self, n: u8) -> Option<usize> {
        self.0.next().map(|byte| usize::from(byte % n))
    }
}

/// A task as far as whoever wakes it can tell.
#[derive(Debug, Default)]
struct Sleeper {
    wakes: AtomicU64,
}

impl Sleeper {
    fn new() -> (Arc<Sleeper>, Waker) {
        let sleeper = Arc::<Sleeper>::default();
        let waker = sleeper.clone().into();
        (sleeper, waker)
    }

    /// How often it was woken.
    fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::Relaxed)
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}
