//! A middlebox that remembers connections, and forgets them: a stateful firewall or NAT gateway.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use netcore::sys::Instant;

use crate::kernel::tcp::{Flags, Segment};

/// What happens to a packet of a connection that the box does not know (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// It is lost without a word.
    Drop,
    /// Its sender gets a reset, as if from the other end.
    Reject,
}

/// A connection tracker. It learns of a connection by its SYN, and forgets it when it has been idle too long or
/// is reset.
#[derive(Clone, Debug)]
pub struct Conntrack {
    idle: Duration,
    forgotten: Forgotten,
    /// By the two addresses, the lower first: when the last packet went by.
    flows: BTreeMap<(SocketAddr, SocketAddr), Instant>,
}

impl Conntrack {
    /// One that forgets connections after `idle`.
    pub fn new(idle: Duration, forgotten: Forgotten) -> Self {
        Conntrack { idle, forgotten, flows: BTreeMap::new() }
    }

    /// How many connections it remembers, expired ones included until a packet shows them.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// Whether a segment may pass; if not, what happens to it.
    pub(super) fn judge(&mut self, segment: &Segment, now: Instant) -> Result<(), Forgotten> {
        let key = (segment.src.min(segment.dst), segment.src.max(segment.dst));
        let is_new = segment.flags & (Flags::SYN | Flags::ACK | Flags::RST) == Flags::SYN;
        let is_known = self.flows.get(&key).is_some_and(|&last| now - last <= self.idle);
        if segment.has(Flags::RST) || !(is_known || is_new) {
            self.flows.remove(&key);
        } else {
            self.flows.insert(key, now);
        }
        if is_known || is_new { Ok(()) } else { Err(self.forgotten) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tcp::Seq;

    fn segment(src: &str, dst: &str, flags: Flags) -> Segment {
        let (src, dst) = (src.parse().expect("an address"), dst.parse().expect("an address"));
        let (seq, ack) = (Seq(0), Seq(0));
        Segment { src, dst, seq, ack, flags, window: 0, mss: 0, scale: 0, stamp: 0, payload: Vec::new() }
    }

    #[test]
    fn an_idle_connection_is_forgotten_and_a_busy_one_is_not() {
        let (a, b) = ("10.0.0.1:1", "10.0.0.2:2");
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        let mut conntrack = Conntrack::new(Duration::from_secs(15), Forgotten::Drop);
        assert_eq!(conntrack.judge(&segment(a, b, Flags::ACK), at(0)), Err(Forgotten::Drop));
        assert_eq!(conntrack.judge(&segment(a, b, Flags::SYN), at(1)), Ok(()));
        assert_eq!(conntrack.judge(&segment(b, a, Flags::SYN | Flags::ACK), at(16)), Ok(()));
        assert_eq!(conntrack.judge(&segment(a, b, Flags::ACK), at(31)), Ok(()));
        assert_eq!(conntrack.judge(&segment(a, b, Flags::ACK), at(47)), Err(Forgotten::Drop));
        assert!(conntrack.is_empty());
    }
}
