//! The scheduler of tasks: workers, run queues, and the idle worker that sleeps in the poller.
//!
//! After Go's `proc.go`: each worker runs its own queue, then looks at the poller in passing, takes what was
//! handed in from outside, and steals; one that finds nothing sleeps, the last one in the poller. A wake
//! writes to the poller's eventfd only if somebody really sleeps there.
//!
//! It has no blocking pool, no priorities and no thread-locals: which worker a thread is, is in its
//! [slot](crate::sys::Threads::slot).

mod join;
#[cfg(all(test, loom))]
mod loom;
mod queue;
mod runtime;
mod shared;
mod sleep;
mod task;
mod worker;

pub use crate::netpoll::Trigger;
pub use join::{JoinError, JoinHandle};
pub use runtime::{Config, Handle, Metrics, Runtime};
pub use sleep::{Elapsed, Sleep, Timeout, YieldNow, yield_now};
