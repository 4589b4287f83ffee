//! epoll(7) with nothing around it: what the examples that do without netcore have in common.

#![expect(unsafe_code, reason = "std has no epoll")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Events taken per call.
const EVENTS_MAX: usize = 128;
/// What ends a connection.
const END: u32 = (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) as u32;

/// An epoll instance.
pub(crate) struct Epoll(OwnedFd);

/// What one call has to report.
pub(crate) struct Events {
    list: [libc::epoll_event; EVENTS_MAX],
    count: usize,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: takes numbers only.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: the descriptor is new, so nobody else owns it.
        Ok(Epoll(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Watches a descriptor until it is closed: edges of both directions and of the peer's end.
    pub(crate) fn add(&self, fd: impl AsFd, token: usize) -> io::Result<()> {
        let events = (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET) as u32;
        let mut event = libc::epoll_event { events, u64: token as u64 };
        let (epfd, fd) = (self.0.as_raw_fd(), fd.as_fd().as_raw_fd());
        // SAFETY: `event` is one event, which the call reads.
        check(unsafe { libc::epoll_ctl(epfd, libc::EPOLL_CTL_ADD, fd, &raw mut event) }).map(drop)
    }

    /// Waits until there is something to report.
    pub(crate) fn wait(&self, events: &mut Events) -> io::Result<()> {
        let list = events.list.as_mut_ptr();
        // SAFETY: `list` is a place for so many events.
        let count = check(unsafe { libc::epoll_wait(self.0.as_raw_fd(), list, EVENTS_MAX as i32, -1) });
        events.count = match count {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            count => count? as usize,
        };
        Ok(())
    }
}

impl Events {
    pub(crate) fn new() -> Self {
        Events { list: [libc::epoll_event { events: 0, u64: 0 }; EVENTS_MAX], count: 0 }
    }

    /// The tokens of what is ready, and whether the peer has ended.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.list[..self.count].iter().map(|event| (event.u64 as usize, event.events & END != 0))
    }
}

/// The error of a call that answered -1.
pub(crate) fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
