//! The cases: one behaviour a file, written once for every platform.

pub mod churn;
pub mod close_races;
pub mod deadlines;
pub mod echo;
pub mod rebind;

use simnet::Scenario;

const BOTH: &[&str] = &["linux", "os"];

/// Every scenario of the simulated room.
pub fn all() -> Vec<Scenario> {
    vec![
        Scenario::new("echo", echo::ABOUT, BOTH, echo::run),
        Scenario::new("close-races", close_races::ABOUT, BOTH, close_races::run),
        Scenario::new("churn", churn::ABOUT, BOTH, churn::run),
        Scenario::new("deadlines", deadlines::ABOUT, BOTH, deadlines::run),
        Scenario::new("rebind", rebind::ABOUT, BOTH, rebind::run),
    ]
}
