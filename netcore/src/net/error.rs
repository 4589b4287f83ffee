//! Errors of operations, in Go's form.

use core::fmt;
use std::io;
use std::net::SocketAddr;

use crate::poll;
use crate::sys::Errno;

/// Why an operation failed: what was tried, on which network, between whom, and what went wrong.
///
/// ```
/// use netcore::net::{Cause, OpError};
/// use netcore::sys::Errno;
///
/// let error = OpError {
///     op: "dial",
///     net: "tcp",
///     source: None,
///     addr: Some("192.0.2.1:80".parse().unwrap()),
///     cause: Cause::Sys("connect", Errno::ECONNREFUSED),
///     written: 0,
/// };
/// assert_eq!(error.to_string(), "dial tcp 192.0.2.1:80: connect: connection refused");
/// assert!(!error.is_timeout());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpError {
    /// The operation: `read`, `write`, `accept`, `dial`, `listen`, `close`, `set`.
    pub op: &'static str,
    /// The network: `tcp`.
    pub net: &'static str,
    /// The local address, where there is one.
    pub source: Option<SocketAddr>,
    /// The peer's address; the local one for a listener.
    pub addr: Option<SocketAddr>,
    /// What went wrong.
    pub cause: Cause,
    /// Bytes that were written before the failure.
    pub written: usize,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The connection or listener is closed.
    Closed,
    /// The deadline has passed, or a dial took too long.
    DeadlineExceeded,
    /// The dial was cancelled.
    Cancelled,
    /// The poller cannot watch the descriptor.
    NotPollable,
    /// The runtime is shut down.
    Shutdown,
    /// There is no address to dial.
    MissingAddress,
    /// None of the addresses is of the local address's family.
    NoSuitableAddress,
    /// A system call failed: its name, and what it answered.
    Sys(&'static str, Errno),
}

impl Cause {
    pub(super) fn of(call: &'static str, error: poll::Error) -> Self {
        match error {
            poll::Error::Closing => Cause::Closed,
            poll::Error::DeadlineExceeded => Cause::DeadlineExceeded,
            poll::Error::NotPollable => Cause::NotPollable,
            poll::Error::Shutdown => Cause::Shutdown,
            poll::Error::Sys(errno) => Cause::Sys(call, errno),
        }
    }
}

impl OpError {
    /// Whether it is about time: a deadline, or the kernel's own patience.
    pub fn is_timeout(&self) -> bool {
        match self.cause {
            Cause::DeadlineExceeded => true,
            Cause::Sys(_, errno) => matches!(errno, Errno::EAGAIN | Errno::ETIMEDOUT),
            _ => false,
        }
    }

    /// Whether trying again may help: Go's `Temporary`. For an accept, also when the connection was broken
    /// before it was accepted.
    pub fn is_temporary(&self) -> bool {
        match self.cause {
            Cause::Sys(_, Errno::ECONNRESET | Errno::ECONNABORTED) => self.op == "accept",
            Cause::Sys(_, errno) => {
                matches!(errno, Errno::EINTR | Errno::EMFILE | Errno::ENFILE) || self.is_timeout()
            }
            _ => self.is_timeout(),
        }
    }

    /// What the system call answered, if one failed.
    pub fn errno(&self) -> Option<Errno> {
        match self.cause {
            Cause::Sys(_, errno) => Some(errno),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Closed => f.write_str("use of closed network connection"),
            Cause::DeadlineExceeded => f.write_str("i/o timeout"),
            Cause::Cancelled => f.write_str("operation was canceled"),
            Cause::NotPollable => f.write_str("not pollable"),
            Cause::Shutdown => f.write_str("runtime is shut down"),
            Cause::MissingAddress => f.write_str("missing address"),
            Cause::NoSuitableAddress => f.write_str("no suitable address"),
            Cause::Sys(call, errno) => write!(f, "{call}: {errno}"),
        }
    }
}

impl fmt::Display for OpError {
    /// `read tcp 127.0.0.1:1->127.0.0.1:2: i/o timeout`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.op, self.net)?;
        match (self.source, self.addr) {
            (Some(source), Some(addr)) => write!(f, " {source}->{addr}")?,
            (Some(addr), None) | (None, Some(addr)) => write!(f, " {addr}")?,
            (None, None) => {}
        }
        write!(f, ": {}", self.cause)
    }
}

impl std::error::Error for OpError {}

impl From<OpError> for io::Error {
    fn from(error: OpError) -> Self {
        io::Error::new(kind(&error), error)
    }
}

fn kind(error: &OpError) -> io::ErrorKind {
    match error.cause {
        Cause::Closed => io::ErrorKind::NotConnected,
        Cause::DeadlineExceeded => io::ErrorKind::TimedOut,
        Cause::Cancelled => io::ErrorKind::Interrupted,
        Cause::NotPollable => io::ErrorKind::Unsupported,
        Cause::Shutdown => io::ErrorKind::Other,
        Cause::MissingAddress | Cause::NoSuitableAddress => io::ErrorKind::InvalidInput,
        Cause::Sys(_, errno) => match errno {
            Errno::EINTR => io::ErrorKind::Interrupted,
            Errno::EAGAIN => io::ErrorKind::WouldBlock,
            Errno::EPIPE => io::ErrorKind::BrokenPipe,
            Errno::ECONNRESET => io::ErrorKind::ConnectionReset,
            Errno::ECONNREFUSED => io::ErrorKind::ConnectionRefused,
            Errno::ECONNABORTED => io::ErrorKind::ConnectionAborted,
            Errno::ENOTCONN => io::ErrorKind::NotConnected,
            Errno::EADDRINUSE => io::ErrorKind::AddrInUse,
            Errno::EADDRNOTAVAIL => io::ErrorKind::AddrNotAvailable,
            Errno::ETIMEDOUT => io::ErrorKind::TimedOut,
            Errno::EHOSTUNREACH => io::ErrorKind::HostUnreachable,
            Errno::ENETUNREACH => io::ErrorKind::NetworkUnreachable,
            Errno::EACCES | Errno::EPERM => io::ErrorKind::PermissionDenied,
            Errno::EINVAL => io::ErrorKind::InvalidInput,
            Errno::ENOMEM | Errno::ENOBUFS => io::ErrorKind::OutOfMemory,
            _ => io::ErrorKind::Other,
        },
    }
}
