//! A scenario as a test.

use std::env;
use std::path::Path;

use super::{Archive, Conditions, Found, Repro, Scenario, Story};
use crate::choice::Seed;
use crate::oracle::{Finding, Oracle};
use crate::world::{Config, World};

/// Seeds tried when `SIMNET_SEEDS` does not say.
const SEEDS: u64 = 200;
/// Where findings are kept: beside the package that is tested.
const FINDINGS: &str = "findings";

/// Runs `body` under many seeds, for use in a `#[test]` that is called `name`. One seed in 50 is run twice, and must be
/// the same run.
///
/// | variable | |
/// |---|---|
/// | `SIMNET_SEEDS=2000` | how many seeds; 200 if unset |
/// | `SIMNET_SEED=0x2a` | that seed only, with its whole trace |
/// | `SIMNET_REPRO=findings/…` | that finding only, with its whole trace |
///
/// # Panics
///
/// When a run fails. It is shrunk and kept as a folder in `findings`, as `hunt` does it; the message has what was
/// found, how much has to go wrong for it, and the command that repeats it.
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
    let conditions = Conditions::default();
    if let Some(path) = env::var_os("SIMNET_REPRO") {
        let repro = Repro::load(Path::new(&path)).unwrap_or_else(|error| panic!("SIMNET_REPRO: {error}"));
        if repro.scenario.replace('-', "_") != name.replace('-', "_") {
            println!("SIMNET_REPRO is about `{}`, not about this test", repro.scenario);
            return;
        }
        return replay(&scenario, repro.config());
    }
    if let Ok(text) = env::var("SIMNET_SEED") {
        let seed = text.parse().unwrap_or_else(|error| panic!("SIMNET_SEED: {error}"));
        return replay(&scenario, conditions.config(seed));
    }
    for seed in (0..seeds()).map(Seed) {
        let config = conditions.config(seed);
        let report = scenario.run(&config);
        let hash = report.hash.value();
        let finding = match report.finding {
            None if seed.0.is_multiple_of(50) && scenario.run(&config).hash != report.hash => {
                let place = "two runs of one seed differ";
                Some(Finding::new(Oracle::Nondeterminism, place, "something besides the world decides"))
            }
            finding => finding,
        };
        if let Some(finding) = finding {
            let config = Box::new(config);
            fail(&scenario, &Found { scenario: 0, seed, run: seed.0 + 1, config, finding, hash });
        }
    }
}

/// Shows one run, and fails if it does.
fn replay(scenario: &Scenario, config: Config) {
    let report = scenario.run(&Config { trace: true, ..config });
    report.trace.iter().for_each(|record| println!("{record}"));
    println!("hash {}", report.hash);
    if let Some(finding) = report.finding {
        panic!("{finding}");
    }
}

/// Keeps what was found, and says in three lines what it is, what it takes, and how to see it again.
fn fail(scenario: &Scenario, found: &Found) -> ! {
    let Found { seed, finding, .. } = found;
    let name = scenario.name;
    let by_seed = format!("SIMNET_SEED={seed} cargo test {name} -- --nocapture");
    let (repro, _) = Repro::smallest(scenario, found, || true);
    let story = Story::of(scenario, &repro);
    println!("{}", story.short());
    let needs = story.needs();
    let by_folder =
        |folder: &Path| format!("SIMNET_REPRO={} cargo test {name} -- --nocapture", folder.display());
    let kept = Archive::open(Path::new(FINDINGS)).keep(scenario, repro.clone(), by_folder);
    let again = match kept {
        Ok(folder) => by_folder(&folder),
        Err(error) => format!("(not kept: {error})"),
    };
    panic!("{finding}\nfound by seed {seed}: {by_seed}\nneeds {needs}: {again}");
}

fn seeds() -> u64 {
    let Ok(text) = env::var("SIMNET_SEEDS") else { return SEEDS };
    text.parse().unwrap_or_else(|_| panic!("SIMNET_SEEDS: `{text}` is no number of seeds"))
}
