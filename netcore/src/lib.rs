//! netcore: a network stack with the semantics of Go's `net` package, in async Rust.
//!
//! It asks its platform for everything through one trait, [`sys::Sys`], so that the code that ships is
//! the code that a simulator tests.
//!
//! | module | what it is |
//! |---|---|
//! | [`sys`] | the seam: the traits of a platform |
//! | [`os`] | the operating system as a platform |
//! | [`sync`] | atomics and locks with preemption points |
//! | [`poll`] | the life of a descriptor: reference count, locks, readiness, deadlines |
//! | [`netpoll`] | readiness from the kernel to the waiting tasks |
//! | [`rt`] | the scheduler of tasks |
//! | [`net`] | what users see: connections, listeners, dialling |

#[cfg(all(test, loom))]
mod loom;
pub mod net;
pub mod netpoll;
pub mod os;
pub mod poll;
pub mod rt;
pub mod sync;
pub mod sys;
