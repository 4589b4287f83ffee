//! The network between hosts: every pair of them has a link, whose conditions are data that may change while
//! a run goes on.
//!
//! A link is two directions. Packets of one direction arrive in the order in which they were sent, at
//! strictly increasing instants, unless reordering strikes. Traffic of a host with itself does not come
//! here: it takes the loopback, inside the kernel.
//!
//! Not here: routes, queues that overflow, and what happens to a packet when it arrives.

mod conditions;
mod conntrack;
mod link;
mod note;
mod transit;
mod unreachable;

pub use conditions::LinkConditions;
pub use conntrack::{Conntrack, Forgotten};
pub use note::{Fate, PacketLog, PacketNote};
pub use unreachable::Unreachable;

use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use crate::kernel::Table;
use crate::kernel::ids::{HostId, PacketId};
use crate::kernel::tcp::{Segment, Seq};
use link::Direction;

/// The links of one run, and what is on them.
#[derive(Debug, Default)]
pub struct Fabric {
    addrs: BTreeMap<IpAddr, HostId>,
    /// How links are that nothing else was said about.
    pub default: LinkConditions,
    directions: BTreeMap<(HostId, HostId), Direction>,
    conntracks: BTreeMap<(HostId, HostId), Conntrack>,
    packets: Table<PacketId, Packet>,
    /// What happened to every packet.
    pub log: PacketLog,
}

/// A packet on a link.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) from: HostId,
    pub(crate) to: HostId,
    pub(crate) content: Content,
}

/// What a packet is.
#[derive(Debug)]
pub(crate) enum Content {
    /// A TCP segment.
    Segment(Segment),
    /// ICMP destination unreachable, about a segment that `local` sent to `peer`.
    Unreachable { local: SocketAddr, peer: SocketAddr, seq: Seq, code: Unreachable },
}

impl Fabric {
    /// Sets the conditions of the link between two hosts, in both directions.
    pub fn connect(&mut self, a: HostId, b: HostId, conditions: LinkConditions) {
        self.set_conditions(a, b, conditions.clone());
        self.set_conditions(b, a, conditions);
    }

    /// Sets the conditions of one direction. What is under way arrives as it was to.
    pub fn set_conditions(&mut self, from: HostId, to: HostId, conditions: LinkConditions) {
        self.direction(from, to).conditions = conditions;
    }

    /// The conditions of one direction.
    pub fn conditions(&self, from: HostId, to: HostId) -> &LinkConditions {
        self.directions.get(&(from, to)).map_or(&self.default, |direction| &direction.conditions)
    }

    /// Cuts one direction: what is sent from now on is lost without a word.
    pub fn partition(&mut self, from: HostId, to: HostId) {
        self.direction(from, to).is_cut = true;
    }

    /// Mends one direction.
    pub fn heal(&mut self, from: HostId, to: HostId) {
        self.direction(from, to).is_cut = false;
    }

    /// Whether one direction is cut.
    pub fn is_partitioned(&self, from: HostId, to: HostId) -> bool {
        self.directions.get(&(from, to)).is_some_and(|direction| direction.is_cut)
    }

    /// From now on a router answers what is sent this way with ICMP, and does not deliver it. `None` ends it.
    pub fn set_unreachable(&mut self, from: HostId, to: HostId, code: Option<Unreachable>) {
        self.direction(from, to).unreachable = code;
    }

    /// Puts a connection tracker into the link between two hosts; `None` takes it away.
    pub fn set_conntrack(&mut self, a: HostId, b: HostId, conntrack: Option<Conntrack>) {
        let pair = (a.min(b), a.max(b));
        match conntrack {
            Some(conntrack) => drop(self.conntracks.insert(pair, conntrack)),
            None => drop(self.conntracks.remove(&pair)),
        }
    }

    /// How many packets are under way.
    pub fn in_flight(&self) -> usize {
        self.packets.len()
    }

    pub(crate) fn add_addr(&mut self, addr: IpAddr, host: HostId) {
        self.addrs.insert(addr, host);
    }

    /// The MTU of the way from a host to an address, if there is one.
    pub(crate) fn mtu(&self, from: HostId, to: IpAddr) -> Option<u32> {
        let to = *self.addrs.get(&to)?;
        Some(self.conditions(from, to).mtu)
    }

    /// The host that a packet is for.
    pub(crate) fn destination(&self, packet: PacketId) -> Option<HostId> {
        self.packets.get(packet).map(|packet| packet.to)
    }

    pub(crate) fn take(&mut self, packet: PacketId) -> Packet {
        self.packets.remove(packet)
    }

    fn direction(&mut self, from: HostId, to: HostId) -> &mut Direction {
        let default = &self.default;
        self.directions.entry((from, to)).or_insert_with(|| Direction::new(default.clone()))
    }
}
