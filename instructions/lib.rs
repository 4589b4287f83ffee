//! Nothing: see the benchmarks.
