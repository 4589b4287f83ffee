//! The machine room: hosts, links and processes, and the run that they live in.

mod handle;
mod links;
pub(crate) mod observer;
mod power;
pub(crate) mod run;
pub(crate) mod state;
mod verbs;
pub(crate) mod verdict;
mod weather;
mod wire;

pub use handle::{Host, World};
pub use run::{Config, Report, Source, run};
