//! Seeds: a number that makes a tape.

use core::fmt;
use core::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::Point;

/// The number from which all decisions of a run are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Seed(pub u64);

impl TryFrom<String> for Seed {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> Self {
        seed.to_string()
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = String;

    /// Decimal, or hexadecimal after `0x`.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.replace('_', "");
        let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => digits.parse(),
        };
        parsed.map(Seed).map_err(|_| {
            format!("`{text}` is no seed: a seed is a number below 2^64, decimal (42) or hexadecimal (0x2a)")
        })
    }
}

/// The draws for one kind of point.
#[derive(Debug)]
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    pub(crate) fn new(seed: Seed, point: Point) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0);
        rng.set_stream(point as u64);
        Stream(rng)
    }

    /// The stream of what a seed decides before its run begins, and of which the tape knows nothing.
    pub(crate) fn beside(seed: Seed, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0);
        rng.set_stream((1 << 32) + stream);
        Stream(rng)
    }

    /// Which strategy a portfolio takes.
    pub(crate) const STRATEGY: u64 = 0;
    /// Which measured run a strategy goes by.
    pub(crate) const MEASURED: u64 = 1;
    /// What is drawn from a plan.
    pub(crate) const PLAN: u64 = 2;
    /// The schedules that shrinking tries.
    pub(crate) const SHRINK: u64 = 3;

    /// A number below `n`. Multiplication instead of rejection: a bias of n/2^32 is nothing here.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }

    /// The same for large `n`.
    pub(crate) fn long_below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// How many questions pass before the next that strikes, when one in `one_in` does on average:
    /// drawn uniformly below twice the mean, in integers, so that every machine agrees.
    pub(crate) fn gap(&mut self, one_in: u32) -> u64 {
        if one_in <= 1 { 0 } else { u64::from(self.below(2 * one_in - 1)) }
    }
}

/// One stream of ChaCha8 per kind of point, so that a change in the network does not reshuffle the schedule.
#[derive(Debug)]
pub(super) struct Streams {
    seed: Seed,
    streams: [Option<Stream>; Point::COUNT],
}

impl Streams {
    pub(super) fn new(seed: Seed) -> Self {
        Streams { seed, streams: [const { None }; Point::COUNT] }
    }

    fn stream(&mut self, point: Point) -> &mut Stream {
        let seed = self.seed;
        self.streams[point as usize].get_or_insert_with(|| Stream::new(seed, point))
    }

    pub(super) fn below(&mut self, point: Point, n: u32) -> u32 {
        self.stream(point).below(n)
    }

    /// A number below `n` once in `one_in`, else 0.
    pub(super) fn sparse_below(&mut self, point: Point, n: u32, one_in: u32) -> u32 {
        let stream = self.stream(point);
        if one_in > 1 && stream.below(one_in) > 0 { 0 } else { stream.below(n) }
    }

    pub(super) fn gap(&mut self, point: Point, one_in: u32) -> u64 {
        self.stream(point).gap(one_in)
    }
}
