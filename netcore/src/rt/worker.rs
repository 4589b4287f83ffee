//! A worker: a thread that runs tasks.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;

use super::shared::Shared;
use super::task::Runnable;
use crate::netpoll::Poller;
use crate::sys::{ProbeEvent, Sys, What};

/// How often in a row the newest task may go before the others.
const NEWEST_MAX: u32 = 3;
/// How many tasks of its own a worker runs before it looks at those handed in from outside.
const INJECTED_EVERY: u32 = 61;

/// One worker of a runtime.
pub(super) struct Worker<S: Sys> {
    shared: Arc<Shared<S>>,
    index: usize,
    events: <S::Poller as Poller<S>>::Events,
    newest: u32,
    ticks: u32,
}

impl<S: Sys> Worker<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, index: usize) -> Self {
        Worker { shared, index, events: Default::default(), newest: 0, ticks: 0 }
    }

    /// Runs tasks until the runtime is shut down.
    pub(super) fn run(mut self) {
        self.shared.driver.sys.set_slot(self.shared.slot_of(self.index));
        while !self.shared.closed.load() {
            if self.run_generation() {
                self.poll_in_passing();
            } else if !self.steal() {
                self.idle();
            }
        }
        self.shared.driver.sys.set_slot(0);
    }

    /// Runs the tasks that are in the queue now, but not those that they make ready beyond as many: then it is
    /// the poller's turn. Says whether there was any.
    fn run_generation(&mut self) -> bool {
        let generation = self.shared.queues[self.index].len().max(1);
        for ran in 0..generation {
            let Some(task) = self.next() else { return ran > 0 };
            run(task);
        }
        true
    }

    fn next(&mut self) -> Option<Runnable<S>> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(INJECTED_EVERY)
            && let Some(task) = self.shared.pop_injected()
        {
            return Some(task);
        }
        match self.shared.queues[self.index].pop(self.newest < NEWEST_MAX) {
            Some((task, newest)) => {
                self.newest = if newest { self.newest + 1 } else { 0 };
                Some(task)
            }
            None => self.shared.pop_injected(),
        }
    }

    /// Looks at the poller without waiting, unless there is nothing else to do: then it will wait.
    fn poll_in_passing(&mut self) {
        let shared = &self.shared;
        if shared.queues[self.index].len() > 0 && shared.driver.begin_poll() {
            shared.driver.poll(false, &mut self.events);
            shared.driver.end_poll();
            self.share();
        }
    }

    /// Takes half of another worker's tasks and runs the first, at once, so that two thieves cannot take the
    /// same task from each other for ever.
    fn steal(&mut self) -> bool {
        let count = self.shared.queues.len();
        for other in (1..count).map(|step| (self.index + step) % count) {
            let mut stolen = self.shared.queues[other].steal().into_iter();
            if let Some(first) = stolen.next() {
                self.shared.queues[self.index].extend(stolen);
                run(first);
                return true;
            }
        }
        false
    }

    /// Sleeps until there is work: in the poller, unless another worker is there.
    fn idle(&mut self) {
        let shared = self.shared.clone();
        let sys = &shared.driver.sys;
        sys.probe(ProbeEvent::task(What::Idle, 0));
        if shared.driver.begin_poll() {
            shared.driver.fall_asleep();
            if shared.has_work() {
                shared.driver.stay_awake();
            } else {
                shared.driver.poll(true, &mut self.events);
            }
            shared.driver.end_poll();
            self.share();
        } else {
            shared.begin_sleep(self.index);
            if !shared.has_work() {
                sys.park(None);
            }
            shared.end_sleep(self.index);
        }
        sys.probe(ProbeEvent::task(What::Busy, 0));
    }

    /// The poller has brought more than one worker should do alone: wakes another.
    fn share(&self) {
        if self.shared.queues[self.index].len() > 1 {
            self.shared.wake_sleeper();
        }
    }
}

/// Runs a task, or drops it if it is aborted. What a future panics with is its task's output; what its
/// destructor panics with is nobody's.
fn run<S: Sys>(task: Runnable<S>) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if task.metadata().aborted.load() {
            drop(task);
        } else {
            task.run();
        }
    }));
}
