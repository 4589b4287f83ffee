//! Any bytes as operations on the core of a descriptor: readiness, those who wait for it, and deadlines, against a model.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scenarios::reference::poll_desc;

fuzz_target!(|bytes: &[u8]| poll_desc::run(bytes));
