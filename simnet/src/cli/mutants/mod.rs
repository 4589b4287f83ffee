//! `simnet mutants`: brings real bugs back, one by one, and counts the runs until an oracle speaks.
//!
//! The workspace is copied, the change made in the copy, the command built from it and let hunt; or netcore's tests
//! are run under loom there, where the catalogue says so. The copy and what is built from it stay in the target
//! folder for the next time.

mod catalogue;
pub(super) mod sample;
mod table;
mod workshop;

use core::str::FromStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Refusal;
use super::words::near;
use catalogue::{Catalogue, Check, Mutant};
use sample::Sampling;
use table::Row;
use workshop::Workshop;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The catalogue; it lies in the workspace that it is about.
    #[arg(long, value_name = "FILE", default_value = "scenarios/mutants.toml")]
    file: PathBuf,
    /// These only: a number or a name; may be given more than once.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// One part of so many of the catalogue, counted from 0: 3/5.
    #[arg(long, value_name = "K/N")]
    part: Option<Part>,
    /// Writes the table there, into Markdown, between the marks `<!-- mutants -->` and `<!-- end -->`.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Tells what is left of the first finding of each.
    #[arg(long)]
    tell: bool,
    #[command(flatten)]
    sample: Sampling,
}

/// One part of so many.
#[derive(Clone, Copy, Debug)]
struct Part {
    part: usize,
    of: usize,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((part, of)) if part < of => Ok(Part { part, of }),
            _ => Err(format!("`{text}` is no part: write 0/5 to 4/5")),
        }
    }
}

pub(super) fn run(args: Args) -> Result<ExitCode, Refusal> {
    let catalogue = Catalogue::load(&args.file)?;
    let mut chosen = chosen(&catalogue, &args.only)?;
    if let Some(Part { part, of }) = args.part {
        chosen = chosen.into_iter().skip(part).step_by(of).collect();
    }
    let workshop = Workshop::open(&args.file)?;
    // All of them: what is not asked for today would not be missed otherwise.
    for mutant in &catalogue.mutants {
        workshop.check(mutant)?;
    }
    let bar = bar(chosen.len() as u64);
    if args.only.is_empty() {
        bar.set_message("the unchanged code");
        let strategy = args.sample.strategy[..1].to_vec();
        let once = Sampling { times: 1, strategy, ..args.sample };
        let found = workshop.hunt(None, &once)?.into_iter().find_map(|sample| sample.found);
        let failed = || workshop.loom(None).map(|failed| failed.into_iter().next());
        if let Some(what) = found.map_or_else(failed, |found| Ok(Some(found.signature)))? {
            return Err(Refusal(format!("the unchanged code is not clean: {what}")));
        }
    }
    let mut rows = Vec::new();
    for mutant in chosen {
        bar.set_message(mutant.name.clone());
        let row = match mutant.check {
            Check::Hunt => {
                let samples = workshop.hunt(Some(mutant), &args.sample)?;
                Row { mutant, samples, failed: vec![], is_stale: workshop.is_stale(mutant)? }
            }
            Check::Loom => {
                Row { mutant, samples: vec![], failed: workshop.loom(Some(mutant))?, is_stale: false }
            }
        };
        bar.suspend(|| {
            println!("{}", row.line(&args.sample.strategy));
            if args.tell {
                row.shrunk().take(1).for_each(|shrunk| print!("{}", shrunk.story));
            }
        });
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let stale = rows.iter().filter(|row| row.is_stale).count();
    let survivors = rows.iter().filter(|row| !row.is_found()).count();
    println!("\n{} of {} found within {} runs", rows.len() - survivors, rows.len(), args.sample.runs);
    if let Some(path) = &args.write {
        write(path, &table::markdown(&rows, &args.sample))?;
    }
    Ok(ExitCode::from(u8::from(survivors + stale > 0)))
}

/// Puts the table where the document wants it.
fn write(path: &Path, table: &str) -> Result<(), Refusal> {
    const MARKS: [&str; 2] = ["<!-- mutants -->", "<!-- end -->"];
    let refusal = |what: &dyn core::fmt::Display| Refusal(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refusal(&error))?;
    let (Some(begin), Some(end)) = (text.find(MARKS[0]), text.find(MARKS[1])) else {
        return Err(refusal(&format_args!("no place for the table: {} and {}", MARKS[0], MARKS[1])));
    };
    let text = format!("{}{}\n\n{table}\n{}", &text[..begin], MARKS[0], &text[end..]);
    std::fs::write(path, text).map_err(|error| refusal(&error))
}

fn bar(len: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}")
        .expect("a template in the form of indicatif's manual");
    let bar = ProgressBar::new(len).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn chosen<'a>(catalogue: &'a Catalogue, only: &[String]) -> Result<Vec<&'a Mutant>, Refusal> {
    if only.is_empty() {
        return Ok(catalogue.mutants.iter().collect());
    }
    let names: Vec<&str> = catalogue.mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    only.iter()
        .map(|wanted| {
            let found =
                catalogue.mutants.iter().find(|mutant| mutant.name == *wanted || mutant.bug == *wanted);
            found.ok_or_else(|| Refusal(format!("there is no mutant `{wanted}`{}", near(wanted, &names))))
        })
        .collect()
}
