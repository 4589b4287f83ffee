//! Any bytes as operations of several tasks on shared connections, and as every other decision of the run; the answers
//! are judged by a model.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use simnet::Scenario;
use simnet::world::{Config, Source};

static SCENARIO: LazyLock<Scenario> = LazyLock::new(|| {
    let mut all = scenarios::all().into_iter();
    all.find(|scenario| scenario.name == "fd-program").expect("the scenario of this target")
});

fuzz_target!(|bytes: &[u8]| {
    let report = SCENARIO.run(&Config::new(Source::Tape(SCENARIO.tape(bytes))));
    if let Some(finding) = report.finding {
        panic!("{finding}");
    }
});
