//! Who runs: the policies that choose among threads.
//!
//! A policy says how many scheduling points to pass over, whether to switch at the one it asked for, and
//! who follows a thread that waits. Its answers go onto the tape, so that a replay needs no policy but
//! [`Replay`]. 0 is always the dull answer.

mod random_walk;
mod replay;

use std::collections::VecDeque;

use crate::kernel::ids::Tid;

pub(crate) use random_walk::RandomWalk;
pub(crate) use replay::Replay;

/// A way to choose who runs.
pub(crate) trait Policy {
    /// How many scheduling points pass before [`Policy::preempt`] is asked. Called at the start of a run
    /// and after each answer; `u64::MAX` is never.
    fn gap(&mut self) -> u64;
    /// Another thread runs from here on, from its `point`th scheduling point (from 0). `Some` is how many of them pass
    /// before [`Policy::preempt`] is asked; `None` leaves it at what was said last.
    fn enter(&mut self, _thread: Tid, _point: u64) -> Option<u64> {
        None
    }
    /// At a scheduling point: which of the `others` that are ready runs instead of the current thread, by its place
    /// in the order in which they became so; `None` keeps the current one. There may be no others.
    fn preempt(&mut self, others: &VecDeque<Tid>) -> Option<usize>;
    /// The current thread waits: which of the `ready` (at least 2) runs, counted from 0.
    fn next(&mut self, ready: u32) -> u32;
}
