//! Hunting: one scenario under many seeds, on all cores.

mod campaign;
mod check;
mod repro;
mod scenario;
mod shrink;

pub use campaign::{Campaign, Found, Limit, Progress, Tally, hunt};
pub use check::check;
pub use repro::{Repro, ReproError};
pub use scenario::Scenario;
pub use shrink::Shrinker;
