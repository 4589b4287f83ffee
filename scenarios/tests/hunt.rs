//! A hunt through all scenarios that ends with the first finding and tells no more of it: what `.ci/cargo-mutants` asks
//! many times. `SIMNET_SEEDS` says how many seeds of each.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use simnet::hunt::{Campaign, Conditions, Limit, Progress, hunt};

#[test]
fn a_hunt_through_all_scenarios_finds_nothing() {
    let seeds: u64 =
        std::env::var("SIMNET_SEEDS").map_or(40, |seeds| seeds.parse().expect("a number of seeds"));
    let scenarios = scenarios::all();
    let stop = AtomicBool::new(false);
    let campaign = Campaign {
        scenarios: &scenarios,
        first_seed: 0,
        made: 0,
        limit: Limit::Runs(seeds * scenarios.len() as u64),
        jobs: thread::available_parallelism().map_or(1, usize::from),
        conditions: Conditions::default(),
        recheck_one_in: 50,
        stop: &stop,
    };
    let (found, founds) = mpsc::channel();
    hunt(&campaign, &Progress::default(), |finding| {
        stop.store(true, Ordering::Relaxed);
        found.send(finding).expect("the other end is in this function");
    });
    if let Ok(found) = founds.try_recv() {
        panic!("{}, seed {}: {}", scenarios[found.scenario].name, found.seed, found.finding);
    }
}
