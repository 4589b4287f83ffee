//! Segments, as they travel between two stacks.

use core::fmt;
use core::net::SocketAddr;

use bitflags::bitflags;

use super::sequence::Seq;

bitflags! {
    /// The control bits of a segment (RFC 9293 §3.1).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Flags: u8 {
        /// No more data from the sender.
        const FIN = 1;
        /// Synchronize sequence numbers.
        const SYN = 2;
        /// Reset the connection.
        const RST = 4;
        /// Push: the end of what the sender had.
        const PSH = 8;
        /// The acknowledgment field is significant.
        const ACK = 16;
    }
}

/// One segment. The two options that only a SYN carries are zero elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The sender.
    pub src: SocketAddr,
    /// The receiver.
    pub dst: SocketAddr,
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK, if `flags` has ACK.
    pub ack: Seq,
    /// The control bits.
    pub flags: Flags,
    /// SEG.WND as on the wire, to be scaled.
    pub window: u16,
    /// The maximum segment size option of a SYN (RFC 9293 §3.7.1).
    pub mss: u16,
    /// The window scale option of a SYN (RFC 7323 §2).
    pub scale: u8,
    /// The sender's clock in milliseconds: the value of the timestamps option (RFC 7323 §3).
    pub stamp: u32,
    /// Data. The storage comes from a [`super::Pool`].
    pub payload: Vec<u8>,
}

impl Segment {
    /// SEG.LEN: how much of the sequence space it takes.
    #[inline]
    pub fn len(&self) -> u32 {
        let controls =
            u32::from(self.flags.contains(Flags::SYN)) + u32::from(self.flags.contains(Flags::FIN));
        self.payload.len() as u32 + controls
    }

    /// Whether it takes nothing of the sequence space: a bare acknowledgment or reset.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sequence number behind its last octet.
    #[inline]
    pub fn end(&self) -> Seq {
        self.seq + self.len()
    }

    /// Whether it has this control bit.
    #[inline]
    pub fn has(&self, flag: Flags) -> bool {
        self.flags.contains(flag)
    }

    /// The reset that answers a segment for which there is no connection (RFC 9293 §3.5.2 group 1,
    /// `tcp_v4_send_reset`); none for a reset.
    pub fn reset(&self) -> Option<Segment> {
        if self.has(Flags::RST) {
            return None;
        }
        let (seq, ack, flags) = if self.has(Flags::ACK) {
            (self.ack, Seq(0), Flags::RST)
        } else {
            (Seq(0), self.end(), Flags::RST | Flags::ACK)
        };
        Some(Segment { seq, ack, flags, ..self.bare_reply() })
    }

    /// A segment in the other direction with nothing in it.
    pub(super) fn bare_reply(&self) -> Segment {
        Segment {
            src: self.dst,
            dst: self.src,
            seq: Seq(0),
            ack: Seq(0),
            flags: Flags::empty(),
            window: 0,
            mss: 0,
            scale: 0,
            stamp: self.stamp,
            payload: Vec::new(),
        }
    }
}

impl fmt::Display for Flags {
    /// As tcpdump prints them: `[S.]`, `[P.]`, `[.]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        let letters =
            [(Flags::SYN, "S"), (Flags::FIN, "F"), (Flags::RST, "R"), (Flags::PSH, "P"), (Flags::ACK, ".")];
        for (flag, letter) in letters {
            if self.contains(flag) {
                f.write_str(letter)?;
            }
        }
        f.write_str("]")
    }
}
