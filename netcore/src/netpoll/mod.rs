//! Readiness from the kernel to the waiting tasks, and the timers that share its sleep.
//!
//! A [`Poller`] speaks with the kernel; the [`Driver`] of a runtime owns one, knows which event belongs to
//! which descriptor, and sleeps in it until the next timer. It has no threads of its own: [`crate::rt`] decides
//! who polls.

mod driver;
mod epoll;
#[cfg(all(test, loom))]
mod loom;
mod poller;
mod registry;
mod timers;

pub use driver::Driver;
pub use epoll::EpollPoller;
pub use poller::{Event, Interest, Poller, Trigger};
pub use registry::Cookie;
pub use timers::TimerKey;

pub(crate) use timers::TimerTarget;
