//! A scenario as a test.

use std::env;

use super::Scenario;
use crate::choice::Seed;
use crate::oracle::{Finding, Oracle};
use crate::world::{Config, Source, World};

/// Seeds tried when `SIMNET_SEEDS` does not say.
const SEEDS: u64 = 200;
/// Trace lines shown of a run that failed.
const SHOWN: usize = 40;

/// Runs `body` under many seeds, for use in a `#[test]` that is called `name`.
///
/// `SIMNET_SEEDS` says how many (200 if unset); `SIMNET_SEED=0x2a` runs that one and prints its whole trace.
/// One seed in 50 is run twice, and must be the same run.
///
/// # Panics
///
/// When a run fails: with what was found, the seed, the end of the trace and the command that repeats it.
///
/// ```
/// use simnet::Oracle;
///
/// simnet::check("sums", |world| {
///     let (a, b) = (world.choose(10), world.choose(10));
///     if a + b > 18 {
///         world.fail(Oracle::WrongAnswer, "a sum is too large", a + b);
///     }
/// });
/// ```
pub fn check(name: &'static str, body: impl Fn(&World) + Send + Sync + 'static) {
    let scenario = Scenario::new(name, "", &["linux"], body);
    if let Some(seed) = one_seed() {
        let config = Config { trace: true, ..Config::new(Source::Seed(seed)) };
        let report = scenario.run(&config);
        report.trace.iter().for_each(|record| println!("{record}"));
        println!("hash {}", report.hash);
        if let Some(finding) = report.finding {
            fail(&scenario, seed, &finding, "");
        }
        return;
    }
    for seed in (0..seeds()).map(Seed) {
        let config = Config::new(Source::Seed(seed));
        let report = scenario.run(&config);
        let finding = match report.finding {
            None if seed.0 % 50 == 0 && scenario.run(&config).hash != report.hash => {
                let place = "two runs of one seed differ";
                Some(Finding::new(Oracle::Nondeterminism, place, "something besides the world decides"))
            }
            finding => finding,
        };
        if let Some(finding) = finding {
            let traced = scenario.run(&Config { trace: true, ..config });
            let tail = traced.trace.len().saturating_sub(SHOWN);
            let lines: Vec<String> = traced.trace[tail..].iter().map(ToString::to_string).collect();
            fail(&scenario, seed, &finding, &lines.join("\n"));
        }
    }
}

fn fail(scenario: &Scenario, seed: Seed, finding: &Finding, trace: &str) -> ! {
    let name = scenario.name;
    panic!(
        "{trace}\n\n{finding}\n\nfound by seed {seed}; again: SIMNET_SEED={seed} cargo test {name} -- --nocapture"
    );
}

fn one_seed() -> Option<Seed> {
    let text = env::var("SIMNET_SEED").ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("SIMNET_SEED: {error}")))
}

fn seeds() -> u64 {
    let Ok(text) = env::var("SIMNET_SEEDS") else { return SEEDS };
    text.parse().unwrap_or_else(|_| panic!("SIMNET_SEEDS: `{text}` is no number of seeds"))
}
