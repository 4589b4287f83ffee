//! Socket addresses.

use core::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

use super::Domain;

/// A `struct sockaddr` as bind(2), connect(2) and accept(2) take and give it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SockAddr {
    /// `AF_INET`, ip(7).
    Inet(SocketAddrV4),
    /// `AF_INET6`, ipv6(7).
    Inet6(SocketAddrV6),
    /// `AF_UNSPEC`: dissolves an association when given to connect(2).
    Unspec,
}

impl SockAddr {
    /// The internet address, if it is one.
    pub fn ip(&self) -> Option<SocketAddr> {
        match *self {
            SockAddr::Inet(a) => Some(a.into()),
            SockAddr::Inet6(a) => Some(a.into()),
            SockAddr::Unspec => None,
        }
    }

    /// The address family.
    pub fn domain(&self) -> Option<Domain> {
        match self {
            SockAddr::Inet(_) => Some(Domain::Inet),
            SockAddr::Inet6(_) => Some(Domain::Inet6),
            SockAddr::Unspec => None,
        }
    }
}

impl From<SocketAddr> for SockAddr {
    fn from(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V4(a) => SockAddr::Inet(a),
            SocketAddr::V6(a) => SockAddr::Inet6(a),
        }
    }
}

impl fmt::Debug for SockAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SockAddr::Inet(a) => a.fmt(f),
            SockAddr::Inet6(a) => a.fmt(f),
            SockAddr::Unspec => f.write_str("AF_UNSPEC"),
        }
    }
}
