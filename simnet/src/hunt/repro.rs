//! Findings as files: everything that a run needs to be run again, on any machine.

use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Found, Scenario, Shrinker};
use crate::choice::{Rates, Seed, Tape, TapeError};
use crate::plan::Plan;
use crate::sched::StrategyName;
use crate::world::{Config, Report, Source};

/// The format of these files. Another version is refused.
const FORMAT: u32 = 4;

/// A run that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repro {
    format: u32,
    /// The version of simnet that wrote it.
    pub simnet: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed that found it.
    pub seed: Seed,
    /// Which run of its campaign it was, from 1.
    pub runs: u64,
    /// How often it has been found.
    pub times: u64,
    /// What its schedule was drawn by.
    pub strategy: StrategyName,
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
        }
    }
}

impl std::error::Error for ReproError {}

impl Repro {
    /// Runs it once more, recording, and keeps what is needed to run it again.
    pub fn record(scenario: &Scenario, found: &Found) -> (Repro, Report) {
        let Found { seed, run, ref finding, ref config, .. } = *found;
        let config = Config { record: true, ..Config::clone(config) };
        let mut report = scenario.run(&config);
        let repro = Repro {
            format: FORMAT,
            simnet: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.to_owned(),
            seed,
            runs: run,
            times: 1,
            strategy: config.strategy,
            plan: Plan::clone(&config.plan),
            rates: config.rates,
            tape: core::mem::take(&mut report.tape),
            signature: finding.signature(),
            hash: report.hash.to_string(),
        };
        (repro, report)
    }

    /// Runs it once more, recording, and shrinks it until nothing more can go or `goes_on` says no. `false` goes with
    /// it if the recorded run was another one: then something besides the world decides.
    pub fn smallest(scenario: &Scenario, found: &Found, mut goes_on: impl FnMut() -> bool) -> (Repro, bool) {
        let (repro, again) = Repro::record(scenario, found);
        let is_same = again.hash.value() == found.hash;
        match Shrinker::new(scenario, repro.config(), repro.tape.clone(), Shrinker::POINTS) {
            Some(mut shrinker) => {
                shrinker.shrink(|_| goes_on());
                (repro.shrunk(&shrinker), is_same)
            }
            None => (repro, is_same),
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
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        fs::write(path, text + "\n")
    }

    /// Reads one: a file, or a finding's folder.
    pub fn load(path: &Path) -> Result<Repro, ReproError> {
        let in_folder = path.join(Repro::FILE);
        let path = if path.is_dir() { &in_folder } else { path };
        let damaged = |error: serde_json::Error| ReproError::Damaged(path.to_owned(), error.to_string());
        let text = fs::read_to_string(path).map_err(|error| ReproError::Read(path.to_owned(), error))?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(damaged)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format != u64::from(FORMAT) => {
                return Err(ReproError::Format(path.to_owned(), format));
            }
            _ => {}
        }
        let repro: Repro = serde_json::from_value(value).map_err(damaged)?;
        repro.tape.check().map_err(|error| ReproError::Tape(path.to_owned(), error))?;
        Ok(repro)
    }
}
