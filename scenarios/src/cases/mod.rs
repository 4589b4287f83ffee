//! The cases: one behaviour a file, written once for every platform.

pub mod close_races;
pub mod echo;

use simnet::Scenario;

const BOTH: &[&str] = &["linux", "os"];

/// Every scenario of the simulated room.
pub fn all() -> Vec<Scenario> {
    vec![
        Scenario::new("echo", echo::ABOUT, BOTH, echo::run),
        Scenario::new("close-races", close_races::ABOUT, BOTH, close_races::run),
    ]
}
