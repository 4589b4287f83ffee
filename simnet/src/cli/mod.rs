//! The command: list, hunt, replay, shrink, show, promote, import, explain, conform, mutants.
//!
//! Exit codes: 0, nothing was found; 1, something was; 2, the command was not understood or could not be carried
//! out.

mod conform;
mod explain;
mod filter;
mod findings;
mod hunt;
mod import;
mod mutants;
mod promote;
mod replay;
mod show;
mod shrink;
mod words;

use std::panic::{set_hook, take_hook};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::hunt::{Conditions, Scenario};
use crate::plan::Plan;
use crate::sched::StrategyName;

/// Finds network bugs in simulated machine rooms, and replays them from a number.
#[derive(Debug, Parser)]
#[command(name = "simnet", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the scenarios.
    List,
    /// Runs scenarios under many seeds until the time is up, and keeps what is found.
    Hunt(hunt::Args),
    /// Runs one seed again, and shows what happens in it.
    Replay(replay::Args),
    /// Finds the fewest decisions that still end in the same finding, and tells them.
    Shrink(shrink::Args),
    /// Shows the steps of a finding, as text or as JSON.
    Show(show::Args),
    /// Makes a finding a regression test, under a name.
    Promote(promote::Args),
    /// Makes what a fuzzer has found a finding: its bytes are read as the fuzz target reads them.
    Import(import::Args),
    /// Walks through the layers of one operation: read, accept, close, dial, deadline.
    Explain(explain::Args),
    /// Runs random programs of system calls on the real kernel and on the simulated one, and compares.
    Conform(conform::Args),
    /// Brings real bugs back, one by one, and counts the runs it takes to find each.
    Mutants(mutants::Args),
    /// What `mutants` asks of the command that it has built.
    #[command(hide = true)]
    Sample(mutants::sample::Sampling),
}

/// What makes a run of a seed.
#[derive(Debug, clap::Args)]
struct ConditionArgs {
    /// What schedules are drawn by: portfolio, random-walk, pct, surw, round-robin.
    #[arg(long, value_name = "NAME", default_value_t)]
    strategy: StrategyName,
    /// A plan, which says what faults, links and processes are drawn from.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// No faults: interruptions, short transfers, want of descriptors, dropped futures.
    #[arg(long)]
    no_faults: bool,
}

impl ConditionArgs {
    fn read(&self) -> Result<Conditions, Refusal> {
        let plan = self.plan.as_deref().map_or_else(|| Ok(Plan::swarm()), Plan::load)?;
        Ok(Conditions { strategy: self.strategy, plan, faults: !self.no_faults })
    }
}

/// What keeps a command from being carried out, on one line.
#[derive(Debug)]
struct Refusal(String);

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal(error.to_string())
    }
}

/// The `simnet` command over your own scenarios, for a program that does something else besides. Otherwise
/// [`main!`](crate::main!) is the whole program.
pub fn main(scenarios: &[Scenario]) -> ExitCode {
    end_with_the_reader();
    let done = match Cli::parse().command {
        Command::List => {
            list(scenarios);
            Ok(ExitCode::SUCCESS)
        }
        Command::Hunt(args) => hunt::run(scenarios, &args),
        Command::Replay(args) => replay::run(scenarios, args),
        Command::Shrink(args) => shrink::run(scenarios, args),
        Command::Show(args) => show::run(scenarios, &args),
        Command::Promote(args) => promote::run(scenarios, &args),
        Command::Import(args) => import::run(scenarios, &args),
        Command::Explain(args) => explain::explain(&args),
        Command::Conform(args) => conform::run(&args),
        Command::Mutants(args) => mutants::run(args),
        Command::Sample(args) => mutants::sample::run(scenarios, &args),
    };
    done.unwrap_or_else(|Refusal(text)| {
        eprintln!("simnet: {text}");
        ExitCode::from(2)
    })
}

/// Whoever reads the output may have seen enough, as `head` does. That is the end of it, and no failure.
fn end_with_the_reader() {
    let previous = take_hook();
    set_hook(Box::new(move |info| {
        let text = info.payload().downcast_ref::<String>();
        if text.is_some_and(|text| text.starts_with("failed printing to stdout")) {
            std::process::exit(0);
        }
        previous(info);
    }));
}

fn list(scenarios: &[Scenario]) {
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0);
    for Scenario { name, about, kernels, .. } in scenarios {
        println!("{name:width$}  {about} [{}]", kernels.join(", "));
    }
}

/// The scenario of that name.
fn find<'a>(scenarios: &'a [Scenario], name: &str) -> Result<&'a Scenario, Refusal> {
    scenarios.iter().find(|scenario| scenario.name == name).ok_or_else(|| {
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        Refusal(format!("there is no scenario `{name}`{}", words::near(name, &names)))
    })
}
