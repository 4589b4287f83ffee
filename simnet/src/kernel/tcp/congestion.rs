//! How much may be in flight: NewReno (RFC 5681, RFC 6582).

use super::sequence::Seq;

/// The initial window in segments (`TCP_INIT_CWND`, RFC 6928).
const INITIAL: u32 = 10;
/// Duplicate acknowledgments that mean a loss.
const DUPLICATES: u8 = 3;

/// The congestion window of one sender, in octets.
#[derive(Clone, Debug, Default)]
pub(super) struct Congestion {
    window: u32,
    threshold: u32,
    duplicates: u8,
    /// SND.MAX when the loss was noticed: recovery ends when it is acknowledged.
    recover: Option<Seq>,
}

/// What an acknowledgment asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// Nothing.
    None,
    /// The first unacknowledged segment is lost: send it again.
    Resend,
}

impl Congestion {
    pub(super) fn new(mss: u32) -> Self {
        Congestion { window: INITIAL * mss, threshold: u32::MAX, duplicates: 0, recover: None }
    }

    /// The window in octets.
    #[inline]
    pub(super) fn window(&self) -> u32 {
        self.window
    }

    /// Whether nothing is taken to be lost or out of order (`TCP_CA_Open`).
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.duplicates == 0 && self.recover.is_none()
    }

    /// `count` octets were acknowledged for the first time, up to `ack`.
    #[inline]
    pub(super) fn acknowledged(&mut self, ack: Seq, count: u32, mss: u32, limited: bool) -> Repair {
        self.duplicates = 0;
        match self.recover {
            Some(recover) if ack.before(recover) => {
                self.window = self.window.saturating_sub(count).saturating_add(mss).max(mss);
                return Repair::Resend;
            }
            Some(_) => {
                self.recover = None;
                self.window = self.threshold.max(2 * mss);
            }
            // What was not used does not grow (`tcp_is_cwnd_limited`).
            None if !limited => {}
            None if self.window < self.threshold => {
                self.window = self.window.saturating_add(count.min(2 * mss));
            }
            None => {
                let step = u64::from(mss) * u64::from(mss) / u64::from(self.window.max(1));
                self.window = self.window.saturating_add((step as u32).max(1));
            }
        }
        Repair::None
    }

    /// The same acknowledgment again, while `flight` octets are out, up to `max`.
    pub(super) fn duplicate(&mut self, flight: u32, mss: u32, max: Seq) -> Repair {
        if self.recover.is_some() {
            self.window = self.window.saturating_add(mss);
            return Repair::None;
        }
        self.duplicates = self.duplicates.saturating_add(1);
        if self.duplicates < DUPLICATES {
            return Repair::None;
        }
        self.threshold = (flight / 2).max(2 * mss);
        self.window = self.threshold + u32::from(DUPLICATES) * mss;
        self.recover = Some(max);
        Repair::Resend
    }

    /// The retransmission timer has fired while `flight` octets were out.
    pub(super) fn timed_out(&mut self, flight: u32, mss: u32, first: bool) {
        if first {
            self.threshold = (flight / 2).max(2 * mss);
        }
        self.window = mss;
        self.duplicates = 0;
        self.recover = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_duplicate_means_a_loss_and_a_partial_acknowledgment_another() {
        let mut congestion = Congestion::new(1000);
        let max = Seq(10_000);
        assert_eq!(congestion.duplicate(10_000, 1000, max), Repair::None);
        assert_eq!(congestion.duplicate(10_000, 1000, max), Repair::None);
        assert_eq!(congestion.duplicate(10_000, 1000, max), Repair::Resend);
        assert_eq!(congestion.acknowledged(Seq(4000), 4000, 1000, true), Repair::Resend);
        assert_eq!(congestion.acknowledged(Seq(10_000), 6000, 1000, true), Repair::None);
        assert_eq!(congestion.window(), 5000, "half of what was in flight");
    }

    #[test]
    fn a_timeout_starts_over_slowly() {
        let mut congestion = Congestion::new(1000);
        congestion.timed_out(10_000, 1000, true);
        assert_eq!(congestion.window(), 1000);
        congestion.acknowledged(Seq(1000), 1000, 1000, true);
        assert_eq!(congestion.window(), 2000);
    }
}
