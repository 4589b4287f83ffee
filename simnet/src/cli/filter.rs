//! Which steps of a run are shown.

use std::collections::BTreeSet;

use super::Refusal;
use super::words::near;
use crate::trace::{CallName, Kind, Record};

#[derive(Debug, clap::Args)]
pub(super) struct Filter {
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

impl Filter {
    /// Refuses the names of calls that there are not.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let known: Vec<&str> = CallName::ALL.iter().map(|call| call.name()).collect();
        match self.only.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal(format!("there is no call `{name}`{}", near(name, &known)))),
            None => Ok(()),
        }
    }

    /// The steps that are shown. A host that has no step in the trace is refused.
    pub(super) fn apply<'a>(&self, trace: &'a [Record]) -> Result<Vec<&'a Record>, Refusal> {
        if let Some(name) = &self.host {
            let hosts: BTreeSet<&str> = trace.iter().map(|record| &*record.host).collect();
            if !trace.is_empty() && !hosts.contains(name.as_str()) {
                let hosts: Vec<&str> = hosts.into_iter().collect();
                return Err(Refusal(format!("no step of the run is on host `{name}`{}", near(name, &hosts))));
            }
        }
        Ok(trace.iter().filter(|record| self.shows(record)).collect())
    }

    fn shows(&self, record: &Record) -> bool {
        let is_named = |call: CallName| self.only.iter().any(|name| name == call.name());
        (self.from..=self.to).contains(&record.step)
            && self.host.as_ref().is_none_or(|host| **host == *record.host)
            && (self.only.is_empty() || matches!(record.kind, Kind::Call(call) if is_named(call)))
    }
}
