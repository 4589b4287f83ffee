//! A campaign: seeds handed out to workers, until there are enough.

use core::time::Duration;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::{Conditions, Scenario};
use crate::choice::Seed;
use crate::oracle::{Finding, Oracle};
use crate::world::{Config, Report};

/// When a campaign is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// After so many seeds of each scenario.
    Seeds(u64),
    /// After so many runs, of all scenarios together.
    Runs(u64),
    /// After so much real time.
    Time(Duration),
    /// When it is stopped from outside.
    Never,
}

/// What to hunt through.
#[derive(Debug)]
pub struct Campaign<'a> {
    /// The scenarios, taken in turn.
    pub scenarios: &'a [Scenario],
    /// The first seed; the others follow.
    pub first_seed: u64,
    /// Runs that an earlier campaign has made of these, and that are not made again.
    pub made: u64,
    /// When to stop.
    pub limit: Limit,
    /// Threads of the operating system that run seeds.
    pub jobs: usize,
    /// What makes a run of a seed.
    pub conditions: Conditions,
    /// One in so many runs is run again and its hash compared; 0 is none.
    pub recheck_one_in: u64,
    /// Set from outside to stop early.
    pub stop: &'a AtomicBool,
}

/// How far a campaign is, to be read while it goes on.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs ended.
    pub runs: AtomicU64,
    /// Decisions of all kinds.
    pub decisions: AtomicU64,
    /// Virtual time covered, in microseconds.
    pub virtual_us: AtomicU64,
    /// Runs in which an oracle spoke.
    pub findings: AtomicU64,
    /// Runs begun, by this campaign and the earlier one.
    pub begun: AtomicU64,
}

/// A run in which an oracle spoke.
#[derive(Clone, Debug)]
pub struct Found {
    /// The scenario's index in the campaign.
    pub scenario: usize,
    /// The seed that does it.
    pub seed: Seed,
    /// Which run of the campaign it was, from 1.
    pub run: u64,
    /// How it was run.
    pub config: Box<Config>,
    /// What was found.
    pub finding: Finding,
    /// The hash of the run.
    pub hash: u64,
}

/// What a campaign did with one scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Runs ended.
    pub runs: u64,
    /// Scheduling points passed.
    pub steps: u64,
    /// System calls made.
    pub calls: u64,
    /// Virtual time covered.
    pub virtual_time: Duration,
    /// Runs in which an oracle spoke.
    pub findings: u64,
}

/// Runs the campaign. `found` is told of every run with a finding, one at a time, on any thread. The
/// tallies are per scenario, in the campaign's order.
pub fn hunt(campaign: &Campaign<'_>, progress: &Progress, found: impl FnMut(Found) + Send) -> Vec<Tally> {
    let tallies = Mutex::new(vec![Tally::default(); campaign.scenarios.len()]);
    let found = Mutex::new(found);
    progress.begun.store(campaign.made, Ordering::Relaxed);
    #[expect(clippy::disallowed_methods, reason = "a campaign is bounded by real time; no run sees it")]
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..campaign.jobs.max(1) {
            scope.spawn(|| {
                let mut mine = vec![Tally::default(); campaign.scenarios.len()];
                while let Some((run, scenario, seed)) = hand_out(campaign, &progress.begun, began) {
                    let config = campaign.conditions.config(seed);
                    let report = run_one(campaign, scenario, seed, &config);
                    mine[scenario].add(&report);
                    progress.add(&report);
                    if let Some(finding) = report.finding {
                        let hash = report.hash.value();
                        (found.lock().expect("no panic while telling"))(Found {
                            scenario,
                            seed,
                            run,
                            config: Box::new(config),
                            finding,
                            hash,
                        });
                    }
                }
                let mut all = tallies.lock().expect("no panic while adding");
                all.iter_mut().zip(&mine).for_each(|(all, mine)| all.merge(mine));
            });
        }
    });
    tallies.into_inner().expect("no panic while adding")
}

/// The next run with its number, if there is to be one: scenarios in turn, so that each sees the same seeds.
fn hand_out(campaign: &Campaign<'_>, next: &AtomicU64, began: Instant) -> Option<(u64, usize, Seed)> {
    let scenarios = campaign.scenarios.len() as u64;
    if scenarios == 0 || campaign.stop.load(Ordering::Relaxed) {
        return None;
    }
    let number = next.fetch_add(1, Ordering::Relaxed);
    let over = match campaign.limit {
        Limit::Seeds(seeds) => number / scenarios >= seeds,
        Limit::Runs(runs) => number >= runs,
        Limit::Time(time) => began.elapsed() >= time,
        Limit::Never => false,
    };
    let seed = campaign.first_seed.wrapping_add(number / scenarios);
    (!over).then_some((number + 1, (number % scenarios) as usize, Seed(seed)))
}

/// Runs one seed, now and then twice.
fn run_one(campaign: &Campaign<'_>, scenario: usize, seed: Seed, config: &Config) -> Report {
    let mut report = campaign.scenarios[scenario].run(config);
    if campaign.recheck_one_in > 0 && seed.0.is_multiple_of(campaign.recheck_one_in) {
        let again = campaign.scenarios[scenario].run(config);
        if again.hash != report.hash {
            let detail = format!("hash {} and then {}", report.hash, again.hash);
            report.finding =
                Some(Finding::new(Oracle::Nondeterminism, "two runs of one seed differ", detail));
        }
    }
    report
}

impl Progress {
    pub(super) fn add(&self, report: &Report) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.decisions.fetch_add(report.decisions, Ordering::Relaxed);
        self.virtual_us.fetch_add(report.virtual_time.as_micros() as u64, Ordering::Relaxed);
        self.findings.fetch_add(u64::from(report.finding.is_some()), Ordering::Relaxed);
    }
}

impl Tally {
    fn add(&mut self, report: &Report) {
        let one = Tally {
            runs: 1,
            steps: report.steps,
            calls: report.calls,
            virtual_time: report.virtual_time,
            findings: u64::from(report.finding.is_some()),
        };
        self.merge(&one);
    }

    fn merge(&mut self, other: &Tally) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.calls += other.calls;
        self.virtual_time += other.virtual_time;
        self.findings += other.findings;
    }
}
