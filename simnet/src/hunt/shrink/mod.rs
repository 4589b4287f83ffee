//! The fewest decisions that still end in the same finding: what is left of the tape is what has to go wrong.

mod passes;
mod redraw;

use std::collections::BTreeMap;

use super::Scenario;
use crate::choice::{Sequence, Tape};
use crate::oracle::Oracle;
use crate::world::{Config, Report, Source};

/// Scheduling points that a candidate may pass, as a multiple of those of the run that is shrunk: what does not end by
/// then is another run.
const STEPS: u64 = 4;
/// And so many more.
const STEPS_MORE: u64 = 20_000;
/// One in so many of the points that are left may be used up by one undertaking.
const PART: u64 = 6;

/// How far shrinking has come.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Decisions of the shortest tape so far.
    pub decisions: usize,
    /// Scheduling points that candidates may still pass.
    pub left: u64,
}

/// Is asked before every candidate.
type GoesOn<'a> = &'a mut dyn FnMut(Step) -> bool;

/// A run that is being shrunk.
#[derive(Debug)]
pub struct Shrinker<'a> {
    scenario: &'a Scenario,
    /// How it is run, but for the tape.
    config: Config,
    signature: String,
    steps_max: u64,
    /// The shortest tape so far, and its run.
    best: Tape,
    report: Report,
    /// Candidates that were run.
    runs: u64,
    /// Scheduling points that they may still pass.
    left: u64,
}

impl<'a> Shrinker<'a> {
    /// Scheduling points that the candidates for a new finding may pass, all together: a few seconds' worth.
    pub const POINTS: u64 = 60_000_000;

    /// Begins with a tape that ends in a finding when it is run like `config`, for as many candidates as pass so many
    /// scheduling points; `None` if it ends in none.
    pub fn new(scenario: &'a Scenario, config: Config, tape: Tape, points: u64) -> Option<Self> {
        let mut shrinker = Shrinker {
            scenario,
            config: Config { record: true, trace: false, ..config },
            signature: String::new(),
            steps_max: u64::MAX,
            best: Tape::default(),
            report: Report::default(),
            runs: 0,
            left: points,
        };
        let report = shrinker.run(Source::Tape(tape));
        let finding = report.finding.as_ref()?;
        shrinker.signature = finding.signature();
        if finding.oracle != Oracle::Budget {
            shrinker.steps_max = report.steps * STEPS + STEPS_MORE;
        }
        shrinker.keep(report);
        Some(shrinker)
    }

    /// The shortest tape so far.
    pub fn tape(&self) -> &Tape {
        &self.best
    }

    /// The run of the shortest tape.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Candidates that were run.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// Shrinks until nothing more can go, the scheduling points are used up, or `goes_on` says no; it is asked before
    /// every candidate.
    ///
    /// What is left then may still be far from what the finding takes, if the run had much in it. So other runs for the
    /// same finding are looked for, which have little in them from the start, and shrunk: the shortest wins.
    pub fn shrink(&mut self, mut goes_on: impl FnMut(Step) -> bool) {
        let _ = self.shrink_until_told(&mut goes_on);
    }

    fn shrink_until_told(&mut self, goes_on: GoesOn<'_>) -> Option<()> {
        if self.best.len() > redraw::SHORT
            && let Some(report) = self.in_part(goes_on, redraw::again)?
            && size(&report.tape) < size(&self.best)
        {
            self.keep(report);
        }
        self.in_part(goes_on, Self::take_away)?;
        while self.best.len() > redraw::SHORT {
            let Some(report) = self.in_part(goes_on, redraw::again)? else { break };
            let before = (core::mem::take(&mut self.best), core::mem::take(&mut self.report));
            self.keep(report);
            let taken = self.in_part(goes_on, Self::take_away);
            if size(&before.0) <= size(&self.best) {
                (self.best, self.report) = before;
            }
            taken?;
        }
        // Not all could be taken away with a part of the points.
        self.take_away(goes_on)
    }

    /// Undertakes something that may use up a part of the points that are left, so that a long run does not keep shorter ones
    /// from being found: what came of it. `None` when shrinking is to stop.
    fn in_part<T>(
        &mut self,
        goes_on: GoesOn<'_>,
        undertake: fn(&mut Self, GoesOn<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        let left = self.left - self.left / PART;
        let mut is_told = false;
        let done = undertake(self, &mut |step| {
            is_told = !goes_on(step);
            !is_told && step.left > left
        });
        if is_told || self.left == 0 { None } else { Some(done) }
    }

    /// Takes away what can go alone, or with another. `None` when shrinking is to stop.
    fn take_away(&mut self, goes_on: GoesOn<'_>) -> Option<()> {
        loop {
            let before = size(&self.best);
            passes::ALL.iter().try_for_each(|pass| pass(self, goes_on))?;
            if size(&self.best) == before {
                return Some(());
            }
        }
    }

    /// Runs a candidate: its report if it ends in the same finding. `None` when shrinking is to stop.
    fn attempt(&mut self, source: Source, goes_on: GoesOn<'_>) -> Option<Option<Report>> {
        if self.left == 0 || !goes_on(Step { decisions: self.best.len(), left: self.left }) {
            return None;
        }
        let report = self.run(source);
        self.runs += 1;
        self.left = self.left.saturating_sub(report.steps);
        let is_same = report.finding.as_ref().is_some_and(|finding| finding.signature() == self.signature);
        Some(is_same.then_some(report))
    }

    /// Keeps a candidate if it ends in the same finding and is less. `None` when shrinking is to stop.
    fn consider(&mut self, tape: Tape, goes_on: GoesOn<'_>) -> Option<bool> {
        let report = self.attempt(Source::Tape(tape), goes_on)?;
        let better = report.filter(|report| size(&report.tape) < size(&self.best));
        let is_better = better.is_some();
        better.into_iter().for_each(|report| self.keep(report));
        Some(is_better)
    }

    /// The decisions of the shortest tape, in the order in which they are made: of which sequence, and which of its.
    fn order(&self) -> Vec<(Sequence, usize)> {
        let mut counts = BTreeMap::new();
        let nth = |&sequence: &Sequence| {
            let count: &mut usize = counts.entry(sequence).or_default();
            *count += 1;
            (sequence, *count - 1)
        };
        self.report.order.iter().map(nth).collect()
    }

    /// What a run was asked for and answered is all that matters of a tape.
    fn keep(&mut self, mut report: Report) {
        self.best = core::mem::take(&mut report.tape);
        self.report = report;
    }

    fn run(&self, source: Source) -> Report {
        let steps_max = self.config.steps_max.min(self.steps_max);
        self.scenario.run(&Config { source, steps_max, ..self.config.clone() })
    }
}

/// Of two tapes of one length the lighter one is less.
fn size(tape: &Tape) -> (usize, u64) {
    (tape.len(), tape.weight())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Point, Seed};

    /// Fails when two certain decisions are made, whatever else is decided.
    fn scenario() -> Scenario {
        Scenario::new("two-of-many", "", &["linux"], |world| {
            let answers: Vec<u32> = (0..200).map(|_| world.choose(10)).collect();
            if answers[17] >= 3 && answers[140..150].contains(&7) {
                world.fail(Oracle::WrongAnswer, "three and seven", answers[17]);
            }
        })
    }

    fn like() -> Config {
        Config::new(Source::Tape(Tape::default()))
    }

    fn found(scenario: &Scenario) -> Tape {
        let reports = (0..1000).map(|seed| {
            let source = Source::Seed(Seed(seed));
            scenario.run(&Config { record: true, ..Config::new(source) })
        });
        let tape = reports.filter(|report| report.finding.is_some()).map(|report| report.tape).next();
        tape.expect("one of a thousand seeds")
    }

    #[test]
    fn what_does_not_matter_goes_and_the_rest_gets_small() {
        let scenario = scenario();
        let tape = found(&scenario);
        assert!(tape.len() > 100);
        let mut shrinker = Shrinker::new(&scenario, like(), tape.clone(), 500_000).expect("it fails");
        shrinker.shrink(|_| true);
        let answers = shrinker.tape().answers(Point::Workload);
        assert_eq!(shrinker.tape().len(), 2, "{:?}", shrinker.tape());
        assert_eq!((answers[0], answers[1].1), ((17, 3), 7));
        let mut again = Shrinker::new(&scenario, like(), tape, 500_000).expect("it fails");
        again.shrink(|_| true);
        assert_eq!((again.tape(), again.runs()), (shrinker.tape(), shrinker.runs()), "the same every time");
    }

    #[test]
    fn it_stops_when_it_is_told_to_and_keeps_what_it_has() {
        let scenario = scenario();
        let tape = found(&scenario);
        let mut tried = 0;
        let mut shrinker = Shrinker::new(&scenario, like(), tape.clone(), 500_000).expect("it fails");
        shrinker.shrink(|_| {
            tried += 1;
            tried <= 30
        });
        assert!(shrinker.tape().len() < tape.len());
        assert!(shrinker.report().finding.is_some());
        assert!(Shrinker::new(&scenario, like(), Tape::default(), 1000).is_none(), "nothing to shrink");
    }
}
