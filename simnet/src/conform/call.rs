//! The calls of a program.

use netcore::sys::{EpollEvents, EpollOp, MsgFlags, Shutdown};
use serde::{Deserialize, Serialize};

use super::option::Opt;

/// A descriptor by the call that made it: the number that it answered. One that made none is -1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Var(pub u16);

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The n-th of the program's own loopback addresses, any port.
    Host(u8),
    /// `INADDR_ANY`, any port.
    Any,
    /// `::1`, any port.
    Loopback6,
    /// `in6addr_any`, any port.
    Any6,
    /// What getsockname(2) last said of the variable.
    Of(Var),
    /// The port of that, at the n-th loopback address.
    PortOf(Var, u8),
    /// The port of that, at `INADDR_ANY`.
    AnyPortOf(Var),
    /// That, as IPv6 sees it.
    MappedOf(Var),
    /// An address of another machine.
    Foreign,
    /// The limited broadcast address.
    Broadcast,
    /// A multicast group.
    Multicast,
    /// `AF_UNSPEC`.
    Unspec,
}

/// Which of epoll_ctl(2)'s operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `EPOLL_CTL_ADD`.
    Add,
    /// `EPOLL_CTL_MOD`.
    Mod,
    /// `EPOLL_CTL_DEL`.
    Del,
}

/// Which direction shutdown(2) closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// `SHUT_RD`.
    Read,
    /// `SHUT_WR`.
    Write,
    /// `SHUT_RDWR`.
    Both,
}

/// Where dup2(2) puts a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Onto {
    /// The number of a variable.
    Var(Var),
    /// The n-th number that was free at the program's begin.
    Nth(u8),
    /// -1.
    Nothing,
    /// A number beyond every limit.
    Beyond,
}

/// A call that waits, in a thread of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as in the man pages")]
pub enum Waiting {
    Accept { fd: Var },
    Recv { fd: Var, len: u32 },
    Read { fd: Var, len: u32 },
    EpollWait { epfd: Var, max: u8 },
}

/// One call. None waits, but for those of other threads. `makes` names what it brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "named as in the man pages")]
pub enum Call {
    Socket {
        makes: Var,
        v6: bool,
    },
    Pipe {
        makes: [Var; 2],
    },
    Eventfd {
        makes: Var,
        initial: u32,
        semaphore: bool,
    },
    EpollCreate {
        makes: Var,
    },
    Dup {
        makes: Var,
        of: Var,
    },
    Dup2 {
        makes: Var,
        of: Var,
        onto: Onto,
    },
    Dup3 {
        makes: Var,
        of: Var,
        onto: Onto,
        cloexec: bool,
    },
    /// fcntl(2) `F_DUPFD_CLOEXEC`.
    Dupfd {
        makes: Var,
        of: Var,
        min: Onto,
    },
    Close {
        fd: Var,
    },
    Bind {
        fd: Var,
        to: Place,
    },
    Listen {
        fd: Var,
        backlog: i32,
    },
    /// accept4(2). Without `SOCK_NONBLOCK`, `F_GETFL` and `F_SETFL` follow: nothing here waits.
    Accept {
        makes: Var,
        fd: Var,
        nonblock: bool,
    },
    Connect {
        fd: Var,
        to: Place,
    },
    Shutdown {
        fd: Var,
        how: How,
    },
    Getsockname {
        fd: Var,
    },
    Getpeername {
        fd: Var,
    },
    Getsockopt {
        fd: Var,
        option: Opt,
    },
    Setsockopt {
        fd: Var,
        option: Opt,
        value: i32,
    },
    Send {
        fd: Var,
        len: u32,
        #[serde(with = "super::flags")]
        flags: MsgFlags,
    },
    Sendto {
        fd: Var,
        len: u32,
        to: Place,
    },
    Recv {
        fd: Var,
        len: u32,
        #[serde(with = "super::flags")]
        flags: MsgFlags,
    },
    Read {
        fd: Var,
        len: u32,
    },
    Write {
        fd: Var,
        len: u32,
    },
    Readv {
        fd: Var,
        lens: Vec<u32>,
    },
    Writev {
        fd: Var,
        lens: Vec<u32>,
    },
    /// write(2) of 8 bytes: a value for an eventfd.
    Raise {
        fd: Var,
        value: u64,
    },
    /// read(2) of 8 bytes: the value of an eventfd.
    Take {
        fd: Var,
    },
    /// Sends until there is no room.
    Fill {
        fd: Var,
    },
    /// Receives until there is nothing.
    Drain {
        fd: Var,
    },
    EpollCtl {
        epfd: Var,
        op: Op,
        fd: Var,
        #[serde(with = "super::flags")]
        events: EpollEvents,
    },
    EpollWait {
        epfd: Var,
        max: u8,
    },
    /// What a new epoll instance says of it at once.
    Poll {
        fd: Var,
    },
    Fionread {
        fd: Var,
    },
    Getfl {
        fd: Var,
    },
    /// fcntl(2) `F_SETFL`.
    Setfl {
        fd: Var,
        nonblock: bool,
    },
    Getfd {
        fd: Var,
    },
    Setfd {
        fd: Var,
        cloexec: bool,
    },
    /// setrlimit(2) `RLIMIT_NOFILE`, so that the n-th free number is the first beyond.
    Rlimit {
        nth: u8,
    },
    /// The next thread, counted from 0, makes a call.
    Start {
        call: Waiting,
    },
    /// Lets everybody come to rest, and tells which threads have ended since the last time.
    Rest,
}

impl Call {
    /// What it brings.
    pub fn makes(&self) -> &[Var] {
        match self {
            Call::Pipe { makes } => makes,
            Call::Socket { makes, .. }
            | Call::Eventfd { makes, .. }
            | Call::EpollCreate { makes }
            | Call::Dup { makes, .. }
            | Call::Dup2 { makes, .. }
            | Call::Dup3 { makes, .. }
            | Call::Dupfd { makes, .. }
            | Call::Accept { makes, .. } => core::slice::from_ref(makes),
            _ => &[],
        }
    }
}

impl Op {
    pub(super) fn sys(self) -> EpollOp {
        match self {
            Op::Add => EpollOp::Add,
            Op::Mod => EpollOp::Mod,
            Op::Del => EpollOp::Del,
        }
    }
}

impl How {
    pub(super) fn sys(self) -> Shutdown {
        match self {
            How::Read => Shutdown::Read,
            How::Write => Shutdown::Write,
            How::Both => Shutdown::Both,
        }
    }
}
