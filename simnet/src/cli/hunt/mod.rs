//! `simnet hunt`.

mod exhaustive;
mod saved;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::findings::Findings;
use super::words::duration;
use super::{ConditionArgs, Refusal, find};
use crate::choice::Seed;
use crate::hunt::{Campaign, Limit, Progress, Scenario};
use saved::Saved;

/// One in so many seeds is run twice.
const RECHECK_ONE_IN: u64 = 64;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Hunts this scenario only; may be given more than once.
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How long to hunt: 90s, 10m, 2h.
    #[arg(long, value_name = "TIME", default_value = "60s", conflicts_with = "seeds")]
    time: String,
    /// Runs so many seeds of each scenario instead.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// Makes so many runs, of all scenarios together.
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "time"])]
    runs: Option<u64>,
    /// Hunts until it is interrupted.
    #[arg(long, conflicts_with_all = ["seeds", "runs", "time"])]
    keep_going: bool,
    /// Ends with the first finding.
    #[arg(long)]
    until_found: bool,
    /// The first seed, decimal or 0x….
    #[arg(long, value_name = "SEED", default_value = "0")]
    first_seed: String,
    /// Goes through all schedules of the first seed with at most so many deviations from the dull one, instead of
    /// through seeds; what has been gone through is remembered.
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "runs", "strategy", "resume"])]
    exhaustive: Option<usize>,
    /// Goes on where the last hunt with the same --out has stopped, with its scenarios, strategy and plan.
    #[arg(long, conflicts_with_all = ["scenario", "first_seed", "strategy", "plan", "no_faults"])]
    resume: bool,
    /// Runs so many seeds at once; as many as there are cores unless given.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Where findings are kept.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    out: PathBuf,
    #[command(flatten)]
    conditions: ConditionArgs,
}

pub(super) fn run(all: &[Scenario], args: &Args) -> Result<ExitCode, Refusal> {
    let saved = if args.resume { Saved::load(&args.out)? } else { asked_for(all, args)? };
    let scenarios: Vec<Scenario> =
        saved.scenarios.iter().map(|name| find(all, name).cloned()).collect::<Result<_, _>>()?;
    let limit = match (args.seeds, args.runs) {
        (Some(seeds), _) => Limit::Seeds(seeds),
        (None, Some(runs)) => Limit::Runs(runs),
        (None, None) if args.keep_going => Limit::Never,
        (None, None) => Limit::Time(duration(&args.time)?),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (stop, interrupted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let both = [stop.clone(), interrupted.clone()];
    // In vain if the program has a handler of its own already: then that one decides.
    let _ = ctrlc::set_handler(move || both.iter().for_each(|flag| flag.store(true, Ordering::Relaxed)));
    let campaign = Campaign {
        scenarios: &scenarios,
        first_seed: saved.first_seed.0,
        made: saved.runs,
        limit,
        jobs: args.jobs.unwrap_or(cores),
        conditions: saved.conditions(),
        recheck_one_in: RECHECK_ONE_IN,
        stop: &stop,
    };
    let mut findings = Findings::open(&args.out, &interrupted);
    if let Some(bound) = args.exhaustive {
        return exhaustive::run(&campaign, bound, &args.out, args.until_found, &mut findings);
    }
    let bar = show::bar(&campaign);
    let progress = Progress::default();
    let tallies = show::with_progress(&campaign, &bar, &progress, |found| {
        bar.suspend(|| findings.add(&scenarios[found.scenario], &found));
        if args.until_found {
            stop.store(true, Ordering::Relaxed);
        }
    });
    bar.finish_and_clear();
    show::summary(&scenarios, &tallies);
    findings.summary();
    let runs = progress.runs.load(Ordering::Relaxed);
    if let Err(error) = saved.after(runs).save(&args.out) {
        println!("not to be resumed: {}: {error}", args.out.display());
    } else if interrupted.load(Ordering::Relaxed) {
        println!("interrupted; hunt --resume --out {} goes on", args.out.display());
    }
    Ok(ExitCode::from(u8::from(findings.count > 0)))
}

/// The campaign that the arguments describe.
fn asked_for(all: &[Scenario], args: &Args) -> Result<Saved, Refusal> {
    let names = args.scenario.iter().map(|name| find(all, name).map(|scenario| scenario.name.to_owned()));
    let mut scenarios = names.collect::<Result<Vec<_>, _>>()?;
    if scenarios.is_empty() {
        scenarios = all.iter().map(|scenario| scenario.name.to_owned()).collect();
    }
    let first_seed: Seed = args.first_seed.parse().map_err(Refusal)?;
    Ok(Saved::new(scenarios, first_seed, &args.conditions.read()?))
}
