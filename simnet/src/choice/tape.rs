//! Recorded decisions.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::Point;

/// The decisions of a run that were not dull: per kind of point, which question got which answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tape {
    tracks: Vec<Track>,
}

/// The answers at one kind of point, in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Track {
    point: Point,
    answers: Vec<(u64, u32)>,
}

/// A tape that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeError {
    /// Two sequences for one kind of point.
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
            if self.tracks[..at].iter().any(|other| other.point == track.point) {
                return Err(TapeError::Twice(track.point));
            }
            if let Some(pair) = track.answers.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
                return Err(TapeError::Order(track.point, pair[1].0));
            }
        }
        Ok(())
    }

    /// How many decisions were not dull.
    pub fn len(&self) -> usize {
        self.tracks.iter().map(|track| track.answers.len()).sum()
    }

    /// Whether every decision was dull.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, point: Point, index: u64, answer: u32) {
        if answer == 0 {
            return;
        }
        match self.tracks.iter_mut().find(|track| track.point == point) {
            Some(track) => track.answers.push((index, answer)),
            None => self.tracks.push(Track { point, answers: vec![(index, answer)] }),
        }
    }

    /// The answers at `point` that were not dull: which question, which answer.
    pub fn answers(&self, point: Point) -> &[(u64, u32)] {
        self.tracks.iter().find(|track| track.point == point).map_or(&[], |track| &track.answers)
    }
}

/// A tape as it is played: questions at one point come in ascending order.
#[derive(Debug)]
pub(super) struct Reader {
    tape: Tape,
    next: [usize; Point::COUNT],
}

impl Reader {
    pub(super) fn new(tape: Tape) -> Self {
        Reader { tape, next: [0; Point::COUNT] }
    }

    pub(super) fn at(&mut self, point: Point, index: u64) -> u32 {
        let next = &mut self.next[point as usize];
        match self.tape.answers(point).get(*next) {
            Some(&(at, answer)) if at == index => {
                *next += 1;
                answer
            }
            _ => 0,
        }
    }
}
