//! `simnet conform`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::Refusal;
use super::words::short;
use crate::choice::Seed;
use crate::conform::{Answer, Pace, Program, Topic, Verdict, both, generate, judge, judge_at, shrink};

/// How often a program that differs is tried again to see whether it always does.
const TRIES: usize = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many programs.
    #[arg(long, value_name = "N", default_value = "10000")]
    programs: u64,
    /// The first program's seed, decimal or 0x…; the others follow.
    #[arg(long, value_name = "SEED", default_value = "0")]
    seed: String,
    /// Calls of each program.
    #[arg(long, value_name = "N", default_value = "30")]
    calls: usize,
    /// What programs are about: tcp, epoll, pipe, eventfd, fd; all of it unless given.
    #[arg(long, value_name = "TOPICS", value_delimiter = ',')]
    only: Vec<Topic>,
    /// Runs the program in this file instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["programs", "seed", "calls", "only"])]
    program: Option<PathBuf>,
    /// Where programs that differ are kept.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    out: PathBuf,
    /// Goes on after a difference.
    #[arg(long)]
    keep_going: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Refusal> {
    if let Some(path) = &args.program {
        return again(path);
    }
    let first: Seed = args.seed.parse().map_err(Refusal)?;
    if args.calls == 0 {
        return Err(Refusal("a program without calls compares nothing: --calls 30".to_owned()));
    }
    let topics = if args.only.is_empty() { Topic::ALL.to_vec() } else { args.only.clone() };
    let bar = ProgressBar::new(args.programs).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} programs {msg}").expect("indicatif's manual"),
    );
    #[expect(clippy::disallowed_methods, reason = "the bar shows real time; no run sees it")]
    let began = Instant::now();
    let (mut differences, mut done) = (0, 0);
    for nth in 0..args.programs {
        let program = generate(Seed(first.0.wrapping_add(nth)), &topics, args.calls);
        done += 1;
        if let Some(verdict) = judge(&program) {
            differences += 1;
            bar.suspend(|| report(&program, &verdict, &args.out));
            if !args.keep_going {
                break;
            }
        }
        if nth % 64 == 0 {
            bar.set_position(nth);
            bar.set_message(format!("| {}/s", short(done as f64 / began.elapsed().as_secs_f64())));
        }
    }
    bar.finish_and_clear();
    let (seconds, calls) = (began.elapsed().as_secs_f64(), done * args.calls as u64);
    println!(
        "{done} programs of {} calls ({} calls), {:.0} programs/s, {differences} differences",
        args.calls,
        short(calls as f64),
        done as f64 / seconds
    );
    Ok(ExitCode::from(u8::from(differences > 0)))
}

/// Shrinks a program that differs, prints it, and keeps it.
fn report(program: &Program, verdict: &Verdict, out: &Path) {
    let seed = program.seed.map(|seed| format!(" {seed}")).unwrap_or_default();
    println!("\nprogram{seed}: {verdict}");
    let pace = pace_of(program);
    let mut least = program.clone();
    if let Verdict::Differs(difference) = verdict {
        least.calls.truncate(difference.at + 1);
    }
    let least = shrink(&least, |fewer| differs(fewer, pace, verdict));
    side_by_side(&least, pace);
    match save(&least, out) {
        Ok(path) => println!("again  cargo run --release -- conform --program {}", path.display()),
        Err(error) => println!("not saved in {}: {error}", out.display()),
    }
}

/// The faster pace at which it always differs.
fn pace_of(program: &Program) -> Pace {
    let always = (0..TRIES).all(|_| judge_at(program, Pace::AtOnce).is_some());
    if always { Pace::AtOnce } else { Pace::Settled }
}

fn differs(program: &Program, pace: Pace, like: &Verdict) -> bool {
    let tries = if pace == Pace::AtOnce { TRIES } else { 1 };
    (0..tries).all(|_| match (judge_at(program, pace), like) {
        (Some(Verdict::Differs(_)), Verdict::Differs(_)) => true,
        (Some(Verdict::Found(one)), Verdict::Found(other)) => one.signature() == other.signature(),
        _ => false,
    })
}

fn save(program: &Program, out: &Path) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(out)?;
    let seed = program.seed.map_or("program".to_owned(), |seed| seed.to_string());
    let path = out.join(format!("conform-{seed}.json"));
    program.save(&path)?;
    Ok(path)
}

/// Runs a saved program again.
fn again(path: &Path) -> Result<ExitCode, Refusal> {
    let program = Program::load(path).map_err(|error| Refusal(format!("{}: {error}", path.display())))?;
    let verdict = judge(&program);
    side_by_side(&program, pace_of(&program));
    match verdict {
        Some(_) => Ok(ExitCode::FAILURE),
        None => {
            println!("no difference");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Every call with both answers.
fn side_by_side(program: &Program, pace: Pace) {
    let (real, simulated) = both(program, pace);
    let text = |answer: Option<&Answer>| match answer {
        Some(Ok(value)) => value.to_string(),
        Some(Err(errno)) => format!("{errno:?}"),
        None => "-".to_owned(),
    };
    let (others, finding) = match simulated {
        Ok(answers) => (answers, None),
        Err(finding) => (Vec::new(), Some(finding)),
    };
    let difference = match judge_at(program, pace) {
        Some(Verdict::Differs(difference)) => difference.at,
        _ => usize::MAX,
    };
    let lines: Vec<String> = program.calls.iter().map(ToString::to_string).collect();
    let width = lines.iter().map(String::len).max().unwrap_or(0);
    println!("{:4} {:width$}  {:28} simulated", "", "", "Linux");
    for (at, line) in lines.iter().enumerate() {
        let mark = if at == difference { "  <--" } else { "" };
        println!("#{at:<3} {line:width$}  {:28} {}{mark}", text(real.get(at)), text(others.get(at)));
    }
    if let Some(finding) = finding {
        println!("{finding}");
    }
}
