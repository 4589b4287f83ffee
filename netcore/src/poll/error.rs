//! What an operation on a descriptor fails with.

use core::fmt;

use crate::sys::Errno;

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The descriptor is closed, or is being closed: Go's `ErrNetClosing`.
    Closing,
    /// The deadline has passed: Go's `ErrDeadlineExceeded`.
    DeadlineExceeded,
    /// The poller cannot watch the descriptor: Go's `ErrNotPollable`.
    NotPollable,
    /// The descriptor's runtime is shut down.
    Shutdown,
    /// The kernel's answer.
    Sys(Errno),
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Error::Sys(errno)
    }
}

impl fmt::Display for Error {
    /// The texts are Go's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Closing => f.write_str("use of closed network connection"),
            Error::DeadlineExceeded => f.write_str("i/o timeout"),
            Error::NotPollable => f.write_str("not pollable"),
            Error::Shutdown => f.write_str("runtime is shut down"),
            Error::Sys(errno) => errno.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

/// A write that failed after some bytes had been taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Bytes that the kernel took before the failure.
    pub written: usize,
    /// Why the rest was not written.
    pub error: Error,
}
