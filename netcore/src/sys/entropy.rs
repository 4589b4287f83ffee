//! Randomness.

/// The platform's source of random bytes.
pub trait Entropy {
    /// Fills `buf` with random bytes, getrandom(2). Under simulation they come from the run's seed.
    fn getrandom(&self, buf: &mut [u8]);
}
