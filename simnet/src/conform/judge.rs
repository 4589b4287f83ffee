//! One program, both kernels.

use core::fmt;
use core::sync::atomic::{AtomicU16, Ordering};

use super::answer::Answer;
use super::call::Call;
use super::compare::{Difference, compare};
use super::machine::{Pace, on_linux, on_sim};
use super::program::Program;
use crate::oracle::Finding;

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The kernels answer differently.
    Differs(Difference),
    /// The simulated run ended with a finding.
    Found(Finding),
}

/// How often it is tried without a rest: a port may be somebody else's, even several times.
const TRIES: usize = 8;

/// The same where threads wait, and everybody comes to rest between the calls anyway.
const WAITING_TRIES: usize = 2;

/// Addresses are used again after so many programs, long after what they leave behind is gone.
static BLOCK: AtomicU16 = AtomicU16::new(1);

/// Runs a program on both kernels. Only what differs every time counts, and also with a rest after each call: the real
/// network does some of its work in the background, and ports come by chance.
pub fn judge(program: &Program) -> Option<Verdict> {
    let waits = program.calls.contains(&Call::Rest);
    for _ in 0..if waits { WAITING_TRIES } else { TRIES } {
        if let Verdict::Found(finding) = judge_at(program, Pace::AtOnce)? {
            return Some(Verdict::Found(finding));
        }
    }
    let pace = if waits { Pace::AtOnce } else { Pace::Settled };
    judge_at(program, pace).and_then(|_| judge_at(program, pace))
}

/// The same at one pace only.
pub fn judge_at(program: &Program, pace: Pace) -> Option<Verdict> {
    let (real, simulated) = both(program, pace);
    match simulated {
        Ok(simulated) => compare(program, &real, &simulated).map(Verdict::Differs),
        Err(finding) => Some(Verdict::Found(finding)),
    }
}

/// Addresses that no program has had for long.
pub(super) fn next_block() -> u16 {
    BLOCK.fetch_add(1, Ordering::Relaxed).max(1)
}

/// What both kernels answer.
pub fn both(program: &Program, pace: Pace) -> (Vec<Answer>, Result<Vec<Answer>, Finding>) {
    let block = next_block();
    (on_linux(program, pace, block), on_sim(program, pace, block))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Differs(difference) => write!(f, "call #{}: {difference}", difference.at),
            Verdict::Found(finding) => finding.fmt(f),
        }
    }
}
