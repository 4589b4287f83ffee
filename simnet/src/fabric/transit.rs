//! The way of a packet: what its link does to it, and when it arrives.

use core::time::Duration;

use netcore::sys::Instant;

use super::{Content, Fate, Forgotten, Packet};
use crate::choice::Point;
use crate::kernel::ids::{HostId, PacketId};
use crate::kernel::tcp::Segment;
use crate::kernel::{Event, Kernel};

/// The headers of a packet, for links of limited bandwidth.
const HEADERS: usize = 66;

impl Kernel {
    /// Puts a segment on the link to the host that it is for.
    pub(crate) fn send_over(&mut self, from: HostId, segment: Segment) {
        let Some(&to) = self.fabric.addrs.get(&segment.dst.ip()) else {
            return self.lose(Fate::NoRoute, from, None, segment);
        };
        if self.host(from).refusal(segment.dst.ip()).is_some() {
            return self.lose(Fate::NoRoute, from, Some(to), segment);
        }
        let direction = self.fabric.direction(from, to);
        if direction.is_cut {
            return self.lose(Fate::Cut, from, Some(to), segment);
        }
        if let Some(code) = direction.unreachable {
            let (local, peer, seq) = (segment.src, segment.dst, segment.seq);
            let content = Content::Unreachable { local, peer, seq, code };
            let at = direction.arrival(self.now, HEADERS, Duration::ZERO, false);
            self.deliver_at(at, Packet { from: to, to: from, content });
            return self.lose(Fate::Unreachable, from, Some(to), segment);
        }
        let pair = (from.min(to), from.max(to));
        if let Some(conntrack) = self.fabric.conntracks.get_mut(&pair)
            && let Err(forgotten) = conntrack.judge(&segment, self.now)
        {
            return self.forget(forgotten, from, to, segment);
        }
        self.cross(from, to, segment);
    }

    /// What the link's conditions do to a segment.
    fn cross(&mut self, from: HostId, to: HostId, segment: Segment) {
        let direction = self.fabric.direction(from, to);
        let conditions = &direction.conditions;
        if self.choices.strike_rated(Point::Loss, conditions.loss_one_in) {
            return self.lose(Fate::Lost, from, Some(to), segment);
        }
        if self.choices.strike_rated(Point::Corrupt, conditions.corrupt_one_in) {
            return self.lose(Fate::Corrupted, from, Some(to), segment);
        }
        let twice = self.choices.strike_rated(Point::Duplicate, conditions.duplicate_one_in);
        let late = self.choices.strike_rated(Point::Reorder, conditions.reorder_one_in);
        let jitter = u32::try_from(conditions.jitter.as_nanos()).unwrap_or(u32::MAX);
        let jitter = self.choices.stray(Point::Jitter, jitter.saturating_add(1));
        let jitter = Duration::from_nanos(jitter.into());
        let len = segment.payload.len() + HEADERS;
        let at = direction.arrival(self.now, len, jitter, late);
        let again = twice.then(|| direction.arrival(self.now, len, jitter, false));
        let fate = if late { Fate::Delayed } else { Fate::Sent };
        self.fabric.log.note(self.now, fate, from, Some(to), &segment);
        if let Some(again) = again {
            self.fabric.log.note(self.now, Fate::Duplicated, from, Some(to), &segment);
            self.deliver_at(again, Packet { from, to, content: Content::Segment(segment.clone()) });
        }
        self.deliver_at(at, Packet { from, to, content: Content::Segment(segment) });
    }

    /// A connection tracker does not let a segment pass.
    fn forget(&mut self, forgotten: Forgotten, from: HostId, to: HostId, segment: Segment) {
        match forgotten {
            Forgotten::Drop => self.lose(Fate::Forgotten, from, Some(to), segment),
            Forgotten::Reject => {
                if let Some(reset) = segment.reset() {
                    let back = self.fabric.direction(to, from);
                    let at = back.arrival(self.now, HEADERS, Duration::ZERO, false);
                    self.deliver_at(at, Packet { from: to, to: from, content: Content::Segment(reset) });
                }
                self.lose(Fate::Rejected, from, Some(to), segment);
            }
        }
    }

    fn deliver_at(&mut self, at: Instant, packet: Packet) {
        let packet = self.fabric.packets.insert(packet);
        self.timers.schedule(at, Event::Packet(packet));
    }

    /// A segment is gone.
    pub(crate) fn lose(&mut self, fate: Fate, from: HostId, to: Option<HostId>, segment: Segment) {
        self.fabric.log.note(self.now, fate, from, to, &segment);
        self.recycle(segment);
    }

    /// A packet arrives at its host, which is up or down.
    pub(crate) fn arrive(&mut self, packet: PacketId) {
        let Packet { from, to, content } = self.fabric.take(packet);
        let is_up = self.is_up(to) && self.host(to).is_plugged;
        match content {
            Content::Segment(segment) if is_up => {
                self.fabric.log.note(self.now, Fate::Delivered, from, Some(to), &segment);
                self.receive(to, segment);
            }
            Content::Segment(segment) => self.lose(Fate::HostDown, from, Some(to), segment),
            Content::Unreachable { local, peer, seq, code } if is_up => {
                self.on_unreachable(to, local, peer, seq, code);
            }
            Content::Unreachable { .. } => {}
        }
    }
}
