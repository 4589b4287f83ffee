//! Time and memory by the number of simulated connections: `cargo bench -p simnet --bench scale`.
//!
//! A round trip's time is the difference of a long and a short run of the same connections; a connection's memory
//! is the peak of the process, less the peak before, so that the numbers go upwards.

mod room;

use std::time::Instant;

const LONG: u32 = 12;
const SHORT: u32 = 2;

fn main() {
    println!(
        "{:>12} {:>18} {:>18} {:>20}",
        "connections", "ns per round trip", "round trips/s", "bytes per connection"
    );
    let mut base = peak();
    for connections in sizes() {
        // A small world is run often enough to be timed.
        let repeats = (10_000 / connections).max(1);
        let short = time(connections, SHORT, repeats);
        let long = time(connections, LONG, repeats);
        let trips = f64::from(connections * (LONG - SHORT) * repeats);
        let each = (long - short) / trips;
        let grown = peak() - base;
        base += grown;
        let memory =
            if connections < 1000 { "-".to_owned() } else { (grown / u64::from(connections)).to_string() };
        println!("{connections:>12} {:>18.0} {:>18.0} {memory:>20}", each * 1e9, 1.0 / each);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn time(connections: u32, rounds: u32, repeats: u32) -> f64 {
    let began = Instant::now();
    for seed in 0..repeats {
        room::run(seed.into(), move |world| room::exchanges(world, connections, rounds));
    }
    began.elapsed().as_secs_f64()
}

/// The largest resident set of the process so far, in bytes (proc(5), `VmHWM`).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// What the command line names, else 10, 1,000 and 100,000.
fn sizes() -> Vec<u32> {
    let named: Vec<u32> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    if named.is_empty() { vec![10, 1000, 100_000] } else { named }
}
