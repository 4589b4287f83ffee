//! How much the peer may send, and how much a segment holds.

use core::net::SocketAddr;

use super::{Options, RMEM, State, Tcp, WMEM};

/// `TCP_MSS_DEFAULT`.
pub(super) const MSS_DEFAULT: u32 = 536;
/// What the timestamps option takes of a segment on the wire (`TCPOLEN_TSTAMP_ALIGNED`).
const STAMP_LEN: u32 = 12;
/// `TCP_MAX_WSCALE`.
const SCALE_MAX: u32 = 14;
/// Of an octet in the send buffer, what its `sk_buff` adds: half as much again.
const CHARGE: (u32, u32) = (3, 2);
/// Segments that an autotuned send buffer has room for, beyond the initial congestion window: what BBR and
/// Cubic ask for differs; this is BBR's.
const SEND_BUFFER_WINDOWS: u32 = 3 * 10;

/// The MSS that an end offers over a path of this MTU (`tcp_mtu_to_mss` before timestamps).
pub(super) fn offered_mss(mtu: u32, peer: SocketAddr, options: &Options) -> u32 {
    let headers = if peer.is_ipv4() { 40 } else { 60 };
    let mss = mtu.saturating_sub(headers).clamp(MSS_DEFAULT, u16::MAX.into());
    match options.max_segment {
        0 => mss,
        max => mss.min(max.into()),
    }
}

/// The payload of a full segment, when this end offers `own` and the peer `other`.
pub(super) fn effective_mss(own: u32, other: u32) -> u32 {
    own.min(if other == 0 { MSS_DEFAULT } else { other }).saturating_sub(STAMP_LEN).max(36)
}

/// The receive window that a buffer stands for: half of it, the rest is bookkeeping
/// (`tcp_win_from_space` with `TCP_DEFAULT_SCALING_RATIO`).
fn space(options: &Options) -> u32 {
    options.receive_buffer / 2
}

/// The window scale to offer (`tcp_select_initial_window`): for the largest buffer that it may grow to.
pub(super) fn offered_scale(options: &Options) -> u8 {
    let most = if options.receive_buffer_locked { space(options) } else { RMEM.2 };
    most.max(1).ilog2().saturating_sub(15).min(SCALE_MAX) as u8
}

/// The window in a SYN.
pub(super) fn initial_window(options: &Options) -> u32 {
    space(options).min(u16::MAX.into())
}

impl Tcp {
    /// `tcp_full_space`.
    fn full_space(&self) -> u32 {
        space(&self.options)
    }

    /// What the peer may still send of what it was told (`tcp_receive_window`).
    #[inline]
    pub(super) fn receive_window(&self) -> u32 {
        (self.rcv_wup + self.rcv_wnd).saturating_since(self.rcv_nxt)
    }

    /// The window to tell the peer: it never shrinks, and opens by steps worth a segment
    /// (`__tcp_select_window`, `tcp_select_window`; RFC 9293 §3.8.6.2.2).
    #[inline]
    pub(super) fn select_window(&self) -> u32 {
        let current = self.receive_window();
        let fresh = self.fresh_window();
        let window = if fresh < current { current } else { fresh };
        let unit = 1 << self.rcv_scale;
        window.next_multiple_of(unit).min((u32::from(u16::MAX)) << self.rcv_scale)
    }

    /// `__tcp_select_window`.
    #[inline]
    pub(super) fn fresh_window(&self) -> u32 {
        let full = self.full_space();
        let used = self.receive_queue.len() as u32 + self.reassembly.len() as u32;
        let free = full.saturating_sub(used);
        let mss = self.rcv_mss.min(full);
        if free < full / 2 && (free < full >> 4 || free < mss) {
            return 0;
        }
        if self.rcv_scale > 0 || free < mss { free } else { free - free % mss.max(1) }
    }

    /// The payload of a full segment now: never more than half of the largest window that the peer ever
    /// offered (`tcp_bound_to_half_wnd`).
    #[inline]
    pub(super) fn mss_now(&self) -> u32 {
        let max = self.snd_wnd_max;
        let cutoff = if max > MSS_DEFAULT { max / 2 } else { max };
        if cutoff > 0 { self.mss.min(cutoff.max(48)) } else { self.mss }
    }

    /// `TCP_MAXSEG`: the payload of a full segment, or what was set before a connection.
    pub fn max_segment(&self) -> u32 {
        match (self.state, self.options.max_segment) {
            (State::Closed | State::Listen, max) if max > 0 => max.into(),
            _ => self.mss,
        }
    }

    /// What the send queue takes of `SO_SNDBUF` (`sk_wmem_queued`).
    fn charged(&self) -> u32 {
        (self.send_queue.len() as u64 * u64::from(CHARGE.0) / u64::from(CHARGE.1)) as u32
    }

    /// How many octets a send may add; 0 is full (`sk_stream_memory_free`).
    pub fn send_room(&self) -> usize {
        let free = self.options.send_buffer.saturating_sub(self.charged());
        if free == 0 || !self.is_below_lowat() {
            return 0;
        }
        ((free * CHARGE.1).div_ceil(CHARGE.0)) as usize
    }

    /// `__sk_stream_is_writeable`: a third is free.
    pub fn is_writable(&self) -> bool {
        let charged = self.charged();
        let free = self.options.send_buffer.saturating_sub(charged);
        free >= charged / 2 && self.is_below_lowat()
    }

    /// `tcp_stream_memory_free`: less than `TCP_NOTSENT_LOWAT` is unsent.
    fn is_below_lowat(&self) -> bool {
        let lowat = self.options.not_sent_lowat;
        lowat == 0 || self.data_end().saturating_since(self.snd_nxt) < lowat
    }

    /// Makes room for what the congestion window lets fly (`tcp_sndbuf_expand`).
    pub(super) fn expand_send_buffer(&mut self) {
        if self.options.send_buffer_locked {
            return;
        }
        let segment = (self.mss + 640).next_power_of_two() + 256;
        let windows = self.congestion.window() / self.mss.max(1) * 3;
        let wanted = u64::from(segment) * u64::from(windows.max(SEND_BUFFER_WINDOWS));
        let wanted = wanted.min(WMEM.2.into()) as u32;
        self.options.send_buffer = self.options.send_buffer.max(wanted);
    }
}
