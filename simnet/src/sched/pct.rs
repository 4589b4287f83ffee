//! PCT: random priorities, and a few points at which they change.

use std::collections::VecDeque;

use super::{At, Strategy};
use crate::choice::{Point, Seed, Stream};
use crate::kernel::ids::Tid;

/// The depths that runs are made with: as many events in a certain order as a bug needs.
const DEPTHS: core::ops::RangeInclusive<u32> = 2..=5;
/// Threads begin with a priority below this and above all that changes bring.
const PRIORITIES: u32 = 1 << 16;

/// Always runs the ready thread of the highest priority. Priorities are drawn; at `depth - 1` points of the run, drawn
/// too, the running thread falls behind all others.
///
/// A bug that needs `depth` events in a certain order is found by one run with a probability of at least
/// 1 / (n · k^(depth - 1)), for n threads and k scheduling points, whatever the program is: Burckhardt, Kothari,
/// Musuvathi, Nagarakatte, *A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs*, ASPLOS 2010. Here k
/// is measured: it is the length of an earlier run of the same scenario. A run that is longer goes on with one more
/// change every k points, so that a thread that waits for another in a loop does not keep it from running.
pub(crate) struct Pct {
    draws: Stream,
    /// By thread; greater runs first.
    priorities: Vec<i64>,
    /// Where priorities change, the last one first, and to what.
    changes: Vec<(u64, i64)>,
    length: u64,
    /// Where the next change of a run that is longer is.
    fair_at: u64,
    lowest: i64,
}

impl Pct {
    /// For runs of about `length` points.
    pub(crate) fn new(seed: Seed, length: u64) -> Self {
        let mut draws = Stream::new(seed, Point::Schedule);
        let depth = DEPTHS.start() + draws.below(DEPTHS.end() - DEPTHS.start() + 1);
        let mut changes: Vec<(u64, i64)> =
            (1..i64::from(depth)).map(|priority| (1 + draws.long_below(length), priority)).collect();
        changes.sort_unstable_by(|a, b| b.cmp(a));
        Pct { draws, priorities: Vec::new(), changes, length, fair_at: length, lowest: 0 }
    }

    fn priority(&mut self, thread: Tid) -> &mut i64 {
        let index = thread.0 as usize;
        while self.priorities.len() <= index {
            let drawn = DEPTHS.end() + self.draws.below(PRIORITIES);
            self.priorities.push(i64::from(drawn));
        }
        &mut self.priorities[index]
    }

    /// The place of the thread of the highest priority, and that.
    fn highest(&mut self, ready: &VecDeque<Tid>) -> Option<(usize, i64)> {
        let mut highest = None;
        for (at, &thread) in ready.iter().enumerate() {
            let priority = *self.priority(thread);
            if highest.is_none_or(|(_, other)| priority > other) {
                highest = Some((at, priority));
            }
        }
        highest
    }
}

impl Strategy for Pct {
    fn next_at(&mut self, _step: u64) -> u64 {
        self.changes.last().map_or(self.fair_at, |&(at, _)| at)
    }

    fn is_eager(&self) -> bool {
        true
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        while let Some(&(change, priority)) = self.changes.last()
            && change <= at.step
        {
            self.changes.pop();
            *self.priority(at.thread) = priority;
        }
        if at.step >= self.fair_at {
            self.fair_at = at.step + self.length;
            self.lowest -= 1;
            *self.priority(at.thread) = self.lowest;
        }
        let mine = *self.priority(at.thread);
        self.highest(at.others).filter(|&(_, priority)| priority > mine).map(|(place, _)| place)
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        self.highest(ready).map_or(0, |(place, _)| place)
    }
}
