//! Tests under loom: the code that ships, in every order of its threads, with every value that a load may give.
//!
//! The simulator's threads see one memory, so a wrong [`Ordering`](core::sync::atomic::Ordering) is right to it.
//! Here it is not. The tests are beside what they test, in modules of this name; `.ci/loom` runs them. What they
//! share is here: a [`Machine`] to be generic over, and how far they go.
//!
//! What loom does not show: a compare-and-swap that fails because it saw the past (its updates see the newest value,
//! whatever their order), and what more preemptions than [`model`] allows would bring.

mod machine;

use ::loom::model::Builder;

pub(crate) use machine::Machine;

/// Runs a model in all orders that differ and take a thread that could go on off no more than three times: each more
/// takes ten times as long, and no mutant has needed it. `LOOM_MAX_PREEMPTIONS` says otherwise.
pub(crate) fn model(body: impl Fn() + Sync + Send + 'static) {
    const PREEMPTIONS_MAX: usize = 3;
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(PREEMPTIONS_MAX);
    builder.max_branches = 10_000;
    builder.check(body);
}
