//! Time and randomness.

use core::mem::MaybeUninit;

use super::{Os, count};
use crate::sys::{Clock, Entropy, Instant};

impl Clock for Os {
    fn now(&self) -> Instant {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: `time` is a place for one timespec, which the call fills in.
        let answer = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr()) };
        assert_eq!(answer, 0, "CLOCK_MONOTONIC exists, clock_gettime(2)");
        // SAFETY: the call succeeded, so it has written the timespec.
        let time = unsafe { time.assume_init() };
        Instant::from_nanos(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }
}

impl Entropy for Os {
    fn getrandom(&self, buf: &mut [u8]) {
        let mut filled = 0;
        while filled < buf.len() {
            let rest = &mut buf[filled..];
            // SAFETY: `rest` is writable for its length.
            let answer = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
            // EINTR is the only failure left once the pool is seeded, getrandom(2).
            filled += count(answer).unwrap_or(0);
        }
    }
}
