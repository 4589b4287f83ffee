//! Which ports are taken, by whom (`inet_bind_hashbucket`), summed up so that a port with a million
//! connections is judged as fast as one with none.

use core::net::IpAddr;
use std::collections::BTreeMap;

/// Another socket can have the same port if both are set so and that one does not listen: what a socket is
/// in this respect, three bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Class {
    pub(in crate::kernel) reuse_addr: bool,
    pub(in crate::kernel) reuse_port: bool,
    pub(in crate::kernel) listens: bool,
}

const CLASSES: usize = 8;

impl Class {
    fn index(self) -> usize {
        usize::from(self.reuse_addr) | usize::from(self.reuse_port) << 1 | usize::from(self.listens) << 2
    }

    fn at(index: usize) -> Class {
        Class { reuse_addr: index & 1 != 0, reuse_port: index & 2 != 0, listens: index & 4 != 0 }
    }

    /// Whether a socket of this class cannot have a port that one of class `other` has
    /// (`inet_bind_conflict`; all sockets have one owner).
    fn conflicts(self, other: Class) -> bool {
        let both_addr = self.reuse_addr && other.reuse_addr && !other.listens;
        !(both_addr || (self.reuse_port && other.reuse_port))
    }
}

/// The hold of a socket on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) struct Claim {
    pub(in crate::kernel) port: u16,
    pub(in crate::kernel) addr: IpAddr,
    pub(in crate::kernel) v6_only: bool,
    pub(in crate::kernel) class: Class,
    /// It came by bind(2) or listen(2), not by connect(2) or accept4(2).
    pub(in crate::kernel) is_bound: bool,
}

/// The ports of one host.
#[derive(Debug, Default)]
pub(in crate::kernel) struct Ports {
    ports: BTreeMap<u16, Port>,
    /// The last that a connect took after the front of the range was full.
    pub(in crate::kernel) last: u16,
}

#[derive(Debug, Default)]
struct Port {
    holds: Vec<Hold>,
    bound: u32,
}

/// The holds on one address of a port, by class.
#[derive(Debug)]
struct Hold {
    addr: IpAddr,
    v6_only: bool,
    counts: [u32; CLASSES],
}

impl Ports {
    pub(in crate::kernel) fn acquire(&mut self, claim: &Claim) {
        let port = self.ports.entry(claim.port).or_default();
        port.bound += u32::from(claim.is_bound);
        let is_same = |hold: &&mut Hold| hold.addr == claim.addr && hold.v6_only == claim.v6_only;
        match port.holds.iter_mut().find(is_same) {
            Some(hold) => hold.counts[claim.class.index()] += 1,
            None => {
                let mut counts = [0; CLASSES];
                counts[claim.class.index()] = 1;
                port.holds.push(Hold { addr: claim.addr, v6_only: claim.v6_only, counts });
            }
        }
    }

    pub(in crate::kernel) fn release(&mut self, claim: &Claim) {
        let Some(port) = self.ports.get_mut(&claim.port) else { return };
        port.bound -= u32::from(claim.is_bound);
        let is_same = |hold: &Hold| hold.addr == claim.addr && hold.v6_only == claim.v6_only;
        if let Some(at) = port.holds.iter().position(is_same) {
            let counts = &mut port.holds[at].counts;
            counts[claim.class.index()] -= 1;
            if counts.iter().all(|&count| count == 0) {
                port.holds.swap_remove(at);
            }
        }
        if port.holds.is_empty() {
            self.ports.remove(&claim.port);
        }
    }

    /// Whether somebody's hold keeps `claim` out (`inet_csk_bind_conflict`).
    pub(in crate::kernel) fn conflicts(&self, claim: &Claim) -> bool {
        self.overlapping(claim).any(|hold| {
            (0..CLASSES).any(|index| hold.counts[index] > 0 && claim.class.conflicts(Class::at(index)))
        })
    }

    /// Whether anybody holds it, whatever they are set to: bind(2) to port 0 shares with nobody.
    pub(in crate::kernel) fn is_taken(&self, claim: &Claim) -> bool {
        self.overlapping(claim).next().is_some()
    }

    /// Whether somebody was bound to the port: then connect(2) does not choose it.
    pub(in crate::kernel) fn is_bound(&self, port: u16) -> bool {
        self.ports.get(&port).is_some_and(|port| port.bound > 0)
    }

    fn overlapping<'a>(&'a self, claim: &'a Claim) -> impl Iterator<Item = &'a Hold> {
        let holds = self.ports.get(&claim.port).map_or(&[][..], |port| &port.holds);
        holds.iter().filter(move |hold| overlap((claim.addr, claim.v6_only), (hold.addr, hold.v6_only)))
    }
}

/// Whether two addresses, the one of who wants the port first, each perhaps of IPv6 alone, are taken to have one in
/// common (`inet_rcv_saddr_equal`). To any address of IPv4 every socket of IPv6 is a rival that was not told to be of
/// that alone, wherever it is.
fn overlap(a: (IpAddr, bool), b: (IpAddr, bool)) -> bool {
    match (a.0, b.0) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a == b || a.is_unspecified() || b.is_unspecified(),
        (IpAddr::V6(a), IpAddr::V6(b)) => a == b || a.is_unspecified() || b.is_unspecified(),
        (IpAddr::V4(v4), IpAddr::V6(v6)) => !b.1 && (v4.is_unspecified() || v6.is_unspecified()),
        (IpAddr::V6(v6), IpAddr::V4(_)) => v6.is_unspecified() && !a.1,
    }
}
