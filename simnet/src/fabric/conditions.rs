//! What a link is like.

use core::time::Duration;

/// The conditions of one direction of a link. Rates are "one packet in so many"; 0 is never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConditions {
    /// How long every packet takes.
    pub latency: Duration,
    /// How much longer some take, at most.
    pub jitter: Duration,
    /// Octets per second; `None` is without limit.
    pub bandwidth: Option<u64>,
    /// How often a packet is lost.
    pub loss_one_in: u32,
    /// How often a packet falls behind those sent after it.
    pub reorder_one_in: u32,
    /// How often a packet arrives twice.
    pub duplicate_one_in: u32,
    /// How often a packet arrives damaged, which its checksum shows: the receiver drops it.
    pub corrupt_one_in: u32,
    /// The largest packet.
    pub mtu: u32,
}

impl Default for LinkConditions {
    /// A good local network: 100 µs, Ethernet frames, no losses.
    fn default() -> Self {
        LinkConditions {
            latency: Duration::from_micros(100),
            jitter: Duration::from_micros(50),
            bandwidth: None,
            loss_one_in: 0,
            reorder_one_in: 0,
            duplicate_one_in: 0,
            corrupt_one_in: 0,
            mtu: 1500,
        }
    }
}

impl LinkConditions {
    /// A link that only takes its time.
    pub fn with_latency(latency: Duration) -> Self {
        LinkConditions { latency, jitter: Duration::ZERO, ..Self::default() }
    }

    /// These conditions, but one packet in `one_in` is lost.
    #[must_use]
    pub fn losing(self, one_in: u32) -> Self {
        LinkConditions { loss_one_in: one_in, ..self }
    }
}
