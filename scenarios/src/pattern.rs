//! Content that knows where it belongs: every byte is a function of its stream and its offset.
//!
//! So a byte that was lost, doubled or delivered to another stream shows at once, with no need to keep
//! what was sent.

use core::fmt;

/// One direction of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream(pub u64);

/// A byte that is not what its place demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    stream: Stream,
    offset: u64,
    expected: u8,
    found: u8,
}

impl Stream {
    /// The byte at `offset`.
    pub fn byte(self, offset: u64) -> u8 {
        let mixed = ((self.0 << 32) ^ (offset / 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 56) as u8 ^ offset as u8
    }

    /// Fills `buf` with the bytes from `offset` on.
    pub fn fill(self, offset: u64, buf: &mut [u8]) {
        buf.iter_mut().zip(offset..).for_each(|(byte, offset)| *byte = self.byte(offset));
    }

    /// The `len` bytes from `offset` on.
    pub fn bytes(self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.fill(offset, &mut bytes);
        bytes
    }

    /// Whether `buf` holds the bytes from `offset` on.
    pub fn check(self, offset: u64, buf: &[u8]) -> Result<(), Mismatch> {
        let wrong = buf.iter().zip(offset..).find(|&(&found, offset)| found != self.byte(offset));
        match wrong {
            None => Ok(()),
            Some((&found, offset)) => {
                Err(Mismatch { stream: self, offset, expected: self.byte(offset), found })
            }
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { stream, offset, expected, found } = self;
        write!(f, "stream {}, offset {offset}: expected {expected:#04x}, found {found:#04x}", stream.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_holds_its_own_bytes_and_nobody_elses() {
        let bytes = Stream(1).bytes(100, 64);
        assert_eq!(Stream(1).check(100, &bytes), Ok(()));
        assert!(Stream(2).check(100, &bytes).is_err(), "another stream");
        assert!(Stream(1).check(101, &bytes).is_err(), "one byte lost");
        assert!(Stream(1).check(100 - 64, &bytes).is_err(), "a block doubled");
    }

    #[test]
    fn a_changed_byte_is_named() {
        let mut bytes = Stream(3).bytes(0, 8);
        bytes[5] ^= 1;
        let mismatch = Stream(3).check(0, &bytes).unwrap_err();
        assert_eq!(mismatch.offset, 5);
    }
}
