//! Random operations on the core of a descriptor, against what it promises.

use scenarios::reference::{fd_mutex, poll_desc};

const RUNS: u64 = 3000;

/// Bytes that follow from `seed`: up to 400, by SplitMix64.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 56) as u8
    };
    let len = 400 * usize::from(next()) / 256;
    (0..len).map(|_| next()).collect()
}

#[test]
fn the_locks_and_references_are_those_of_the_model() {
    (0..RUNS).for_each(|seed| fd_mutex::run(&bytes(seed)));
}

#[test]
fn readiness_and_deadlines_are_those_of_the_model() {
    (0..RUNS).for_each(|seed| poll_desc::run(&bytes(seed)));
}
