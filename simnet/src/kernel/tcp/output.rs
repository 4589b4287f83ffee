//! Segments to be sent (net/ipv4/tcp_output.c).

use std::collections::VecDeque;

use super::congestion::Repair;
use super::{Context, Flags, Segment, Seq, State, Tcp, window};

/// What holds a segment back that is not full (RFC 9293 §3.7.4, `tcp_nagle_check`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nagle {
    /// Nothing: send it.
    Push,
    /// Nagle's rule, unless the socket is set otherwise.
    Rule,
    /// More is coming (`MSG_MORE`).
    More,
}

impl Tcp {
    /// Sends what the windows allow (`tcp_write_xmit`), and sees to it that the rest is not forgotten.
    pub(super) fn push(&mut self, nagle: Nagle, cx: &mut Context<'_>) {
        if self.is_sending() {
            while self.send_next(nagle, cx) {}
            if self.snd_nxt.before(self.write_end()) && self.flight() == 0 {
                self.arm_probe(cx.now);
            }
        }
    }

    /// Whether the state has data or a FIN to send.
    fn is_sending(&self) -> bool {
        use State::{CloseWait, Closing, Established, FinWait1, LastAck};
        matches!(self.state, Established | CloseWait | FinWait1 | Closing | LastAck)
    }

    /// Sends one segment from SND.NXT on, if there is one to send and it may be.
    fn send_next(&mut self, nagle: Nagle, cx: &mut Context<'_>) -> bool {
        let unsent = self.data_end().saturating_since(self.snd_nxt);
        let mut with_fin = self.fin.is_some_and(|fin| !self.snd_nxt.after(fin));
        if (unsent == 0 && !with_fin) || !cx.has_route {
            return false;
        }
        let mss = self.mss_now();
        let len = unsent.min(mss);
        with_fin &= len == unsent;
        let window = (self.snd_una + self.snd_wnd).saturating_since(self.snd_nxt);
        let flight = self.flight();
        if len > window || (flight > 0 && flight + len > self.congestion.window()) {
            return false;
        }
        if with_fin && len + 1 > window {
            with_fin = false;
            if len == 0 {
                return false;
            }
        }
        if len < mss && len == unsent && !with_fin && self.holds_back(nagle) {
            return false;
        }
        self.send_range(self.snd_nxt, len, with_fin, cx);
        if len < mss {
            self.snd_small = self.snd_nxt;
        }
        true
    }

    /// `tcp_nagle_check` for the last segment, which is not full.
    fn holds_back(&self, nagle: Nagle) -> bool {
        if nagle == Nagle::Push || self.snd_nxt.before(self.snd_max) {
            return false;
        }
        let small_in_flight =
            self.snd_small.after(self.snd_una) && !self.snd_small.after(self.snd_nxt) && self.flight() > 0;
        self.options.cork || nagle == Nagle::More || (!self.options.no_delay && small_in_flight)
    }

    /// Sends `len` octets of the queue from `from` on, and the FIN behind them; moves SND.NXT over them.
    pub(super) fn send_range(&mut self, from: Seq, len: u32, with_fin: bool, cx: &mut Context<'_>) {
        let mut payload = cx.pool.take(len as usize);
        let offset = from.since(self.queue_start()) as usize;
        copy_range(&self.send_queue, offset, len as usize, &mut payload);
        let mut flags = Flags::ACK;
        flags.set(Flags::FIN, with_fin);
        flags.set(Flags::PSH, len > 0 && offset + len as usize == self.send_queue.len());
        let end = from + len + u32::from(with_fin);
        let was_idle = self.flight() == 0;
        if end.after(self.snd_nxt) {
            self.snd_nxt = end;
        }
        if end.after(self.snd_max) {
            self.snd_max = end;
            self.deadlines.rtt.sent(end, cx.now);
        }
        self.deadlines.data_sent(cx.now);
        if was_idle {
            self.restart_timeout(cx);
        } else {
            self.extend_timeout(cx);
        }
        self.emit(from, flags, payload, cx);
    }

    /// Sends the first unacknowledged segment again (`tcp_retransmit_skb`).
    pub(super) fn resend(&mut self, cx: &mut Context<'_>) {
        self.deadlines.rtt.forget();
        match self.state {
            State::SynSent => self.send_syn(cx),
            _ if self.syn_is_out => self.send_syn_ack(cx),
            _ => {
                let queued = self.data_end().saturating_since(self.snd_una);
                let len = queued.min(self.mss_now()).min(self.snd_wnd.max(1));
                let fits = len == queued && self.snd_wnd > len;
                let with_fin = fits && self.fin.is_some_and(|fin| !self.snd_una.after(fin));
                if len > 0 || with_fin {
                    self.send_range(self.snd_una, len, with_fin, cx);
                }
            }
        }
    }

    /// Does what the congestion control asks for.
    pub(super) fn repair(&mut self, repair: Repair, cx: &mut Context<'_>) {
        if repair == Repair::Resend {
            self.deadlines.retransmitted(cx.now);
            self.resend(cx);
        }
    }

    /// A SYN (RFC 9293 §3.5): with the options that only it can carry.
    pub(super) fn send_syn(&mut self, cx: &mut Context<'_>) {
        self.send_handshake(Flags::SYN, cx);
    }

    /// The answer to a SYN that crossed ours.
    pub(super) fn send_syn_ack(&mut self, cx: &mut Context<'_>) {
        self.send_handshake(Flags::SYN | Flags::ACK, cx);
    }

    fn send_handshake(&mut self, flags: Flags, cx: &mut Context<'_>) {
        self.rcv_wup = self.rcv_nxt;
        self.rcv_wnd = window::initial_window(&self.options);
        let segment = Segment {
            src: self.local,
            dst: self.peer,
            seq: self.iss,
            ack: if flags.contains(Flags::ACK) { self.rcv_nxt } else { Seq(0) },
            flags,
            window: self.rcv_wnd as u16,
            mss: self.mss as u16,
            scale: window::offered_scale(&self.options),
            stamp: stamp(cx),
            payload: Vec::new(),
        };
        cx.effects.segments.push(segment);
    }

    /// A bare acknowledgment (`tcp_send_ack`).
    pub(super) fn send_ack(&mut self, cx: &mut Context<'_>) {
        self.emit(self.acceptable_seq(), Flags::ACK, Vec::new(), cx);
    }

    /// A segment from before the window: its answer tells what the peer's window is and that it lives
    /// (`tcp_xmit_probe_skb`).
    pub(super) fn send_probe(&mut self, cx: &mut Context<'_>) {
        self.emit(self.snd_una - 1, Flags::ACK, Vec::new(), cx);
    }

    /// What the window still has room for, or else a probe (`tcp_write_wakeup`).
    pub(super) fn send_into_window(&mut self, cx: &mut Context<'_>) -> bool {
        let unsent = self.data_end().saturating_since(self.snd_nxt);
        let window = (self.snd_una + self.snd_wnd).saturating_since(self.snd_nxt);
        let len = unsent.min(window).min(self.mss_now());
        if len > 0 && cx.has_route {
            self.send_range(self.snd_nxt, len, false, cx);
            return true;
        }
        self.send_probe(cx);
        false
    }

    /// The reset of an abort (`tcp_send_active_reset`).
    pub(super) fn send_reset(&mut self, cx: &mut Context<'_>) {
        self.emit(self.acceptable_seq(), Flags::RST | Flags::ACK, Vec::new(), cx);
    }

    /// `tcp_acceptable_seq`: a number that the peer takes, even if its window shrank.
    fn acceptable_seq(&self) -> Seq {
        let end = self.snd_una + self.snd_wnd;
        if end.before(self.snd_max) { end } else { self.snd_max }
    }

    /// Sends a segment with the acknowledgment and window of now; what was to be acknowledged later is now.
    #[inline]
    fn emit(&mut self, seq: Seq, flags: Flags, payload: Vec<u8>, cx: &mut Context<'_>) {
        self.rcv_wnd = self.select_window();
        self.rcv_wup = self.rcv_nxt;
        self.deadlines.acknowledgment_sent();
        let segment = Segment {
            src: self.local,
            dst: self.peer,
            seq,
            ack: self.rcv_nxt,
            flags,
            window: (self.rcv_wnd >> self.rcv_scale) as u16,
            mss: 0,
            scale: 0,
            stamp: stamp(cx),
            payload,
        };
        cx.effects.segments.push(segment);
    }
}

/// The clock of the timestamps option: milliseconds.
fn stamp(cx: &Context<'_>) -> u32 {
    (cx.now.as_nanos() / 1_000_000) as u32
}

/// Copies `len` octets of a queue from `offset` on.
pub(super) fn copy_range(queue: &VecDeque<u8>, offset: usize, len: usize, into: &mut Vec<u8>) {
    let (front, back) = queue.as_slices();
    let (start, end) = (offset, offset + len);
    if start < front.len() {
        into.extend_from_slice(&front[start..end.min(front.len())]);
    }
    if end > front.len() {
        into.extend_from_slice(&back[start.saturating_sub(front.len())..end - front.len()]);
    }
}
