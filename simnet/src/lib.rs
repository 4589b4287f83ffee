//! simnet: a simulated machine room in which network bugs are found in seconds and replayed from a number.
//!
//! | module | what it is |
//! |---|---|
//! | [`world`] | hosts, links, processes; one run of them |
//! | [`sim`] | a handle to one process: the platform that netcore runs on |
//! | [`choice`] | every decision of a run, from a seed or a tape |
//! | [`sched`] | the strategies that choose which thread runs |
//! | `thread` | simulated threads, as coroutines |
//! | [`kernel`] | descriptors, files, sockets, epoll |
//! | [`fabric`] | the links between hosts |
//! | [`fault`] | futures dropped at an await |
//! | [`oracle`] | what must never happen |
//! | [`trace`] | what happened |
//! | [`history`] | what clients were answered, and whether one thing at a time explains it |
//! | [`hunt`] | many seeds, on all cores |
//! | [`plan`] | what seeds draw the conditions of their runs from |
//! | [`conform`] | random programs on the simulated kernel and on the real one |

pub mod choice;
mod cli;
pub mod conform;
pub mod fabric;
pub mod fault;
pub mod history;
pub mod hunt;
pub mod kernel;
mod near;
pub mod oracle;
mod panics;
pub mod plan;
pub mod sched;
pub mod sim;
mod thread;
pub mod trace;
pub mod world;

pub use cli::main;

/// A program that is the `simnet` command over your own scenarios.
///
/// ```no_run
/// simnet::main!([simnet::Scenario::new("nothing", "does nothing", &["linux"], |_| {})]);
/// ```
#[macro_export]
macro_rules! main {
    ($scenarios:expr) => {
        fn main() -> ::std::process::ExitCode {
            $crate::main(&$scenarios)
        }
    };
}

pub use hunt::{Scenario, check};
pub use oracle::{Finding, Oracle};
pub use sim::Sim;
pub use world::{Host, World};
