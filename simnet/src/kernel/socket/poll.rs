//! Readiness (`tcp_poll`), and sockets in words.

use netcore::sys::{EpollEvents, Errno};

use crate::kernel::Kernel;
use crate::kernel::ids::{HostId, SocketId};
use crate::kernel::tcp::{Halves, State};

impl Kernel {
    /// Readiness of a socket.
    pub fn socket_poll(&self, socket: SocketId) -> EpollEvents {
        let tcp = &self.sockets[socket].tcp;
        let mut events = EpollEvents::empty();
        if tcp.state == State::Listen {
            events.set(EpollEvents::IN, self.accept_queue_len(socket) > 0);
            return events;
        }
        let shutdown = tcp.shutdown;
        events.set(EpollEvents::HUP, shutdown.is_all() || tcp.state == State::Closed);
        events.set(EpollEvents::IN | EpollEvents::RDHUP, shutdown.contains(Halves::RECEIVE));
        if !tcp.state.is_connecting() {
            if tcp.is_readable() {
                events |= EpollEvents::IN;
            }
            events.set(EpollEvents::OUT, shutdown.contains(Halves::SEND) || tcp.is_writable());
        }
        events.set(EpollEvents::ERR, tcp.error.is_some() || tcp.has_queued_error);
        events
    }

    /// Readiness was asked for: whoever finds no room wants to hear when there is some.
    pub(in crate::kernel) fn socket_polled(&mut self, socket: SocketId) {
        let tcp = &mut self.sockets[socket].tcp;
        if tcp.state.can_send() && !tcp.is_writable() {
            tcp.wants_space = true;
        }
    }

    /// ioctl(2) `FIONREAD` (`tcp_inq`).
    pub fn socket_fionread(&self, socket: SocketId) -> Result<usize, Errno> {
        let tcp = &self.sockets[socket].tcp;
        if tcp.state == State::Listen { Err(Errno::EINVAL) } else { Ok(tcp.readable()) }
    }

    /// Every connection and listener of a host, in words, as ss(8) would list them.
    pub fn netstat(&self, host: HostId) -> Vec<String> {
        let sockets = self.sockets.iter().filter(|(_, state)| state.host == host);
        let mut lines: Vec<String> = sockets.map(|(id, _)| self.socket_describe(id)).collect();
        lines.extend(self.remains_of(host));
        lines
    }

    /// The socket in a few words, for state tables.
    pub fn socket_describe(&self, socket: SocketId) -> String {
        let state = &self.sockets[socket];
        let tcp = &state.tcp;
        match tcp.state {
            State::Listen => {
                format!("tcp {} LISTEN, {} to accept", tcp.local, self.accept_queue_len(socket))
            }
            State::Closed if tcp.peer.port() == 0 => format!("tcp {} CLOSED", tcp.local),
            name => format!(
                "tcp {} > {} {}, {} to read, {} unacknowledged",
                tcp.local,
                tcp.peer,
                name.name(),
                tcp.readable(),
                tcp.unacknowledged()
            ),
        }
    }
}
