//! Hunting: one scenario under many seeds, on all cores.

mod archive;
mod campaign;
mod check;
mod conditions;
mod exhaust;
mod repro;
mod scenario;
mod shrink;
mod story;

pub use archive::Archive;
pub use campaign::{Campaign, Found, Limit, Progress, Tally, hunt};
pub use check::check;
pub use conditions::Conditions;
pub use exhaust::Cursor;
pub use repro::{Origin, Repro, ReproError};
pub use scenario::Scenario;
pub use shrink::Shrinker;
pub use story::Story;
