//! What every segment has to obey (RFC 9293 §3.4, §3.8.6).

use core::net::SocketAddr;
use std::collections::BTreeMap;

use simnet::fabric::{Fate, PacketNote};
use simnet::kernel::tcp::{Flags, Seq};

/// One direction, as its sender and the network have it.
#[derive(Default)]
struct Direction {
    scale: u8,
    /// The end of what was sent, and of what arrived.
    sent: Option<Seq>,
    arrived: Option<Seq>,
    /// SEG.ACK of the last segment, and the right edge of the window that it gave.
    ack: Option<Seq>,
    edge: Option<Seq>,
    /// The right edge that the other end has been told.
    told: Option<Seq>,
    fin: Option<Seq>,
}

/// Whether it is the note of a segment that leaves its sender, whatever the network then makes of it.
pub(crate) fn goes_out(fate: Fate) -> bool {
    matches!(fate, Fate::Sent | Fate::Delayed | Fate::Lost | Fate::Corrupted | Fate::Cut)
}

/// Checks every segment against what was there before it. Panics with the first that breaks a rule.
pub(crate) fn check(packets: &[PacketNote]) -> usize {
    let mut directions: BTreeMap<(SocketAddr, SocketAddr), Direction> = BTreeMap::new();
    for packet in packets {
        let (here, there) = ((packet.src, packet.dst), (packet.dst, packet.src));
        let end = packet.seq + packet.len + u32::from(packet.flags.intersects(Flags::SYN | Flags::FIN));
        let scale = if packet.flags.contains(Flags::SYN) {
            0
        } else {
            directions.get(&here).map_or(0, |direction| direction.scale)
        };
        let edge = packet.ack + (u32::from(packet.window) << scale);
        match packet.fate {
            fate if goes_out(fate) => {
                let told = directions.get(&there).and_then(|direction| direction.told);
                let received = directions.get(&there).and_then(|direction| direction.arrived);
                let direction = directions.entry(here).or_default();
                sent(direction, packet, end, edge, told, received);
            }
            Fate::Delivered => {
                let direction = directions.entry(here).or_default();
                direction.arrived = Some(direction.arrived.map_or(end, |arrived| arrived.max(end)));
                if packet.flags.contains(Flags::ACK) {
                    direction.told = Some(direction.told.map_or(edge, |told| told.max(edge)));
                }
            }
            _ => {}
        }
    }
    packets.len()
}

/// A segment goes out: `told` is the right edge that its sender knows of, `received` the end of what has come to it.
fn sent(
    direction: &mut Direction,
    packet: &PacketNote,
    end: Seq,
    edge: Seq,
    told: Option<Seq>,
    received: Option<Seq>,
) {
    if packet.flags.contains(Flags::SYN) {
        direction.scale = packet.scale;
    }
    if packet.flags.contains(Flags::ACK) && !packet.flags.contains(Flags::RST) {
        let received = received.unwrap_or_else(|| panic!("{packet}: acknowledges before anything came"));
        assert!(!packet.ack.after(received), "{packet}: acknowledges what has not come ({received:?})");
        let before = direction.ack.unwrap_or(packet.ack);
        assert!(!packet.ack.before(before), "{packet}: the acknowledgment goes back, from {before:?}");
        let before = direction.edge.unwrap_or(edge);
        assert!(!edge.before(before), "{packet}: the window's right edge moves left, from {before:?}");
        (direction.ack, direction.edge) = (Some(packet.ack), Some(edge));
    }
    if let Some(told) = told.filter(|_| packet.len > 1) {
        assert!(
            !(packet.seq + packet.len).after(told),
            "{packet}: beyond the window, which ends at {told:?}"
        );
    }
    if let Some(fin) = direction.fin.filter(|_| packet.len > 0) {
        assert!(!(packet.seq + packet.len).after(fin), "{packet}: data behind the FIN at {fin:?}");
    }
    if packet.flags.contains(Flags::FIN) {
        let fin = packet.seq + packet.len;
        assert_eq!(direction.fin.unwrap_or(fin), fin, "{packet}: another FIN than before");
        direction.fin = Some(fin);
    }
    let before = direction.sent.unwrap_or(packet.seq);
    if !packet.flags.contains(Flags::RST) {
        assert!(!packet.seq.after(before), "{packet}: a gap behind {before:?}");
    }
    direction.sent = Some(before.max(end));
}
