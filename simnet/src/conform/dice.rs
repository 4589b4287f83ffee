//! What a generator decides by.

use crate::choice::{Point, Seed, Stream};

/// Numbers from a seed, or from the bytes of a fuzzer: where they have ended, 0.
#[derive(Debug)]
pub(super) enum Dice<'a> {
    Seed(Box<Stream>),
    Bytes(&'a [u8]),
}

impl Dice<'_> {
    pub(super) fn from_seed(seed: Seed) -> Self {
        Dice::Seed(Box::new(Stream::new(seed, Point::Workload)))
    }

    /// A number below `n`, which is not 0 and at most 256.
    pub(super) fn below(&mut self, n: usize) -> usize {
        match self {
            Dice::Seed(stream) => stream.below(n as u32) as usize,
            Dice::Bytes([]) => 0,
            Dice::Bytes(bytes) => {
                let (&first, rest) = bytes.split_first().expect("not empty");
                *bytes = rest;
                usize::from(first) % n
            }
        }
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
}
