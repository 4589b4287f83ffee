//! Random walk: switches at random points to random threads.

use super::Policy;
use crate::choice::{Point, Seed, Stream};

/// Switches once in a number of scheduling points, to any other thread, each as likely. How often is
/// drawn per run, from every point to one in 64, since bugs need different amounts of disorder.
pub(crate) struct RandomWalk {
    points: Stream,
    nexts: Stream,
    one_in: u32,
}

impl RandomWalk {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut points = Stream::new(seed, Point::Schedule);
        let one_in = 1 << points.below(7);
        RandomWalk { points, nexts: Stream::new(seed, Point::Next), one_in }
    }
}

impl Policy for RandomWalk {
    fn gap(&mut self) -> u64 {
        self.points.gap(self.one_in)
    }

    fn preempt(&mut self, others: u32) -> u32 {
        if others == 0 { 0 } else { 1 + self.points.below(others) }
    }

    fn next(&mut self, ready: u32) -> u32 {
        self.nexts.below(ready)
    }
}
