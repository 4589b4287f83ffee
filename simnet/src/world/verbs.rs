//! What a scenario demands of what it runs: now, always, or some time.

use core::fmt;
use core::time::Duration;

use super::World;
use super::state::State;
use crate::oracle::{Finding, Oracle};

/// How often [`World::eventually`] looks within its time.
const LOOKS: u32 = 200;

/// What [`World::always`] was told.
pub(crate) struct Invariant {
    what: String,
    holds: Box<dyn Fn() -> bool>,
}

impl World {
    /// Waits until `holds` is true, which is looked at again and again, in virtual time. For the scenario's own thread.
    ///
    /// The run fails with `LW` and `what` if it is not within that time.
    pub fn eventually(&self, what: impl fmt::Display, within: Duration, holds: impl Fn() -> bool) {
        let until = self.now() + within;
        while !holds() {
            if self.now() >= until {
                let place = format!("not yet: {what}");
                self.fail(Oracle::LostWakeup, &place, format_args!("within {within:?}"));
            }
            self.sleep((within / LOOKS).max(Duration::from_nanos(1)));
        }
    }

    /// From here on `holds` is true whenever time moves, and at the end. It looks at what the scenario and its programs
    /// share; it makes no calls.
    ///
    /// The run fails with `WE` and `what` when it is not.
    pub fn always(&self, what: impl fmt::Display, holds: impl Fn() -> bool + 'static) {
        let invariant = Invariant { what: what.to_string(), holds: Box::new(holds) };
        self.with(|state| state.invariants.borrow_mut().push(invariant));
    }
}

/// The first of the invariants that does not hold.
pub(super) fn violated(state: &State) -> Option<Finding> {
    let invariants = state.invariants.borrow();
    let violated = invariants.iter().find(|invariant| !(invariant.holds)())?;
    Some(Finding::new(Oracle::WrongAnswer, format!("not always: {}", violated.what), ""))
}
