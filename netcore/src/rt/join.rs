//! The end of a task, as others wait for it.

use core::any::Any;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use async_task::{FallibleTask, Task};

use super::shared::Shared;
use super::task::Meta;
use crate::sys::Sys;

/// Why a task has no output.
pub enum JoinError {
    /// It was aborted, or its runtime was shut down.
    Cancelled,
    /// It panicked, with this payload.
    Panicked(Box<dyn Any + Send>),
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("task was cancelled"),
            JoinError::Panicked(payload) => {
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(f, "task panicked: {}", text.unwrap_or("a payload without text"))
            }
        }
    }
}

impl std::error::Error for JoinError {}

/// The cell of a task that yields `T`.
type Cell<T, S> = FallibleTask<Result<T, JoinError>, Arc<Meta<S>>>;

/// A future that is ready when the task has ended. Dropping it lets the task go on by itself.
pub struct JoinHandle<T, S: Sys> {
    /// Present until dropped.
    task: Option<Cell<T, S>>,
    meta: Arc<Meta<S>>,
    shared: Arc<Shared<S>>,
}

impl<T, S: Sys> JoinHandle<T, S> {
    pub(super) fn new(task: Task<Result<T, JoinError>, Arc<Meta<S>>>, shared: Arc<Shared<S>>) -> Self {
        let meta = task.metadata().clone();
        JoinHandle { task: Some(task.fallible()), meta, shared }
    }

    /// The task's number in its runtime.
    pub fn id(&self) -> u64 {
        self.meta.id
    }

    /// Lets the task be dropped where it waits. The handle is ready when that has happened: with
    /// [`JoinError::Cancelled`], unless the task ended first.
    pub fn abort(&self) {
        self.meta.aborted.store(true);
        self.shared.wake_task(self.meta.id);
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(FallibleTask::is_finished)
    }
}

impl<T, S: Sys> Future for JoinHandle<T, S> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = self.task.as_mut().expect("present until dropped");
        let output = ready!(Pin::new(task).poll(cx));
        Poll::Ready(output.unwrap_or(Err(JoinError::Cancelled)))
    }
}

impl<T, S: Sys> Drop for JoinHandle<T, S> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.detach();
        }
    }
}

impl<T, S: Sys> fmt::Debug for JoinHandle<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use crate::os::Os;
    use crate::rt::{Config, Runtime};

    #[test]
    fn a_task_is_known_by_its_number_and_is_finished_when_it_is_done() {
        let runtime = Runtime::new(Os, Config { workers: 1, ..Config::default() }).unwrap();
        let handle = runtime.handle();
        let [mut one, other] =
            [20, 3_600_000].map(|ms| runtime.spawn(handle.sleep(Duration::from_millis(ms))));
        assert_eq!([one.id(), other.id()], [1, 2]);
        runtime.block_on(&mut one).unwrap();
        assert!(one.is_finished() && !other.is_finished());
    }

    #[test]
    fn a_sleep_knows_when_it_ends() {
        let runtime = Runtime::new(Os, Config { workers: 1, ..Config::default() }).unwrap();
        let at = runtime.handle().now() + Duration::from_secs(5);
        assert_eq!(runtime.handle().sleep_until(at).deadline(), at);
    }
}
