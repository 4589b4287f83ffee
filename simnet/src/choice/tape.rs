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

    /// Any bytes as a tape, for fuzzers: four bytes are a decision, its kind, how many questions of the
    /// kind after the last one (low byte first), and the answer. An incomplete one at the end is dropped.
    pub fn from_bytes(bytes: &[u8]) -> Tape {
        let mut tape = Tape::default();
        let mut next = [0_u64; Point::COUNT];
        for &[kind, low, high, answer] in bytes.as_chunks().0 {
            let point = Point::ALL[usize::from(kind) % Point::COUNT];
            let index = next[point as usize] + u64::from(u16::from_le_bytes([low, high]));
            next[point as usize] = index + 1;
            tape.push(point, index, u32::from(answer));
        }
        tape
    }

    /// The first `parts` of `of` equal parts: of each kind of point, as many of its first answers.
    #[must_use]
    pub fn cut(&self, parts: usize, of: usize) -> Tape {
        let mut tape = self.clone();
        for track in &mut tape.tracks {
            track.answers.truncate(track.answers.len() * parts / of);
        }
        tape
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_is_played_as_it_was_recorded() {
        let mut tape = Tape::default();
        tape.push(Point::Schedule, 3, 2);
        tape.push(Point::Schedule, 5, 0);
        tape.push(Point::Eintr, 0, 1);
        tape.push(Point::Schedule, 9, 1);
        let mut reader = Reader::new(tape.clone());
        let played: Vec<u32> = (0..12).map(|index| reader.at(Point::Schedule, index)).collect();
        assert_eq!(played, [0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(reader.at(Point::Eintr, 0), 1);
        assert_eq!(tape.len(), 3, "dull answers take no place");
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
