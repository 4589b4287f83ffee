//! `simnet replay`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::words::near;
use super::{Refusal, find};
use crate::choice::Seed;
use crate::hunt::{Repro, Scenario};
use crate::trace::{CallName, Kind, Record};
use crate::world::{Config, Report};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A scenario's name, with --seed, or the file of a finding.
    #[arg(value_name = "NAME|FILE")]
    what: String,
    /// The seed, decimal or 0x….
    #[arg(long, value_name = "SEED")]
    seed: Option<String>,
    #[command(flatten)]
    conditions: super::ConditionArgs,
    /// The verdict and the hash only.
    #[arg(long, short)]
    quiet: bool,
    /// From this step on.
    #[arg(long, value_name = "STEP", default_value_t = 0)]
    from: u64,
    /// Up to this step.
    #[arg(long, value_name = "STEP", default_value_t = u64::MAX, hide_default_value = true)]
    to: u64,
    /// These system calls only: socket,accept4,close.
    #[arg(long, value_name = "CALLS", value_delimiter = ',')]
    only: Vec<String>,
    /// This host's or process's steps only.
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

pub(super) fn run(scenarios: &[Scenario], args: Args) -> Result<ExitCode, Refusal> {
    let only = calls(&args.only)?;
    let (scenario, config, expected) = subject(scenarios, &args)?;
    let report = scenario.run(&Config { trace: !args.quiet, ..config });
    if let Some(host) = &args.host {
        known_host(&report, host)?;
    }
    let shown = |record: &&Record| {
        (args.from..=args.to).contains(&record.step)
            && args.host.as_ref().is_none_or(|host| **host == *record.host)
            && (only.is_empty() || matches!(record.kind, Kind::Call(name) if only.contains(&name)))
    };
    let mut out = io::stdout().lock();
    let written = report.trace.iter().filter(shown).try_for_each(|record| writeln!(out, "{record}"));
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

/// Refuses the name of a host that has no step in the trace.
fn known_host(report: &Report, name: &str) -> Result<(), Refusal> {
    let hosts: BTreeSet<&str> = report.trace.iter().map(|record| &*record.host).collect();
    if report.trace.is_empty() || hosts.contains(name) {
        return Ok(());
    }
    let hosts: Vec<&str> = hosts.into_iter().collect();
    Err(Refusal(format!("no step of the run is on host `{name}`{}", near(name, &hosts))))
}

fn calls(names: &[String]) -> Result<Vec<CallName>, Refusal> {
    let known: Vec<&str> = CallName::ALL.iter().map(|call| call.name()).collect();
    names
        .iter()
        .map(|name| {
            let found = CallName::ALL.iter().find(|call| call.name() == name);
            found.copied().ok_or_else(|| Refusal(format!("there is no call `{name}`{}", near(name, &known))))
        })
        .collect()
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
