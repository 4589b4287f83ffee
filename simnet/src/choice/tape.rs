//! Recorded decisions.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Point;
use crate::kernel::ids::{Pid, Tid};

/// The decisions of a run that were not dull: which question got which answer, in one sequence per kind of point, for
/// preemptions one per thread, and for what a scenario decides one per task, so that one that is taken away does not
/// move those of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tape {
    tracks: Vec<Track>,
}

/// Which sequence of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sequence {
    /// The kind of point.
    pub point: Point,
    /// Whose: for [`Point::Schedule`] a thread, in the order of their starts; for [`Point::Workload`] a
    /// task, its process in the high half; else 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub who: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's form")]
fn is_zero(who: &u32) -> bool {
    *who == 0
}

impl From<Point> for Sequence {
    fn from(point: Point) -> Self {
        Sequence { point, who: 0 }
    }
}

impl Sequence {
    /// What a task decides, by the number of its process and its own in there; 0 is what is in none.
    pub(crate) fn of_task(process: Pid, task: u64) -> Sequence {
        Sequence { point: Point::Workload, who: process.0 << 16 | (task & 0xffff) as u32 }
    }
}

/// The answers of one sequence, in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Track {
    #[serde(flatten)]
    sequence: Sequence,
    answers: Vec<(u64, u32)>,
}

/// A tape that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeError {
    /// Two sequences for one kind of point and, where there are more, for one thread or task.
    Twice(Point),
    /// The questions of a sequence are not in ascending order, from this one on.
    Order(Point, u64),
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TapeError::Twice(point) => write!(f, "the tape has two sequences for `{}`", point.key()),
            TapeError::Order(point, index) => {
                write!(f, "the tape's sequence for `{}` is out of order at question {index}", point.key())
            }
        }
    }
}

impl std::error::Error for TapeError {}

impl Tape {
    /// Checks what a file brought.
    pub fn check(&self) -> Result<(), TapeError> {
        for (at, track) in self.tracks.iter().enumerate() {
            let Sequence { point, .. } = track.sequence;
            if self.tracks[..at].iter().any(|other| other.sequence == track.sequence) {
                return Err(TapeError::Twice(point));
            }
            if let Some(pair) = track.answers.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
                return Err(TapeError::Order(point, pair[1].0));
            }
        }
        Ok(())
    }

    /// Any bytes as a tape, for fuzzers: four bytes are a decision, its kind (and process or thread), how many questions
    /// of the sequence after the last one, low byte first, and the answer. Of what tasks decide the high byte is the
    /// task instead. An incomplete decision at the end is dropped.
    pub fn from_bytes(bytes: &[u8]) -> Tape {
        let mut tape = Tape::default();
        let mut next = BTreeMap::new();
        for &[kind, low, high, answer] in bytes.as_chunks().0 {
            let (first, point) = (usize::from(kind) / Point::COUNT, usize::from(kind) % Point::COUNT);
            let gap = u16::from_le_bytes([low, high]);
            let (sequence, gap, answer) = match Point::ALL[point] {
                // Threads have small numbers.
                Point::Schedule => (Tid(first as u32).into(), gap, answer % 16),
                Point::Workload => (Sequence::of_task(Pid(first as u32), high.into()), low.into(), answer),
                point => (point.into(), gap, answer),
            };
            let next: &mut u64 = next.entry(sequence).or_default();
            let index = *next + u64::from(gap);
            *next = index + 1;
            tape.push(sequence, index, u32::from(answer));
        }
        tape
    }

    /// The same, with these answers to the first questions of a sequence, and those that it has to the questions after
    /// them.
    #[must_use]
    pub fn led_by(mut self, sequence: Sequence, answers: &[u32]) -> Tape {
        let later = self.tracks.iter().position(|track| track.sequence == sequence);
        let later = later.map_or_else(Vec::new, |at| self.tracks.remove(at).answers);
        for (index, &answer) in (0..).zip(answers) {
            self.push(sequence, index, answer);
        }
        for (index, answer) in later {
            self.push(sequence, index + answers.len() as u64, answer);
        }
        self
    }

    /// The first `parts` of `of` equal parts: of each sequence, as many of its first answers.
    #[must_use]
    pub fn cut(&self, parts: usize, of: usize) -> Tape {
        let mut tape = self.clone();
        for track in &mut tape.tracks {
            track.answers.truncate(track.answers.len() * parts / of);
        }
        tape
    }

    /// The same but for `count` answers of a sequence, from the `first` on, which are dull.
    #[must_use]
    pub fn without(&self, sequence: Sequence, first: usize, count: usize) -> Tape {
        let mut tape = self.clone();
        tape.change(sequence, |answers| drop(answers.drain(first..first + count)));
        tape
    }

    /// The same but for some answers, which are dull: which sequences', which of theirs, in ascending order.
    #[must_use]
    pub fn without_each(&self, some: &[(Sequence, usize)]) -> Tape {
        let mut tape = self.clone();
        for &(sequence, nth) in some.iter().rev() {
            tape.change(sequence, |answers| {
                answers.remove(nth);
            });
        }
        tape
    }

    /// The same as if the questions had not been asked either: the answers behind them are to earlier ones.
    #[must_use]
    pub fn without_questions(&self, sequence: Sequence, first: usize, count: usize) -> Tape {
        let mut tape = self.clone();
        tape.change(sequence, |answers| {
            let (from, to) = (answers[first].0, answers[first + count - 1].0);
            answers.drain(first..first + count);
            answers[first..].iter_mut().for_each(|(index, _)| *index -= to + 1 - from);
        });
        tape
    }

    /// The same but for the answer that is the `nth` of a sequence's that are not dull.
    #[must_use]
    pub fn with(&self, sequence: Sequence, nth: usize, answer: u32) -> Tape {
        let mut tape = self.clone();
        tape.change(sequence, |answers| answers[nth].1 = answer);
        tape
    }

    fn change(&mut self, sequence: Sequence, change: impl FnOnce(&mut Vec<(u64, u32)>)) {
        if let Some(at) = self.tracks.iter().position(|track| track.sequence == sequence) {
            change(&mut self.tracks[at].answers);
            if self.tracks[at].answers.is_empty() {
                self.tracks.remove(at);
            }
        }
    }

    /// The sum of all answers: of two tapes of one length the lighter is the simpler.
    pub fn weight(&self) -> u64 {
        self.tracks.iter().flat_map(|track| &track.answers).map(|&(_, answer)| u64::from(answer)).sum()
    }

    /// How many decisions were not dull.
    pub fn len(&self) -> usize {
        self.tracks.iter().map(|track| track.answers.len()).sum()
    }

    /// Whether every decision was dull.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, sequence: impl Into<Sequence>, index: u64, answer: u32) {
        if answer == 0 {
            return;
        }
        let sequence = sequence.into();
        match self.tracks.iter_mut().find(|track| track.sequence == sequence) {
            Some(track) => track.answers.push((index, answer)),
            None => self.tracks.push(Track { sequence, answers: vec![(index, answer)] }),
        }
    }

    /// The answers of a sequence that were not dull: which question, which answer.
    pub fn answers(&self, sequence: impl Into<Sequence>) -> &[(u64, u32)] {
        let sequence = sequence.into();
        self.tracks.iter().find(|track| track.sequence == sequence).map_or(&[], |track| &track.answers)
    }

    /// The answer to a question of a sequence.
    pub(super) fn answer(&self, sequence: Sequence, index: u64) -> u32 {
        let answers = self.answers(sequence);
        answers.binary_search_by_key(&index, |&(at, _)| at).map_or(0, |at| answers[at].1)
    }

    /// The sequences that have an answer which was not dull.
    pub fn sequences(&self) -> impl Iterator<Item = Sequence> {
        self.tracks.iter().map(|track| track.sequence)
    }

    /// The `nth` of all decisions, sequence by sequence: which sequence's, and which of its answers.
    pub fn nth(&self, mut nth: usize) -> Option<(Sequence, usize)> {
        for track in &self.tracks {
            if nth < track.answers.len() {
                return Some((track.sequence, nth));
            }
            nth -= track.answers.len();
        }
        None
    }

    /// How many decisions of one kind were not dull.
    pub fn count(&self, point: Point) -> usize {
        self.sequences().filter(|sequence| sequence.point == point).map(|of| self.answers(of).len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_is_played_as_it_was_recorded() {
        let mut tape = Tape::default();
        tape.push(Point::Schedule, 3, 2);
        tape.push(Point::Eintr, 0, 1);
        tape.push(Point::Schedule, 9, 1);
        let played: Vec<u32> = (0..12).map(|index| tape.answer(Point::Schedule.into(), index)).collect();
        assert_eq!(played, [0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(tape.answer(Point::Eintr.into(), 0), 1);
        assert_eq!(tape.len(), 3);
    }

    #[test]
    fn a_tape_out_of_order_is_refused_by_name() {
        let tape = |text: &str| serde_json::from_str::<Tape>(text).expect("the form of a tape").check();
        assert_eq!(tape(r#"[{"point":"eintr","answers":[[1,1],[4,1]]}]"#), Ok(()));
        assert_eq!(
            tape(r#"[{"point":"eintr","answers":[[4,1],[4,1]]}]"#),
            Err(TapeError::Order(Point::Eintr, 4))
        );
        let twice = r#"[{"point":"loss","answers":[]},{"point":"loss","answers":[]}]"#;
        assert_eq!(tape(twice), Err(TapeError::Twice(Point::Loss)));
    }

    #[test]
    fn any_bytes_are_a_valid_tape() {
        let bytes: Vec<u8> = (0..=255).collect();
        let tape = Tape::from_bytes(&bytes);
        assert_eq!(tape.check(), Ok(()));
        assert_eq!(tape.len(), 64);
    }
}
