//! Any bytes as a scenario and its tape: the first byte says which, the rest is every decision.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use simnet::Scenario;
use simnet::world::{Config, Source};

static SCENARIOS: LazyLock<Vec<Scenario>> = LazyLock::new(scenarios::all);

fuzz_target!(|bytes: &[u8]| {
    let Some((scenario, tape)) = Scenario::from_bytes(&SCENARIOS, bytes) else { return };
    let report = scenario.run(&Config::new(Source::Tape(tape)));
    if let Some(finding) = report.finding {
        panic!("{}: {finding}", scenario.name);
    }
});
