//! A handle to one simulated process: the platform that netcore runs on in here.

mod bits;
mod call;
mod epoll;
mod files;
mod sockets;
mod threads;

use netcore::netpoll::EpollPoller;
use netcore::sys::Sys;

use crate::kernel::ids::Pid;

/// One process of one simulated host, as a platform for netcore.
///
/// It is a plain number: the run that it belongs to is the one in progress on the calling thread of the
/// operating system. Outside of its run every call answers `EBADF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sim {
    process: Pid,
}

impl Sim {
    pub(crate) fn new(process: Pid) -> Self {
        Sim { process }
    }

    /// The process that calls are made by.
    pub fn process(&self) -> Pid {
        self.process
    }
}

pub(crate) use bits::Bits;
pub(crate) use call::wake_woken;

impl Sys for Sim {
    type Poller = EpollPoller<Sim>;
}
