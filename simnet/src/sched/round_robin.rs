//! Round robin: everybody in turn, for a slice of scheduling points. The dull baseline.

use std::collections::VecDeque;

use super::{At, Strategy};
use crate::choice::{Point, Seed, Stream};
use crate::kernel::ids::Tid;

/// The longest slice is two to this.
const SLICE_LOG_MAX: u32 = 10;

/// Switches after every so many points, to the thread that has been ready the longest. All that a seed decides is how
/// long the slice is.
pub(crate) struct RoundRobin {
    slice: u64,
}

impl RoundRobin {
    pub(crate) fn new(seed: Seed) -> Self {
        RoundRobin { slice: 1 << Stream::new(seed, Point::Schedule).below(SLICE_LOG_MAX + 1) }
    }
}

impl Strategy for RoundRobin {
    fn next_at(&mut self, step: u64) -> u64 {
        step + self.slice
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        (!at.others.is_empty()).then_some(0)
    }

    fn next(&mut self, _ready: &VecDeque<Tid>) -> usize {
        0
    }
}
