//! The answer to a SYN (`tcp_rcv_synsent_state_process`), and the end of every handshake.

use super::congestion::Congestion;
use super::{Context, Flags, Halves, Segment, State, Tcp, Wakes, window};

impl Tcp {
    /// A segment in SYN-SENT (RFC 9293 §3.10.7.3).
    pub(super) fn on_handshake(&mut self, segment: Segment, cx: &mut Context<'_>) {
        self.answer_handshake(&segment, cx);
        cx.pool.put(segment.payload);
    }

    fn answer_handshake(&mut self, segment: &Segment, cx: &mut Context<'_>) {
        if segment.has(Flags::ACK) && (!segment.ack.after(self.snd_una) || segment.ack.after(self.snd_max)) {
            cx.effects.segments.extend(segment.reset());
            return;
        }
        if segment.has(Flags::RST) {
            if segment.has(Flags::ACK) {
                self.on_reset(cx);
            }
            return;
        }
        if !segment.has(Flags::SYN) {
            return;
        }
        self.synchronize(segment);
        if segment.has(Flags::ACK) {
            self.deadlines.rtt.acknowledged(segment.ack, cx.now);
            self.syn_is_out = false;
            self.snd_una = segment.ack;
            self.become_established(segment, cx);
            self.send_ack(cx);
        } else {
            // SYNs have crossed (RFC 9293 §3.5, simultaneous open).
            self.state = State::SynReceived;
            self.send_syn_ack(cx);
        }
    }

    /// The peer's numbers and options are known.
    fn synchronize(&mut self, segment: &Segment) {
        self.irs = segment.seq;
        self.rcv_nxt = segment.seq + 1;
        self.rcv_wup = self.rcv_nxt;
        self.snd_wl1 = segment.seq;
        self.snd_scale = segment.scale;
        self.snd_wnd = segment.window.into();
        self.snd_wnd_max = self.snd_wnd;
        self.peer_stamp = segment.stamp;
        self.mss = window::effective_mss(self.mss, segment.mss.into());
    }

    /// The third segment of a handshake, in SYN-RECEIVED: its acknowledgment has been taken.
    pub(super) fn establish(&mut self, segment: &Segment, cx: &mut Context<'_>) {
        let scale = if segment.has(Flags::SYN) { 0 } else { self.snd_scale };
        self.snd_wnd = u32::from(segment.window) << scale;
        self.snd_wnd_max = self.snd_wnd_max.max(self.snd_wnd);
        self.snd_wl1 = segment.seq;
        self.become_established(segment, cx);
        if self.shutdown.contains(Halves::SEND) {
            // It was shut before there was a connection, or its listener was.
            self.shutdown_send(cx);
        }
    }

    fn become_established(&mut self, segment: &Segment, cx: &mut Context<'_>) {
        debug_assert_eq!(self.snd_una, segment.ack, "the SYN has been acknowledged");
        self.state = State::Established;
        self.deadlines.established(cx.now);
        self.congestion = Congestion::new(self.mss);
        self.expand_send_buffer();
        self.start_keeping(cx.now);
        cx.effects.wakes |= Wakes::STATE;
    }
}
