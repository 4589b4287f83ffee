//! Scenarios: what is run.

use core::fmt;
use std::sync::{Arc, OnceLock};

use crate::choice::{Seed, Stream, Tape};
use crate::sched::{Learned, Shape};
use crate::world::{Config, Report, Source, World, run};

/// Runs that are measured, where a strategy wants to know what they are like.
const MEASURED: u32 = 8;

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
    read: fn(&[u8]) -> Tape,
    shapes: Arc<OnceLock<Vec<Arc<Shape>>>>,
}

impl Scenario {
    /// A scenario that runs `body` in a new world. All that `body` decides it must take from the world.
    pub fn new(
        name: &'static str,
        about: &'static str,
        kernels: &'static [&'static str],
        body: impl Fn(&World) + Send + Sync + 'static,
    ) -> Self {
        Scenario {
            name,
            about,
            kernels,
            body: Arc::new(body),
            read: Tape::from_bytes,
            shapes: Arc::default(),
        }
    }

    /// The same, with a way of its own to read a fuzzer's bytes as a tape: instead of [`Tape::from_bytes`], which knows
    /// nothing of what the scenario decides.
    #[must_use]
    pub fn read_by(self, read: fn(&[u8]) -> Tape) -> Self {
        Scenario { read, ..self }
    }

    /// A fuzzer's bytes as a tape.
    pub fn tape(&self, bytes: &[u8]) -> Tape {
        (self.read)(bytes)
    }

    /// A fuzzer's bytes as one of `scenarios` and its tape: the first byte says which, the rest is every decision.
    pub fn from_bytes<'a>(scenarios: &'a [Scenario], bytes: &[u8]) -> Option<(&'a Scenario, Tape)> {
        let (&which, rest) = bytes.split_first()?;
        let scenario = scenarios.get(usize::from(which).checked_rem(scenarios.len())?)?;
        Some((scenario, scenario.tape(rest)))
    }

    /// Runs it once.
    pub fn run(&self, config: &Config) -> Report {
        match config.source {
            Source::Seed(seed) if config.strategy.measures(seed) => {
                self.run_as_is(&Config { shape: self.shape(seed), ..config.clone() })
            }
            _ => self.run_as_is(config),
        }
    }

    fn run_as_is(&self, config: &Config) -> Report {
        let body = self.body.clone();
        run(config, move |world| body(world))
    }

    /// The shape of one of a few measured runs, by the seed: always the same ones.
    fn shape(&self, seed: Seed) -> Arc<Shape> {
        let shapes = self.shapes.get_or_init(|| {
            let measured = (0..u64::from(MEASURED)).map(|nth| {
                let report = self.run_as_is(&Config::new(Source::Measure(Seed(nth))));
                if let Learned::Shape(shape) = report.learned { Arc::new(shape) } else { Arc::default() }
            });
            measured.collect()
        });
        let nth = Stream::beside(seed, Stream::MEASURED).below(MEASURED);
        shapes[nth as usize].clone()
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario").field("name", &self.name).finish_non_exhaustive()
    }
}
