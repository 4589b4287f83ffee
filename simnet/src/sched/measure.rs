//! Measuring: how long a run is, and how often which thread does what.

use std::collections::{BTreeMap, VecDeque};

use super::{At, Learned, RandomWalk, Site, Strategy};
use crate::choice::Seed;
use crate::kernel::ids::Tid;

/// What a run is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Scheduling points passed.
    pub(super) steps: u64,
    /// How often each thread came to each site, by its number.
    pub(super) sites: BTreeMap<Site, Vec<u64>>,
}

/// A random walk that counts.
pub(crate) struct Measure {
    walk: RandomWalk,
    /// Where the walk wants to be asked.
    walk_at: u64,
    shape: Shape,
}

impl Measure {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut walk = RandomWalk::new(seed);
        Measure { walk_at: walk.next_at(0), walk, shape: Shape::default() }
    }
}

impl Strategy for Measure {
    fn next_at(&mut self, step: u64) -> u64 {
        step + 1
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        self.shape.steps = at.step;
        let counts = self.shape.sites.entry(at.site).or_default();
        let thread = at.thread.0 as usize;
        counts.resize(counts.len().max(thread + 1), 0);
        counts[thread] += 1;
        if at.step < self.walk_at {
            return None;
        }
        let answer = self.walk.preempt(at);
        self.walk_at = self.walk.next_at(at.step);
        answer
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        self.walk.next(ready)
    }

    fn learned(&mut self) -> Learned {
        Learned::Shape(core::mem::take(&mut self.shape))
    }
}
