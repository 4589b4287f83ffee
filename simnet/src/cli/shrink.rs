//! `simnet shrink`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Refusal, find};
use crate::choice::{Point, Rates, Tape};
use crate::hunt::{Repro, Scenario, Shrinker};
use crate::trace::Kind;
use crate::world::{Config, Source};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file of a finding; it is written anew.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Candidates that are run at most.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    runs: u64,
}

pub(super) fn run(scenarios: &[Scenario], args: Args) -> Result<ExitCode, Refusal> {
    let repro = Repro::load(&args.file)?;
    let scenario = find(scenarios, &repro.scenario)?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = stop.clone();
    // In vain if the program has a handler of its own already: then that one decides.
    let _ = ctrlc::set_handler(move || stopper.store(true, Ordering::Relaxed));
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {elapsed} {msg}")
        .expect("a template in the form of indicatif's manual");
    let bar = ProgressBar::new(args.runs).with_style(style);
    let (tape, rates) = (repro.tape.clone(), repro.rates.clone());
    let mut shrinker = Shrinker::new(scenario, &rates, tape, args.runs).ok_or_else(|| {
        let (path, says) = (args.file.display(), &repro.signature);
        Refusal(format!("{path}: the run ends in no finding any more; the file says `{says}`"))
    })?;
    shrinker.shrink(|step| {
        bar.set_position(args.runs - step.left);
        bar.set_message(format!("| {} decisions", step.decisions));
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let before = repro.tape.len();
    let repro = repro.shrunk(&shrinker);
    repro.save_as(&args.file)?;
    println!("{before} decisions, now {}; {} runs", repro.tape.len(), args.runs - shrinker.left());
    tell(scenario, &repro.rates, &repro.tape);
    println!("again      cargo run --release -- replay {}", args.file.display());
    Ok(ExitCode::SUCCESS)
}

/// What has to go wrong: how much of it, then each decision where it is made, then what comes of it.
pub(super) fn tell(scenario: &Scenario, rates: &Rates, tape: &Tape) {
    println!("needs      {}", needs(tape));
    let config = Config { rates: rates.clone(), trace: true, ..Config::new(Source::Tape(tape.clone())) };
    let report = scenario.run(&config);
    for record in report.trace.iter().filter(|record| matches!(record.kind, Kind::Decision | Kind::Preempted))
    {
        println!("{record}");
    }
    if let Some(finding) = report.finding {
        println!("{finding}");
    }
}

/// How many decisions of which kinds: `1 preemption, 2 faults`.
fn needs(tape: &Tape) -> String {
    const FAULTS: [Point; 5] = [Point::Wake, Point::Loss, Point::Reorder, Point::Duplicate, Point::Corrupt];
    let mut counts = [0; 4];
    for point in Point::ALL {
        let class = match point {
            Point::Schedule => 0,
            point if Rates::FAULTS.contains(&point) || FAULTS.contains(&point) => 1,
            Point::Workload => 2,
            _ => 3,
        };
        counts[class] += tape.count(point);
    }
    let words = [
        ("preemption", "preemptions"),
        ("fault", "faults"),
        ("decision of the scenario", "decisions of the scenario"),
        ("other decision", "other decisions"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .zip(words)
        .filter(|(count, _)| **count > 0)
        .map(|(&count, (one, more))| format!("{count} {}", if count == 1 { one } else { more }))
        .collect();
    if parts.is_empty() {
        "nothing: it fails when every decision is dull".to_owned()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tape_needs_is_counted_by_kind() {
        let tape = |text: &str| serde_json::from_str::<Tape>(text).expect("the form of a tape");
        assert_eq!(needs(&Tape::default()), "nothing: it fails when every decision is dull");
        let mixed = r#"[{"point":"schedule","answers":[[1,1],[4,1]]},{"point":"eintr","answers":[[0,1]]},
            {"point":"loss","answers":[[3,1]]},{"point":"port","answers":[[3,1]]}]"#;
        assert_eq!(needs(&tape(mixed)), "2 preemptions, 2 faults, 1 other decision");
    }
}
