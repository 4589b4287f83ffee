//! How soon something is found: what the command that is built with a mutant in it is asked.

use core::time::Duration;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::choice::Seed;
use crate::cli::Refusal;
use crate::hunt::{Campaign, Conditions, Found, Limit, Progress, Repro, Scenario, Shrinker, Story, hunt};
use crate::sched::StrategyName;

/// Hunts in which a strategy that is there for comparison has found nothing, and after which it is not tried again.
const GIVEN_UP_AFTER: u64 = 2;
/// What so many hunts have found is shrunk, and no more: it takes longer than the hunts.
const SHRUNK_MAX: usize = 5;
/// First seeds are so far apart.
const SEEDS_APART: u64 = 10_000_000;

#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Sampling {
    /// What schedules are drawn by; may be given more than once.
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_values_t = [StrategyName::Portfolio])]
    pub(super) strategy: Vec<StrategyName>,
    /// Hunts with so many independent seeds.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) times: u64,
    /// Runs after which nothing is found.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(super) runs: u64,
    /// Seconds after which nothing is found.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub(super) seconds: u64,
}

/// One hunt until something was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sample {
    pub(super) strategy: StrategyName,
    pub(super) seconds: f64,
    pub(super) found: Option<Outcome>,
}

/// What was found first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) scenario: String,
    pub(super) signature: String,
    /// Which run it was, from 1.
    pub(super) runs: u64,
    /// What is left of it; that is asked of one strategy's only.
    pub(super) shrunk: Option<Shrunk>,
}

/// What is left of a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shrunk {
    pub(super) decisions: usize,
    /// How long it took.
    pub(super) seconds: f64,
    /// The decisions and what comes of them, told.
    pub(super) story: String,
}

/// Writes one sample a line. What the first strategy finds first is shrunk; the others are given up when their first hunts have
/// found nothing.
pub(in crate::cli) fn run(scenarios: &[Scenario], args: &Sampling) -> Result<ExitCode, Refusal> {
    for (place, &strategy) in args.strategy.iter().enumerate() {
        let mut any = false;
        let mut founds = Vec::new();
        for nth in 0..args.times {
            let (sample, found) = sample(scenarios, strategy, Seed(nth * SEEDS_APART), args);
            any |= found.is_some();
            founds.push((sample, found));
            if place > 0 && !any && nth + 1 == GIVEN_UP_AFTER {
                break;
            }
        }
        if place == 0 {
            let some = founds.len().min(SHRUNK_MAX);
            shrink_all(scenarios, &mut founds[..some]);
        }
        for (sample, _) in founds {
            println!("{}", serde_json::to_string(&sample)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Shrinks what was found, on all cores.
fn shrink_all(scenarios: &[Scenario], founds: &mut [(Sample, Option<Found>)]) {
    let todo = Mutex::new(founds.iter_mut());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().expect("no panic while taking").next();
                    let Some((sample, found)) = next else { break };
                    if let (Some(outcome), Some(found)) = (&mut sample.found, found) {
                        let scenario = &scenarios[found.scenario];
                        let (repro, seconds) = timed(|| shrunk(scenario, found));
                        let (decisions, story) = (repro.tape.len(), Story::of(scenario, &repro).short());
                        outcome.signature = repro.signature;
                        outcome.shrunk = Some(Shrunk { decisions, seconds, story });
                    }
                }
            });
        }
    });
}

fn sample(
    scenarios: &[Scenario],
    strategy: StrategyName,
    first_seed: Seed,
    args: &Sampling,
) -> (Sample, Option<Found>) {
    let stop = AtomicBool::new(false);
    let campaign = Campaign {
        scenarios,
        first_seed: first_seed.0,
        made: 0,
        limit: Limit::Runs(args.runs),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        conditions: Conditions { strategy, ..Conditions::default() },
        recheck_one_in: 0,
        stop: &stop,
    };
    let mut first: Option<Found> = None;
    let ((), seconds) = timed(|| {
        within(Duration::from_secs(args.seconds), &stop, || {
            hunt(&campaign, &Progress::default(), |found| {
                stop.store(true, Ordering::Relaxed);
                if first.as_ref().is_none_or(|first| found.run < first.run) {
                    first = Some(found);
                }
            });
        });
    });
    let found = first.as_ref().map(|found| Outcome {
        scenario: scenarios[found.scenario].name.to_owned(),
        signature: found.finding.signature(),
        runs: found.run,
        shrunk: None,
    });
    (Sample { strategy, seconds, found }, first)
}

fn shrunk(scenario: &Scenario, found: &Found) -> Repro {
    let (repro, _) = Repro::record(scenario, found);
    match Shrinker::new(scenario, repro.config(), repro.tape.clone(), Shrinker::POINTS) {
        Some(mut shrinker) => {
            shrinker.shrink(|_| true);
            repro.shrunk(&shrinker)
        }
        None => repro,
    }
}

/// Does it, and sets `stop` if it takes longer.
fn within(time: Duration, stop: &AtomicBool, work: impl FnOnce()) {
    let (end, ended) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                stop.store(true, Ordering::Relaxed);
            }
        });
        work();
        drop(end);
    });
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    #[expect(clippy::disallowed_methods, reason = "how long a hunt takes is its result; no run sees it")]
    let began = Instant::now();
    let done = work();
    (done, began.elapsed().as_secs_f64())
}
