//! `simnet promote`: a finding becomes a regression test.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Refusal, find};
use crate::hunt::{Repro, Scenario};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of a finding, or its file.
    #[arg(value_name = "FINDING")]
    finding: PathBuf,
    /// What it is to be called: letters, digits and dashes.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where regressions are.
    #[arg(long, value_name = "DIR", default_value = "scenarios/regressions")]
    to: PathBuf,
}

pub(super) fn run(scenarios: &[Scenario], args: &Args) -> Result<ExitCode, Refusal> {
    let Args { finding, name, to } = args;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Err(Refusal(format!("`{name}` is no name for a regression: letters, digits and dashes")));
    }
    let repro = Repro::load(finding)?;
    let scenario = find(scenarios, &repro.scenario)?;
    let path = to.join(format!("{name}.json"));
    if path.exists() {
        return Err(Refusal(format!("{} is there already", path.display())));
    }
    fs::create_dir_all(to)?;
    repro.save(&path)?;
    println!("{}", path.display());
    match scenario.run(&repro.config()).finding {
        Some(finding) => println!("its test fails until this is mended: {}", finding.signature()),
        None => println!("its test passes: the run ends in no finding any more"),
    }
    Ok(ExitCode::SUCCESS)
}
