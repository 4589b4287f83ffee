//! Calls as people write them: as in C, near enough.

use core::fmt;

use super::call::{Call, Onto, Place, Var, Waiting};
use crate::sim::Bits;

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fd{}", self.0)
    }
}

impl fmt::Display for Onto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Onto::Var(var) => var.fmt(f),
            Onto::Nth(nth) => write!(f, "first + {nth}"),
            Onto::Nothing => f.write_str("-1"),
            Onto::Beyond => f.write_str("1 << 20"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Host(nth) => write!(f, "127.0.0.{}:0", nth + 1),
            Place::Any => f.write_str("0.0.0.0:0"),
            Place::Loopback6 => f.write_str("[::1]:0"),
            Place::Any6 => f.write_str("[::]:0"),
            Place::Of(var) => write!(f, "name of {var}"),
            Place::PortOf(var, nth) => write!(f, "127.0.0.{}:port of {var}", nth + 1),
            Place::AnyPortOf(var) => write!(f, "0.0.0.0:port of {var}"),
            Place::MappedOf(var) => write!(f, "[::ffff:name of {var}]"),
            Place::Foreign => f.write_str("192.0.2.1:9"),
            Place::Broadcast => f.write_str("255.255.255.255:9"),
            Place::Multicast => f.write_str("224.0.0.1:9"),
            Place::Unspec => f.write_str("AF_UNSPEC"),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waiting::Accept { fd } => write!(f, "accept4({fd}, 0)"),
            Waiting::Recv { fd, len } => write!(f, "recv({fd}, {len}, 0)"),
            Waiting::Read { fd, len } => write!(f, "read({fd}, {len})"),
            Waiting::EpollWait { epfd, max } => write!(f, "epoll_wait({epfd}, {max}, -1)"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [var] = self.makes() {
            write!(f, "{var} = ")?;
        }
        match self {
            Call::Socket { v6: false, .. } => f.write_str("socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK)"),
            Call::Socket { v6: true, .. } => f.write_str("socket(AF_INET6, SOCK_STREAM|SOCK_NONBLOCK)"),
            Call::Pipe { makes: [read, write] } => write!(f, "pipe2([{read}, {write}], O_NONBLOCK)"),
            Call::Eventfd { initial, semaphore: false, .. } => write!(f, "eventfd({initial}, EFD_NONBLOCK)"),
            Call::Eventfd { initial, .. } => write!(f, "eventfd({initial}, EFD_NONBLOCK|EFD_SEMAPHORE)"),
            Call::EpollCreate { .. } => f.write_str("epoll_create1(EPOLL_CLOEXEC)"),
            Call::Dup { of, .. } => write!(f, "dup({of})"),
            Call::Dup2 { of, onto, .. } => write!(f, "dup2({of}, {onto})"),
            Call::Dup3 { of, onto, cloexec, .. } => {
                write!(f, "dup3({of}, {onto}, {})", if *cloexec { "O_CLOEXEC" } else { "0" })
            }
            Call::Dupfd { of, min, .. } => write!(f, "fcntl({of}, F_DUPFD_CLOEXEC, {min})"),
            Call::Close { fd } => write!(f, "close({fd})"),
            Call::Bind { fd, to } => write!(f, "bind({fd}, {to})"),
            Call::Listen { fd, backlog } => write!(f, "listen({fd}, {backlog})"),
            Call::Accept { fd, nonblock, .. } => {
                write!(f, "accept4({fd}, {})", if *nonblock { "SOCK_NONBLOCK" } else { "0" })
            }
            Call::Connect { fd, to } => write!(f, "connect({fd}, {to})"),
            Call::Shutdown { fd, how } => write!(f, "shutdown({fd}, {how:?})"),
            Call::Getsockname { fd } => write!(f, "getsockname({fd})"),
            Call::Getpeername { fd } => write!(f, "getpeername({fd})"),
            Call::Getsockopt { fd, option } => write!(f, "getsockopt({fd}, {option})"),
            Call::Setsockopt { fd, option, value } => write!(f, "setsockopt({fd}, {option}, {value})"),
            Call::Send { fd, len, flags } => write!(f, "send({fd}, {len}, {})", Bits(*flags)),
            Call::Sendto { fd, len, to } => write!(f, "sendto({fd}, {len}, {to})"),
            Call::Recv { fd, len, flags } => write!(f, "recv({fd}, {len}, {})", Bits(*flags)),
            Call::Read { fd, len } => write!(f, "read({fd}, {len})"),
            Call::Write { fd, len } => write!(f, "write({fd}, {len})"),
            Call::Readv { fd, lens } => write!(f, "readv({fd}, {lens:?})"),
            Call::Writev { fd, lens } => write!(f, "writev({fd}, {lens:?})"),
            Call::Raise { fd, value } => write!(f, "write({fd}, {value} as u64)"),
            Call::Take { fd } => write!(f, "read({fd}, a u64)"),
            Call::Fill { fd } => write!(f, "while (send({fd}, 16384) > 0)"),
            Call::Drain { fd } => write!(f, "while (recv({fd}, 65536) > 0)"),
            Call::EpollCtl { epfd, op, fd, events } => {
                write!(f, "epoll_ctl({epfd}, {op:?}, {fd}, {})", Bits(*events))
            }
            Call::EpollWait { epfd, max } => write!(f, "epoll_wait({epfd}, {max}, 0)"),
            Call::Poll { fd } => write!(f, "readiness of {fd}"),
            Call::Fionread { fd } => write!(f, "ioctl({fd}, FIONREAD)"),
            Call::Getfl { fd } => write!(f, "fcntl({fd}, F_GETFL)"),
            Call::Setfl { fd, nonblock } => {
                write!(f, "fcntl({fd}, F_SETFL, {})", if *nonblock { "O_NONBLOCK" } else { "0" })
            }
            Call::Start { call } => write!(f, "in a thread: {call}"),
            Call::Rest => f.write_str("rest"),
            Call::Getfd { fd } => write!(f, "fcntl({fd}, F_GETFD)"),
            Call::Setfd { fd, cloexec } => write!(f, "fcntl({fd}, F_SETFD, {})", u8::from(*cloexec)),
            Call::Rlimit { nth } => write!(f, "setrlimit(RLIMIT_NOFILE, first + {nth})"),
        }
    }
}
