//! Deviations: the dull schedule but for a few decisions, so that all schedules with so many of them can be gone
//! through.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{At, Learned, Strategy};
use crate::kernel::ids::Tid;

/// A decision of the schedule that is not dull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// Which of the schedule's questions, from 0: those at scheduling points and those about who runs next, together.
    pub at: u64,
    /// Which of the other threads, from 1.
    pub to: u32,
}

/// Makes the planned deviations. The last one is made at the first question from its own on that has as many others;
/// a later one is answered with the first of them.
pub(crate) struct Deviations {
    planned: Vec<Deviation>,
    made: usize,
    question: u64,
}

impl Deviations {
    pub(crate) fn new(planned: Vec<Deviation>) -> Self {
        Deviations { planned, made: 0, question: 0 }
    }

    /// The answer to the next question, which has so many that are not dull.
    fn answer(&mut self, others: usize) -> usize {
        let question = self.question;
        self.question += 1;
        let is_last = self.made + 1 == self.planned.len();
        let Some(planned) = self.planned.get_mut(self.made) else { return 0 };
        if is_last && question > planned.at {
            *planned = Deviation { at: question, to: 1 };
        }
        if question != planned.at || planned.to as usize > others {
            return 0;
        }
        self.made += 1;
        planned.to as usize
    }
}

impl Strategy for Deviations {
    fn next_at(&mut self, step: u64) -> u64 {
        if self.made == self.planned.len() { u64::MAX } else { step + 1 }
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        self.answer(at.others.len()).checked_sub(1)
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        self.answer(ready.len() - 1)
    }

    fn learned(&mut self) -> Learned {
        let all = self.made == self.planned.len();
        Learned::Deviations(all.then(|| core::mem::take(&mut self.planned)))
    }
}
