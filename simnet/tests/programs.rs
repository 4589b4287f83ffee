//! Programs on which the kernels once differed.

use std::fs;
use std::path::Path;

use simnet::conform::{Program, judge};

#[test]
fn the_kernels_agree_on_what_they_once_did_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder is part of the sources") {
        let path = entry.expect("it can be listed").path();
        let program = Program::load(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(verdict) = judge(&program) {
            panic!("{}: {verdict}", path.display());
        }
        count += 1;
    }
    assert!(count >= 15, "{count} programs");
}
