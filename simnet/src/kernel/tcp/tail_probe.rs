//! The tail loss probe (RFC 8985 §7, `tcp_schedule_loss_probe`, `tcp_send_loss_probe`): what is last in flight
//! has nothing behind it by which its loss would show, so something is sent behind it before the timeout.

use core::time::Duration;

use super::{Context, Tcp};

/// `TCP_TIMEOUT_MIN_US`.
const TIMEOUT_MIN: Duration = Duration::from_millis(2);

impl Tcp {
    /// The timeout of what is in flight begins anew.
    pub(super) fn restart_timeout(&mut self, cx: &Context<'_>) {
        self.deadlines.rearm_retransmission(cx.now, &self.options);
        self.schedule_tail_probe(cx);
    }

    /// More goes out behind what is in flight.
    pub(super) fn extend_timeout(&mut self, cx: &Context<'_>) {
        self.deadlines.arm_retransmission(cx.now, &self.options);
        self.schedule_tail_probe(cx);
    }

    /// The probe comes before the timeout, unless one is out already or something is known to be lost.
    fn schedule_tail_probe(&mut self, cx: &Context<'_>) {
        let flight = self.flight();
        let is_open =
            self.congestion.is_open() && self.snd_nxt == self.snd_max && !self.state.is_connecting();
        if flight > 0 && is_open {
            let alone = flight <= self.mss_now();
            let spare = if alone { super::rtt::RTO_MIN } else { TIMEOUT_MIN };
            self.deadlines.schedule_tail_probe(cx.now, spare);
        }
    }

    /// The time of the probe has come: new data if there is any that may go, else the last segment again. It is
    /// no retransmission to the user's timeout, and the only one until it is answered.
    pub(super) fn tail_probe(&mut self, cx: &mut Context<'_>) {
        let unsent = self.data_end().saturating_since(self.snd_nxt).min(self.mss_now());
        let room = (self.snd_una + self.snd_wnd).saturating_since(self.snd_nxt);
        if unsent > 0 && unsent <= room {
            self.send_range(self.snd_nxt, unsent, false, cx);
        } else {
            self.resend_last(cx);
        }
        self.deadlines.tail_probed(self.snd_max, cx.now, &self.options);
    }

    /// The last segment in flight again.
    fn resend_last(&mut self, cx: &mut Context<'_>) {
        self.deadlines.rtt.forget();
        let with_fin = self.fin.is_some_and(|fin| self.snd_max.after(fin));
        let data_end = self.snd_max - u32::from(with_fin);
        let len = data_end.since(self.snd_una).min(self.mss_now());
        self.send_range(data_end - len, len, with_fin, cx);
    }
}
