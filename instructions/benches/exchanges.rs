//! Instructions of a run, which do not depend on what else the machine does: `cd instructions && cargo bench`. It wants
//! valgrind, and `cargo install gungraun-runner`.
//!
//! The difference of the long and the short run is what their steps cost.

#![expect(missing_docs, reason = "gungraun's macros make public items")]

#[path = "../../simnet/benches/room/mod.rs"]
mod room;

use gungraun::{library_benchmark, library_benchmark_group, main};

#[library_benchmark]
#[bench::ten_round_trips(1, 10)]
#[bench::hundred_round_trips(1, 100)]
#[bench::ten_connections(10, 10)]
fn exchanges(connections: u32, rounds: u32) -> u64 {
    room::run(1, move |world| room::exchanges(world, connections, rounds)).steps
}

library_benchmark_group!(name = runs, benchmarks = [exchanges]);
main!(library_benchmark_groups = runs);
