//! Any text as a finding's file: either a reason on one line, or a finding that is the same from the text it is written
//! as.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use simnet::hunt::Repro;

fuzz_target!(|text: &str| {
    let path = Path::new("repro.json");
    match Repro::parse(path, text) {
        Ok(repro) => {
            let written = repro.to_text().expect("a finding that was read can be written");
            assert_eq!(Repro::parse(path, &written).expect(&written), repro, "{written}");
            // Whoever replays it makes this of it.
            drop(repro.config());
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with("repro.json: ") && !said.contains(char::is_control), "{said:?}");
        }
    }
});
