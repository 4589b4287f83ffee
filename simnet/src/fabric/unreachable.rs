//! What a router says of a packet that it cannot deliver.

use netcore::sys::Errno;

/// The code of an ICMP message "destination unreachable" (RFC 792, RFC 1812 §5.2.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// 0: the router has no route.
    Net,
    /// 1: the last router cannot reach the host.
    Host,
    /// 3: nobody is at that port.
    Port,
    /// 13: the router is set not to let it pass.
    Prohibited,
}

impl Unreachable {
    /// What a socket is told (`icmp_err_convert`).
    pub const fn errno(self) -> Errno {
        match self {
            Unreachable::Net => Errno::ENETUNREACH,
            Unreachable::Host | Unreachable::Prohibited => Errno::EHOSTUNREACH,
            Unreachable::Port => Errno::ECONNREFUSED,
        }
    }

    /// Whether it is about connectivity, which may come back, and not about congestion (RFC 6069 §4).
    pub(crate) const fn may_pass(self) -> bool {
        matches!(self, Unreachable::Net | Unreachable::Host)
    }
}
