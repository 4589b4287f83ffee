//! connect(2) (`__inet_stream_connect`, `tcp_v4_connect`, `__inet_hash_connect`).

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

use netcore::sys::{EpollEvents, Errno, Fd, SockAddr};

use super::Phase;
use super::bind::{PORT_CHOICES, is_everybodys};
use crate::choice::Point;
use crate::kernel::ids::SocketId;
use crate::kernel::tcp::{Connect, State, Tcp, Wakes};
use crate::kernel::{Answer, Attempt, Call, Kernel};

/// Ports tried from the front of the range before the search goes on where it last succeeded.
const FRONT: u16 = 64;

impl Kernel {
    /// connect(2).
    pub fn connect(&mut self, call: &mut Call, fd: Fd, addr: &SockAddr) -> Answer<()> {
        let file = self.resolve(call, fd)?;
        let socket = self.socket_of(file)?;
        if *addr == SockAddr::Unspec {
            self.dissolve(socket);
            return Ok(());
        }
        let pending = self.begin_connect(call, socket, addr)?;
        let nonblocking = self.is_nonblocking(file);
        if !nonblocking {
            self.settle();
        }
        if self.sockets[socket].tcp.state.is_connecting() {
            if nonblocking || call.attempt == Attempt::TimedOut {
                self.settle();
                return Err(pending.into());
            }
            let timeout = self.sockets[socket].tcp.options.send_timeout;
            self.set_deadline(call, timeout);
            return Err(self.wait_on(call, EpollEvents::empty(), false));
        }
        if self.sockets[socket].tcp.state == State::Closed {
            return Err(self.connect_failed(socket).into());
        }
        self.sockets[socket].phase = Phase::Connected;
        Ok(())
    }

    /// Starts the handshake unless that has been done. Says what the call answers if it does not wait for the
    /// end of it.
    fn begin_connect(&mut self, call: &mut Call, socket: SocketId, addr: &SockAddr) -> Result<Errno, Errno> {
        let is_first = call.attempt == Attempt::First;
        match self.sockets[socket].phase {
            Phase::Connected if is_first => Err(Errno::EISCONN),
            Phase::Disconnecting if is_first => Err(Errno::EINVAL),
            Phase::Unconnected if is_first => {
                if self.sockets[socket].tcp.state != State::Closed {
                    return Err(Errno::EISCONN);
                }
                self.start_connect(socket, addr)?;
                self.sockets[socket].phase = Phase::Connecting;
                call.done = 1;
                Ok(Errno::EINPROGRESS)
            }
            _ if call.done == 1 => Ok(Errno::EINPROGRESS),
            _ => Ok(Errno::EALREADY),
        }
    }

    /// The handshake has failed: the error goes to whoever asks first, and the socket can be used again.
    fn connect_failed(&mut self, socket: SocketId) -> Errno {
        let error = self.sockets[socket].tcp.take_error().unwrap_or(Errno::ECONNABORTED);
        self.sockets[socket].phase = Phase::Unconnected;
        self.disconnect(socket);
        error
    }

    /// connect(2) to `AF_UNSPEC`, and what shutdown(2) does to a socket that is connecting or listening.
    pub(super) fn dissolve(&mut self, socket: SocketId) {
        self.disconnect(socket);
        self.sockets[socket].phase = Phase::Unconnected;
        self.settle();
    }

    /// `tcp_disconnect`.
    pub(super) fn disconnect(&mut self, socket: SocketId) {
        self.stop_listening(socket);
        self.unhash_before_disconnect(socket);
        self.reset_address(socket);
        self.sockets[socket].tcp.peer.set_port(0);
    }

    /// The state machine still needs its addresses for the reset that it sends.
    fn unhash_before_disconnect(&mut self, socket: SocketId) {
        self.unhash(socket);
        self.drive(socket, Tcp::disconnect);
        // The peer has the reset before anybody here is told.
        self.settle();
        self.wake(socket, Wakes::ERROR);
    }

    /// `tcp_v4_connect`, `tcp_v6_connect`.
    fn start_connect(&mut self, socket: SocketId, addr: &SockAddr) -> Result<(), Errno> {
        let mut peer = self.wire_addr(socket, addr)?;
        let state = &self.sockets[socket];
        let host = state.host;
        // What is bound to everybody's address sends from its own.
        let bound = Some(state.tcp.local.ip()).filter(|&ip| !is_everybodys(ip));
        let bound = bound.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        if peer.ip().is_unspecified() {
            // "0.0.0.0" is this host: the address the socket is bound to, or the loopback.
            let own = match peer.ip() {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            };
            peer.set_ip(if bound.is_unspecified() { own } else { bound });
        }
        if !bound.is_unspecified() && bound.is_ipv4() != peer.is_ipv4() {
            return Err(Errno::EINVAL);
        }
        let route = self.route(host, bound, peer.ip())?;
        let before = state.tcp.local;
        self.sockets[socket].tcp.local.set_ip(route.source);
        let iss = match self.connect_port(socket, peer) {
            Ok(iss) => iss,
            Err(errno) => {
                self.sockets[socket].tcp.local = before;
                self.renew_claim(socket);
                return Err(errno);
            }
        };
        let local = self.sockets[socket].tcp.local;
        // A socket of IPv6 that has once gone over IPv4 goes no other way: `tcp_disconnect` leaves
        // `icsk_af_ops` alone, and what it sends to addresses of IPv6 goes nowhere.
        self.sockets[socket].is_mapped |= peer.is_ipv4();
        self.sockets[socket].tcp.peer = peer;
        self.hash(socket);
        self.drive(socket, |tcp, cx| tcp.connect(Connect { local, peer, iss, mtu: route.mtu }, cx));
        Ok(())
    }

    /// Gives the socket a port from which no other connection to `peer` exists; says where its numbers
    /// begin.
    fn connect_port(&mut self, socket: SocketId, peer: SocketAddr) -> Result<crate::kernel::tcp::Seq, Errno> {
        let local = self.sockets[socket].tcp.local;
        let host = self.sockets[socket].host;
        if self.sockets[socket].claim.is_some() {
            self.renew_claim(socket);
            let iss = self.take_over(host, local, peer, None);
            return iss.ok_or(Errno::EADDRNOTAVAIL);
        }
        let (low, high) = self.hosts[host.index()].sysctl.port_range;
        let skip = self.choices.choose(Point::Port, PORT_CHOICES) as u16;
        for parity in [0, 1] {
            let count = (high - low + 1 - parity).div_ceil(2);
            let last = self.hosts[host.index()].ports.last;
            for step in 0..count + FRONT {
                let index = if step < FRONT { step + skip } else { last.wrapping_add(step - FRONT) };
                let port = low + parity + 2 * (index % count);
                if self.hosts[host.index()].ports.is_bound(port) {
                    continue;
                }
                let local = SocketAddr::new(local.ip(), port);
                if let Some(iss) = self.take_over(host, local, peer, Some(Duration::from_secs(1))) {
                    if step >= FRONT {
                        self.hosts[host.index()].ports.last = index % count;
                    }
                    self.sockets[socket].tcp.local = local;
                    self.acquire_claim(socket, false);
                    return Ok(iss);
                }
            }
        }
        Err(Errno::EADDRNOTAVAIL)
    }
}
