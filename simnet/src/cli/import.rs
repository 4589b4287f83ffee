//! `simnet import`: a fuzzer's bytes become a finding.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::findings::Findings;
use super::{Refusal, find};
use crate::hunt::{Repro, Scenario};

/// The target whose first byte says which scenario.
const ANY: &str = "tape";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A fuzzer's input, such as fuzz/artifacts/tape/crash-….
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which fuzz target it is of: `tape`, whose first byte says which scenario, or the one of a scenario, by its name.
    #[arg(long, value_name = "TARGET", default_value = ANY)]
    target: String,
    /// Where findings are kept.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    out: PathBuf,
}

pub(super) fn run(scenarios: &[Scenario], args: &Args) -> Result<ExitCode, Refusal> {
    let path = args.file.display();
    let bytes = fs::read(&args.file).map_err(|error| Refusal(format!("{path}: {error}")))?;
    let (scenario, tape) = if args.target == ANY {
        Scenario::from_bytes(scenarios, &bytes)
            .ok_or_else(|| Refusal(format!("{path} is empty: its first byte would say which scenario")))?
    } else {
        // Targets are named as Rust names things, scenarios as people do.
        let scenario = find(scenarios, &args.target.replace('_', "-"))?;
        (scenario, scenario.tape(&bytes))
    };
    let repro = Repro::import(scenario, &tape).ok_or_else(|| {
        let (name, target) = (scenario.name, &args.target);
        Refusal(format!(
            "{path}: nothing is found in `{name}` by these bytes; are they for target `{target}`?"
        ))
    })?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    // In vain if the program has a handler of its own already: then that one decides.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let mut findings = Findings::open(&args.out, &interrupted);
    findings.import(scenario, repro, &format!("(the bytes are in {path})"));
    findings.summary();
    Ok(ExitCode::SUCCESS)
}
