//! What makes a run of a seed.

use std::sync::Arc;

use crate::choice::{Rates, Seed};
use crate::plan::Plan;
use crate::sched::StrategyName;
use crate::world::{Config, Source};

/// What a seed does not say of its run: by which strategy its schedule is drawn, from which plan its conditions.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// What schedules are drawn by.
    pub strategy: StrategyName,
    /// What all else is drawn from.
    pub plan: Arc<Plan>,
    /// Whether machines and programs have faults at all.
    pub faults: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions { strategy: StrategyName::default(), plan: Plan::swarm(), faults: true }
    }
}

impl Conditions {
    /// How to run a seed.
    pub fn config(&self, seed: Seed) -> Config {
        let rates = if self.faults { self.plan.rates(seed) } else { Rates::without_faults() };
        Config { strategy: self.strategy, plan: self.plan.clone(), rates, ..Config::new(Source::Seed(seed)) }
    }
}
