//! bind(2) (`__inet_bind`, `inet_csk_get_port`), and the hold of a socket on its port.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use netcore::sys::{Domain, Errno, Fd, SockAddr};

use super::ports::{Claim, Class};
use crate::choice::Point;
use crate::kernel::host::unspecified_like;
use crate::kernel::ids::SocketId;
use crate::kernel::tcp::State;
use crate::kernel::{Answer, Call, Kernel};

/// How many of the free ports of its kind a new one is drawn from: few, so that numbers are used again soon.
pub(super) const PORT_CHOICES: u32 = 16;

/// Whether it is an address of many.
pub(super) fn is_everybodys(ip: IpAddr) -> bool {
    ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

impl Kernel {
    /// bind(2).
    pub fn bind(&mut self, call: &mut Call, fd: Fd, addr: &SockAddr) -> Answer<()> {
        let socket = self.resolve_socket(call, fd)?;
        let addr = match (self.sockets[socket].domain, addr) {
            // All zeros, it is taken for `INADDR_ANY`.
            (Domain::Inet, SockAddr::Unspec) => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            // An IPv4 address for a socket of IPv6 alone: connect(2) has no way there, here it makes no sense.
            _ => self.wire_addr(socket, addr).map_err(|errno| match errno {
                Errno::ENETUNREACH => Errno::EINVAL,
                other => other,
            })?,
        };
        let state = &self.sockets[socket];
        if !addr.ip().is_unspecified() && !is_everybodys(addr.ip()) && !self.owns(state.host, addr.ip()) {
            return Err(Errno::EADDRNOTAVAIL.into());
        }
        if state.tcp.state != State::Closed || state.claim.is_some() {
            return Err(Errno::EINVAL.into());
        }
        let (before, was_v6_only) = (state.tcp.local.port(), state.tcp.options.v6_only);
        let tcp = &mut self.sockets[socket].tcp;
        tcp.local = addr;
        tcp.options.v6_only |= matches!(addr.ip(), IpAddr::V6(ip) if !ip.is_unspecified());
        if let Err(errno) = self.take_port(socket, addr.port()) {
            // The address is lost, the old port is still told.
            let tcp = &mut self.sockets[socket].tcp;
            tcp.local = SocketAddr::new(unspecified_like(addr.ip()), before);
            tcp.options.v6_only = was_v6_only;
            return Err(errno.into());
        }
        let state = &mut self.sockets[socket];
        state.is_addr_bound = !addr.ip().is_unspecified();
        state.is_port_bound = addr.port() != 0;
        Ok(())
    }

    /// A user's address as it is on the wire: an IPv4 address in IPv6's clothes is IPv4.
    pub(super) fn wire_addr(&self, socket: SocketId, addr: &SockAddr) -> Result<SocketAddr, Errno> {
        let state = &self.sockets[socket];
        match (state.domain, addr) {
            (Domain::Inet, SockAddr::Inet(addr)) => Ok((*addr).into()),
            (Domain::Inet6, SockAddr::Inet6(addr)) => match addr.ip().to_ipv4_mapped() {
                Some(_) if state.tcp.options.v6_only => Err(Errno::ENETUNREACH),
                Some(ip) => Ok(SocketAddr::new(ip.into(), addr.port())),
                None => Ok(SocketAddr::new((*addr.ip()).into(), addr.port())),
            },
            // What is shorter than a `struct sockaddr_in6` is not looked at any further.
            (Domain::Inet6, _) => Err(Errno::EINVAL),
            _ => Err(Errno::EAFNOSUPPORT),
        }
    }

    /// Gives the socket, whose local address is set, a hold on `port`; 0 is any (`inet_csk_get_port`).
    pub(super) fn take_port(&mut self, socket: SocketId, port: u16) -> Result<(), Errno> {
        let port = match port {
            0 => self.open_port(socket)?,
            port => {
                let claim = self.claim_of(socket, port, true);
                if self.hosts[self.sockets[socket].host.index()].ports.conflicts(&claim) {
                    return Err(Errno::EADDRINUSE);
                }
                port
            }
        };
        self.sockets[socket].tcp.local.set_port(port);
        self.acquire_claim(socket, true);
        Ok(())
    }

    /// A port that nobody has: odd ones first, since connect(2) prefers even ones
    /// (`inet_csk_find_open_port`).
    fn open_port(&mut self, socket: SocketId) -> Result<u16, Errno> {
        let host = self.sockets[socket].host.index();
        let (low, high) = self.hosts[host].sysctl.port_range;
        let skip = self.choices.choose(Point::Port, PORT_CHOICES) as u16;
        for parity in [1, 0] {
            let count = (high - low + 1 - parity).div_ceil(2);
            for step in 0..count {
                let port = low + parity + 2 * ((step + skip) % count);
                let claim = self.claim_of(socket, port, true);
                if !self.hosts[host].ports.is_taken(&claim) {
                    return Ok(port);
                }
            }
        }
        Err(Errno::EADDRINUSE)
    }

    /// What the socket holds, or would hold, of `port`.
    fn claim_of(&self, socket: SocketId, port: u16, is_bound: bool) -> Claim {
        let state = &self.sockets[socket];
        let options = &state.tcp.options;
        let class = Class {
            reuse_addr: options.reuse_addr,
            reuse_port: options.reuse_port,
            listens: state.tcp.state == State::Listen,
        };
        Claim { port, addr: state.tcp.local.ip(), v6_only: options.v6_only, class, is_bound }
    }

    /// Takes hold of the local address.
    pub(super) fn acquire_claim(&mut self, socket: SocketId, is_bound: bool) {
        let claim = self.claim_of(socket, self.sockets[socket].tcp.local.port(), is_bound);
        let state = &mut self.sockets[socket];
        debug_assert!(state.claim.is_none(), "a socket holds one port");
        state.claim = Some(claim);
        self.hosts[state.host.index()].ports.acquire(&claim);
    }

    /// Lets go of it; the name stays.
    pub(super) fn release_claim(&mut self, socket: SocketId) -> Option<Claim> {
        let state = &mut self.sockets[socket];
        let claim = state.claim.take()?;
        self.hosts[state.host.index()].ports.release(&claim);
        Some(claim)
    }

    /// The socket's address, state or flags have changed, and with them what it holds.
    pub(super) fn renew_claim(&mut self, socket: SocketId) {
        if let Some(claim) = self.release_claim(socket) {
            self.acquire_claim(socket, claim.is_bound);
        }
    }

    /// Whether another socket keeps this one from being what it is now, which `claim` was not yet
    /// (`get_port` of a socket that has its port).
    pub(super) fn conflicts_now(&self, socket: SocketId) -> bool {
        let claim = self.claim_of(socket, self.sockets[socket].tcp.local.port(), true);
        self.hosts[self.sockets[socket].host.index()].ports.conflicts(&claim)
    }

    /// The local address goes back to what bind(2) made it (`inet_bhash2_reset_saddr`).
    pub(super) fn reset_address(&mut self, socket: SocketId) {
        let state = &mut self.sockets[socket];
        if !state.is_addr_bound {
            let any = match state.domain {
                Domain::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                _ => unspecified_like(state.tcp.local.ip()),
            };
            state.tcp.local.set_ip(any);
            self.renew_claim(socket);
        }
    }
}
