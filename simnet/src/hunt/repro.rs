//! Findings as files: everything that a run needs to be run again, on any machine.

use core::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Found, Scenario, Shrinker};
use crate::choice::{Rates, Seed, Tape, TapeError};
use crate::world::{Config, Report, Source};

/// The format of these files. Another version is refused.
const FORMAT: u32 = 2;

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
    /// Runs the seed once more, recording, and keeps what is needed to run it again.
    pub fn record(scenario: &Scenario, found: &Found, rates: &Rates) -> (Repro, Report) {
        let Found { seed, run, ref finding, .. } = *found;
        let config = Config { rates: rates.clone(), record: true, ..Config::new(Source::Seed(seed)) };
        let mut report = scenario.run(&config);
        let repro = Repro {
            format: FORMAT,
            simnet: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.to_owned(),
            seed,
            runs: run,
            rates: rates.clone(),
            tape: core::mem::take(&mut report.tape),
            signature: finding.signature(),
            hash: report.hash.to_string(),
        };
        (repro, report)
    }

    /// The same finding, by the decisions that are left.
    #[must_use]
    pub fn shrunk(self, shrinker: &Shrinker<'_>) -> Repro {
        Repro { tape: shrinker.tape().clone(), hash: shrinker.report().hash.to_string(), ..self }
    }

    /// How to run it again.
    pub fn config(&self) -> Config {
        Config { rates: self.rates.clone(), ..Config::new(Source::Tape(self.tape.clone())) }
    }

    /// Writes it into `folder`, which is made if it is missing: the path.
    pub fn save(&self, folder: &Path) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}-{}.json", self.scenario, self.seed));
        self.save_as(&path)?;
        Ok(path)
    }

    /// Writes it into a file.
    pub fn save_as(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        fs::write(path, text + "\n")
    }

    /// Reads one.
    pub fn load(path: &Path) -> Result<Repro, ReproError> {
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
