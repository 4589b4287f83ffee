//! Whether a silent peer still lives (RFC 9293 §3.8.4, `tcp_keepalive_timer`).

use netcore::sys::Instant;

use super::time_wait::TIME_WAIT;
use super::{Context, State, Tcp};

impl Tcp {
    /// Keep-alive is to run if the socket is set so (`tcp_set_keepalive`, `tcp_finish_connect`).
    pub fn start_keeping(&mut self, now: Instant) {
        if self.state == State::Closed || self.state == State::Listen || self.is_orphan {
            return;
        }
        if self.options.keep_alive {
            let idle = self.options.keep_idle();
            self.deadlines.keep_after(now, idle);
        } else {
            self.deadlines.stop_keeping();
        }
    }

    /// `tcp_keepalive_timer`.
    pub(super) fn keep_alive(&mut self, cx: &mut Context<'_>) {
        if self.is_orphan && self.state == State::FinWait2 {
            return self.orphan_waited(cx);
        }
        if !self.options.keep_alive || matches!(self.state, State::Closed | State::SynSent) {
            return;
        }
        let idle = self.options.keep_idle();
        if self.snd_una.before(self.snd_max) || self.snd_nxt.before(self.write_end()) {
            return self.deadlines.keep_after(cx.now, idle);
        }
        let silent = cx.now - self.deadlines.heard;
        if silent < idle {
            return self.deadlines.keep_after(cx.now, idle - silent);
        }
        let probes = self.deadlines.probes;
        let is_dead = match self.options.user_timeout() {
            Some(limit) => silent >= limit && probes > 0,
            None => probes >= self.options.keep_count,
        };
        if is_dead {
            self.send_reset(cx);
            return self.give_up(cx);
        }
        self.send_probe(cx);
        self.deadlines.probes = probes.saturating_add(1);
        self.deadlines.keep_after(cx.now, self.options.keep_interval());
    }

    /// An orphan has waited for the peer's FIN; what is left of its time it spends without a socket.
    fn orphan_waited(&mut self, cx: &mut Context<'_>) {
        let left = self.fin_time(cx).saturating_sub(TIME_WAIT);
        if self.options.linger2 >= 0 && !left.is_zero() {
            self.leave_time_wait(State::FinWait2, left, cx);
        } else {
            self.send_reset(cx);
            self.finish(cx);
        }
    }
}
