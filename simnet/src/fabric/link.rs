//! One direction of a link.

use core::time::Duration;

use netcore::sys::Instant;

use super::{LinkConditions, Unreachable};

/// The state of one direction.
#[derive(Debug)]
pub(super) struct Direction {
    pub(super) conditions: LinkConditions,
    pub(super) is_cut: bool,
    pub(super) unreachable: Option<Unreachable>,
    /// When the last packet in order arrives.
    last: Instant,
    /// When the last octet has been put on the wire.
    busy_until: Instant,
}

impl Direction {
    pub(super) fn new(conditions: LinkConditions) -> Self {
        Direction {
            conditions,
            is_cut: false,
            unreachable: None,
            last: Instant::ZERO,
            busy_until: Instant::ZERO,
        }
    }

    /// When a packet of `len` octets that is sent now arrives, `late` behind the latency: in order and at
    /// an instant of its own, unless it is to be overtaken.
    pub(super) fn arrival(&mut self, now: Instant, len: usize, late: Duration, overtaken: bool) -> Instant {
        let mut start = now;
        if let Some(bandwidth) = self.conditions.bandwidth {
            let wire = (len as u64).saturating_mul(1_000_000_000) / bandwidth.max(1);
            start = self.busy_until.max(now) + Duration::from_nanos(wire);
            self.busy_until = start;
        }
        let at = start + self.conditions.latency + late;
        if overtaken {
            return at + self.conditions.latency.max(Duration::from_millis(1));
        }
        self.last = at.max(self.last + Duration::from_nanos(1));
        self.last
    }
}
