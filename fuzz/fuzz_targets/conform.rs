//! Any bytes as a program of system calls, on the real kernel and on the simulated one: each byte is a decision of
//! the generator.

#![no_main]

use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use simnet::conform::{Topic, generate_from_bytes, judge};

/// Calls of a program.
const CALLS: usize = 40;

static QUIET: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    // A fuzzer's program begins without what Rust's own does before `main`.
    // SAFETY: no handler is installed, the signal is ignored from here on.
    QUIET.call_once(|| unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    });
    let program = generate_from_bytes(bytes, &Topic::ALL, CALLS);
    if let Some(verdict) = judge(&program) {
        let lines: Vec<String> = program.calls.iter().map(ToString::to_string).collect();
        panic!("{}\n{verdict}", lines.join("\n"));
    }
});
