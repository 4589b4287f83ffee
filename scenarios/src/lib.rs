//! Scenario suites over netcore.

pub mod pattern;

use simnet::Scenario;

/// Every scenario.
pub fn all() -> Vec<Scenario> {
    Vec::new()
}
