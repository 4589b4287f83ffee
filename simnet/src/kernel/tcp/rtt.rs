//! How long to wait for an acknowledgment (RFC 6298, `tcp_rtt_estimator`, `tcp_set_rto`).

use core::time::Duration;

use netcore::sys::Instant;

use super::sequence::Seq;

/// `TCP_RTO_MIN`.
pub(super) const RTO_MIN: Duration = Duration::from_millis(200);
/// `TCP_RTO_MAX`.
pub(crate) const RTO_MAX: Duration = Duration::from_secs(120);
/// `TCP_TIMEOUT_INIT`: before anything was measured, and for every SYN.
pub(super) const RTO_INITIAL: Duration = Duration::from_secs(1);

/// The round trip time, measured on one segment at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Rtt {
    /// Smoothed; 0 before the first sample.
    smoothed_us: u32,
    /// Mean deviation.
    deviation_us: u32,
    /// The segment that is being measured: its end, and when it was sent.
    timed: Option<(Seq, Instant)>,
}

impl Rtt {
    /// The smoothed time, if anything was measured.
    pub(super) fn smoothed(&self) -> Option<Duration> {
        (self.smoothed_us > 0).then(|| Duration::from_micros(self.smoothed_us.into()))
    }

    /// The timeout for a first transmission.
    pub(super) fn timeout(&self) -> Duration {
        if self.smoothed_us == 0 {
            return RTO_INITIAL;
        }
        let smoothed = Duration::from_micros(self.smoothed_us.into());
        let spread = Duration::from_micros(u64::from(self.deviation_us) * 4);
        (smoothed + spread.max(RTO_MIN)).min(RTO_MAX)
    }

    /// New data goes out, up to `end`.
    #[inline]
    pub(super) fn sent(&mut self, end: Seq, now: Instant) {
        self.timed.get_or_insert((end, now));
    }

    /// What is being measured is sent again: the answer would say nothing (Karn's rule).
    pub(super) fn forget(&mut self) {
        self.timed = None;
    }

    /// Everything up to `ack` has arrived.
    #[inline]
    pub(super) fn acknowledged(&mut self, ack: Seq, now: Instant) {
        if let Some((end, at)) = self.timed
            && !end.after(ack)
        {
            self.timed = None;
            self.sample(now - at);
        }
    }

    fn sample(&mut self, time: Duration) {
        let time = (time.as_micros().min(u128::from(u32::MAX / 8)) as u32).max(1);
        if self.smoothed_us == 0 {
            self.smoothed_us = time;
            self.deviation_us = time / 2;
        } else {
            let off = self.smoothed_us.abs_diff(time);
            self.deviation_us = self.deviation_us - self.deviation_us / 4 + off / 4;
            self.smoothed_us = (self.smoothed_us - self.smoothed_us / 8 + time / 8).max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_follows_what_was_measured_but_stays_above_its_minimum() {
        let at = |ms: u64| Instant::from_nanos(ms * 1_000_000);
        let mut rtt = Rtt::default();
        assert_eq!(rtt.timeout(), RTO_INITIAL);
        rtt.sent(Seq(1), at(0));
        rtt.acknowledged(Seq(1), at(0));
        assert_eq!(rtt.timeout(), RTO_MIN + Duration::from_micros(1));
        for round in 0..100 {
            rtt.sent(Seq(round), at(1000 * u64::from(round)));
            rtt.acknowledged(Seq(round), at(1000 * u64::from(round) + 300));
        }
        assert!((495..505).contains(&rtt.timeout().as_millis()), "{:?}", rtt.timeout());
        rtt.sent(Seq(200), at(200_000));
        rtt.forget();
        rtt.acknowledged(Seq(200), at(290_000));
        assert!(rtt.timeout().as_millis() < 505, "a retransmission is not measured");
    }
}
