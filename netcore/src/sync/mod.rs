//! Atomics and locks with preemption points.
//!
//! Whatever netcore shares between threads is one of these, so that a simulator can let another thread run
//! before every access. On the operating system they are what they wrap. What
//! they wrap is said by `primitive`, and nowhere else.

mod atomic;
mod mutex;
mod primitive;

pub use atomic::{AtomicBool, AtomicU64};
pub use mutex::{Guard, Mutex};
