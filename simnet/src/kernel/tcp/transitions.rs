//! Which changes of state there were: the arrows of RFC 9293, figure 5.

use core::fmt;

use super::State;

const STATES: usize = State::ALL.len();

/// How often connections went from each state to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transitions([[u32; STATES]; STATES]);

impl Transitions {
    /// A connection changes its state.
    #[inline]
    pub(in crate::kernel) fn note(&mut self, from: State, to: State) {
        let count = &mut self.0[from as usize][to as usize];
        *count = count.saturating_add(1);
    }

    /// How often there was this one.
    pub fn count(&self, from: State, to: State) -> u32 {
        self.0[from as usize][to as usize]
    }

    /// Adds those of another run.
    pub fn merge(&mut self, other: &Transitions) {
        for (row, others) in self.0.iter_mut().zip(&other.0) {
            for (count, other) in row.iter_mut().zip(others) {
                *count = count.saturating_add(*other);
            }
        }
    }
}

impl fmt::Display for Transitions {
    /// One line for each that there was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for from in State::ALL {
            for to in State::ALL {
                let count = self.count(from, to);
                if count > 0 {
                    writeln!(f, "{:<12} > {:<12} {count}", from.name(), to.name())?;
                }
            }
        }
        Ok(())
    }
}
