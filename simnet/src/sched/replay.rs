//! Replay: the answers of a tape.

use super::Policy;
use crate::choice::{Point, Tape};

/// Answers as the tape says; where it has nothing to say, 0.
pub(crate) struct Replay {
    tape: Tape,
    /// The next scheduling point (they count from 1), and the next answer.
    point: u64,
    answer: usize,
    nexts: u64,
    next: usize,
}

impl Replay {
    pub(crate) fn new(tape: Tape) -> Self {
        Replay { tape, point: 1, answer: 0, nexts: 0, next: 0 }
    }
}

impl Policy for Replay {
    fn gap(&mut self) -> u64 {
        let answers = self.tape.answers(Point::Schedule);
        // What a made-up tape says about points that do not exist is passed over.
        self.answer += answers[self.answer..].iter().take_while(|&&(at, _)| at < self.point).count();
        let Some(&(at, _)) = answers.get(self.answer) else { return u64::MAX };
        let gap = at - self.point;
        self.point = at + 1;
        gap
    }

    fn preempt(&mut self, others: u32) -> u32 {
        let answer = self.tape.answers(Point::Schedule).get(self.answer).map_or(0, |&(_, answer)| answer);
        self.answer += 1;
        answer.min(others)
    }

    fn next(&mut self, ready: u32) -> u32 {
        let at = self.nexts;
        self.nexts += 1;
        match self.tape.answers(Point::Next).get(self.next) {
            Some(&(index, answer)) if index == at => {
                self.next += 1;
                answer.min(ready - 1)
            }
            _ => 0,
        }
    }
}
