//! Plans: what the seeds of a campaign draw the conditions of their runs from.
//!
//! A run with every fault at once is a poor run: faults mask each other, and what needs a long quiet stretch never
//! gets it. So each seed draws which kinds of faults are on at all, and how often they strike (swarm testing: Groce,
//! Zhang, Eide, Chen, Regehr, *Swarm Testing*, ISSTA 2012). A plan is a TOML file of lists to draw from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use netcore::rt::Trigger;
use serde::{Deserialize, Serialize};

use crate::choice::{Point, Rates, Seed, Stream};
use crate::near::{self, one_line};

/// The plan of whoever says nothing.
const SWARM: &str = include_str!("swarm.toml");

/// What the conditions of a run are drawn from: of each list one entry, each as likely. No list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// What it is for, on one line.
    pub about: String,
    /// How rarely faults strike: once in so many questions, 0 is never. A kind that is not named has its default.
    #[serde(default)]
    pub faults: BTreeMap<Point, Vec<u32>>,
    /// What links are like that the scenario says nothing about.
    #[serde(default)]
    pub links: Links,
    /// What processes are like that the scenario says nothing about.
    #[serde(default)]
    pub processes: Processes,
}

/// What links are drawn from. The first entry of each list is the dull one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Links {
    /// One run in so many has other links than good ones; 0 is none.
    pub bad_one_in: u32,
    /// Microseconds from end to end.
    pub latency_us: Vec<u64>,
    /// What may come on top, in percent of the latency.
    pub jitter_percent: Vec<u64>,
    /// One packet in so many is lost; 0 is none.
    pub loss: Vec<u32>,
    /// One packet in so many falls behind later ones.
    pub reorder: Vec<u32>,
    /// One packet in so many arrives twice.
    pub duplicate: Vec<u32>,
    /// One packet in so many is damaged.
    pub corrupt: Vec<u32>,
}

/// What processes are drawn from. The first entry of each list is the dull one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Processes {
    /// Worker threads of a runtime.
    pub workers: Vec<usize>,
    /// How the poller is told of readiness: `edge`, `level`, `one-shot`.
    pub triggers: Vec<TriggerName>,
    /// Bytes of socket buffers; 0 leaves them to the kernel.
    pub buffers: Vec<i32>,
    /// How many descriptors a process may have; 0 leaves it to the kernel.
    pub descriptors: Vec<u64>,
}

/// A trigger by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerName {
    /// [`Trigger::Edge`].
    Edge,
    /// [`Trigger::Level`].
    Level,
    /// [`Trigger::OneShot`].
    OneShot,
}

impl From<TriggerName> for Trigger {
    fn from(name: TriggerName) -> Self {
        match name {
            TriggerName::Edge => Trigger::Edge,
            TriggerName::Level => Trigger::Level,
            TriggerName::OneShot => Trigger::OneShot,
        }
    }
}

/// Good links, three runs in four; the others slow or bad.
impl Default for Links {
    fn default() -> Self {
        Links {
            bad_one_in: 4,
            latency_us: vec![1, 100, 1_000, 30_000],
            jitter_percent: vec![0, 50, 300],
            loss: vec![0, 0, 100, 20],
            reorder: vec![0, 0, 100, 20],
            duplicate: vec![0, 0, 100, 20],
            corrupt: vec![0, 0, 100, 20],
        }
    }
}

impl Default for Processes {
    fn default() -> Self {
        use TriggerName::{Edge, Level, OneShot};
        Processes {
            workers: vec![1, 2, 3],
            triggers: vec![Edge, Edge, Edge, Edge, Level, OneShot],
            buffers: vec![0],
            descriptors: vec![0],
        }
    }
}

/// A file that is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// It cannot be read.
    Read(PathBuf, io::Error),
    /// It is not TOML, or not of this form: where, and what would be right.
    Form(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanError::Read(path, error) => write!(f, "{}: {error}", path.display()),
            PlanError::Form(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for PlanError {}

/// Descriptors that a process needs before it can do anything.
const DESCRIPTORS_MIN: u64 = 8;

impl Plan {
    /// The plan of whoever says nothing: every kind of fault, each off in some runs.
    pub fn swarm() -> Arc<Plan> {
        use std::sync::OnceLock;
        static PLAN: OnceLock<Arc<Plan>> = OnceLock::new();
        PLAN.get_or_init(|| Arc::new(Plan::parse("swarm.toml", SWARM).expect("a test reads it"))).clone()
    }

    /// Reads one.
    pub fn load(path: &Path) -> Result<Arc<Plan>, PlanError> {
        let text = fs::read_to_string(path).map_err(|error| PlanError::Read(path.to_owned(), error))?;
        Plan::parse(&path.display().to_string(), &text).map(Arc::new)
    }

    /// From the text of a file of that name.
    pub fn parse(file: &str, text: &str) -> Result<Plan, PlanError> {
        let plan: Plan = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| 1 + text[..span.start].matches('\n').count());
            PlanError::Form(format!("{file}, line {line}: {}", one_line(&with_near(error.message()))))
        })?;
        plan.check().map_err(|error| PlanError::Form(format!("{file}: {error}")))?;
        Ok(plan)
    }

    /// Whether a plan that did not come through [`Plan::parse`] is one.
    pub fn check(&self) -> Result<(), PlanError> {
        self.flaw().map_or(Ok(()), |flaw| Err(PlanError::Form(flaw)))
    }

    /// What is wrong with it, although it has the form.
    fn flaw(&self) -> Option<String> {
        let Plan { faults, links, processes, .. } = self;
        let lists = [
            ("links.latency-us", links.latency_us.len()),
            ("links.jitter-percent", links.jitter_percent.len()),
            ("links.loss", links.loss.len()),
            ("links.reorder", links.reorder.len()),
            ("links.duplicate", links.duplicate.len()),
            ("links.corrupt", links.corrupt.len()),
            ("processes.workers", processes.workers.len()),
            ("processes.triggers", processes.triggers.len()),
            ("processes.buffers", processes.buffers.len()),
            ("processes.descriptors", processes.descriptors.len()),
        ];
        let empty = lists.into_iter().find(|(_, len)| *len == 0).map(|(name, _)| name.to_owned());
        let empty = empty.or_else(|| {
            let fault = faults.iter().find(|(_, rates)| rates.is_empty());
            fault.map(|(point, _)| format!("faults.{}", point.key()))
        });
        if let Some(name) = empty {
            return Some(format!("`{name}` has nothing to draw from; [0] is never"));
        }
        if let Some(point) = faults.keys().find(|point| !Point::FAULTS.contains(point)) {
            let names = Point::FAULTS.map(Point::key).join(", ");
            return Some(format!("`faults.{}` is no fault; faults are {names}", point.key()));
        }
        if processes.workers.contains(&0) {
            return Some("`processes.workers`: a runtime without workers runs nothing".to_owned());
        }
        let few = |limit: &&u64| (1..DESCRIPTORS_MIN).contains(*limit);
        if let Some(few) = processes.descriptors.iter().find(few) {
            return Some(format!(
                "`processes.descriptors`: {few} are too few, {DESCRIPTORS_MIN} is the least; 0 is no limit"
            ));
        }
        None
    }

    /// The rates of a seed's run.
    pub fn rates(&self, seed: Seed) -> Rates {
        let mut draws = Stream::beside(seed, Stream::PLAN);
        self.faults.iter().fold(Rates::default(), |rates, (&point, one_in)| {
            rates.with(point, one_in[draws.below(one_in.len() as u32) as usize])
        })
    }
}

/// A message about an unknown name, with the near ones instead of all.
fn with_near(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((wrong, known)) if message.starts_with("unknown") && !known.is_empty() => {
            let what = message.split('`').next().unwrap_or_default().trim_end().replace("variant", "name");
            format!(
                "{what} `{wrong}`{}",
                near::offer(wrong, known).unwrap_or_else(|| format!("; known are {}", known.join(", ")))
            )
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swarm_has_runs_with_and_without_each_fault() {
        let plan = Plan::swarm();
        for point in Point::FAULTS {
            let off = (0..100).filter(|&seed| plan.rates(Seed(seed)).one_in(point) == 0).count();
            assert!((5..95).contains(&off), "{}: off in {off} of 100 runs", point.key());
        }
        assert_eq!(plan.rates(Seed(7)), plan.rates(Seed(7)));
    }

    #[test]
    fn what_is_no_plan_is_refused_with_the_line_and_what_would_be_right() {
        let refused = |text: &str| Plan::parse("a.toml", text).unwrap_err().to_string();
        assert_eq!(
            refused("about = \"x\"\n[faults]\neintrr = [1]\n"),
            "a.toml, line 3: unknown name `eintrr`; did you mean `eintr`?"
        );
        assert_eq!(
            refused("about = \"x\"\n[links]\nlatencyus = [1]\n"),
            "a.toml, line 3: unknown field `latencyus`; did you mean `latency-us`?"
        );
        assert_eq!(
            refused("about = \"x\"\n[links]\nloss = []\n"),
            "a.toml: `links.loss` has nothing to draw from; [0] is never"
        );
        assert!(refused("about = \"x\"\n[faults]\nport = [1]\n").contains("`faults.port` is no fault"));
        assert!(refused("about = \"x\"\n[processes]\ndescriptors = [3]\n").contains("8 is the least"));
        assert!(refused("about = \"x\"\n[processes]\nworkers = [0]\n").contains("runs nothing"));
        assert!(refused("[links]\n").contains("about"));
        assert!(refused("about = 3").contains("line 1"));
        let quoted = refused("about = \"x\"\n[faults]\n\"ein\\ntr\" = [1]\n");
        assert_eq!(quoted, "a.toml, line 3: unknown name `ein\\ntr`; did you mean `eintr`?");
    }
}
