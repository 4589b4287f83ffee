//! The life of a descriptor: reference count, locks, readiness, deadlines.
//!
//! Go's `internal/poll`, with tasks for goroutines. A [`Descriptor`] owns a number; its
//! [`fd_mutex`](FdMutex) says who may use it and when it dies; its readiness and deadlines say who waits
//! ([`desc`](Desc)); the loops of reading, writing and accepting are in `io`.
//!
//! Nothing here knows a protocol, and nothing here is a runtime: who polls is [`crate::rt`]'s business.

mod desc;
mod descriptor;
mod error;
mod fd_mutex;
mod io;
#[cfg(all(test, loom))]
mod loom;
mod op;
mod semaphore;

pub use desc::{Desc, Mode, Start, Timer};
pub use descriptor::{Descriptor, Kind};
pub use error::{Error, Partial};
pub use fd_mutex::{FdMutex, Locked};
pub use op::Op;
pub use semaphore::Ticket;

pub(crate) use descriptor::Inner;
