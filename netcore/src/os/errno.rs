//! The system's error numbers, by name.

use std::io;

use crate::sys::Errno;

macro_rules! numbers {
    ($($name:ident)*) => {
        /// The name of a number, errno(3).
        pub(super) fn name(number: i32) -> Errno {
            match number {
                $(libc::$name => Errno::$name,)*
                other => Errno::Other(other),
            }
        }
    };
}

numbers! {
    EPERM ENOENT EINTR EIO EBADF EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENOTDIR EISDIR EINVAL ENFILE
    EMFILE ENOTTY ENOSPC ESPIPE EPIPE EDOM ENAMETOOLONG ENOSYS ELOOP EPROTO EOVERFLOW ENOTSOCK EDESTADDRREQ
    EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EAFNOSUPPORT EADDRINUSE
    EADDRNOTAVAIL ENETDOWN ENETUNREACH ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ETOOMANYREFS
    ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS
}

/// Why the last call of this thread failed.
pub(super) fn last() -> Errno {
    name(io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_error_has_a_number() {
        let named: Vec<Errno> =
            (1..134).map(name).filter(|errno| !matches!(errno, Errno::Other(_))).collect();
        for errno in Errno::ALL {
            assert!(named.contains(errno), "{errno:?}");
        }
        assert_eq!(name(9999), Errno::Other(9999));
    }
}
