//! Any bytes as operations on the core of a descriptor: references, locks and those who wait for them, against a model.

#![no_main]

use libfuzzer_sys::fuzz_target;
use scenarios::reference::fd_mutex;

fuzz_target!(|bytes: &[u8]| fd_mutex::run(bytes));
