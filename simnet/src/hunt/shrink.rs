//! The fewest decisions that still end in the same finding: what is left of the tape is what has to go wrong.

use super::Scenario;
use crate::choice::{Sequence, Tape};
use crate::oracle::Oracle;
use crate::world::{Config, Report, Source};

/// Scheduling points that a candidate may pass, as a multiple of those of the run that is shrunk: what does not end by
/// then is another run.
const STEPS: u64 = 4;
/// And so many more.
const STEPS_MORE: u64 = 20_000;

/// How far shrinking has come.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Decisions of the shortest tape so far.
    pub decisions: usize,
    /// Candidates that may still be run.
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
    /// Candidates that may still be run.
    left: u64,
}

impl<'a> Shrinker<'a> {
    /// Begins with a tape that ends in a finding when it is run like `config`, for at most `runs` further runs; `None`
    /// if it ends in none.
    pub fn new(scenario: &'a Scenario, config: Config, tape: Tape, runs: u64) -> Option<Self> {
        let mut shrinker = Shrinker {
            scenario,
            config: Config { record: true, trace: false, ..config },
            signature: String::new(),
            steps_max: u64::MAX,
            best: Tape::default(),
            report: Report::default(),
            left: runs,
        };
        let report = shrinker.run(tape);
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

    /// Candidates that may still be run.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Shrinks until nothing more can go, the runs are used up, or `goes_on` says no; it is asked before every candidate.
    pub fn shrink(&mut self, mut goes_on: impl FnMut(Step) -> bool) {
        let mut stopped = false;
        while !stopped {
            let before = (self.best.len(), self.best.weight());
            for pass in PASSES {
                stopped = stopped || !pass(self, &mut goes_on);
            }
            if (self.best.len(), self.best.weight()) == before {
                return;
            }
        }
    }

    /// Keeps a candidate if it ends in the same finding and is less. `None` when shrinking is to stop.
    fn consider(&mut self, tape: Tape, goes_on: GoesOn<'_>) -> Option<bool> {
        if self.left == 0 || !goes_on(Step { decisions: self.best.len(), left: self.left }) {
            return None;
        }
        self.left -= 1;
        let report = self.run(tape);
        let is_same = report.finding.as_ref().is_some_and(|finding| finding.signature() == self.signature);
        let size = |tape: &Tape| (tape.len(), tape.weight());
        let is_better = is_same && size(&report.tape) < size(&self.best);
        if is_better {
            self.keep(report);
        }
        Some(is_better)
    }

    /// What a run was asked for and answered is all that matters of a tape.
    fn keep(&mut self, mut report: Report) {
        self.best = core::mem::take(&mut report.tape);
        self.report = report;
    }

    fn run(&self, tape: Tape) -> Report {
        let steps_max = self.config.steps_max.min(self.steps_max);
        self.scenario.run(&Config { source: Source::Tape(tape), steps_max, ..self.config.clone() })
    }
}

/// One way to make a tape less. Says whether shrinking goes on.
type Pass = fn(&mut Shrinker<'_>, GoesOn<'_>) -> bool;

/// In the order in which they are tried: what may take most away comes first.
const PASSES: [Pass; 5] = [
    drop_sequences,
    |shrinker, go| drop_blocks(shrinker, Tape::without, go),
    drop_questions,
    drop_pairs,
    lower,
];

/// Those that may be made less, in an order that does not depend on how the tape came about.
fn sequences(shrinker: &Shrinker<'_>) -> Vec<Sequence> {
    let mut sequences: Vec<Sequence> = shrinker.best.sequences().collect();
    sequences.sort_unstable();
    sequences
}

/// Makes every decision of one sequence dull.
fn drop_sequences(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> bool {
    sequences(shrinker).into_iter().all(|sequence| {
        let len = shrinker.best.answers(sequence).len();
        len == 0 || shrinker.consider(shrinker.best.without(sequence, 0, len), go).is_some()
    })
}

/// Takes away the answers of a sequence from one on, so many.
type Without = fn(&Tape, Sequence, usize, usize) -> Tape;

/// Makes decisions dull: of each sequence the later half, then quarters, and single ones last.
fn drop_blocks(shrinker: &mut Shrinker<'_>, without: Without, go: GoesOn<'_>) -> bool {
    for sequence in sequences(shrinker) {
        let mut size = shrinker.best.answers(sequence).len();
        while size > 0 {
            // From the end, where most is that came of the finding rather than led to it.
            let mut end = shrinker.best.answers(sequence).len();
            while end > 0 {
                let start = end.saturating_sub(size);
                match shrinker.consider(without(&shrinker.best, sequence, start, end - start), go) {
                    None => return false,
                    Some(_) => end = start.min(shrinker.best.answers(sequence).len()),
                }
            }
            size /= 2;
        }
    }
    true
}

/// The same, as if the questions had not been asked: those behind them move up.
fn drop_questions(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> bool {
    drop_blocks(shrinker, Tape::without_questions, go)
}

/// Makes two decisions dull at once, of any sequences: a preemption and the one that comes back from it.
fn drop_pairs(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> bool {
    let mut first = 0;
    while let Some(one) = shrinker.best.nth(first) {
        let without_one = shrinker.best.without(one.0, one.1, 1);
        let mut second = first;
        while let Some(other) = without_one.nth(second) {
            match shrinker.consider(without_one.without(other.0, other.1, 1), go) {
                None => return false,
                Some(true) => break,
                Some(false) => second += 1,
            }
        }
        first += 1;
    }
    true
}

/// Makes answers smaller: 1, half, one less.
fn lower(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> bool {
    for sequence in sequences(shrinker) {
        for at in (0..shrinker.best.answers(sequence).len()).rev() {
            let Some(&(_, answer)) = shrinker.best.answers(sequence).get(at) else { continue };
            for lower in [1, answer / 2, answer - 1] {
                if lower == 0 || lower >= answer {
                    continue;
                }
                match shrinker.consider(shrinker.best.with(sequence, at, lower), go) {
                    None => return false,
                    Some(true) => break,
                    Some(false) => {}
                }
            }
        }
    }
    true
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
        let mut shrinker = Shrinker::new(&scenario, like(), tape.clone(), 5000).expect("it fails");
        shrinker.shrink(|_| true);
        let answers = shrinker.tape().answers(Point::Workload);
        assert_eq!(shrinker.tape().len(), 2, "{:?}", shrinker.tape());
        assert_eq!((answers[0], answers[1].1), ((17, 3), 7));
        let mut again = Shrinker::new(&scenario, like(), tape, 5000).expect("it fails");
        again.shrink(|_| true);
        assert_eq!((again.tape(), again.left()), (shrinker.tape(), shrinker.left()), "the same every time");
    }

    #[test]
    fn it_stops_when_it_is_told_to_and_keeps_what_it_has() {
        let scenario = scenario();
        let tape = found(&scenario);
        let mut tried = 0;
        let mut shrinker = Shrinker::new(&scenario, like(), tape.clone(), 5000).expect("it fails");
        shrinker.shrink(|_| {
            tried += 1;
            tried <= 30
        });
        assert!(shrinker.tape().len() < tape.len());
        assert!(shrinker.report().finding.is_some());
        assert!(Shrinker::new(&scenario, like(), Tape::default(), 10).is_none(), "nothing to shrink");
    }
}
