//! Sockets.

use std::io::IoSlice;

use bitflags::bitflags;

use super::{Fd, Result, SockAddr, SockOpt, SockOptValue};

/// An address family, socket(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`.
    Inet6,
    /// `AF_UNIX`.
    Unix,
}

/// A socket type, socket(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SockType {
    /// `SOCK_STREAM`.
    Stream,
    /// `SOCK_DGRAM`.
    Dgram,
    /// `SOCK_SEQPACKET`.
    SeqPacket,
    /// `SOCK_RAW`.
    Raw,
}

/// Which direction shutdown(2) closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// `SHUT_RD`.
    Read,
    /// `SHUT_WR`.
    Write,
    /// `SHUT_RDWR`.
    Both,
}

bitflags! {
    /// Flags of socket(2) and accept4(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct SockFlags: u32 {
        /// `SOCK_NONBLOCK`.
        const NONBLOCK = 1;
        /// `SOCK_CLOEXEC`.
        const CLOEXEC = 2;
    }

    /// Flags of send(2) and recv(2), and what recvmsg(2) reports in `msg_flags`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct MsgFlags: u32 {
        /// `MSG_PEEK`: leave the data in the queue.
        const PEEK = 1;
        /// `MSG_WAITALL`: wait until the buffer is full.
        const WAITALL = 2;
        /// `MSG_DONTWAIT`: answer `EAGAIN` rather than wait, this once.
        const DONTWAIT = 4;
        /// `MSG_NOSIGNAL`: no SIGPIPE; `EPIPE` is still answered.
        const NOSIGNAL = 8;
        /// `MSG_TRUNC`.
        const TRUNC = 16;
        /// `MSG_OOB`: out-of-band data.
        const OOB = 32;
        /// `MSG_MORE`: more is coming.
        const MORE = 64;
    }
}

/// What recvfrom(2) brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes put into the buffer (with [`MsgFlags::TRUNC`] asked, the datagram's real length).
    pub len: usize,
    /// The sender, where the protocol tells.
    pub from: Option<SockAddr>,
    /// `msg_flags`.
    pub flags: MsgFlags,
}

/// The socket calls, socket(7).
pub trait Sockets {
    /// socket(2) with protocol 0.
    fn socket(&self, domain: Domain, ty: SockType, flags: SockFlags) -> Result<Fd>;
    /// bind(2).
    fn bind(&self, fd: Fd, addr: &SockAddr) -> Result<()>;
    /// listen(2). The accept queue of Linux holds `backlog + 1`.
    fn listen(&self, fd: Fd, backlog: i32) -> Result<()>;
    /// accept4(2): the new descriptor and the peer's address.
    fn accept4(&self, fd: Fd, flags: SockFlags) -> Result<(Fd, SockAddr)>;
    /// connect(2).
    fn connect(&self, fd: Fd, addr: &SockAddr) -> Result<()>;
    /// shutdown(2).
    fn shutdown(&self, fd: Fd, how: Shutdown) -> Result<()>;
    /// getsockname(2).
    fn getsockname(&self, fd: Fd) -> Result<SockAddr>;
    /// getpeername(2).
    fn getpeername(&self, fd: Fd) -> Result<SockAddr>;
    /// getsockopt(2). `SO_ERROR` is cleared by reading it.
    fn getsockopt(&self, fd: Fd, option: SockOpt) -> Result<SockOptValue>;
    /// setsockopt(2).
    fn setsockopt(&self, fd: Fd, option: SockOpt, value: SockOptValue) -> Result<()>;
    /// send(2).
    fn send(&self, fd: Fd, buf: &[u8], flags: MsgFlags) -> Result<usize>;
    /// sendmsg(2) of the buffers in order, to the connected peer.
    fn sendmsg(&self, fd: Fd, bufs: &[IoSlice<'_>], flags: MsgFlags) -> Result<usize>;
    /// recv(2).
    fn recv(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<usize>;
    /// sendto(2).
    fn sendto(&self, fd: Fd, buf: &[u8], flags: MsgFlags, to: &SockAddr) -> Result<usize>;
    /// recvfrom(2).
    fn recvfrom(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<Received>;
}
