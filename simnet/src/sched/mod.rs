//! Who runs: the policies that choose among threads.
//!
//! A policy says how many scheduling points to pass over, whether to switch at the one it asked for, and
//! who follows a thread that waits. Its answers go onto the tape, so that a replay needs no policy but
//! [`Replay`]. 0 is always the dull answer.

mod random_walk;
mod replay;

pub(crate) use random_walk::RandomWalk;
pub(crate) use replay::Replay;

/// A way to choose who runs.
pub(crate) trait Policy {
    /// How many scheduling points pass before [`Policy::preempt`] is asked. Called at the start of a run
    /// and after each answer; `u64::MAX` is never.
    fn gap(&mut self) -> u64;
    /// At a scheduling point: 0 keeps the current thread, `k` runs the `k`-th of the `others` that are
    /// ready, in the order in which they became so. `others` may be 0.
    fn preempt(&mut self, others: u32) -> u32;
    /// The current thread waits: which of the `ready` (at least 2) runs, counted from 0.
    fn next(&mut self, ready: u32) -> u32;
}
