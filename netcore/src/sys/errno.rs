//! Symbolic errors of system calls.

use core::fmt;

macro_rules! errnos {
    ($($name:ident $text:literal)*) => {
        /// What a system call says when it fails, errno(3). Symbolic, since the numbers differ between
        /// systems; the text is that of strerror(3).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Errno {
            $(#[doc = $text] $name,)*
            /// An error without a name here: the platform's own number.
            Other(i32),
        }

        impl Errno {
            /// Every named error.
            pub const ALL: &'static [Errno] = &[$(Errno::$name),*];

            /// The name as in the man pages.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Errno::$name => stringify!($name),)*
                    Errno::Other(_) => "E?",
                }
            }

            const fn text(self) -> &'static str {
                match self {
                    $(Errno::$name => $text,)*
                    Errno::Other(_) => "unknown error",
                }
            }
        }
    };
}

errnos! {
    EPERM "operation not permitted"
    ENOENT "no such file or directory"
    EINTR "interrupted system call"
    EIO "input/output error"
    EBADF "bad file descriptor"
    EAGAIN "resource temporarily unavailable"
    ENOMEM "cannot allocate memory"
    EACCES "permission denied"
    EFAULT "bad address"
    EBUSY "device or resource busy"
    EEXIST "file exists"
    ENOTDIR "not a directory"
    EISDIR "is a directory"
    EINVAL "invalid argument"
    ENFILE "too many open files in system"
    EMFILE "too many open files"
    ENOTTY "inappropriate ioctl for device"
    ENOSPC "no space left on device"
    ESPIPE "illegal seek"
    EPIPE "broken pipe"
    EDOM "numerical argument out of domain"
    ENAMETOOLONG "file name too long"
    ENOSYS "function not implemented"
    ELOOP "too many levels of symbolic links"
    EPROTO "protocol error"
    EOVERFLOW "value too large for defined data type"
    ENOTSOCK "socket operation on non-socket"
    EDESTADDRREQ "destination address required"
    EMSGSIZE "message too long"
    EPROTOTYPE "protocol wrong type for socket"
    ENOPROTOOPT "protocol not available"
    EPROTONOSUPPORT "protocol not supported"
    ESOCKTNOSUPPORT "socket type not supported"
    EOPNOTSUPP "operation not supported"
    EAFNOSUPPORT "address family not supported by protocol"
    EADDRINUSE "address already in use"
    EADDRNOTAVAIL "cannot assign requested address"
    ENETDOWN "network is down"
    ENETUNREACH "network is unreachable"
    ECONNABORTED "software caused connection abort"
    ECONNRESET "connection reset by peer"
    ENOBUFS "no buffer space available"
    EISCONN "transport endpoint is already connected"
    ENOTCONN "transport endpoint is not connected"
    ETOOMANYREFS "too many references: cannot splice"
    ETIMEDOUT "connection timed out"
    ECONNREFUSED "connection refused"
    EHOSTDOWN "host is down"
    EHOSTUNREACH "no route to host"
    EALREADY "operation already in progress"
    EINPROGRESS "operation now in progress"
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Errno::Other(number) => write!(f, "E?{number}"),
            known => f.write_str(known.name()),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Errno::Other(number) => write!(f, "unknown error {number}"),
            known => f.write_str(known.text()),
        }
    }
}

impl std::error::Error for Errno {}
