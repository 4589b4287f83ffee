//! listen(2) and accept4(2) (`inet_csk_listen_start`, `inet_csk_accept`).

use netcore::sys::{EpollEvents, Errno, Fd, SockAddr, SockFlags};

use super::{Listener, Phase};
use crate::choice::Point;
use crate::kernel::ids::{FileId, SocketId};
use crate::kernel::tcp::{State, Tcp};
use crate::kernel::{Answer, Attempt, Call, Kernel};

impl Kernel {
    /// listen(2). A negative backlog is the largest; a repeated call only changes it.
    pub fn listen(&mut self, call: &mut Call, fd: Fd, backlog: i32) -> Answer<()> {
        let socket = self.resolve_socket(call, fd)?;
        let state = &mut self.sockets[socket];
        if state.phase != Phase::Unconnected || !matches!(state.tcp.state, State::Closed | State::Listen) {
            return Err(Errno::EINVAL.into());
        }
        let most = self.hosts[state.host.index()].sysctl.somaxconn;
        let backlog = u32::try_from(backlog).map_or(most, |backlog| backlog.min(most));
        if let Some(listener) = &mut state.listener {
            listener.backlog = backlog;
            return Ok(());
        }
        self.start_listening(socket)?;
        self.sockets[socket].listener = Some(Box::new(Listener { backlog, ..Listener::default() }));
        Ok(())
    }

    /// A port that could be shared while nobody listened may be refused now.
    fn start_listening(&mut self, socket: SocketId) -> Result<(), Errno> {
        self.sockets[socket].tcp.state = State::Listen;
        let had = self.release_claim(socket);
        let taken = match had {
            None => self.take_port(socket, 0),
            Some(_) if self.conflicts_now(socket) => Err(Errno::EADDRINUSE),
            Some(_) => {
                self.acquire_claim(socket, true);
                Ok(())
            }
        };
        if taken.is_err() {
            self.sockets[socket].tcp.state = State::Closed;
            if had.is_some() {
                self.acquire_claim(socket, true);
            }
            return taken;
        }
        self.transitions.note(State::Closed, State::Listen);
        let state = &self.sockets[socket];
        let (host, port) = (state.host.index(), state.tcp.local.port());
        self.hosts[host].listeners.entry(port).or_default().push(socket);
        Ok(())
    }

    /// The listener stops: connections that nobody accepted are reset (`inet_csk_listen_stop`). Those in the
    /// middle of their handshake find nobody when they come.
    pub(super) fn stop_listening(&mut self, socket: SocketId) {
        let state = &mut self.sockets[socket];
        let Some(listener) = state.listener.take() else { return };
        state.tcp.state = State::Closed;
        self.transitions.note(State::Listen, State::Closed);
        let (host, port) = (state.host.index(), state.tcp.local.port());
        let listeners = &mut self.hosts[host].listeners;
        if let Some(sockets) = listeners.get_mut(&port) {
            sockets.retain(|&other| other != socket);
            if sockets.is_empty() {
                listeners.remove(&port);
            }
        }
        for child in listener.queue {
            self.sockets[child].is_queued = false;
            self.sockets[child].tcp.is_orphan = true;
            self.drive(child, Tcp::disconnect);
        }
        if self.sockets[socket].is_port_bound {
            self.renew_claim(socket);
        } else {
            self.release_claim(socket);
        }
    }

    /// How many connections wait to be accepted.
    pub(super) fn accept_queue_len(&self, socket: SocketId) -> usize {
        self.sockets[socket].listener.as_ref().map_or(0, |listener| listener.queue.len())
    }

    /// Whether one more would be too many: the queue holds one more than the backlog
    /// (`sk_acceptq_is_full`).
    pub(super) fn is_accept_queue_full(&self, socket: SocketId) -> bool {
        let backlog = self.sockets[socket].listener.as_ref().map_or(0, |listener| listener.backlog);
        self.accept_queue_len(socket) > backlog as usize
    }

    /// A connection is complete.
    pub(super) fn queue_child(&mut self, listener: SocketId, child: SocketId) {
        self.sockets[child].is_queued = true;
        if let Some(listener) = &mut self.sockets[listener].listener {
            listener.queue.push_back(child);
        }
    }

    /// accept4(2): the new descriptor and the peer's address. The number is taken before anything is looked
    /// at. The fault `Aborted` answers `ECONNABORTED`, about a connection that never was in the queue.
    pub fn accept4(&mut self, call: &mut Call, fd: Fd, flags: SockFlags) -> Answer<(Fd, SockAddr)> {
        let file = self.resolve(call, fd)?;
        self.reserve(call)?;
        let listener = self.socket_of(file)?;
        let Some(child) = self.next_child(call, file, listener)? else {
            return Err(self.wait_on(call, EpollEvents::empty(), true));
        };
        let state = &mut self.sockets[child];
        state.is_queued = false;
        let file = self.add_file(child, flags);
        let peer = self.peer_name(child);
        let fd = self.install_reserved(call, file, flags.contains(SockFlags::CLOEXEC));
        Ok((fd, peer))
    }

    /// The oldest connection that waits; none if the call is to wait for one.
    fn next_child(
        &mut self,
        call: &mut Call,
        file: FileId,
        listener: SocketId,
    ) -> Result<Option<SocketId>, Errno> {
        let timeout = self.sockets[listener].tcp.options.receive_timeout;
        let is_waiting = self.accept_queue_len(listener) > 0;
        if self.sockets[listener].tcp.state != State::Listen {
            return Err(Errno::EINVAL);
        }
        if is_waiting && self.choices.strike(Point::Aborted) {
            return Err(Errno::ECONNABORTED);
        }
        let queue = self.sockets[listener].listener.as_mut().map(|listener| &mut listener.queue);
        if let Some(child) = queue.and_then(|queue| queue.pop_front()) {
            return Ok(Some(child));
        }
        if self.is_nonblocking(file) || call.attempt == Attempt::TimedOut {
            return Err(Errno::EAGAIN);
        }
        self.set_deadline(call, timeout);
        Ok(None)
    }
}
