//! The operating system as a platform: Linux.
//!
//! Nothing here has a policy: each method is one call, and answers what the kernel said. The only place of
//! netcore that is unsafe, that asks `std` for threads and time, and that knows which system it is on.
#![expect(unsafe_code, reason = "system calls take pointers")]

mod addr;
mod clock;
mod epoll;
mod errno;
mod files;
mod signal;
mod sockets;
mod sockopt;
mod threads;

use crate::netpoll::EpollPoller;
use crate::sys::{Access, Fd, Preempt, Probe, ProbeEvent, Result, Sys};

/// The machine that the program runs on. It has no state: the process has.
///
/// ```
/// use netcore::os::Os;
/// use netcore::sys::{Errno, Fd, Files};
///
/// assert_eq!(Os.close(Fd::NONE), Err(Errno::EBADF));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Os;

impl Sys for Os {
    type Poller = EpollPoller<Os>;
}

/// Compiled to nothing: the machine preempts threads by itself.
impl Preempt for Os {
    #[inline(always)]
    fn preempt(_access: Access) {}

    #[inline(always)]
    fn locked() {}

    #[inline(always)]
    fn unlocked() {}
}

impl Probe for Os {
    #[inline(always)]
    fn probe(&self, _event: ProbeEvent) {}
}

/// What a call answered: -1 is a failure, whose cause is in `errno`.
fn check<T: Into<i64> + Copy>(answer: T) -> Result<T> {
    if answer.into() == -1 { Err(errno::last()) } else { Ok(answer) }
}

/// A call that answers a count of bytes.
fn count(answer: isize) -> Result<usize> {
    usize::try_from(answer).map_err(|_| errno::last())
}

/// A call that answers a new descriptor. The system does not say which open it was.
fn descriptor(answer: i32) -> Result<Fd> {
    check(answer).map(Fd::raw)
}
