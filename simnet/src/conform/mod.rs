//! The simulated kernel held to the real one: random programs of system calls, run on both, answer by answer.
//!
//! A [`Program`] is data: a list of [`Call`]s whose operands are variables and addresses that earlier calls made. It
//! is generated from a seed, runs on anything that implements the seam, and leaves one [`Answer`] per call. Two
//! kernels agree on it if every pair of answers is [alike](compare): equal, but for what the rules of `docs/fidelity.md`
//! compare by implication only.
//!
//! | module | what it is |
//! |---|---|
//! | `call`, `option`, `flags`, `text` | the calls, in files and for people |
//! | `program` | a list of them, and its file |
//! | `generate`, `sockets`, `threads`, `belief`, `dice` | programs from seeds, by what they believe to have built |
//! | `machine`, `perform`, `crew`, `answer` | a program on a kernel, and what it says |
//! | `compare`, `judge` | what counts as the same; one program on both |
//! | `shrink` | the smallest program that still shows a difference |

mod answer;
mod belief;
mod call;
mod compare;
mod crew;
mod dice;
mod flags;
#[cfg(test)]
mod flaws;
mod generate;
mod judge;
mod machine;
mod option;
mod perform;
mod program;
mod shrink;
mod sockets;
mod text;
mod threads;

pub use answer::{Answer, Name, Value};
pub use call::{Call, How, Onto, Op, Place, Var, Waiting};
pub use compare::{Difference, compare};
pub use generate::{Topic, generate, generate_from_bytes};
pub use judge::{Verdict, both, judge, judge_at};
pub use machine::{Pace, on_linux, on_sim};
pub use option::Opt;
pub use program::{Program, ProgramError};
pub use shrink::shrink;
