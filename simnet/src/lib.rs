//! simnet: a simulated machine room in which network bugs are found in seconds and replayed from a number.

pub mod choice;
pub mod kernel;
