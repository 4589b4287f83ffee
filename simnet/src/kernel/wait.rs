//! Wait queues (`__wake_up_common` in kernel/sched/wait.c).
//!
//! Each open file description has one: blocked threads and epoll registrations, in the order in which a
//! wakeup visits them. Those that share a wakeup come first, the exclusive ones after them; a wakeup with a key
//! ends with the first exclusive one that it really woke, one without a key reaches everybody.

use netcore::sys::EpollEvents;

use super::ids::{FileId, ItemId, Tid};
use super::{Call, Kernel, Stop};

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiter {
    /// A thread in a call. A wakeup takes it off the queue (`autoremove_wake_function`).
    Thread { thread: Tid, key: EpollEvents, exclusive: bool },
    /// An epoll registration, until it is removed.
    Item { item: ItemId, exclusive: bool },
}

impl Waiter {
    fn is_exclusive(self) -> bool {
        match self {
            Waiter::Thread { exclusive, .. } | Waiter::Item { exclusive, .. } => exclusive,
        }
    }
}

/// A wait queue. Most files have one waiter at most, which needs no allocation.
#[derive(Debug, Default)]
pub(super) enum WaitQueue {
    #[default]
    Empty,
    One(Waiter),
    Many(Vec<Waiter>),
}

impl WaitQueue {
    #[inline]
    pub(super) fn as_slice(&self) -> &[Waiter] {
        match self {
            WaitQueue::Empty => &[],
            WaitQueue::One(waiter) => core::slice::from_ref(waiter),
            WaitQueue::Many(waiters) => waiters,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Adds an epoll registration: a shared one to the front, an exclusive one to the end
    /// (`ep_ptable_queue_proc` in fs/eventpoll.c).
    pub(super) fn add_item(&mut self, item: ItemId, exclusive: bool) {
        let at = if exclusive { self.as_slice().len() } else { 0 };
        self.insert(at, Waiter::Item { item, exclusive });
    }

    /// Adds a thread behind those that wait alike.
    fn add_thread(&mut self, thread: Tid, key: EpollEvents, exclusive: bool) {
        let waiters = self.as_slice();
        let shared = waiters.iter().position(|waiter| waiter.is_exclusive()).unwrap_or(waiters.len());
        let at = if exclusive { waiters.len() } else { shared };
        self.insert(at, Waiter::Thread { thread, key, exclusive });
    }

    fn insert(&mut self, at: usize, waiter: Waiter) {
        match self {
            WaitQueue::Empty => *self = WaitQueue::One(waiter),
            WaitQueue::One(first) => {
                let mut waiters = vec![*first];
                waiters.insert(at, waiter);
                *self = WaitQueue::Many(waiters);
            }
            WaitQueue::Many(waiters) => waiters.insert(at, waiter),
        }
    }

    /// Removes the waiter at `at`. A vector, once made, is kept: the file was busy and will be again.
    fn remove(&mut self, at: usize) {
        match self {
            WaitQueue::Many(waiters) => drop(waiters.remove(at)),
            _ => *self = WaitQueue::Empty,
        }
    }

    /// Removes the waiter that `is` tells, and says whether it was there.
    pub(super) fn remove_where(&mut self, is: impl Fn(&Waiter) -> bool) -> bool {
        let found = self.as_slice().iter().position(is);
        if let Some(at) = found {
            self.remove(at);
        }
        found.is_some()
    }
}

impl Kernel {
    /// Something happened to `file`: wakes blocked threads and tells epoll (`__wake_up` with `key` as its poll
    /// key). An empty key is `wake_up_interruptible_all`: everybody, whatever they wait for.
    pub fn notify(&mut self, file: FileId, key: EpollEvents) {
        let mut at = 0;
        while let Some(&waiter) = self.files[file].waiters.as_slice().get(at) {
            let woke = match waiter {
                Waiter::Thread { thread, key: wanted, .. } if answers(key, wanted) => {
                    self.files[file].waiters.remove(at);
                    self.woken.push(thread);
                    true
                }
                Waiter::Thread { .. } => {
                    at += 1;
                    false
                }
                Waiter::Item { item, .. } => {
                    at += 1;
                    self.item_callback(item, key)
                }
            };
            if woke && waiter.is_exclusive() && !key.is_empty() {
                return;
            }
        }
    }

    /// Queues the caller on its file until [`Kernel::notify`] brings one of `key` (or an error or
    /// hang-up; an empty `key` is anything). Returns what the call then answers: [`Stop::Block`], unless a signal has
    /// come.
    pub fn wait_on(&mut self, call: &mut Call, key: EpollEvents, exclusive: bool) -> Stop {
        if let Some(interrupted) = call.interrupted() {
            return interrupted;
        }
        self.queue_of(call).add_thread(call.thread, key, exclusive);
        call.queued = true;
        Stop::Block
    }

    /// The same at the very end of the queue, behind exclusive ones that may end a wakeup
    /// (`do_wait_intr_irq`, which eventfds use).
    pub(super) fn wait_last(&mut self, call: &mut Call, key: EpollEvents) -> Stop {
        if let Some(interrupted) = call.interrupted() {
            return interrupted;
        }
        let queue = self.queue_of(call);
        let waiter = Waiter::Thread { thread: call.thread, key, exclusive: false };
        queue.insert(queue.as_slice().len(), waiter);
        call.queued = true;
        Stop::Block
    }

    fn queue_of(&mut self, call: &Call) -> &mut WaitQueue {
        let file = call.file.expect("a call waits only on the file that it resolved");
        &mut self.files[file].waiters
    }

    /// Takes the caller off the wait queue that its last attempt put it on. Says whether it was still
    /// there: otherwise it has been woken.
    pub fn unqueue(&mut self, call: &mut Call) -> bool {
        if !core::mem::take(&mut call.queued) {
            return false;
        }
        let Some(file) = call.file else { return false };
        let thread = call.thread;
        self.unqueue_sleeper(file, thread)
            || self.files[file]
                .waiters
                .remove_where(|waiter| matches!(waiter, Waiter::Thread { thread: of, .. } if *of == thread))
    }
}

/// Whether a wakeup with `key` is for a thread that waits for `wanted`.
fn answers(key: EpollEvents, wanted: EpollEvents) -> bool {
    let always = EpollEvents::ERR | EpollEvents::HUP;
    key.is_empty() || wanted.is_empty() || key.intersects(wanted | always)
}
