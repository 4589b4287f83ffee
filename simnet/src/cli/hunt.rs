//! `simnet hunt`.

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::words::{duration, short, span};
use super::{Refusal, find, shrink};
use crate::choice::{Rates, Seed};
use crate::hunt::{Campaign, Found, Limit, Progress, Repro, Scenario, Shrinker, Tally, hunt};

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
    /// Ends with the first finding.
    #[arg(long)]
    until_found: bool,
    /// The first seed, decimal or 0x….
    #[arg(long, value_name = "SEED", default_value = "0")]
    first_seed: String,
    /// Runs so many seeds at once; as many as there are cores unless given.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Where findings are kept.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    out: PathBuf,
    /// No faults: interruptions, short transfers, want of descriptors, dropped futures.
    #[arg(long)]
    no_faults: bool,
}

/// Candidates that are run at most to shrink a new finding.
const SHRINK_RUNS: u64 = 3000;

/// What has been found, by signature.
#[derive(Default)]
struct Findings {
    seen: BTreeMap<(usize, String), u64>,
}

pub(super) fn run(all: &[Scenario], args: Args) -> Result<ExitCode, Refusal> {
    let scenarios = chosen(all, &args.scenario)?;
    let first_seed: Seed = args.first_seed.parse().map_err(Refusal)?;
    let limit = match (args.seeds, args.runs) {
        (Some(seeds), _) => Limit::Seeds(seeds),
        (None, Some(runs)) => Limit::Runs(runs),
        (None, None) => Limit::Time(duration(&args.time)?),
    };
    let rates = if args.no_faults { Rates::without_faults() } else { Rates::default() };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (stop, interrupted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let both = [stop.clone(), interrupted.clone()];
    // In vain if the program has a handler of its own already: then that one decides.
    let _ = ctrlc::set_handler(move || both.iter().for_each(|flag| flag.store(true, Ordering::Relaxed)));
    let campaign = Campaign {
        scenarios: &scenarios,
        first_seed: first_seed.0,
        limit,
        jobs: args.jobs.unwrap_or(cores),
        rates: rates.clone(),
        recheck_one_in: RECHECK_ONE_IN,
        stop: &stop,
    };
    let bar = bar(&campaign);
    let mut findings = Findings::default();
    let tallies = with_progress(&campaign, &bar, |found| {
        bar.suspend(|| findings.add(&scenarios, &rates, &args.out, &found, &interrupted));
        if args.until_found {
            stop.store(true, Ordering::Relaxed);
        }
    });
    bar.finish_and_clear();
    summary(&scenarios, &tallies, &findings);
    if interrupted.load(Ordering::Relaxed) {
        println!("interrupted");
    }
    Ok(ExitCode::from(u8::from(!findings.seen.is_empty())))
}

fn chosen(all: &[Scenario], names: &[String]) -> Result<Vec<Scenario>, Refusal> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    names.iter().map(|name| find(all, name).cloned()).collect()
}

fn bar(campaign: &Campaign<'_>) -> ProgressBar {
    let (length, template) = match campaign.limit {
        Limit::Seeds(seeds) => {
            (seeds.saturating_mul(campaign.scenarios.len() as u64), "{bar:30} {pos}/{len} runs {msg}")
        }
        Limit::Runs(runs) => (runs, "{bar:30} {pos}/{len} runs {msg}"),
        Limit::Time(time) => (time.as_secs(), "{bar:30} {elapsed}/{len}s {msg}"),
    };
    let style = ProgressStyle::with_template(template).expect("a template in the form of indicatif's manual");
    ProgressBar::new(length).with_style(style)
}

/// Runs the campaign while the bar moves.
fn with_progress(campaign: &Campaign<'_>, bar: &ProgressBar, found: impl FnMut(Found) + Send) -> Vec<Tally> {
    let progress = Progress::default();
    let (end, ended) = channel::<()>();
    #[expect(clippy::disallowed_methods, reason = "the bar shows real time; no run sees it")]
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let ended = ended;
            while ended.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                show(bar, campaign, &progress, began.elapsed());
            }
        });
        let tallies = hunt(campaign, &progress, found);
        drop(end);
        tallies
    })
}

fn show(bar: &ProgressBar, campaign: &Campaign<'_>, progress: &Progress, elapsed: Duration) {
    let runs = progress.runs.load(Ordering::Relaxed);
    let seconds = elapsed.as_secs_f64();
    bar.set_position(match campaign.limit {
        Limit::Seeds(_) | Limit::Runs(_) => runs,
        Limit::Time(_) => elapsed.as_secs(),
    });
    bar.set_message(format!(
        "| {} runs, {}/s | {} virtual | {} decisions/s | {} findings",
        short(runs as f64),
        short(runs as f64 / seconds),
        span(Duration::from_micros(progress.virtual_us.load(Ordering::Relaxed))),
        short(progress.decisions.load(Ordering::Relaxed) as f64 / seconds),
        progress.findings.load(Ordering::Relaxed),
    ));
}

impl Findings {
    /// Shrinks a finding that is new, tells it and keeps it; counts one that is not.
    fn add(
        &mut self,
        scenarios: &[Scenario],
        rates: &Rates,
        out: &Path,
        found: &Found,
        interrupted: &AtomicBool,
    ) {
        let count = self.seen.entry((found.scenario, found.finding.signature())).or_default();
        *count += 1;
        if *count > 1 {
            return;
        }
        let scenario = &scenarios[found.scenario];
        println!("\nsignature  {} {}", scenario.name, found.finding.signature());
        println!("seed       {}, run {}", found.seed, found.run);
        let (repro, again) = Repro::record(scenario, found, rates);
        if again.hash.value() != found.hash {
            println!("           the recorded run was another one: something besides the world decides");
        }
        let repro = match Shrinker::new(scenario, rates, repro.tape.clone(), SHRINK_RUNS) {
            Some(mut shrinker) => {
                shrinker.shrink(|_| !interrupted.load(Ordering::Relaxed));
                repro.shrunk(&shrinker)
            }
            None => repro,
        };
        shrink::tell(scenario, rates, &repro.tape);
        match repro.save(out) {
            Ok(path) => println!("again      cargo run --release -- replay {}", path.display()),
            Err(error) => {
                println!("           not saved in {}: {error}", out.display());
                println!("again      cargo run --release -- replay {} --seed {}", scenario.name, found.seed);
            }
        }
    }

    fn count(&self, scenario: usize) -> u64 {
        self.seen.iter().filter(|((of, _), _)| *of == scenario).map(|(_, count)| count).sum()
    }
}

fn summary(scenarios: &[Scenario], tallies: &[Tally], findings: &Findings) {
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0).max("scenario".len());
    println!(
        "\n{:width$} {:>10} {:>12} {:>12} {:>12} {:>9}",
        "scenario", "runs", "points", "calls", "virtual", "findings"
    );
    for (index, (scenario, tally)) in scenarios.iter().zip(tallies).enumerate() {
        println!(
            "{:width$} {:>10} {:>12} {:>12} {:>12} {:>9}",
            scenario.name,
            tally.runs,
            short(tally.steps as f64),
            short(tally.calls as f64),
            span(tally.virtual_time),
            findings.count(index)
        );
    }
    for ((scenario, signature), count) in &findings.seen {
        println!("found {count} times: {} {signature}", scenarios[*scenario].name);
    }
}
