//! Strategies by their names.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::pct::Pct;
use super::round_robin::RoundRobin;
use super::surw::Surw;
use super::{RandomWalk, Shape, Strategy};
use crate::choice::{Seed, Stream};

/// What a seed's schedule is drawn by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StrategyName {
    /// One of the others, by the seed.
    #[default]
    Portfolio,
    /// Switches at random points.
    RandomWalk,
    /// Random priorities, and a few points at which they change.
    Pct,
    /// Every order of a few selected events is as likely as every other.
    Surw,
    /// Everybody in turn.
    RoundRobin,
}

/// What the portfolio is made of, and how much of each.
const PORTFOLIO: [(StrategyName, u32); 4] = [
    (StrategyName::RandomWalk, 10),
    (StrategyName::Surw, 3),
    (StrategyName::Pct, 1),
    (StrategyName::RoundRobin, 1),
];

impl StrategyName {
    /// Every name.
    pub const ALL: [StrategyName; 5] = [
        StrategyName::Portfolio,
        StrategyName::RandomWalk,
        StrategyName::Pct,
        StrategyName::Surw,
        StrategyName::RoundRobin,
    ];

    /// The name on the command line and in files.
    pub const fn key(self) -> &'static str {
        match self {
            StrategyName::Portfolio => "portfolio",
            StrategyName::RandomWalk => "random-walk",
            StrategyName::Pct => "pct",
            StrategyName::Surw => "surw",
            StrategyName::RoundRobin => "round-robin",
        }
    }

    /// The one that draws this seed's schedule.
    pub(crate) fn of(self, seed: Seed) -> StrategyName {
        if self != StrategyName::Portfolio {
            return self;
        }
        let total = PORTFOLIO.iter().map(|(_, parts)| parts).sum();
        let mut drawn = Stream::beside(seed, Stream::STRATEGY).below(total);
        for (name, parts) in PORTFOLIO {
            if drawn < parts {
                return name;
            }
            drawn -= parts;
        }
        StrategyName::RandomWalk
    }

    /// Whether a seed's schedule takes measured runs.
    pub(crate) fn measures(self, seed: Seed) -> bool {
        matches!(self.of(seed), StrategyName::Pct | StrategyName::Surw)
    }

    /// The strategy of a seed, for runs of about that shape; where nothing was measured, a random walk.
    pub(crate) fn start(self, seed: Seed, shape: &Shape) -> Box<dyn Strategy> {
        match self.of(seed) {
            StrategyName::Pct if shape.steps > 0 => Box::new(Pct::new(seed, shape.steps)),
            StrategyName::Surw if shape.steps > 0 => Box::new(Surw::new(seed, shape)),
            StrategyName::RoundRobin => Box::new(RoundRobin::new(seed)),
            _ => Box::new(RandomWalk::new(seed)),
        }
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

impl FromStr for StrategyName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        StrategyName::ALL.into_iter().find(|name| name.key() == text).ok_or_else(|| {
            let names = StrategyName::ALL.map(StrategyName::key).join(", ");
            format!("there is no strategy `{text}`: {names}")
        })
    }
}
