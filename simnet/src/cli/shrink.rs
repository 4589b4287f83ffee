//! `simnet shrink`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::words::replay;
use super::{Refusal, find};
use crate::hunt::{Repro, Scenario, Shrinker, Story};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a finding, or its file, which is written anew.
    #[arg(value_name = "FINDING")]
    file: PathBuf,
    /// Scheduling points that all candidates may pass together, in millions.
    #[arg(long, value_name = "N", default_value_t = 500)]
    points: u64,
}

pub(super) fn run(scenarios: &[Scenario], args: Args) -> Result<ExitCode, Refusal> {
    let repro = Repro::load(&args.file)?;
    let scenario = find(scenarios, &repro.scenario)?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = stop.clone();
    // In vain if the program has a handler of its own already: then that one decides.
    let _ = ctrlc::set_handler(move || stopper.store(true, Ordering::Relaxed));
    let style = ProgressStyle::with_template("{bar:30} {elapsed} {msg}")
        .expect("a template in the form of indicatif's manual");
    let points = args.points.saturating_mul(1_000_000);
    let bar = ProgressBar::new(points).with_style(style);
    let mut shrinker =
        Shrinker::new(scenario, repro.config(), repro.tape.clone(), points).ok_or_else(|| {
            let (path, says) = (args.file.display(), &repro.signature);
            Refusal(format!("{path}: the run ends in no finding any more; the file says `{says}`"))
        })?;
    shrinker.shrink(|step| {
        bar.set_position(points - step.left);
        bar.set_message(format!("| {} decisions", step.decisions));
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let before = repro.tape.len();
    let repro = repro.shrunk(&shrinker);
    let folder = args.file.is_dir();
    repro.save(&if folder { args.file.join(Repro::FILE) } else { args.file.clone() })?;
    println!("{before} decisions, now {}; {} runs", repro.tape.len(), shrinker.runs());
    print!("{}", Story::of(scenario, &repro).short());
    println!("again      {}", replay(&args.file.display()));
    Ok(ExitCode::SUCCESS)
}
