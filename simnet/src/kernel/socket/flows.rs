//! Which end of a connection a segment is for: a hash table by addresses and ports (`inet_ehash`).

use core::net::{IpAddr, SocketAddr};

use crate::kernel::ids::{RequestId, SocketId, TimeWaitId};

/// Who owns a pair of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernel) enum Flow {
    Socket(SocketId),
    Request(RequestId),
    TimeWait(TimeWaitId),
}

const KIND_SHIFT: u32 = 30;
const INDEX_MASK: u32 = (1 << KIND_SHIFT) - 1;

impl Flow {
    /// As a number above 0.
    fn pack(self) -> u32 {
        let (kind, index) = match self {
            Flow::Socket(id) => (1, id.0),
            Flow::Request(id) => (2, id.0),
            Flow::TimeWait(id) => (3, id.0),
        };
        debug_assert!(index <= INDEX_MASK, "fewer than 2^30 connections");
        kind << KIND_SHIFT | index
    }

    fn unpack(packed: u32) -> Flow {
        let index = packed & INDEX_MASK;
        match packed >> KIND_SHIFT {
            1 => Flow::Socket(SocketId(index)),
            2 => Flow::Request(RequestId(index)),
            _ => Flow::TimeWait(TimeWaitId(index)),
        }
    }
}

/// A slot of the table: the hash of the addresses, and the owner; 0 is free.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    flow: u32,
}

/// The connections of one host. Open addressing with linear probing; the same in every run.
#[derive(Debug, Default)]
pub(in crate::kernel) struct Flows {
    slots: Vec<Slot>,
    len: usize,
}

impl Flows {
    /// The owner with that hash which `is` recognizes.
    #[inline]
    pub(in crate::kernel) fn find(&self, hash: u32, is: impl Fn(Flow) -> bool) -> Option<Flow> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].flow != 0 {
            let slot = self.slots[at];
            if slot.hash == hash && is(Flow::unpack(slot.flow)) {
                return Some(Flow::unpack(slot.flow));
            }
            at = (at + 1) & mask;
        }
        None
    }

    pub(in crate::kernel) fn insert(&mut self, hash: u32, flow: Flow) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.len += 1;
        self.place(Slot { hash, flow: flow.pack() });
    }

    fn place(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = slot.hash as usize & mask;
        while self.slots[at].flow != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(8);
        for slot in core::mem::replace(&mut self.slots, vec![Slot::default(); size]) {
            if slot.flow != 0 {
                self.place(slot);
            }
        }
    }

    /// Takes an owner out, and closes the gap so that those behind it are still found.
    pub(in crate::kernel) fn remove(&mut self, hash: u32, flow: Flow) {
        let packed = flow.pack();
        let Some(mut gap) = self.position(hash, packed) else { return };
        let mask = self.slots.len() - 1;
        let mut at = (gap + 1) & mask;
        while self.slots[at].flow != 0 {
            let home = self.slots[at].hash as usize & mask;
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.slots[gap] = self.slots[at];
                gap = at;
            }
            at = (at + 1) & mask;
        }
        self.slots[gap] = Slot::default();
        self.len -= 1;
    }

    /// Gives one owner's place to another with the same addresses.
    pub(in crate::kernel) fn replace(&mut self, hash: u32, old: Flow, new: Flow) {
        if let Some(at) = self.position(hash, old.pack()) {
            self.slots[at].flow = new.pack();
        }
    }

    fn position(&self, hash: u32, packed: u32) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        while self.slots[at].flow != 0 {
            if self.slots[at].flow == packed {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
        None
    }
}

/// The hash of a pair of addresses, as the local end sees them.
#[inline]
pub(in crate::kernel) fn hash(local: SocketAddr, peer: SocketAddr) -> u32 {
    let ports = u64::from(local.port()) << 16 | u64::from(peer.port());
    let mixed = mix(fold(local.ip()) ^ mix(fold(peer.ip()) ^ mix(ports)));
    (mixed >> 32) as u32
}

#[inline]
fn fold(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => {
            let bits = ip.to_bits();
            (bits >> 64) as u64 ^ mix(bits as u64)
        }
    }
}

/// A step of splitmix64.
#[inline]
pub(in crate::kernel) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_agrees_with_a_plain_map() {
        let (mut flows, mut model) = (Flows::default(), BTreeMap::new());
        let mut state = 3;
        for _ in 0..50_000 {
            state = mix(state);
            let id = (state >> 40) as u32 % 500;
            // Few hashes, so that many collide.
            let hash = id * 7 % 64;
            let flow = Flow::Socket(SocketId(id));
            if model.remove(&id).is_some() {
                flows.remove(hash, flow);
            } else {
                flows.insert(hash, flow);
                model.insert(id, hash);
            }
            let probe = (state >> 20) as u32 % 500;
            let found = flows.find(probe * 7 % 64, |flow| flow == Flow::Socket(SocketId(probe)));
            assert_eq!(found.is_some(), model.contains_key(&probe));
        }
        assert_eq!(flows.len, model.len());
    }
}
