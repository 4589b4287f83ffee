//! What the kernel's oracles found.

use core::fmt;

use netcore::sys::{EpollOp, Fd};

use super::ids::{Pid, Tid};

/// A call with a descriptor number that is not the caller's any more. The call was answered as Linux
/// answers it, which goes by the number alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The process that called.
    pub process: Pid,
    /// The thread that called.
    pub thread: Tid,
    /// The descriptor as the caller meant it.
    pub fd: Fd,
    /// What it did with it.
    pub misuse: Misuse,
    /// The open that has the number now; `None` if it is closed.
    pub found: Option<u32>,
}

/// What was done with a descriptor after its number had been closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// A call used it.
    StaleDescriptor,
    /// close(2), once more.
    DoubleClose,
    /// epoll_ctl(2) named it.
    StaleControl(EpollOp),
    /// close(2), while it was registered and a copy lives on: nobody can deregister it any more (epoll(7), Q6).
    StaleRegistration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { process, thread, fd, misuse, found } = self;
        match misuse {
            Misuse::StaleDescriptor => write!(f, "stale descriptor: {process:?} {thread:?} used {fd}")?,
            Misuse::DoubleClose => write!(f, "double close: {process:?} {thread:?} closed {fd}")?,
            Misuse::StaleControl(op) => {
                write!(f, "epoll_ctl {op:?} after close: {process:?} {thread:?} named {fd}")?;
            }
            Misuse::StaleRegistration => {
                return write!(
                    f,
                    "{process:?} {thread:?} closed {fd}, which stays registered: a copy is open"
                );
            }
        }
        write!(f, " of open #{}, ", fd.open)?;
        match found {
            Some(open) => write!(f, "which is now open #{open}"),
            None => write!(f, "which is closed"),
        }
    }
}
