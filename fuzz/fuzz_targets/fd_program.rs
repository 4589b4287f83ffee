//! Any bytes as operations of several tasks on shared connections, and as every other decision of the run; the answers
//! are judged by a model.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scenarios::fd_program;
use simnet::Scenario;
use simnet::world::{Config, Source};

fuzz_target!(|bytes: &[u8]| {
    let scenario = Scenario::new("fd-program", fd_program::ABOUT, &["linux"], fd_program::run);
    if let Some(finding) = scenario.run(&Config::new(Source::Tape(fd_program::tape(bytes)))).finding {
        panic!("{finding}");
    }
});
