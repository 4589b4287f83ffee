//! Replay: the answers of a tape.

use std::collections::VecDeque;

use super::{At, Strategy};
use crate::choice::{Point, Sequence, Tape};
use crate::kernel::ids::Tid;

/// Answers as the tape says; where it has nothing to say, 0.
pub(crate) struct Replay {
    tape: Tape,
    /// The thread that runs, by its sequence, and the next of its scheduling points (from 0).
    thread: Sequence,
    point: u64,
    /// The answer that comes next there.
    answer: usize,
    nexts: u64,
    next: usize,
}

impl Replay {
    pub(crate) fn new(tape: Tape) -> Self {
        Replay { tape, thread: Point::Schedule.into(), point: 0, answer: 0, nexts: 0, next: 0 }
    }
}

impl Strategy for Replay {
    fn next_at(&mut self, step: u64) -> u64 {
        let answers = self.tape.answers(self.thread);
        self.answer = answers.partition_point(|&(at, _)| at < self.point);
        let Some(&(at, _)) = answers.get(self.answer) else { return u64::MAX };
        let gap = at - self.point;
        self.point = at + 1;
        (step + 1).saturating_add(gap)
    }

    fn enter(&mut self, thread: Tid, step: u64, point: u64) -> Option<u64> {
        (self.thread, self.point) = (thread.into(), point);
        Some(self.next_at(step))
    }

    /// The answer is a thread's number, from 1; one that is not ready leaves the current one.
    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        let &(_, answer) = self.tape.answers(self.thread).get(self.answer)?;
        at.others.iter().position(|other| other.0 + 1 == answer)
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        let at = self.nexts;
        self.nexts += 1;
        match self.tape.answers(Point::Next).get(self.next) {
            Some(&(index, answer)) if index == at => {
                self.next += 1;
                (answer as usize).min(ready.len() - 1)
            }
            _ => 0,
        }
    }
}

impl From<Tid> for Sequence {
    /// The preemptions of one thread.
    fn from(thread: Tid) -> Self {
        Sequence { point: Point::Schedule, who: thread.0 }
    }
}
