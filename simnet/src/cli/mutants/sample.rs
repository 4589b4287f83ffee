//! How soon something is found: what the command that is built with a mutant in it is asked.

use core::time::Duration;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::choice::Seed;
use crate::cli::Refusal;
use crate::hunt::{Campaign, Conditions, Found, Limit, Progress, Repro, Scenario, Shrinker, hunt};
use crate::sched::StrategyName;

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
    /// Decisions that are left of it, and how long that took.
    pub(super) decisions: usize,
    pub(super) shrink_seconds: f64,
}

/// Writes one sample a line.
pub(in crate::cli) fn run(scenarios: &[Scenario], args: &Sampling) -> Result<ExitCode, Refusal> {
    for &strategy in &args.strategy {
        for nth in 0..args.times {
            let sample = sample(scenarios, strategy, Seed(nth * SEEDS_APART), args);
            println!("{}", serde_json::to_string(&sample)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sample(scenarios: &[Scenario], strategy: StrategyName, first_seed: Seed, args: &Sampling) -> Sample {
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
    let found = first.map(|found| {
        let scenario = &scenarios[found.scenario];
        let (repro, shrink_seconds) = timed(|| shrunk(scenario, &found));
        let Repro { signature, tape, .. } = repro;
        let runs = found.run;
        Outcome { scenario: scenario.name.to_owned(), signature, runs, decisions: tape.len(), shrink_seconds }
    });
    Sample { strategy, seconds, found }
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
