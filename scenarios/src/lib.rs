//! Scenario suites over netcore.
//!
//! | module | what it is |
//! |---|---|
//! | [`cases`] | the scenarios, one behaviour a file |
//! | [`fd_program`] | programs of operations on shared connections, and the model that judges the answers |
//! | [`mod@reference`] | the core of a descriptor against models, by any bytes |
//! | [`room`] | where a case runs: simulated, or on this machine |
//! | [`stage`] | two hosts, a runtime on each, and a listener |
//! | [`verbs`] | what cases do over and over |
//! | [`pattern`] | content that knows where it belongs |

pub mod cases;
pub mod fd_program;
pub mod pattern;
pub mod reference;
pub mod room;
pub mod stage;
pub mod verbs;

pub use cases::all;

/// The README's code, compiled and run with the documentation's tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
