//! Findings as files: everything that a run needs to be run again, on any machine.

use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Found, Scenario, Shrinker};
use crate::choice::{Rates, Seed, Tape, TapeError};
use crate::near::one_line;
use crate::plan::{Plan, PlanError};
use crate::sched::StrategyName;
use crate::world::{Config, Report, Source};

/// The format of these files. Another version is refused.
const FORMAT: u32 = 4;

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct Repro {
    /// The version of simnet that wrote it.
    pub simnet: String,
    /// The scenario's name.
    pub scenario: String,
    /// How it was found.
    pub origin: Origin,
    /// How often it has been found.
    pub times: u64,
    /// What its conditions were drawn from.
    pub plan: Plan,
    /// How rarely faults struck.
    pub rates: Rates,
    /// The decisions that were not dull.
    pub tape: Tape,
    /// What was found, and where.
    pub signature: String,
    /// The hash of the run, in hexadecimal. Another build of the program has another one.
    pub hash: String,
}

/// How a finding was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a campaign.
    Seed {
        /// The seed that does it.
        seed: Seed,
        /// Which run of its campaign it was, from 1.
        run: u64,
        /// What its schedule was drawn by.
        strategy: StrategyName,
    },
    /// By a fuzzer, whose bytes were the tape: no seed ends in it.
    Bytes,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Seed { seed, run, strategy } => {
                write!(f, "seed {seed}, run {run} of its campaign, strategy {strategy}")
            }
            Origin::Bytes => f.write_str("a fuzzer's bytes"),
        }
    }
}

/// A file that is no finding.
#[derive(Debug)]
pub enum ReproError {
    /// It cannot be read.
    Read(PathBuf, io::Error),
    /// It is not JSON of this form; the text says where.
    Damaged(PathBuf, String),
    /// Another version of simnet wrote it.
    Format(PathBuf, u64),
    /// The tape in it is none.
    Tape(PathBuf, TapeError),
    /// The plan in it is none.
    Plan(PathBuf, PlanError),
}

impl fmt::Display for ReproError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReproError::Read(path, error) => write!(f, "{}: {error}", path.display()),
            ReproError::Damaged(path, error) => write!(f, "{}: not a finding: {error}", path.display()),
            ReproError::Format(path, format) => write!(
                f,
                "{}: format {format}, but this simnet reads format {FORMAT}: replay it with the version that wrote it",
                path.display()
            ),
            ReproError::Tape(path, error) => write!(f, "{}: {error}", path.display()),
            ReproError::Plan(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for ReproError {}

impl Repro {
    /// Runs it once more, recording, and keeps what is needed to run it again.
    pub fn record(scenario: &Scenario, found: &Found) -> (Repro, Report) {
        let Found { seed, run, ref finding, ref config, .. } = *found;
        let mut report = scenario.run(&Config { record: true, ..Config::clone(config) });
        let origin = Origin::Seed { seed, run, strategy: config.strategy };
        let tape = core::mem::take(&mut report.tape);
        (Repro::new(scenario, origin, config, tape, finding.signature(), &report), report)
    }

    /// What a tape from outside ends in, if anything.
    pub fn import(scenario: &Scenario, tape: &Tape) -> Option<Repro> {
        let config = Config::new(Source::Tape(tape.clone()));
        // The tape of the run has what was asked for only, and is what the run is shrunk by.
        let mut report = scenario.run(&Config { record: true, ..config.clone() });
        let signature = report.finding.as_ref()?.signature();
        let tape = core::mem::take(&mut report.tape);
        Some(Repro::new(scenario, Origin::Bytes, &config, tape, signature, &report))
    }

    fn new(
        scenario: &Scenario,
        origin: Origin,
        config: &Config,
        tape: Tape,
        signature: String,
        report: &Report,
    ) -> Repro {
        Repro {
            simnet: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.to_owned(),
            origin,
            times: 1,
            plan: Plan::clone(&config.plan),
            rates: config.rates.clone(),
            tape,
            signature,
            hash: report.hash.to_string(),
        }
    }

    /// Runs it once more, recording, and shrinks it until nothing more can go or `goes_on` says no. `false` goes with
    /// it if the recorded run was another one: then something besides the world decides.
    pub fn smallest(scenario: &Scenario, found: &Found, goes_on: impl FnMut() -> bool) -> (Repro, bool) {
        let (repro, again) = Repro::record(scenario, found);
        (repro.smaller(scenario, goes_on), again.hash.value() == found.hash)
    }

    /// The same finding by as few decisions as can be, or as there were when `goes_on` said no.
    #[must_use]
    pub fn smaller(self, scenario: &Scenario, mut goes_on: impl FnMut() -> bool) -> Repro {
        match Shrinker::new(scenario, self.config(), self.tape.clone(), Shrinker::POINTS) {
            Some(mut shrinker) => {
                shrinker.shrink(|_| goes_on());
                self.shrunk(&shrinker)
            }
            None => self,
        }
    }

    /// The same finding, by the decisions that are left.
    #[must_use]
    pub fn shrunk(self, shrinker: &Shrinker<'_>) -> Repro {
        Repro { tape: shrinker.tape().clone(), hash: shrinker.report().hash.to_string(), ..self }
    }

    /// How to run it again.
    pub fn config(&self) -> Config {
        let plan = Arc::new(self.plan.clone());
        Config { plan, rates: self.rates.clone(), ..Config::new(Source::Tape(self.tape.clone())) }
    }

    /// The file of a finding in its folder.
    pub const FILE: &str = "repro.json";

    /// Writes it into a file.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        fs::write(path, self.to_text()?)
    }

    /// The text of its file.
    pub fn to_text(&self) -> io::Result<String> {
        Ok(serde_json::to_string(self).map_err(io::Error::other)? + "\n")
    }

    /// Reads one: a file, or a finding's folder.
    pub fn load(path: &Path) -> Result<Repro, ReproError> {
        let in_folder = path.join(Repro::FILE);
        let path = if path.is_dir() { &in_folder } else { path };
        let text = fs::read_to_string(path).map_err(|error| ReproError::Read(path.to_owned(), error))?;
        Repro::parse(path, &text)
    }

    /// From the text of the file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Repro, ReproError> {
        let damaged =
            |error: serde_json::Error| ReproError::Damaged(path.to_owned(), one_line(&error.to_string()));
        let value: serde_json::Value = serde_json::from_str(text).map_err(damaged)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format != u64::from(FORMAT) => {
                return Err(ReproError::Format(path.to_owned(), format));
            }
            _ => {}
        }
        let repro: Repro = serde_json::from_value(value).map_err(damaged)?;
        repro.tape.check().map_err(|error| ReproError::Tape(path.to_owned(), error))?;
        repro.plan.check().map_err(|error| ReproError::Plan(path.to_owned(), error))?;
        Ok(repro)
    }
}

/// What is in a file. A finding that has a seed has all that goes with one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    simnet: String,
    scenario: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<Seed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runs: Option<u64>,
    times: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strategy: Option<StrategyName>,
    plan: Plan,
    rates: Rates,
    tape: Tape,
    signature: String,
    hash: String,
}

impl TryFrom<File> for Repro {
    type Error = &'static str;

    fn try_from(file: File) -> Result<Repro, &'static str> {
        let origin = match (file.seed, file.runs, file.strategy) {
            (Some(seed), Some(run), Some(strategy)) => Origin::Seed { seed, run, strategy },
            (None, None, None) => Origin::Bytes,
            _ => return Err("`seed`, `runs` and `strategy` go together"),
        };
        let File { simnet, scenario, times, plan, rates, tape, signature, hash, .. } = file;
        Ok(Repro { simnet, scenario, origin, times, plan, rates, tape, signature, hash })
    }
}

impl From<Repro> for File {
    fn from(repro: Repro) -> File {
        let (seed, runs, strategy) = match repro.origin {
            Origin::Seed { seed, run, strategy } => (Some(seed), Some(run), Some(strategy)),
            Origin::Bytes => (None, None, None),
        };
        let Repro { simnet, scenario, times, plan, rates, tape, signature, hash, .. } = repro;
        let format = FORMAT;
        File { format, simnet, scenario, seed, runs, times, strategy, plan, rates, tape, signature, hash }
    }
}
