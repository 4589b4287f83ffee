//! Monotonic time.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// The clock of the platform.
pub trait Clock {
    /// The time now, `clock_gettime(CLOCK_MONOTONIC)`. Under simulation it moves only when no thread can run.
    fn now(&self) -> Instant;
}

/// A point of monotonic time: nanoseconds since an origin that only the platform knows.
///
/// ```
/// use core::time::Duration;
/// use netcore::sys::Instant;
/// let t = Instant::from_nanos(5);
/// assert_eq!((t + Duration::from_nanos(2)) - t, Duration::from_nanos(2));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The origin of the clock.
    pub const ZERO: Instant = Instant(0);
    /// The last representable instant, 584 years after the origin: "never".
    pub const MAX: Instant = Instant(u64::MAX);

    /// The instant `nanos` nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Instant(nanos)
    }

    /// Nanoseconds since the origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    pub const fn saturating_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    /// Saturates at [`Instant::MAX`], as Go's deadlines do.
    fn add(self, duration: Duration) -> Instant {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_add(nanos))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}
