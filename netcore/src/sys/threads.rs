//! Threads.

use super::{Instant, Result};

/// Threads, and how they wait for each other.
pub trait Threads {
    /// A thread, as others name it in order to wake it.
    type Thread: Clone + Send + Sync + 'static;
    /// A thread, as its creator waits for its end.
    type JoinHandle: Send + 'static;

    /// Starts a thread with a name. Fails with `EAGAIN` when the platform has no room.
    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> Result<Self::JoinHandle>;
    /// Waits until the thread has ended, however it ended.
    fn join(&self, thread: Self::JoinHandle);
    /// The calling thread.
    fn current(&self) -> Self::Thread;
    /// Waits until [`Threads::unpark`] names this thread, or until `deadline`. One unpark that came
    /// before is remembered. May return without cause: callers look at their condition again.
    fn park(&self, deadline: Option<Instant>);
    /// Ends a `park` of `thread`, or its next one.
    fn unpark(&self, thread: &Self::Thread);
    /// The value that this thread last gave to [`Threads::set_slot`]; 0 before. netcore keeps which worker
    /// of which runtime the thread is; it has no thread-locals, since many simulated threads share one.
    fn slot(&self) -> u64;
    /// Sets this thread's slot.
    fn set_slot(&self, value: u64);
    /// How many threads can run at once, at least 1.
    fn parallelism(&self) -> usize;
}
