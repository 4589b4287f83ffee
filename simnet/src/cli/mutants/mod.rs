//! `simnet mutants`: brings real bugs back, one by one, and counts the runs until an oracle speaks.
//!
//! The workspace is copied, the change made in the copy, the command built from it and let hunt. The copy and
//! what is built from it stay in the target folder for the next time.

mod catalogue;
mod table;
mod workshop;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Refusal;
use super::words::near;
use catalogue::{Catalogue, Mutant};
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
    /// Runs after which a mutant has survived.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    runs: u64,
    /// Writes the table there, as Markdown.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Refusal> {
    let catalogue = Catalogue::load(&args.file)?;
    let chosen = chosen(&catalogue, &args.only)?;
    let workshop = Workshop::open(&args.file)?;
    for mutant in &chosen {
        workshop.check(mutant)?;
    }
    let bar = bar(chosen.len() as u64);
    if args.only.is_empty() {
        bar.set_message("the unchanged code");
        if let Some(found) = workshop.hunt(None, args.runs)? {
            return Err(Refusal(format!("the unchanged code is not clean: {}", found.signature)));
        }
    }
    let mut rows = Vec::new();
    for mutant in chosen {
        bar.set_message(mutant.name.clone());
        let row = Row { mutant, found: workshop.hunt(Some(mutant), args.runs)? };
        bar.suspend(|| println!("{}", row.line()));
        rows.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let survivors = rows.iter().filter(|row| row.found.is_none()).count();
    println!("\n{} of {} found within {} runs", rows.len() - survivors, rows.len(), args.runs);
    if let Some(path) = &args.write {
        std::fs::write(path, table::markdown(&rows, args.runs))
            .map_err(|error| Refusal(format!("{}: {error}", path.display())))?;
    }
    Ok(ExitCode::from(u8::from(survivors > 0)))
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
