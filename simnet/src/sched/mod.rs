//! Who runs: the strategies that choose among threads.
//!
//! A strategy says at which scheduling point it wants to be asked next, whether to switch there, and who follows a
//! thread that waits. Its answers go onto the tape, so that a replay needs no strategy but its tape. 0 is always the
//! dull answer.

mod deviations;
mod measure;
mod named;
mod pct;
mod random_walk;
mod replay;
mod round_robin;
mod site;
mod surw;

use std::collections::VecDeque;

use crate::kernel::ids::Tid;

pub use deviations::Deviation;
pub(crate) use deviations::Deviations;
pub(crate) use measure::Measure;
pub use measure::Shape;
pub use named::StrategyName;
pub(crate) use random_walk::RandomWalk;
pub(crate) use replay::Replay;
pub(crate) use site::Site;

/// A scheduling point at which a strategy is asked.
#[derive(Debug)]
pub(crate) struct At<'a> {
    /// Which it is of those that the run passes, from 1.
    pub(crate) step: u64,
    /// The thread that has come to it.
    pub(crate) thread: Tid,
    /// What that thread is about to do.
    pub(crate) site: Site,
    /// The threads that could run instead, in the order in which they became ready. There may be none.
    pub(crate) others: &'a VecDeque<Tid>,
}

/// A way to choose who runs.
pub(crate) trait Strategy {
    /// The scheduling point, counted from 1 over all threads, at which [`Strategy::preempt`] is asked next; `step` of
    /// them have passed. Called at the start of a run and after each answer; `u64::MAX` is never.
    fn next_at(&mut self, step: u64) -> u64;
    /// Another thread runs from here on: `step` points have passed, `point` of them this thread's. `Some` is when
    /// [`Strategy::preempt`] is asked next; `None` leaves it at what was said last.
    fn enter(&mut self, _thread: Tid, _step: u64, _point: u64) -> Option<u64> {
        None
    }
    /// Whether it is asked at the first point after a thread has become ready, too.
    fn is_eager(&self) -> bool {
        false
    }
    /// Which of the others runs instead, by its place among them; `None` keeps the current thread.
    fn preempt(&mut self, at: &At<'_>) -> Option<usize>;
    /// The current thread waits: which of the `ready` (at least 2) runs, by its place.
    fn next(&mut self, ready: &VecDeque<Tid>) -> usize;
    /// The run has ended: what there is to learn from it.
    fn learned(&mut self) -> Learned {
        Learned::Nothing
    }
}

/// What a strategy has to say at the end of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Learned {
    /// Nothing.
    #[default]
    Nothing,
    /// How long the run was, and who did what in it.
    Shape(Shape),
    /// The deviations that were made; `None` where the last of those planned found no place.
    Deviations(Option<Vec<Deviation>>),
}
