//! What the workers of a runtime share.

use core::task::Waker;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::queue::Queue;
use super::task::Runnable;
use crate::netpoll::Driver;
use crate::sync::{AtomicBool, AtomicU64, Mutex};
use crate::sys::Sys;

/// A runtime, as its workers, tasks and handles see it.
///
/// A task that becomes ready while workers sleep is not forgotten: whoever adds it to a queue reads `asleep` and
/// then whether the poller sleeps; whoever goes to sleep says so there first and looks at all queues after. A
/// worker that brings news from the poller no longer sleeps: it is not woken for what it brings.
pub(crate) struct Shared<S: Sys> {
    pub(crate) driver: Arc<Driver<S>>,
    /// One for each worker. Its address is the slot of the worker's thread: a worker of one runtime is a stranger to
    /// another, whatever else they have in common.
    pub(super) queues: Box<[Queue<S>]>,
    /// Tasks made ready by other threads.
    injected: Mutex<S, VecDeque<Runnable<S>>>,
    /// Workers asleep outside of the poller.
    sleepers: Mutex<S, Vec<(usize, S::Thread)>>,
    /// How many workers sleep outside of the poller.
    asleep: AtomicU64<S>,
    /// The workers are to stop.
    pub(super) closed: AtomicBool<S>,
    /// The workers have stopped: whoever adds a task drops it.
    over: AtomicBool<S>,
    /// Who waits for the last of the tasks then.
    stopper: Mutex<S, Option<S::Thread>>,
    task_ids: AtomicU64<S>,
    /// A waker for every task that has not ended.
    living: Mutex<S, BTreeMap<u64, Waker>>,
}

impl<S: Sys> Shared<S> {
    pub(super) fn new(driver: Driver<S>, workers: usize) -> Self {
        Shared {
            driver: Arc::new(driver),
            queues: (0..workers).map(|_| Queue::default()).collect(),
            injected: Mutex::new(VecDeque::new()),
            sleepers: Mutex::new(Vec::new()),
            asleep: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            over: AtomicBool::new(false),
            stopper: Mutex::new(None),
            task_ids: AtomicU64::new(0),
            living: Mutex::new(BTreeMap::new()),
        }
    }

    /// The slot of a worker's thread.
    pub(super) fn slot_of(&self, worker: usize) -> u64 {
        (&raw const self.queues[worker]).addr() as u64
    }

    /// Which of this runtime's workers the calling thread is.
    pub(super) fn this_worker(&self) -> Option<usize> {
        let offset = self.driver.sys.slot().checked_sub(self.queues.as_ptr().addr() as u64)?;
        let worker = offset as usize / size_of::<Queue<S>>();
        (worker < self.queues.len()).then_some(worker)
    }

    pub(super) fn next_task_id(&self) -> u64 {
        self.task_ids.fetch_add(1) + 1
    }

    /// Makes a task ready: on the worker that does it, or from outside. Whoever adds one to a runtime that is over drops it:
    /// until then it was in no queue, where the shutdown would have found it, and could not be made ready again.
    pub(super) fn schedule(&self, task: Runnable<S>) {
        match self.this_worker() {
            Some(worker) => {
                if self.queues[worker].push(task) {
                    self.wake_one();
                }
            }
            None => {
                self.injected.lock().push_back(task);
                self.wake_one();
                if self.over.load() {
                    self.drop_tasks();
                }
            }
        }
    }

    pub(super) fn pop_injected(&self) -> Option<Runnable<S>> {
        self.injected.lock().pop_front()
    }

    /// Whether there is anything to run for anybody.
    pub(super) fn has_work(&self) -> bool {
        self.closed.load()
            || !self.injected.lock().is_empty()
            || self.queues.iter().any(|queue| queue.len() > 0)
    }

    /// There is work for another: wakes a worker that sleeps, if one does, wherever it sleeps.
    pub(super) fn wake_one(&self) {
        if !self.wake_sleeper() && self.driver.is_asleep() {
            self.driver.wake();
        }
    }

    /// Wakes a worker that sleeps outside of the poller.
    pub(super) fn wake_sleeper(&self) -> bool {
        if self.asleep.load() == 0 {
            return false;
        }
        let sleeper = self.sleepers.lock().pop();
        if let Some((_, thread)) = &sleeper {
            self.driver.sys.unpark(thread);
        }
        sleeper.is_some()
    }

    /// The worker has found nothing and will sleep outside of the poller.
    pub(super) fn begin_sleep(&self, worker: usize) {
        self.sleepers.lock().push((worker, self.driver.sys.current()));
        self.asleep.fetch_add(1);
    }

    /// The worker is awake, whoever woke it.
    pub(super) fn end_sleep(&self, worker: usize) {
        self.asleep.fetch_sub(1);
        self.sleepers.lock().retain(|&(sleeper, _)| sleeper != worker);
    }

    /// A task lives.
    pub(super) fn enlist(&self, id: u64, waker: Waker) {
        let old = self.living.lock().insert(id, waker);
        drop(old);
    }

    /// A task has ended.
    pub(super) fn bury(&self, id: u64) {
        let waker = self.living.lock().remove(&id);
        drop(waker);
        if self.over.load() {
            let stopper = self.stopper.lock().clone();
            stopper.iter().for_each(|thread| self.driver.sys.unpark(thread));
        }
    }

    /// Lets a task be run, or dropped if it is aborted.
    pub(super) fn wake_task(&self, id: u64) {
        let waker = self.living.lock().get(&id).cloned();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// How many tasks have not ended.
    pub(super) fn tasks(&self) -> u64 {
        self.living.lock().len() as u64
    }

    /// The workers have stopped: drops every task, but for those that another thread is about to make ready, which that
    /// thread drops.
    pub(super) fn end_tasks(&self) {
        *self.stopper.lock() = Some(self.driver.sys.current());
        self.over.store(true);
        self.drop_tasks();
    }

    /// Waits for the last of the tasks.
    pub(super) fn await_end(&self) {
        while self.tasks() > 0 {
            self.driver.sys.park(None);
        }
    }

    /// No task runs any more: drops those that wait and those that are ready.
    fn drop_tasks(&self) {
        loop {
            let wakers: Vec<Waker> = self.living.lock().values().cloned().collect();
            wakers.into_iter().for_each(Waker::wake);
            let mut dropped = false;
            while let Some(task) = self.take_any() {
                dropped = true;
                drop(task);
            }
            if !dropped {
                return;
            }
        }
    }

    fn take_any(&self) -> Option<Runnable<S>> {
        self.pop_injected()
            .or_else(|| self.queues.iter().find_map(|queue| queue.pop(true)).map(|(task, _)| task))
    }

    /// Wakes every worker, to see that it is over.
    pub(super) fn wake_all(&self) {
        while self.wake_sleeper() {}
        self.driver.wake();
    }
}
