//! What time will bring: one queue for the whole run.

use core::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use netcore::sys::Instant;

use crate::choice::{Choices, Point};

/// A queue of events by time. Events of one instant fire in an order that the tape decides; events are
/// not cancelled but found stale by whoever they are for.
#[derive(Debug)]
pub struct Timers<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    due: Vec<Entry<E>>,
    count: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Instant,
    order: u64,
    event: E,
}

impl<E> Default for Timers<E> {
    fn default() -> Self {
        Timers { heap: BinaryHeap::new(), due: Vec::new(), count: 0 }
    }
}

impl<E> Timers<E> {
    /// Adds `event`, to fire at `at`.
    pub fn schedule(&mut self, at: Instant, event: E) {
        self.count += 1;
        self.heap.push(Reverse(Entry { at, order: self.count, event }));
    }

    /// When the next event is due.
    pub fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// How many events are waiting.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing will ever happen by itself.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Takes one event that is due at `now`, the oldest of the earliest unless `choices` says otherwise:
    /// then one of the next seven due at the same instant.
    pub fn pop(&mut self, now: Instant, choices: &mut Choices) -> Option<E> {
        let mut first = self.take_due(now)?;
        if self.next() != Some(first.at) {
            return Some(first.event);
        }
        let skip = choices.stray(Point::Timer, 8) as usize;
        while self.due.len() < skip
            && let Some(entry) = self.take_due(first.at)
        {
            self.due.push(entry);
        }
        if let Some(last) = self.due.last_mut() {
            core::mem::swap(&mut first, last);
            self.heap.extend(self.due.drain(..).map(Reverse));
        }
        Some(first.event)
    }

    fn take_due(&mut self, now: Instant) -> Option<Entry<E>> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
