//! The effects of the protocol on the world: segments go out, waiters wake, timers are set, and sockets that
//! nobody needs any more go.

use core::net::IpAddr;

use netcore::sys::{EpollEvents, Instant};

use super::flows::{Flow, hash};
use crate::fabric::Fate;
use crate::kernel::host::Power;
use crate::kernel::ids::{HostId, SocketId};
use crate::kernel::tcp::{Context, Segment, State, Tcp, Wakes};
use crate::kernel::{Event, Kernel};

/// The poll key of `sock_def_readable`.
pub(super) const DATA_KEY: EpollEvents = EpollEvents::IN.union(EpollEvents::PRI);

impl Kernel {
    /// Lets the state machine of a socket make a step, and does what it wants done. Segments for this host
    /// wait until [`Kernel::settle`].
    pub(super) fn drive<R>(
        &mut self,
        socket: SocketId,
        step: impl FnOnce(&mut Tcp, &mut Context<'_>) -> R,
    ) -> R {
        let Kernel { sockets, hosts, net, now, .. } = self;
        let state = &mut sockets[socket];
        let host = &hosts[state.host.index()];
        let (sysctl, has_route) = (&host.sysctl, host.refusal(state.tcp.peer.ip()).is_none());
        let before = state.tcp.state;
        let mut cx = Context { now: *now, pool: &mut net.pool, effects: &mut net.effects, sysctl, has_route };
        let result = step(&mut state.tcp, &mut cx);
        self.apply(socket, before);
        result
    }

    fn apply(&mut self, socket: SocketId, before: State) {
        let host = self.sockets[socket].host;
        if !self.net.effects.segments.is_empty() {
            let mut segments = core::mem::take(&mut self.net.effects.segments);
            let is_lost = |segment: &Segment| self.sockets[socket].is_mapped && segment.dst.is_ipv6();
            segments.retain(|segment| !is_lost(segment));
            for segment in segments.drain(..) {
                self.transmit(host, segment);
            }
            self.net.effects.segments = segments;
        }
        let mut after = self.sockets[socket].tcp.state;
        if let Some(time_wait) = self.net.effects.time_wait.take() {
            after = time_wait.substate;
            self.leave_remains(socket, time_wait);
        }
        if before != after {
            self.transitions.note(before, after);
        }
        let wakes = core::mem::take(&mut self.net.effects.wakes);
        if !wakes.is_empty() {
            self.wake(socket, wakes);
        }
        if self.sockets[socket].tcp.state != State::Closed {
            return self.arm(socket);
        }
        if before != State::Closed {
            self.retire(socket);
        }
        self.reap(socket);
    }

    pub(super) fn wake(&mut self, socket: SocketId, wakes: Wakes) {
        let Some(file) = self.sockets[socket].file else { return };
        let keys = [
            (Wakes::STATE, EpollEvents::empty()),
            (Wakes::ERROR, EpollEvents::ERR),
            (Wakes::DATA, DATA_KEY),
            (Wakes::SPACE, EpollEvents::OUT),
        ];
        for (wake, key) in keys {
            if wakes.contains(wake) {
                self.notify(file, key);
            }
        }
    }

    /// Sees to it that the socket is asked at its next deadline. An entry that comes too early is found so and
    /// moved on; one that comes too late does not exist.
    #[inline]
    pub(super) fn arm(&mut self, socket: SocketId) {
        let state = &mut self.sockets[socket];
        if let Some(at) = state.tcp.next_deadline()
            && at < state.armed
        {
            state.armed = at;
            self.timers.schedule(at, Event::Socket(socket));
        }
    }

    /// A timer entry of a socket has come up.
    pub(in crate::kernel) fn on_socket_time(&mut self, socket: SocketId) {
        let now = self.now;
        let Some(state) = self.sockets.get(socket) else { return };
        if state.armed > now {
            return;
        }
        self.sockets[socket].armed = Instant::MAX;
        if self.sockets[socket].tcp.next_deadline().is_some_and(|at| at <= now) {
            self.drive(socket, Tcp::on_time);
        } else {
            self.arm(socket);
        }
    }

    /// A connection is over: it leaves the tables, and its port is free unless bind(2) gave it
    /// (`tcp_set_state` to `TCP_CLOSE`).
    pub(super) fn retire(&mut self, socket: SocketId) {
        self.unhash(socket);
        if !self.sockets[socket].is_port_bound {
            self.release_claim(socket);
        }
    }

    /// A closed socket that nobody has goes (`inet_csk_destroy_sock`).
    fn reap(&mut self, socket: SocketId) {
        let state = &self.sockets[socket];
        if state.file.is_none() && !state.is_queued {
            self.release_claim(socket);
            self.sockets.remove(socket);
        }
    }

    /// Enters a connection into its host's table.
    pub(super) fn hash(&mut self, socket: SocketId) {
        let state = &mut self.sockets[socket];
        state.is_hashed = true;
        let key = hash(state.tcp.local, state.tcp.peer);
        self.hosts[state.host.index()].flows.insert(key, Flow::Socket(socket));
    }

    pub(super) fn unhash(&mut self, socket: SocketId) {
        let state = &mut self.sockets[socket];
        if core::mem::take(&mut state.is_hashed) {
            let key = hash(state.tcp.local, state.tcp.peer);
            self.hosts[state.host.index()].flows.remove(key, Flow::Socket(socket));
        }
    }

    /// Sends a segment: over the loopback if its destination is here, else over a link.
    #[inline]
    pub(super) fn transmit(&mut self, host: HostId, segment: Segment) {
        if self.hosts[host.index()].owns(segment.dst.ip()) {
            self.net.loopback.push_back((host, segment));
        } else {
            self.send_over(host, segment);
        }
    }

    /// Lets traffic on the loopback arrive, and what it causes there, until it is quiet: what Linux does in a
    /// softirq before a system call returns.
    #[inline]
    pub(in crate::kernel) fn settle(&mut self) {
        while let Some((host, segment)) = self.net.loopback.pop_front() {
            self.fabric.log.note(self.now, Fate::Loopback, host, Some(host), &segment);
            self.receive(host, segment);
        }
    }

    /// Takes back the storage of a segment.
    pub(crate) fn recycle(&mut self, segment: Segment) {
        self.net.pool.put(segment.payload);
    }

    pub(crate) fn is_up(&self, host: HostId) -> bool {
        self.hosts[host.index()].power == Power::Up
    }

    /// Takes every socket of a host out of its connection (`Kernel::crash_host`).
    pub(in crate::kernel) fn vanish_sockets(&mut self, host: HostId) {
        let here: Vec<SocketId> =
            self.sockets.iter().filter(|(_, state)| state.host == host).map(|(id, _)| id).collect();
        for &socket in &here {
            let state = &mut self.sockets[socket];
            state.tcp.vanish();
            state.listener = None;
            state.is_hashed = false;
            state.is_queued = false;
            state.claim = None;
        }
        for socket in here {
            if self.sockets[socket].file.is_none() {
                self.sockets.remove(socket);
            }
        }
        self.forget_remains(host);
    }

    pub(super) fn owns(&self, host: HostId, ip: IpAddr) -> bool {
        self.hosts[host.index()].owns(ip)
    }
}
