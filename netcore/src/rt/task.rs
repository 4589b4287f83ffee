//! A task: a future in a cell, with its number and its place among the living.

use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::pin;
use core::task::Poll;
use std::panic::catch_unwind;
use std::sync::Arc;

use super::join::JoinError;
use super::shared::Shared;
use crate::sync::AtomicBool;
use crate::sys::{ProbeEvent, Sys, What};

/// A task that is ready to run.
pub(super) type Runnable<S> = async_task::Runnable<Arc<Meta<S>>>;

/// What is known of a task besides its future.
pub(super) struct Meta<S: Sys> {
    pub(super) id: u64,
    /// It is to be dropped instead of run.
    pub(super) aborted: AtomicBool<S>,
}

/// A future, and the end that comes after it: whoever waits for the end of a task finds nothing of its future left.
pub(super) struct Life<S: Sys, F> {
    // In this order: a task that is never polled drops them as they stand here.
    pub(super) future: F,
    pub(super) end: End<S>,
}

/// The life of a task, as a future: it catches panics, and leaves the list of the living when it ends, however it ends,
/// even if it was never polled.
pub(super) async fn live<S: Sys, F: Future>(life: Life<S, F>) -> Result<F::Output, JoinError> {
    let Life { future, mut end } = life;
    let result = {
        let mut future = pin!(future);
        let (sys, id) = (&end.shared.driver.sys, end.id);
        poll_fn(|cx| {
            sys.probe(ProbeEvent::task(What::Run, id));
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
                Ok(Poll::Pending) => {
                    sys.probe(ProbeEvent::task(What::Wait, id));
                    Poll::Pending
                }
                Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
                Err(payload) => Poll::Ready(Err(JoinError::Panicked(payload))),
            }
        })
        .await
    };
    end.what = if result.is_ok() { What::Done } else { What::Panicked };
    result
}

/// Dropped with the task's future, whether it ended or was cancelled.
pub(super) struct End<S: Sys> {
    shared: Arc<Shared<S>>,
    id: u64,
    what: What,
}

impl<S: Sys> End<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, id: u64) -> Self {
        End { shared, id, what: What::Cancelled }
    }
}

impl<S: Sys> Drop for End<S> {
    fn drop(&mut self) {
        self.shared.bury(self.id);
        self.shared.driver.sys.probe(ProbeEvent::task(self.what, self.id));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::os::Os;
    use crate::rt::{Config, Handle, Runtime};

    /// Tells how many tasks live when it is dropped.
    struct Told(Handle<Os>, mpsc::Sender<u64>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.1.send(self.0.metrics().tasks).unwrap();
        }
    }

    #[test]
    fn a_task_that_never_ran_lives_until_its_future_is_gone() {
        let runtime = Runtime::new(Os, Config { workers: 1, ..Config::default() }).unwrap();
        let handle = runtime.handle().clone();
        runtime.shutdown();
        let (sender, receiver) = mpsc::channel();
        let told = Told(handle.clone(), sender);
        drop(handle.spawn(async move { drop(told) }));
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(handle.metrics().tasks, 0);
    }
}
