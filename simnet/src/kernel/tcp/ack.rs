//! What an acknowledgment says (`tcp_ack`).

use super::{Context, Flags, Segment, State, Tcp, Wakes};

/// What an acknowledgment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// Something was acknowledged for the first time.
    New,
    /// Nothing was.
    Nothing,
    /// Something that was never sent.
    Unsent,
}

impl Tcp {
    /// `tcp_ack`.
    pub(super) fn acknowledge(&mut self, segment: &Segment, cx: &mut Context<'_>) -> Acknowledged {
        let (ack, una) = (segment.ack, self.snd_una);
        if ack.after(self.snd_max) || ack.before(una - self.snd_wnd_max.max(1)) {
            return Acknowledged::Unsent;
        }
        if ack.before(una) {
            return Acknowledged::Nothing;
        }
        self.deadlines.heard = cx.now;
        self.deadlines.probes = 0;
        self.soft_error = None;
        self.peer_stamp = segment.stamp;
        let had_window = self.snd_wnd;
        if self.state != State::SynReceived {
            self.update_window(segment);
        }
        if ack == una {
            self.on_nothing_new(segment, had_window, cx);
            return Acknowledged::Nothing;
        }
        self.on_new(segment, cx);
        Acknowledged::New
    }

    /// `tcp_ack_update_window`.
    fn update_window(&mut self, segment: &Segment) {
        let scale = if segment.has(Flags::SYN) { 0 } else { self.snd_scale };
        let window = u32::from(segment.window) << scale;
        let is_newer = segment.ack.after(self.snd_una)
            || segment.seq.after(self.snd_wl1)
            || (segment.seq == self.snd_wl1 && (window > self.snd_wnd || window == 0));
        if is_newer {
            self.snd_wl1 = segment.seq;
            self.snd_wnd = window;
            self.snd_wnd_max = self.snd_wnd_max.max(window);
        }
    }

    /// SND.UNA advances (`tcp_clean_rtx_queue`).
    fn on_new(&mut self, segment: &Segment, cx: &mut Context<'_>) {
        let ack = segment.ack;
        let count = ack.since(self.snd_una);
        // What was sent but for the last small segment filled the window.
        let limited =
            self.flight() + self.mss > self.congestion.window() || self.snd_nxt.before(self.data_end());
        let octets = ack.saturating_since(self.queue_start()).min(self.send_queue.len() as u32);
        self.send_queue.drain(..octets as usize);
        cx.pool.put_if_empty(&mut self.send_queue);
        self.syn_is_out = false;
        self.snd_una = ack;
        self.snd_nxt = self.snd_nxt.max(ack);
        self.deadlines.acknowledged(ack, cx.now);
        if self.state != State::SynReceived {
            let repair = self.congestion.acknowledged(ack, count, self.mss, limited);
            self.repair(repair, cx);
        }
        if ack == self.snd_max {
            self.deadlines.stop_retransmission();
        } else {
            self.restart_timeout(cx);
        }
    }

    /// The same acknowledgment again: a window update, an answer to a probe, or a sign of loss.
    fn on_nothing_new(&mut self, segment: &Segment, had_window: u32, cx: &mut Context<'_>) {
        if self.flight() == 0 {
            // `tcp_ack_probe`.
            if self.snd_nxt.before(self.write_end()) && self.snd_wnd > 0 {
                self.deadlines.progress();
                self.deadlines.stop_retransmission();
            }
            return;
        }
        if segment.is_empty() && self.snd_wnd == had_window && self.snd_nxt == self.snd_max {
            let repair = self.congestion.duplicate(self.flight(), self.mss, self.snd_max);
            self.repair(repair, cx);
        }
    }

    /// `tcp_check_space`: whoever was told that there is no room is told that there is.
    pub(super) fn check_space(&mut self, cx: &mut Context<'_>) {
        if self.wants_space {
            self.expand_send_buffer();
            if self.is_writable() {
                self.wants_space = false;
                cx.effects.wakes |= Wakes::SPACE;
            }
        }
    }
}
