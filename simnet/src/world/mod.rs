//! The machine room: hosts, links and processes, and the run that they live in.

mod handle;
pub(crate) mod observer;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod verdict;

pub use handle::{Host, World};
pub use run::{Config, Report, Source, run};
