//! The cases: one behaviour a file, written once for every platform.

pub mod churn;
pub mod close_races;
pub mod crash;
pub mod deadlines;
pub mod dial;
pub mod dial_any;
pub mod drops;
pub mod echo;
pub mod fairness;
pub mod lifecycle;
pub mod partition;
pub mod pool;
pub mod rebind;
pub mod relay;
pub mod slow_reader;

use simnet::Scenario;

pub use crate::fd_program;

/// Where faults of the network are.
const SIMULATED: &[&str] = &["linux"];
const BOTH: &[&str] = &["linux", "os"];

/// Every scenario of the simulated room.
pub fn all() -> Vec<Scenario> {
    vec![
        Scenario::new("echo", echo::ABOUT, BOTH, echo::run),
        Scenario::new("close-races", close_races::ABOUT, BOTH, close_races::run),
        Scenario::new("churn", churn::ABOUT, BOTH, churn::run),
        Scenario::new("deadlines", deadlines::ABOUT, BOTH, deadlines::run),
        Scenario::new("rebind", rebind::ABOUT, BOTH, rebind::run),
        Scenario::new("relay", relay::ABOUT, BOTH, relay::run),
        Scenario::new("slow-reader", slow_reader::ABOUT, BOTH, slow_reader::run),
        Scenario::new("dial", dial::ABOUT, BOTH, dial::run),
        Scenario::new("dial-any", dial_any::ABOUT, SIMULATED, dial_any::run),
        Scenario::new("lifecycle", lifecycle::ABOUT, BOTH, lifecycle::run),
        Scenario::new("drops", drops::ABOUT, BOTH, drops::run),
        Scenario::new("fd-program", fd_program::ABOUT, BOTH, fd_program::run).read_by(fd_program::tape),
        Scenario::new("partition", partition::ABOUT, SIMULATED, partition::run),
        Scenario::new("crash", crash::ABOUT, SIMULATED, crash::run),
        Scenario::new("pool", pool::ABOUT, SIMULATED, pool::run),
        Scenario::new("fairness", fairness::ABOUT, SIMULATED, fairness::run),
    ]
}
