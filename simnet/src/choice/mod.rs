//! Every decision of a run, drawn from one stream: the tape.
//!
//! `choose(point, n)` answers a number below `n`, and 0 is always the dull answer: keep running,
//! everything at once, no delay beyond the link's, no fault. A [`Tape`] holds the answers that were not
//! dull, one sequence per kind of point, so that removing a fault does not shift the schedule. A seed is
//! a way to make a tape; a recorded tape is another; a tape that has ended answers 0.

mod point;
mod seed;
mod tape;

use std::collections::BTreeMap;

pub use point::{Point, Rates};
pub use seed::Seed;
pub use tape::{Sequence, Tape, TapeError};

pub(crate) use seed::Stream;
use seed::Streams;

/// Where the answers of a run come from.
#[derive(Debug)]
enum Source {
    /// Drawn from a seed, one sub-stream per kind of point.
    Seed(Box<Streams>),
    /// Read from a tape; where it ends, 0.
    Tape(Tape),
}

/// The decisions of one run.
#[derive(Debug)]
pub struct Choices {
    source: Source,
    rates: Rates,
    asked: [u64; Point::COUNT],
    /// Of choices among equals one in so many is drawn, the others are dull.
    drawn_one_in: u32,
    /// How often each asked who has a sequence of its own.
    asked_by: BTreeMap<Sequence, u64>,
    /// How many answers at each point of a rate were not dull.
    struck: [u64; Point::COUNT],
    /// How many of the coming questions at each point of a rate are still answered "no" without a draw.
    quiet: [u64; Point::COUNT],
    recorded: Option<Recorded>,
    /// What was decided since this was last emptied, if it is to be told.
    told: Option<Vec<Decision>>,
}

/// The decisions of a run that were not dull.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// By sequence.
    pub tape: Tape,
    /// Of which sequences they were, one after the other.
    pub order: Vec<Sequence>,
}

impl Recorded {
    fn push(&mut self, sequence: Sequence, index: u64, answer: u32) {
        if answer > 0 {
            self.tape.push(sequence, index, answer);
            self.order.push(sequence);
        }
    }
}

/// A decision that was not dull: its kind, the answer, and how many answers there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) point: Point,
    pub(crate) answer: u32,
    pub(crate) of: u32,
}

impl Choices {
    /// Answers drawn from `seed`, faults striking at `rates`.
    pub fn from_seed(seed: Seed, rates: Rates) -> Self {
        let mut streams = Box::new(Streams::new(seed));
        let quiet = Point::ALL.map(|point| streams.gap(point, rates.one_in(point)));
        Self::new(Source::Seed(streams), rates, quiet)
    }

    /// Most choices are dull: only one in `one_in` is drawn.
    #[must_use]
    pub(crate) fn sparse(self, one_in: u32) -> Self {
        Choices { drawn_one_in: one_in, ..self }
    }

    /// Answers read from `tape`.
    pub fn from_tape(tape: Tape, rates: Rates) -> Self {
        Self::new(Source::Tape(tape), rates, [0; Point::COUNT])
    }

    fn new(source: Source, rates: Rates, quiet: [u64; Point::COUNT]) -> Self {
        Choices {
            source,
            rates,
            asked: [0; Point::COUNT],
            drawn_one_in: 1,
            asked_by: BTreeMap::new(),
            struck: [0; Point::COUNT],
            quiet,
            recorded: None,
            told: None,
        }
    }

    /// Keeps the answers from here on, for [`Choices::take_recorded`].
    pub fn record(&mut self) {
        self.recorded = Some(Recorded::default());
    }

    /// Tells of decisions from here on, for [`Choices::take_told`].
    pub(crate) fn tell(&mut self) {
        self.told = Some(Vec::new());
    }

    /// Whether there is anything to be told.
    pub(crate) fn has_told(&self) -> bool {
        self.told.as_ref().is_some_and(|told| !told.is_empty())
    }

    /// What was decided since this was last called.
    pub(crate) fn take_told(&mut self) -> Vec<Decision> {
        self.told.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// The recorded answers; empty unless [`Choices::record`] was called.
    pub fn take_recorded(&mut self) -> Recorded {
        self.recorded.take().unwrap_or_default()
    }

    /// How often anything was asked.
    pub fn decisions(&self) -> u64 {
        self.asked.iter().sum()
    }

    /// A number below `n`, each as likely. With `n` of 0 or 1 there is nothing to decide, and nothing
    /// is drawn.
    #[inline]
    pub fn choose(&mut self, point: Point, n: u32) -> u32 {
        if n <= 1 {
            return 0;
        }
        let one_in = self.drawn_one_in;
        self.ask(point, |streams| streams.sparse_below(point, n, one_in), n)
    }

    /// The same for one of those at a point who have sequences of their own.
    pub(crate) fn choose_for(&mut self, sequence: Sequence, n: u32) -> u32 {
        if n <= 1 {
            return 0;
        }
        let asked = self.asked_by.entry(sequence).or_default();
        let index = *asked;
        *asked += 1;
        self.asked[sequence.point as usize] += 1;
        let one_in = self.drawn_one_in;
        self.answer(sequence, index, |streams| streams.sparse_below(sequence.point, n, one_in), n)
    }

    /// 0 most of the time; once in the point's rate a number from 1 below `n`, each as likely. Not at
    /// all where the plan's rate for the point is 0.
    #[inline]
    pub fn stray(&mut self, point: Point, n: u32) -> u32 {
        let one_in = self.rates.one_in(point);
        if n <= 1 || one_in == 0 {
            return 0;
        }
        let quiet = &mut self.quiet[point as usize];
        if *quiet > 0 && matches!(self.source, Source::Seed(_)) {
            *quiet -= 1;
            self.asked[point as usize] += 1;
            return 0;
        }
        if let Source::Seed(streams) = &mut self.source {
            *quiet = streams.gap(point, one_in);
        }
        let answer = self.ask(point, |streams| 1 + streams.below(point, n - 1), n);
        self.struck[point as usize] += u64::from(answer > 0);
        answer
    }

    /// Whether the fault at `point` strikes now; its rate is the plan's.
    #[inline]
    pub fn strike(&mut self, point: Point) -> bool {
        self.stray(point, 2) == 1
    }

    /// Whether the fault at `point` strikes now, once in `one_in` (0: never), a rate that is not the plan's; not at
    /// all where the plan's rate for the point is 0.
    #[inline]
    pub fn strike_rated(&mut self, point: Point, one_in: u32) -> bool {
        if one_in == 0 || self.rates.one_in(point) == 0 {
            return false;
        }
        self.ask(point, |streams| u32::from(streams.below(point, one_in) == 0), 2) == 1
    }

    /// How often the fault at `point` has struck.
    pub fn struck(&self, point: Point) -> u64 {
        self.struck[point as usize]
    }

    /// Keeps an answer that was drawn elsewhere: the scheduling policy's.
    #[inline]
    pub(crate) fn note(&mut self, sequence: impl Into<Sequence>, index: u64, answer: u32) {
        let sequence = sequence.into();
        let point = sequence.point;
        self.asked[point as usize] += 1;
        if let Some(told) = &mut self.told
            && point == Point::Next
            && answer > 0
        {
            told.push(Decision { point, answer, of: 0 });
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.push(sequence, index, answer);
        }
    }

    /// The rates that faults strike at.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    #[inline]
    fn ask(&mut self, point: Point, draw: impl FnOnce(&mut Streams) -> u32, n: u32) -> u32 {
        let index = self.asked[point as usize];
        self.asked[point as usize] += 1;
        self.answer(point.into(), index, draw, n)
    }

    #[inline]
    fn answer(
        &mut self,
        sequence: Sequence,
        index: u64,
        draw: impl FnOnce(&mut Streams) -> u32,
        n: u32,
    ) -> u32 {
        let answer = match &mut self.source {
            Source::Seed(streams) => draw(streams),
            Source::Tape(tape) => tape.answer(sequence, index).min(n - 1),
        };
        if let Some(told) = &mut self.told
            && answer > 0
        {
            told.push(Decision { point: sequence.point, answer, of: n });
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.push(sequence, index, answer);
        }
        answer
    }
}
