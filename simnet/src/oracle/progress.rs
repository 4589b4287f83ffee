//! The busy-loop oracle: calls that get nothing done, and whom they keep waiting.

use netcore::sys::{Errno, Instant};

use crate::trace::CallName;

/// Calls without progress that a process may make while time stands still. A healthy runtime needs a few
/// per descriptor and event.
const IDLE_CALLS_MAX: u32 = 20_000;

/// After so many of them in a row the caller gives way to whoever is ready the longest. It may be the one that it
/// waits for, and a schedule that is dull would keep the caller running: a fair one, like the kernel's, does not.
const GIVES_WAY_AFTER: u32 = 500;

/// How long one process has been calling without getting anything done.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    since: Instant,
    idle: u32,
}

impl Progress {
    /// A call has been answered; says whether the process is in a busy loop.
    #[inline]
    pub(crate) fn call(&mut self, name: CallName, answer: Result<u64, Errno>, now: Instant) -> bool {
        if self.since != now || useful(name, answer) {
            self.since = now;
            self.idle = 0;
            return false;
        }
        self.idle += 1;
        self.idle > IDLE_CALLS_MAX
    }

    /// Whether the caller gives way now.
    #[inline]
    pub(crate) fn gives_way(&self) -> bool {
        self.idle > 0 && self.idle.is_multiple_of(GIVES_WAY_AFTER)
    }
}

/// Whether the call moved something: bytes, a connection, a descriptor. Waiting, asking and failing to
/// get anything do not.
fn useful(name: CallName, answer: Result<u64, Errno>) -> bool {
    use CallName::{EpollCtl, EpollWait, Fcntl, Getpeername, Getsockname, Getsockopt, Ioctl, Park, Unpark};
    match (name, answer) {
        (
            EpollWait | EpollCtl | Park | Unpark | Getsockopt | Getsockname | Getpeername | Fcntl | Ioctl,
            _,
        ) => false,
        (_, Ok(_)) => true,
        (_, Err(_)) => false,
    }
}
