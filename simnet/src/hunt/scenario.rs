//! Scenarios: what is run.

use core::fmt;
use std::sync::Arc;

use crate::world::{Config, Report, World, run};

/// A named program over a world, to be run under many seeds.
#[derive(Clone)]
pub struct Scenario {
    /// The name on the command line and in files.
    pub name: &'static str,
    /// What it does, on one line.
    pub about: &'static str,
    /// The kernels that it runs on: `linux` is the simulated one, `os` the real one.
    pub kernels: &'static [&'static str],
    body: Arc<dyn Fn(&World) + Send + Sync>,
}

impl Scenario {
    /// A scenario that runs `body` in a new world. All that `body` decides it must take from the world.
    pub fn new(
        name: &'static str,
        about: &'static str,
        kernels: &'static [&'static str],
        body: impl Fn(&World) + Send + Sync + 'static,
    ) -> Self {
        Scenario { name, about, kernels, body: Arc::new(body) }
    }

    /// Runs it once.
    pub fn run(&self, config: &Config) -> Report {
        let body = self.body.clone();
        run(config, move |world| body(world))
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario").field("name", &self.name).finish_non_exhaustive()
    }
}
