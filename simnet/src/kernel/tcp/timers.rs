//! What a connection does when nothing arrives (net/ipv4/tcp_timer.c).
//!
//! | deadline | fires as |
//! |---|---|
//! | `retransmit` | a tail loss probe, the first unacknowledged segment again, or a window probe when none is in flight |
//! | `acknowledge` | the acknowledgment that was held back |
//! | `keep` | a keep-alive probe; the end of an orphan's FIN-WAIT-2 |
//!
//! A connection has none of them when it is idle. The owner keeps one entry in its queue for the earliest and
//! asks again when that fires: a deadline that was moved back or given up costs nothing.

use core::time::Duration;

use netcore::sys::{Errno, Instant};

use super::output::Nagle;
use super::rtt::{RTO_INITIAL, RTO_MAX, RTO_MIN, Rtt};
use super::{Context, Options, Seq, State, Tcp};

/// `TCP_ATO_MIN`, `TCP_DELACK_MIN`.
const DELAYED_ACK: Duration = Duration::from_millis(40);
/// net.ipv4.tcp_invalid_ratelimit.
const ANSWER_INTERVAL: Duration = Duration::from_millis(500);
/// `TCP_MAX_QUICKACKS`.
const QUICK_ACKS: u8 = 16;

/// The deadlines of one connection; [`Instant::MAX`] is none.
#[derive(Debug)]
pub(super) struct Deadlines {
    pub(super) rtt: Rtt,
    retransmit: Instant,
    /// When the timeout comes that a tail loss probe precedes; [`Instant::MAX`] if `retransmit` is no such probe.
    behind_tail_probe: Instant,
    /// SND.MAX behind a tail loss probe that nothing has answered (`tlp_high_seq`).
    tail_probe_end: Option<Seq>,
    acknowledge: Instant,
    keep: Instant,
    /// When something last arrived.
    pub(super) heard: Instant,
    /// When data last arrived; [`Instant::MAX`] is never.
    data_heard: Instant,
    /// When the first of the retransmissions was made that nothing has answered (`retrans_stamp`).
    retransmitting_since: Option<Instant>,
    /// Doublings of the timeout.
    backoff: u8,
    /// Retransmissions without an answer.
    retries: u8,
    /// Probes without an answer.
    pub(super) probes: u8,
    /// Acknowledgments that are not held back.
    quick: u8,
    /// Both sides talk: acknowledgments ride on data.
    pingpong: bool,
    /// When a segment out of the window was last answered; [`Instant::MAX`] is never.
    answered: Instant,
}

impl Default for Deadlines {
    fn default() -> Self {
        Deadlines {
            rtt: Rtt::default(),
            retransmit: Instant::MAX,
            behind_tail_probe: Instant::MAX,
            tail_probe_end: None,
            acknowledge: Instant::MAX,
            keep: Instant::MAX,
            heard: Instant::ZERO,
            data_heard: Instant::MAX,
            retransmitting_since: None,
            backoff: 0,
            retries: 0,
            probes: 0,
            quick: QUICK_ACKS,
            pingpong: false,
            answered: Instant::MAX,
        }
    }
}

impl Deadlines {
    /// Gives all of them up.
    pub(super) fn clear(&mut self) {
        self.retransmit = Instant::MAX;
        self.acknowledge = Instant::MAX;
        self.keep = Instant::MAX;
    }

    /// `icsk_rto`: the timeout, doubled as often as it was in vain.
    fn timeout(&self) -> Duration {
        self.rtt.timeout().saturating_mul(1 << self.backoff.min(20)).min(RTO_MAX)
    }

    /// Sees to it that something in flight is sent again, unless that is seen to already.
    #[inline]
    pub(super) fn arm_retransmission(&mut self, now: Instant, options: &Options) {
        if self.retransmit == Instant::MAX {
            self.rearm_retransmission(now, options);
        }
    }

    /// The timeout begins anew (`tcp_rearm_rto`), cut short by the user's
    /// (`tcp_clamp_rto_to_user_timeout`).
    pub(super) fn rearm_retransmission(&mut self, now: Instant, options: &Options) {
        let mut timeout = self.timeout();
        if let (Some(limit), Some(since)) = (options.user_timeout(), self.retransmitting_since) {
            timeout = timeout.min(limit.saturating_sub(now - since)).max(Duration::from_millis(1));
        }
        self.retransmit = now + timeout;
        self.behind_tail_probe = Instant::MAX;
    }

    /// Puts a tail loss probe before the timeout: two round trips from now, and `spare`.
    pub(super) fn schedule_tail_probe(&mut self, now: Instant, spare: Duration) {
        if self.retries > 0 || self.tail_probe_end.is_some() {
            return;
        }
        if self.behind_tail_probe == Instant::MAX {
            self.behind_tail_probe = self.retransmit;
        }
        let after = self.rtt.smoothed().map_or(RTO_INITIAL, |smoothed| smoothed * 2 + spare);
        self.retransmit = (now + after).min(self.behind_tail_probe);
    }

    /// A tail loss probe has gone out: the timeout begins now.
    pub(super) fn tail_probed(&mut self, end: Seq, now: Instant, options: &Options) {
        self.tail_probe_end = Some(end);
        self.rearm_retransmission(now, options);
    }

    /// The path is there but for a router's word: one doubling is taken back (RFC 6069, `tcp_ld_RTO_revert`).
    pub(super) fn revert_backoff(&mut self, now: Instant) {
        if self.backoff > 0 && self.retries > 0 {
            self.backoff -= 1;
            self.retransmit = now + self.timeout();
        }
    }

    /// Everything up to `ack` has arrived.
    #[inline]
    pub(super) fn acknowledged(&mut self, ack: Seq, now: Instant) {
        self.rtt.acknowledged(ack, now);
        if self.tail_probe_end.is_some_and(|end| !end.after(ack)) {
            self.tail_probe_end = None;
        }
        self.progress();
    }

    /// Nothing is in flight.
    #[inline]
    pub(super) fn stop_retransmission(&mut self) {
        self.retransmit = Instant::MAX;
        self.behind_tail_probe = Instant::MAX;
    }

    /// A retransmission is made.
    pub(super) fn retransmitted(&mut self, now: Instant) {
        self.retransmitting_since.get_or_insert(now);
    }

    /// New data was acknowledged: the path works.
    #[inline]
    pub(super) fn progress(&mut self) {
        self.retransmitting_since = None;
        self.backoff = 0;
        self.retries = 0;
    }

    /// The handshake has taken an answer of its own clock.
    pub(super) fn established(&mut self, now: Instant) {
        self.progress();
        self.stop_retransmission();
        self.heard = now;
    }

    /// Data arrived, which is to be acknowledged (`tcp_event_data_recv`, `__tcp_ack_snd_check`).
    #[inline]
    pub(super) fn data_arrived(&mut self, now: Instant) {
        if now - self.data_heard > RTO_INITIAL {
            self.quick = self.quick.max(2);
        }
        self.data_heard = now;
    }

    /// Whether an acknowledgment is not to be held back (`tcp_in_quickack_mode`).
    #[inline]
    pub(super) fn is_quick(&self) -> bool {
        self.quick > 0 && !self.pingpong
    }

    /// Something is out of order: the sender wants to know at once (`tcp_enter_quickack_mode`).
    pub(super) fn be_quick(&mut self) {
        self.quick = QUICK_ACKS;
        self.pingpong = false;
    }

    /// The peer will not send more: nothing is gained by being quick (`inet_csk_enter_pingpong_mode`).
    pub(super) fn enter_pingpong(&mut self) {
        self.pingpong = true;
    }

    /// Holds an acknowledgment back.
    #[inline]
    pub(super) fn delay_acknowledgment(&mut self, now: Instant) {
        if self.acknowledge == Instant::MAX {
            self.acknowledge = now + DELAYED_ACK;
        }
    }

    /// Whether one is held back.
    #[inline]
    pub(super) fn owes_acknowledgment(&self) -> bool {
        self.acknowledge != Instant::MAX
    }

    /// One was sent, alone or with data.
    #[inline]
    pub(super) fn acknowledgment_sent(&mut self) {
        if self.acknowledge != Instant::MAX {
            self.acknowledge = Instant::MAX;
            self.quick = self.quick.saturating_sub(1);
        }
    }

    /// Data goes out soon after some came in: this is a conversation (`tcp_event_data_sent`).
    #[inline]
    pub(super) fn data_sent(&mut self, now: Instant) {
        if self.data_heard != Instant::MAX && now - self.data_heard < DELAYED_ACK {
            self.pingpong = true;
        }
    }

    /// Whether a segment out of the window is answered now: not more often than twice a second, so that two
    /// ends that disagree do not talk for ever (`__tcp_oow_rate_limited`).
    pub(super) fn may_answer(&mut self, now: Instant) -> bool {
        let may = self.answered == Instant::MAX || now - self.answered >= ANSWER_INTERVAL;
        if may {
            self.answered = now;
        }
        may
    }

    /// Keep-alive begins or goes on `after` from now.
    pub(super) fn keep_after(&mut self, now: Instant, after: Duration) {
        self.keep = now + after;
    }

    /// Keep-alive ends.
    pub(super) fn stop_keeping(&mut self) {
        self.keep = Instant::MAX;
    }
}

impl Tcp {
    /// When the connection next wants to be asked, if ever.
    #[inline]
    pub fn next_deadline(&self) -> Option<Instant> {
        let Deadlines { retransmit, acknowledge, keep, .. } = self.deadlines;
        let next = retransmit.min(acknowledge).min(keep);
        (next != Instant::MAX).then_some(next)
    }

    /// Time has passed.
    pub fn on_time(&mut self, cx: &mut Context<'_>) {
        if self.deadlines.acknowledge <= cx.now {
            self.acknowledge_late(cx);
        }
        if self.deadlines.retransmit <= cx.now {
            let is_tail_probe = self.deadlines.behind_tail_probe != Instant::MAX;
            self.deadlines.stop_retransmission();
            match self.snd_una.before(self.snd_max) {
                true if is_tail_probe => self.tail_probe(cx),
                true => self.retransmit(cx),
                false => self.probe(cx),
            }
        }
        if self.deadlines.keep <= cx.now {
            self.deadlines.stop_keeping();
            self.keep_alive(cx);
        }
    }

    /// `tcp_delack_timer_handler`: the ride did not come.
    fn acknowledge_late(&mut self, cx: &mut Context<'_>) {
        self.deadlines.pingpong = false;
        self.send_ack(cx);
    }

    /// `tcp_retransmit_timer`.
    fn retransmit(&mut self, cx: &mut Context<'_>) {
        if self.has_retried_enough(cx) {
            return self.give_up(cx);
        }
        let first = self.deadlines.retries == 0;
        self.deadlines.retransmitted(cx.now);
        self.deadlines.retries = self.deadlines.retries.saturating_add(1);
        self.deadlines.tail_probe_end = None;
        if !self.state.is_connecting() {
            self.congestion.timed_out(self.flight(), self.mss, first);
            self.snd_nxt = self.snd_una;
        }
        self.resend(cx);
        let is_linear = self.state == State::SynSent
            && self.options.syn_count == 0
            && self.deadlines.retries <= cx.sysctl.syn_linear_timeouts;
        if !is_linear {
            self.deadlines.backoff = self.deadlines.backoff.saturating_add(1);
        }
        self.deadlines.rearm_retransmission(cx.now, &self.options);
    }

    /// `tcp_write_timeout`. Counted in time, not in retransmissions: as long as so many would take from the
    /// shortest timeout (`retransmits_timed_out`).
    fn has_retried_enough(&self, cx: &Context<'_>) -> bool {
        let retries = u32::from(self.deadlines.retries);
        let elapsed = self.deadlines.retransmitting_since.map(|since| cx.now - since);
        if let (Some(limit), Some(elapsed)) = (self.options.user_timeout(), elapsed)
            && elapsed >= limit
        {
            return true;
        }
        if self.state.is_connecting() {
            let count = match self.options.syn_count {
                0 if self.state == State::SynSent => cx.sysctl.syn_retries + cx.sysctl.syn_linear_timeouts,
                0 => cx.sysctl.synack_retries,
                count => count,
            };
            return retries >= u32::from(count);
        }
        if self.options.user_timeout().is_some() {
            return false;
        }
        let count = if self.is_orphan { cx.sysctl.orphan_retries } else { cx.sysctl.retries2 };
        elapsed.is_some_and(|elapsed| elapsed >= time_of(count))
    }

    /// Sees to it that what does not fit the peer's window, or is held back, is tried again
    /// (`tcp_check_probe_timer`).
    pub(super) fn arm_probe(&mut self, now: Instant) {
        self.deadlines.arm_retransmission(now, &self.options);
    }

    /// `tcp_probe_timer`: the window is closed, or what was held back has waited long enough.
    fn probe(&mut self, cx: &mut Context<'_>) {
        if !self.snd_nxt.before(self.write_end()) {
            return;
        }
        let since = *self.deadlines.retransmitting_since.get_or_insert(cx.now);
        let limit = self.options.user_timeout().is_some_and(|limit| cx.now - since >= limit);
        let count = if self.is_orphan { cx.sysctl.orphan_retries } else { cx.sysctl.retries2 };
        if limit || self.deadlines.probes >= count {
            return self.give_up(cx);
        }
        if self.send_into_window(cx) {
            return;
        }
        self.deadlines.probes += 1;
        self.deadlines.backoff = self.deadlines.backoff.saturating_add(1);
        self.deadlines.rearm_retransmission(cx.now, &self.options);
    }

    /// `tcp_write_err`: the connection ends without an answer.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>) {
        let error = self.soft_error.unwrap_or(Errno::ETIMEDOUT);
        self.fail(error, cx);
    }

    /// Sends what is due after options changed that held it back (`TCP_NODELAY`, `TCP_CORK` off).
    pub fn push_pending(&mut self, cx: &mut Context<'_>) {
        self.push(Nagle::Push, cx);
    }
}

/// How long `count` retransmissions take from the shortest timeout, each twice as long as the one before, up
/// to the longest (`tcp_model_timeout`).
fn time_of(count: u8) -> Duration {
    let doublings = RTO_MAX.as_millis().div_euclid(RTO_MIN.as_millis()).ilog2() as u8;
    let doubled = RTO_MIN * ((2 << count.min(doublings)) - 1);
    doubled + RTO_MAX * u32::from(count.saturating_sub(doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifteen_retries_take_what_the_manual_says() {
        assert_eq!(time_of(15), Duration::from_millis(924_600), "ip-sysctl.rst, tcp_retries2");
        assert_eq!(time_of(3), Duration::from_secs(3));
    }
}
