//! Random walk: switches at random points, to threads chosen by the taste of the run.

use std::collections::VecDeque;

use super::{At, Strategy};
use crate::choice::{Point, Seed, Stream};
use crate::kernel::ids::Tid;

/// Switches once in a number of scheduling points. How often is drawn per run, from every other point to one in 32,
/// and so is the taste for whom to switch to, since bugs need different amounts and kinds of disorder.
pub(crate) struct RandomWalk {
    points: Stream,
    nexts: Stream,
    one_in: u32,
    taste: Taste,
}

/// Which of the ready threads runs.
#[derive(Clone, Copy)]
enum Taste {
    /// Any, each as likely.
    Any,
    /// Most often the one that became ready last: a thread that is preempted waits until the others have
    /// nothing left to do, as one does whose processor was taken away.
    Newest,
}

/// With the taste for the newest, any other one runs once in so many choices.
const OTHER_ONE_IN: u32 = 16;

impl RandomWalk {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut points = Stream::new(seed, Point::Schedule);
        let one_in = 2 << points.below(5);
        let taste = if points.below(2) == 0 { Taste::Newest } else { Taste::Any };
        RandomWalk { points, nexts: Stream::new(seed, Point::Next), one_in, taste }
    }
}

impl Taste {
    /// The place of one of `ready`.
    fn choose(self, ready: usize, draws: &mut Stream) -> usize {
        match self {
            Taste::Newest if draws.below(OTHER_ONE_IN) > 0 => ready - 1,
            Taste::Any | Taste::Newest => draws.below(ready as u32) as usize,
        }
    }
}

impl Strategy for RandomWalk {
    fn next_at(&mut self, step: u64) -> u64 {
        step + 1 + self.points.gap(self.one_in)
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        let others = at.others.len();
        (others > 0).then(|| self.taste.choose(others, &mut self.points))
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        self.taste.choose(ready.len(), &mut self.nexts)
    }
}
