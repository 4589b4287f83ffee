//! What happened to packets, for the trace: the one place where a segment is seen to be sent, delivered or lost.

use core::fmt;
use core::net::SocketAddr;

use netcore::sys::Instant;

use crate::kernel::ids::HostId;
use crate::kernel::tcp::{Flags, Segment, Seq};

/// What happened to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fate {
    /// It was put on a link.
    Sent,
    /// It was put on a link a second time.
    Duplicated,
    /// It was sent, but those behind it will overtake it.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went over the loopback.
    Loopback,
    /// The link lost it.
    Lost,
    /// It arrived damaged and was dropped.
    Corrupted,
    /// The direction is cut.
    Cut,
    /// Nobody has that address, or its sender has no route there.
    NoRoute,
    /// A router answered that the destination cannot be reached.
    Unreachable,
    /// A connection tracker did not know it.
    Forgotten,
    /// A connection tracker did not know it and answered with a reset.
    Rejected,
    /// The host was down, or its interface.
    HostDown,
}

/// A packet and what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketNote {
    /// When.
    pub at: Instant,
    /// What happened.
    pub fate: Fate,
    /// The host that sent it.
    pub from: HostId,
    /// The host that it is for, if there is one.
    pub to: Option<HostId>,
    /// Its source.
    pub src: SocketAddr,
    /// Its destination.
    pub dst: SocketAddr,
    /// Its sequence number.
    pub seq: Seq,
    /// What it acknowledges.
    pub ack: Seq,
    /// Its control bits.
    pub flags: Flags,
    /// Its window, unscaled.
    pub window: u16,
    /// The window scale option of a SYN.
    pub scale: u8,
    /// Octets of data.
    pub len: u32,
}

/// A record of packets: always a hash, and whole if it is asked for.
#[derive(Debug, Default)]
pub struct PacketLog {
    /// A hash of everything so far.
    pub hash: u64,
    /// How many notes were taken.
    pub count: u64,
    /// The notes since the log was last emptied, if they are to be kept.
    pub notes: Option<Vec<PacketNote>>,
}

impl PacketLog {
    #[inline]
    pub(crate) fn note(
        &mut self,
        at: Instant,
        fate: Fate,
        from: HostId,
        to: Option<HostId>,
        segment: &Segment,
    ) {
        self.count += 1;
        let place = u64::from(from.0) << 40 | u64::from(to.map_or(0xffff, |to| to.0)) << 8 | fate as u64;
        let numbers = u64::from(segment.seq.0) << 32 | u64::from(segment.ack.0);
        let rest = (segment.payload.len() as u64) << 8 | u64::from(segment.flags.bits());
        let mixed = self.hash ^ at.as_nanos() ^ place.rotate_left(17) ^ numbers ^ rest.rotate_left(43);
        self.hash = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
        if let Some(notes) = &mut self.notes {
            notes.push(PacketNote {
                at,
                fate,
                from,
                to,
                src: segment.src,
                dst: segment.dst,
                seq: segment.seq,
                ack: segment.ack,
                flags: segment.flags,
                window: segment.window,
                scale: segment.scale,
                len: segment.payload.len() as u32,
            });
        }
    }
}

impl fmt::Display for PacketNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PacketNote { fate, src, dst, seq, ack, flags, window, len, .. } = self;
        write!(f, "{fate:?} {src} > {dst} {flags} seq {seq:?}")?;
        if *len > 0 {
            write!(f, ":{:?}", *seq + *len)?;
        }
        if flags.contains(Flags::ACK) {
            write!(f, " ack {ack:?}")?;
        }
        write!(f, " win {window} len {len}")
    }
}
