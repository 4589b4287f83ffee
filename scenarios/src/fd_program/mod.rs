//! Short programs of operations on shared connections, and what each operation may answer.
//!
//! | module | what it is |
//! |---|---|
//! | [`program`] | what each task does, drawn from any decisions: a world's, or a fuzzer's bytes |
//! | [`record`] | what was asked when, and what was answered |
//! | `interpret` | a program in a room |
//! | [`model`] | whether every answer is one that the history allows |
//! | `content` | whether what was read is what was written, in an order that it can have been written in |
//!
//! The model knows nothing of locks, readiness or packets. It does not say *when* an operation is to answer either:
//! that nothing hangs is the room's business.

mod content;
mod interpret;
pub mod model;
pub mod program;
pub mod record;

pub use interpret::run;
pub use program::tape;

/// What it is.
pub const ABOUT: &str = "short programs of reads, writes, copies, shutdowns, closes and deadlines on shared connections, by a model";
