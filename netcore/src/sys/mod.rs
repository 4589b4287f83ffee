//! The seam: everything that netcore asks of its platform, as one trait, [`Sys`].
//!
//! Each supertrait is one file, its methods named as in the man pages. Two platforms exist: the operating
//! system ([`crate::os::Os`]) and the simulated machine room of the `simnet` crate. Values are passed by
//! `&self` and are cheap to clone: `Os` is zero-sized, a simulated one is a handle to one process.
//!
//! What is not here: no futures, no buffers of its own, no policy. A method is one system call (or the
//! one library call that every platform has instead), and reports what the kernel said.

mod addr;
mod clock;
mod entropy;
mod epoll;
mod errno;
mod fd;
mod files;
mod preempt;
mod probe;
mod sockets;
mod sockopt;
mod threads;

pub use addr::SockAddr;
pub use clock::{Clock, Instant};
pub use entropy::Entropy;
pub use epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, EventfdFlags};
pub use errno::Errno;
pub use fd::Fd;
pub use files::{DupFlags, FdFlags, Files, OFlags, Rlimit};
pub use preempt::{Access, Preempt};
pub use probe::{Layer, Probe, ProbeEvent, What};
pub use sockets::{Domain, MsgFlags, Received, Shutdown, SockFlags, SockType, Sockets};
pub use sockopt::{SockOpt, SockOptValue};
pub use threads::Threads;

/// What a call of the seam answers: its value, or the kernel's symbolic error.
pub type Result<T> = core::result::Result<T, Errno>;

/// A platform: what a network stack needs from the machine below it, and nothing else.
///
/// The one type parameter of netcore. Ask for less where less will do (`C: Clock`, `P: Preempt`).
pub trait Sys:
    Sockets + Files + Clock + Threads + Entropy + Preempt + Probe + Clone + Send + Sync + 'static
{
    /// How this platform reports readiness.
    type Poller: crate::netpoll::Poller<Self>;
}
