//! Content that knows where it belongs: every byte is a function of its stream and its offset.
//!
//! So a byte that was lost, doubled or delivered to another stream shows at once, with no need to keep
//! what was sent.

use core::fmt;

/// Bytes are made so many at once.
const WORD: u64 = 8;

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
        self.word(offset / WORD)[(offset % WORD) as usize]
    }

    /// The `nth` eight bytes: all eight depend on all of the place.
    fn word(self, nth: u64) -> [u8; WORD as usize] {
        let mixed = ((self.0 << 32) ^ nth).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93).to_le_bytes()
    }

    /// Fills `buf` with the bytes from `offset` on.
    pub fn fill(self, offset: u64, buf: &mut [u8]) {
        let first = offset.next_multiple_of(WORD);
        let (head, rest) = buf.split_at_mut(buf.len().min((first - offset) as usize));
        head.iter_mut().zip(offset..).for_each(|(byte, offset)| *byte = self.byte(offset));
        let (words, tail) = rest.as_chunks_mut();
        words.iter_mut().zip(first / WORD..).for_each(|(word, nth)| *word = self.word(nth));
        let last = first + WORD * words.len() as u64;
        tail.iter_mut().zip(last..).for_each(|(byte, offset)| *byte = self.byte(offset));
    }

    /// The `len` bytes from `offset` on.
    pub fn bytes(self, offset: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.fill(offset, &mut bytes);
        bytes
    }

    /// Whether `buf` holds the bytes from `offset` on.
    pub fn check(self, offset: u64, buf: &[u8]) -> Result<(), Mismatch> {
        let mut expected = [0; 512];
        for (piece, from) in buf.chunks(expected.len()).zip((offset..).step_by(expected.len())) {
            let expected = &mut expected[..piece.len()];
            self.fill(from, expected);
            if piece == expected {
                continue;
            }
            let wrong = piece.iter().zip(&*expected).position(|(found, expected)| found != expected);
            if let Some(at) = wrong {
                let (expected, found) = (expected[at], piece[at]);
                return Err(Mismatch { stream: self, offset: from + at as u64, expected, found });
            }
        }
        Ok(())
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
    fn a_byte_is_the_same_whatever_it_is_read_with() {
        let all = Stream(7).bytes(0, 1200);
        for (offset, len) in [(0, 0), (3, 2), (3, 5), (8, 8), (5, 30), (17, 1111)] {
            assert_eq!(Stream(7).bytes(offset as u64, len), all[offset..offset + len], "{offset}, {len}");
        }
        assert!(all.iter().zip(0..).all(|(&byte, offset)| byte == Stream(7).byte(offset)));
        assert_eq!(Stream(7).check(17, &all[17..]), Ok(()));
    }

    #[test]
    fn a_changed_byte_is_named() {
        for changed in [0, 5, 511, 512, 700] {
            let mut bytes = Stream(3).bytes(100, 701);
            bytes[changed] ^= 1;
            let mismatch = Stream(3).check(100, &bytes).unwrap_err();
            assert_eq!(mismatch.offset, 100 + changed as u64);
            assert_eq!((mismatch.expected, mismatch.found), (bytes[changed] ^ 1, bytes[changed]));
        }
    }
}
