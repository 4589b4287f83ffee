//! Another run for the same finding: what is left of a run that had much in it may be far from what the finding takes,
//! and nothing that can be taken away leads there. A run that has little in it from the start is near.

use super::{GoesOn, Shrinker};
use crate::choice::{Seed, Stream};
use crate::sched::Deviation;
use crate::world::{Report, Source};

/// Runs that are drawn before it is given up that a shorter one will be found.
const TRIES: u64 = 5000;
/// What is so short is not worth looking for a shorter one.
pub(super) const SHORT: usize = 4;
/// Preemptions of a run at most: most bugs take one or two (Musuvathi, Qadeer, *Iterative Context Bounding*, PLDI 2007).
const DEVIATIONS_MAX: u32 = 4;
/// Which of the ready threads a deviation goes to at most.
const PLACE_MAX: u32 = 3;
/// How rarely decisions are drawn.
const DRAWN_ONE_IN: [u32; 4] = [2, 3, 4, 8];

/// Draws runs in which most decisions are dull until one ends in the same finding: its report. `Some(None)` if none does,
/// `None` when shrinking is to stop.
pub(super) fn again(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<Option<Report>> {
    for _ in 0..TRIES {
        let seed = Seed(shrinker.runs);
        let mut draws = Stream::beside(seed, Stream::SHRINK);
        let one_in = DRAWN_ONE_IN[draws.below(DRAWN_ONE_IN.len() as u32) as usize];
        let schedule =
            if draws.below(2) == 0 { None } else { Some(deviations(&mut draws, shrinker.report.steps)) };
        let found = shrinker.attempt(Source::Sparse { seed, one_in, schedule }, go)?;
        if found.is_some() {
            return Some(found);
        }
    }
    Some(None)
}

/// A few deviations from the dull schedule.
fn deviations(draws: &mut Stream, steps: u64) -> Vec<Deviation> {
    let count = draws.below(DEVIATIONS_MAX + 1);
    let one = |_| Deviation { at: draws.long_below(steps.max(1)), to: 1 + draws.below(PLACE_MAX) };
    let mut deviations: Vec<Deviation> = (0..count).map(one).collect();
    deviations.sort_unstable_by_key(|deviation| deviation.at);
    deviations
}
