//! The rolling hash of a run.

use core::fmt;

/// 64 bits that two equal runs have in common and two different ones, for all practice, have not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Hash(0x9e37_79b9_7f4a_7c15)
    }
}

impl Hash {
    /// Adds one word.
    #[inline]
    pub fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(31);
    }

    /// The value so far.
    pub fn value(self) -> u64 {
        let folded = self.0 ^ (self.0 >> 33);
        folded.wrapping_mul(0xc4ce_b9fe_1a85_ec53) ^ (folded >> 29)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.value())
    }
}
