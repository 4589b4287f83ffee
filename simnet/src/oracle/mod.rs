//! Oracles: what must never happen, in any scenario.
//!
//! | oracle | it speaks when |
//! |---|---|
//! | `XT` | a call uses a number whose open file is not the caller's; an event reaches a stranger |
//! | `EB` | a descriptor is closed twice, deregistered after its close, or never though a copy lives on |
//! | `LW` | nothing can run, and a parked task's descriptor is ready or closing; or everything waits for ever |
//! | | a task blocks its worker in a system call |
//! | `LK` | a descriptor, thread or task is left when the run has ended |
//! | `DL` | an operation goes on or waits past its deadline, or fails before it |
//! | `BL` | calls without progress, while no time passes |
//! | `PN` | something panicked, or a lock was held across a scheduling point |
//! | `DC`, `WE` | the scenario found wrong data, or a wrong answer |
//! | `ND` | the same run, run again, was another |

mod deadline;
mod finding;
mod parked;
mod progress;

pub use finding::{Finding, Oracle};

pub(crate) use deadline::Deadlines;
pub(crate) use parked::{Direction, Parked, Waiter};
pub(crate) use progress::Progress;
