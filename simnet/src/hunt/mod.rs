//! Hunting: one scenario under many seeds, on all cores.

mod campaign;
mod scenario;

pub use campaign::{Campaign, Found, Limit, Progress, Tally, hunt};
pub use scenario::Scenario;
