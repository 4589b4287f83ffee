//! Sockets: what the socket calls do (net/socket.c, net/ipv4/af_inet.c), and how segments find them.
//!
//! A socket may have no file: an accepted connection before accept4(2), an orphan that still closes. It is gone
//! when it has neither file nor connection.
//!
//! | module | what it is |
//! |---|---|
//! | `create`, `bind`, `listen`, `connect`, `transfer`, `shutdown`, `names`, `options` | the calls |
//! | `poll`, `release` | readiness; what the last close does |
//! | `drive` | the state machine's effects: segments, wakeups, timers |
//! | `input`, `handshake`, `time_wait` | segments, by whom they are for |
//! | `flows`, `ports` | tables of connections and of ports |
//!
//! Not here yet: UDP, raw and Unix sockets, urgent data (`MSG_OOB`), which end the run with a finding that names them;
//! and SIGPIPE: `EPIPE` comes without it.

mod bind;
mod connect;
mod create;
mod drive;
pub(super) mod flows;
mod handshake;
mod input;
mod listen;
mod names;
mod options;
mod poll;
pub(super) mod ports;
mod release;
mod shutdown;
mod time_wait;
mod transfer;

use std::collections::VecDeque;

use netcore::sys::{Domain, Errno, Fd, Instant};

use super::file::FileKind;
use super::ids::{FileId, HostId, RequestId, SocketId, TimeWaitId};
use super::tcp::{Effects, Pool, Segment, Tcp};
use super::{Call, Kernel, Table};
use handshake::Pending;
use ports::Claim;
use time_wait::Remains;

/// A socket (`struct socket` and `struct sock`).
#[derive(Debug)]
pub struct Socket {
    /// The host whose stack it belongs to.
    pub host: HostId,
    /// `AF_INET` or `AF_INET6`.
    pub domain: Domain,
    /// Its file, while it has one.
    pub file: Option<FileId>,
    /// The protocol.
    pub tcp: Tcp,
    phase: Phase,
    claim: Option<Claim>,
    /// bind(2) gave the address: it stays after a disconnect (`SOCK_BINDADDR_LOCK`).
    is_addr_bound: bool,
    /// bind(2) gave the port: it stays after the connection (`SOCK_BINDPORT_LOCK`).
    is_port_bound: bool,
    /// It has been connected over IPv4.
    is_mapped: bool,
    /// It stands in the host's table of connections.
    is_hashed: bool,
    /// A listener's accept queue has it.
    is_queued: bool,
    listener: Option<Box<Listener>>,
    /// The entry in the timer queue that will ask it; [`Instant::MAX`] is none.
    armed: Instant,
    /// Unique in the run: ids are used again.
    serial: u32,
}

/// How far connect(2) has come (`socket_state` in include/uapi/linux/net.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Unconnected,
    Connecting,
    Connected,
    Disconnecting,
}

/// What listen(2) makes of a socket.
#[derive(Debug, Default)]
struct Listener {
    backlog: u32,
    /// Connections to be accepted, oldest first.
    queue: VecDeque<SocketId>,
}

/// What the stacks of all hosts share: storage, and traffic that stays on its host.
#[derive(Debug, Default)]
pub(super) struct Net {
    pool: Pool,
    effects: Effects,
    loopback: VecDeque<(HostId, Segment)>,
    requests: Table<RequestId, Pending>,
    time_waits: Table<TimeWaitId, Remains>,
    serials: u32,
}

impl Kernel {
    /// The socket that `fd` names, for a call that may wait.
    fn resolve_socket(&mut self, call: &mut Call, fd: Fd) -> Result<SocketId, Errno> {
        let file = self.resolve(call, fd)?;
        self.socket_of(file)
    }

    fn socket_of(&self, file: FileId) -> Result<SocketId, Errno> {
        match self.files[file].kind {
            FileKind::Socket(socket) => Ok(socket),
            _ => Err(Errno::ENOTSOCK),
        }
    }
}
