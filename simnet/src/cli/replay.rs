//! `simnet replay`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::filter::Filter;
use super::{Refusal, find};
use crate::choice::Seed;
use crate::hunt::{Repro, Scenario};
use crate::world::{Config, Report};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A scenario's name, with --seed, or the folder or the file of a finding.
    #[arg(value_name = "NAME|FINDING")]
    what: String,
    /// The seed, decimal or 0x….
    #[arg(long, value_name = "SEED")]
    seed: Option<String>,
    #[command(flatten)]
    conditions: super::ConditionArgs,
    /// The verdict and the hash only.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    filter: Filter,
}

pub(super) fn run(scenarios: &[Scenario], args: Args) -> Result<ExitCode, Refusal> {
    args.filter.check()?;
    let (scenario, config, expected) = subject(scenarios, &args)?;
    let report = scenario.run(&Config { trace: !args.quiet, ..config });
    let steps = args.filter.apply(&report.trace)?;
    let mut out = io::stdout().lock();
    let written = steps.iter().try_for_each(|record| writeln!(out, "{record}"));
    match written.and_then(|()| verdict(&mut out, scenario, &report, expected.as_ref())) {
        // Who reads has seen enough: `simnet replay … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result?,
    }
    Ok(ExitCode::from(u8::from(report.finding.is_some())))
}

/// What is to be run, how, and what it should end in.
fn subject<'a>(
    scenarios: &'a [Scenario],
    args: &Args,
) -> Result<(&'a Scenario, Config, Option<Repro>), Refusal> {
    if let Some(seed) = &args.seed {
        let scenario = find(scenarios, &args.what)?;
        let seed: Seed = seed.parse().map_err(Refusal)?;
        return Ok((scenario, args.conditions.read()?.config(seed), None));
    }
    let path = Path::new(&args.what);
    if !path.exists() {
        let scenario = find(scenarios, &args.what);
        return Err(match scenario {
            Ok(scenario) => Refusal(format!("which run of `{}`? add --seed 0x2a", scenario.name)),
            Err(Refusal(text)) => Refusal(format!("{text} (nor is there a file of that name)")),
        });
    }
    let repro = Repro::load(path)?;
    Ok((find(scenarios, &repro.scenario)?, repro.config(), Some(repro)))
}

fn verdict(
    out: &mut impl Write,
    scenario: &Scenario,
    report: &Report,
    expected: Option<&Repro>,
) -> io::Result<()> {
    writeln!(out)?;
    match &report.finding {
        Some(finding) => writeln!(out, "{finding}")?,
        None => writeln!(out, "nothing found")?,
    }
    let Report { steps, calls, virtual_time, hash, .. } = report;
    writeln!(out, "scenario {}", scenario.name)?;
    writeln!(out, "{steps} steps, {calls} calls, {virtual_time:?} of virtual time")?;
    writeln!(out, "hash {hash}")?;
    let Some(expected) = expected else { return Ok(()) };
    let signature = report.finding.as_ref().map_or_else(|| "nothing".to_owned(), |found| found.signature());
    if signature != expected.signature {
        writeln!(out, "the file says: {}; found now: {signature}", expected.signature)?;
    }
    if report.hash.to_string() != expected.hash {
        let expected = &expected.hash;
        writeln!(out, "the file's hash is {expected}: the program has changed since, by version or build")?;
    }
    Ok(())
}
