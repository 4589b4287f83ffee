//! A worker's own queue.

use std::collections::VecDeque;

use super::task::Runnable;
use crate::sync::Mutex;
use crate::sys::Sys;

/// Tasks that one worker will run, and others may steal: first in, first out, but for the one that became
/// ready last, which is likely to find its data in the cache.
pub(super) struct Queue<S: Sys> {
    tasks: Mutex<S, Tasks<S>>,
}

struct Tasks<S: Sys> {
    newest: Option<Runnable<S>>,
    rest: VecDeque<Runnable<S>>,
}

impl<S: Sys> Default for Queue<S> {
    fn default() -> Self {
        Queue { tasks: Mutex::new(Tasks { newest: None, rest: VecDeque::new() }) }
    }
}

impl<S: Sys> Queue<S> {
    /// Adds a task as the newest one; says whether there is more than the worker is about to run.
    pub(super) fn push(&self, task: Runnable<S>) -> bool {
        let mut tasks = self.tasks.lock();
        if let Some(older) = tasks.newest.replace(task) {
            tasks.rest.push_back(older);
        }
        !tasks.rest.is_empty()
    }

    /// Adds tasks to the end.
    pub(super) fn extend(&self, more: impl Iterator<Item = Runnable<S>>) {
        self.tasks.lock().rest.extend(more);
    }

    /// The next task: the newest if allowed, so that a pair that wakes each other cannot starve the rest.
    pub(super) fn pop(&self, newest: bool) -> Option<(Runnable<S>, bool)> {
        let mut tasks = self.tasks.lock();
        if newest && let Some(task) = tasks.newest.take() {
            return Some((task, true));
        }
        let first = tasks.rest.pop_front();
        first.or_else(|| tasks.newest.take()).map(|task| (task, false))
    }

    /// How many tasks there are.
    pub(super) fn len(&self) -> usize {
        let tasks = self.tasks.lock();
        tasks.rest.len() + usize::from(tasks.newest.is_some())
    }

    /// Half of the tasks, oldest first, for another worker.
    pub(super) fn steal(&self) -> Vec<Runnable<S>> {
        let mut tasks = self.tasks.lock();
        let half = tasks.rest.len().div_ceil(2);
        if half == 0 { tasks.newest.take().into_iter().collect() } else { tasks.rest.drain(..half).collect() }
    }
}
