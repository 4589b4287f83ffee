//! What is due when.

use core::task::Waker;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::poll::{Inner, Mode};
use crate::sys::{Instant, Sys};

/// A timer: when it fires, and a number that no other has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    /// When it fires.
    pub at: Instant,
    /// Tells it from the others of its runtime.
    pub id: u64,
}

/// What a timer does.
pub(crate) enum TimerTarget<S: Sys> {
    /// Wakes a task that sleeps.
    Wake(Waker),
    /// Looks at a deadline.
    Deadline(Arc<Inner<S>>, Mode),
}

/// The timers of a runtime, by time, until it is shut down.
pub(super) struct Timers<S: Sys> {
    all: BTreeMap<TimerKey, TimerTarget<S>>,
    closed: bool,
}

impl<S: Sys> Default for Timers<S> {
    fn default() -> Self {
        Timers { all: BTreeMap::new(), closed: false }
    }
}

impl<S: Sys> Timers<S> {
    /// Adds a timer or replaces what it does; gives back what it did.
    pub(super) fn insert(&mut self, key: TimerKey, target: TimerTarget<S>) -> Option<TimerTarget<S>> {
        self.all.insert(key, target)
    }

    pub(super) fn remove(&mut self, key: TimerKey) -> Option<TimerTarget<S>> {
        self.all.remove(&key)
    }

    /// When the first one fires.
    pub(super) fn next(&self) -> Option<Instant> {
        self.all.first_key_value().map(|(key, _)| key.at)
    }

    /// Takes one that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(TimerKey, TimerTarget<S>)> {
        let first = self.all.first_entry()?;
        (first.key().at <= now).then(|| first.remove_entry())
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Takes none any more: those that are left.
    pub(super) fn close(&mut self) -> BTreeMap<TimerKey, TimerTarget<S>> {
        self.closed = true;
        core::mem::take(&mut self.all)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }
}
