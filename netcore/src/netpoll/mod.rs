//! Readiness from the kernel to the waiting tasks.

/// How a platform reports readiness.
pub trait Poller<S>: Send + Sync + Sized + 'static {}
