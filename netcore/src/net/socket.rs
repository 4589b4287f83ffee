//! Making and setting up sockets.

use core::time::Duration;
use std::net::SocketAddr;

use super::Cause;
use crate::poll::Error;
use crate::sys::{Domain, Errno, Fd, OFlags, SockAddr, SockFlags, SockOpt, SockOptValue, SockType, Sys};

/// Probes on an idle connection, tcp(7). The default is Go's: after 15 seconds, every 15 seconds, nine times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe, rounded up to seconds.
    pub idle: Duration,
    /// Between probes, rounded up to seconds.
    pub interval: Duration,
    /// Probes without an answer before the connection is given up.
    pub count: i32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        KeepAlive { idle: Duration::from_secs(15), interval: Duration::from_secs(15), count: 9 }
    }
}

/// A non-blocking, close-on-exec stream socket for the family of `addr`.
pub(super) fn stream_socket<S: Sys>(sys: &S, addr: SocketAddr) -> Result<Fd, Errno> {
    let domain = if addr.is_ipv4() { Domain::Inet } else { Domain::Inet6 };
    sys.socket(domain, SockType::Stream, SockFlags::NONBLOCK | SockFlags::CLOEXEC)
}

/// TCP_NODELAY and keep-alive, as Go sets them on every connection.
pub(super) fn set_defaults<S: Sys>(sys: &S, fd: Fd, keep_alive: Option<KeepAlive>) -> Result<(), Errno> {
    sys.setsockopt(fd, SockOpt::TcpNoDelay, true.into())?;
    set_keep_alive(sys, fd, keep_alive)
}

pub(super) fn set_keep_alive<S: Sys>(sys: &S, fd: Fd, keep_alive: Option<KeepAlive>) -> Result<(), Errno> {
    sys.setsockopt(fd, SockOpt::KeepAlive, keep_alive.is_some().into())?;
    if let Some(KeepAlive { idle, interval, count }) = keep_alive {
        sys.setsockopt(fd, SockOpt::TcpKeepIdle, seconds(idle))?;
        sys.setsockopt(fd, SockOpt::TcpKeepIntvl, seconds(interval))?;
        sys.setsockopt(fd, SockOpt::TcpKeepCnt, SockOptValue::Int(count))?;
    }
    Ok(())
}

fn seconds(duration: Duration) -> SockOptValue {
    let rounded = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    SockOptValue::Int(i32::try_from(rounded).unwrap_or(i32::MAX))
}

/// The kernel's limit for the backlog of listen(2), or 128 where it does not say: Go's `maxListenerBacklog`.
pub(super) fn somaxconn<S: Sys>(sys: &S) -> i32 {
    const UNKNOWN: i32 = 128;
    let Ok(fd) = sys.open("/proc/sys/net/core/somaxconn", OFlags::CLOEXEC) else { return UNKNOWN };
    let mut text = [0; 32];
    let read = loop {
        match sys.read(fd, &mut text) {
            Err(Errno::EINTR) => {}
            result => break result.unwrap_or(0),
        }
    };
    let _ = sys.close(fd);
    let parsed = core::str::from_utf8(&text[..read]).ok().and_then(|text| text.trim().parse::<i32>().ok());
    parsed.filter(|&limit| limit > 0).map_or(UNKNOWN, |limit| limit.min(65_535))
}

/// The address that a socket is bound to.
pub(super) fn local_addr<S: Sys>(sys: &S, fd: Fd) -> Result<SocketAddr, Errno> {
    inet(sys.getsockname(fd)?)
}

/// An address of the internet: no other comes from a TCP socket.
pub(super) fn inet(addr: SockAddr) -> Result<SocketAddr, Errno> {
    addr.ip().ok_or(Errno::EAFNOSUPPORT)
}

/// The failure of a system call on a descriptor.
pub(super) fn failed(call: &'static str) -> impl Fn(Errno) -> Cause {
    move |errno| Cause::of(call, Error::Sys(errno))
}
