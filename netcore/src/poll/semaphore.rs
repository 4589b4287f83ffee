//! A counting semaphore for tasks: what parks those that wait for a lock of a descriptor.

use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;

use crate::sync::Mutex;
use crate::sys::Preempt;

/// Permits, and the tasks that wait for one, in their order. Nearly always unused, so it is one pointer
/// until somebody waits.
#[derive(Debug)]
pub(super) struct Semaphore<P> {
    queue: Mutex<P, Option<Box<Queue>>>,
}

#[derive(Debug, Default)]
struct Queue {
    permits: u64,
    tickets: u64,
    waiting: VecDeque<(u64, Waker)>,
    /// Those that have been given a permit and have not been polled since.
    chosen: Vec<u64>,
}

/// A place in the queue of those that wait for a lock. The number is 0 before the first poll.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ticket(u64);

impl<P: Preempt> Default for Semaphore<P> {
    fn default() -> Self {
        Semaphore { queue: Mutex::new(None) }
    }
}

impl<P: Preempt> Semaphore<P> {
    /// Takes a permit, or waits for one.
    pub(super) fn poll_acquire(&self, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let mut guard = self.queue.lock();
        let queue = guard.get_or_insert_default();
        if let Some(at) = queue.chosen.iter().position(|&chosen| chosen == ticket.0) {
            queue.chosen.swap_remove(at);
            *ticket = Ticket::default();
            return Poll::Ready(());
        }
        if ticket.0 == 0 && queue.permits > 0 {
            queue.permits -= 1;
            return Poll::Ready(());
        }
        let old = if ticket.0 == 0 {
            queue.tickets += 1;
            ticket.0 = queue.tickets;
            queue.waiting.push_back((ticket.0, waker));
            None
        } else {
            let place = queue.waiting.iter_mut().find(|(waiting, _)| *waiting == ticket.0);
            place.map(|(_, old)| core::mem::replace(old, waker))
        };
        drop(guard);
        drop(old);
        Poll::Pending
    }

    /// Gives `permits`, to those that wait and then to whoever comes.
    pub(super) fn release(&self, permits: u64) {
        for _ in 0..permits {
            let mut guard = self.queue.lock();
            let queue = guard.get_or_insert_default();
            let woken = match queue.waiting.pop_front() {
                Some((ticket, waker)) => {
                    queue.chosen.push(ticket);
                    Some(waker)
                }
                None => {
                    queue.permits += 1;
                    None
                }
            };
            drop(guard);
            if let Some(waker) = woken {
                waker.wake();
            }
        }
    }

    /// Leaves the queue; says whether a permit had been given, which is then gone.
    pub(super) fn forget(&self, ticket: &mut Ticket) -> bool {
        let mut guard = self.queue.lock();
        let Some(queue) = guard.as_mut() else { return false };
        let waiting = queue.waiting.iter().position(|(waiting, _)| *waiting == ticket.0);
        let removed = waiting.and_then(|at| queue.waiting.remove(at));
        let chosen = queue.chosen.iter().position(|&chosen| chosen == ticket.0);
        if let Some(at) = chosen {
            queue.chosen.swap_remove(at);
        }
        drop(guard);
        drop(removed);
        *ticket = Ticket::default();
        chosen.is_some()
    }
}
