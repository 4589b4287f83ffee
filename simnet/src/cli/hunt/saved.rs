//! A hunt that can be gone on with.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::choice::Seed;
use crate::cli::Refusal;
use crate::hunt::Conditions;
use crate::plan::Plan;
use crate::sched::StrategyName;

/// The file's name, beside the findings.
const FILE: &str = "campaign.json";

/// What a hunt is through, and how far it has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    pub(super) scenarios: Vec<String>,
    pub(super) first_seed: Seed,
    strategy: StrategyName,
    plan: Plan,
    faults: bool,
    /// Runs made, of all scenarios together.
    pub(super) runs: u64,
}

impl Saved {
    /// One that has not begun.
    pub(super) fn new(scenarios: Vec<String>, first_seed: Seed, conditions: &Conditions) -> Self {
        let Conditions { strategy, ref plan, faults } = *conditions;
        Saved { scenarios, first_seed, strategy, plan: Plan::clone(plan), faults, runs: 0 }
    }

    /// The same, so many runs later.
    pub(super) fn after(self, runs: u64) -> Self {
        Saved { runs: self.runs + runs, ..self }
    }

    pub(super) fn conditions(&self) -> Conditions {
        Conditions { strategy: self.strategy, plan: Arc::new(self.plan.clone()), faults: self.faults }
    }

    /// The last one in a folder.
    pub(super) fn load(out: &Path) -> Result<Saved, Refusal> {
        let path = out.join(FILE);
        let refusal = |what: &dyn core::fmt::Display| {
            Refusal(format!("no hunt to go on with: {}: {what}", path.display()))
        };
        let text = fs::read_to_string(&path).map_err(|error| refusal(&error))?;
        serde_json::from_str(&text).map_err(|error| refusal(&error))
    }

    pub(super) fn save(&self, out: &Path) -> io::Result<()> {
        fs::create_dir_all(out)?;
        fs::write(out.join(FILE), serde_json::to_string(self).map_err(io::Error::other)? + "\n")
    }
}
