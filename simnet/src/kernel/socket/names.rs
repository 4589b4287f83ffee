//! getsockname(2) and getpeername(2) (`inet_getname`).

use core::net::{SocketAddr, SocketAddrV6};

use netcore::sys::{Domain, Errno, Fd, SockAddr};

use crate::kernel::ids::SocketId;
use crate::kernel::tcp::State;
use crate::kernel::{Answer, Call, Kernel};

impl Kernel {
    /// getsockname(2).
    pub fn getsockname(&mut self, call: &mut Call, fd: Fd) -> Answer<SockAddr> {
        let socket = self.resolve_socket(call, fd)?;
        Ok(self.user_addr(socket, self.sockets[socket].tcp.local))
    }

    /// getpeername(2).
    pub fn getpeername(&mut self, call: &mut Call, fd: Fd) -> Answer<SockAddr> {
        let socket = self.resolve_socket(call, fd)?;
        let tcp = &self.sockets[socket].tcp;
        if tcp.peer.port() == 0 || matches!(tcp.state, State::Closed | State::SynSent | State::Listen) {
            return Err(Errno::ENOTCONN.into());
        }
        Ok(self.peer_name(socket))
    }

    /// The peer's address, whatever became of it.
    pub(super) fn peer_name(&self, socket: SocketId) -> SockAddr {
        self.user_addr(socket, self.sockets[socket].tcp.peer)
    }

    /// An address as users of this socket see it: IPv6 sockets see IPv4 addresses mapped.
    fn user_addr(&self, socket: SocketId, addr: SocketAddr) -> SockAddr {
        match (self.sockets[socket].domain, addr) {
            (Domain::Inet6, SocketAddr::V4(addr)) => {
                SockAddr::Inet6(SocketAddrV6::new(addr.ip().to_ipv6_mapped(), addr.port(), 0, 0))
            }
            (_, addr) => addr.into(),
        }
    }
}
