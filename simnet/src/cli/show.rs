//! `simnet show`: the steps of a finding, for people or for programs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::filter::Filter;
use super::{Refusal, find};
use crate::hunt::{Repro, Scenario};
use crate::trace::Record;
use crate::world::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a finding, or its file.
    #[arg(value_name = "FINDING")]
    finding: PathBuf,
    /// As what.
    #[arg(long = "as", value_name = "FORM", default_value = "text")]
    form: Form,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Form {
    /// One step a line.
    Text,
    /// A JSON array, one step a line.
    Json,
}

pub(super) fn run(scenarios: &[Scenario], args: &Args) -> Result<ExitCode, Refusal> {
    args.filter.check()?;
    let repro = Repro::load(&args.finding)?;
    let scenario = find(scenarios, &repro.scenario)?;
    let trace = scenario.run(&Config { trace: true, ..repro.config() }).trace;
    let steps = args.filter.apply(&trace)?;
    match write(&mut io::stdout().lock(), &steps, args.form) {
        // Who reads has seen enough: `simnet show … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write(out: &mut impl Write, steps: &[&Record], form: Form) -> io::Result<()> {
    match form {
        Form::Text => steps.iter().try_for_each(|step| writeln!(out, "{step}")),
        Form::Json => {
            let lines: Vec<String> = steps.iter().map(|step| step.json()).collect();
            writeln!(out, "[\n{}\n]", lines.join(",\n"))
        }
    }
}
