//! Another run for the same finding: what is left of a run that had much in it may be far from what the finding takes,
//! and nothing that can be taken away leads there. A run that has little in it from the start is near.

use super::{GoesOn, Shrinker, size};
use crate::choice::{Seed, Stream};
use crate::sched::Deviation;
use crate::world::{Report, Source};

/// Runs that are drawn before it is given up that a shorter one will be found.
const TRIES: u64 = 5000;
/// It is gone on for so many times what it took to find the first.
const MORE: u64 = 10;
/// What is so short is not worth looking for a shorter one.
pub(super) const SHORT: usize = 4;
/// Preemptions of a run at most: most bugs take one or two (Musuvathi, Qadeer, *Iterative Context Bounding*, PLDI 2007).
const DEVIATIONS_MAX: u32 = 4;
/// How many times half as long the runs may be that are drawn.
const SHORTER: u32 = 4;
/// Which of the ready threads a deviation goes to at most.
const PLACE_MAX: u32 = 3;
/// How rarely decisions are drawn.
const DRAWN_ONE_IN: [u32; 5] = [1, 2, 3, 4, 8];

/// Draws runs in which few decisions or most are dull, or only the schedule is another, for some that end in the same
/// finding: the report of the least of them, when enough were drawn or shrinking is to stop.
pub(super) fn again(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<Report> {
    let mut least: Option<Report> = None;
    let (mut tries, mut last) = (0, TRIES);
    while tries < last {
        tries += 1;
        let seed = Seed(shrinker.runs);
        let mut draws = Stream::beside(seed, Stream::SHRINK);
        let one_in = DRAWN_ONE_IN[draws.below(DRAWN_ONE_IN.len() as u32) as usize];
        let source = match draws.below(3) {
            0 => Source::Reschedule(shrinker.best.clone(), seed),
            1 => Source::Sparse { seed, one_in, schedule: None },
            _ => {
                let schedule = Some(deviations(&mut draws, shrinker.report.steps));
                Source::Sparse { seed, one_in, schedule }
            }
        };
        let Some(found) = shrinker.attempt(source, go) else { break };
        if let Some(report) = found {
            // Where one is found soon, more are.
            if least.is_none() {
                last = last.min(MORE * tries);
            }
            if least.as_ref().is_none_or(|least| size(&report.tape) < size(&least.tape)) {
                least = Some(report);
            }
        }
    }
    least
}

/// A few deviations from the dull schedule, of a run of so many scheduling points or of one that is shorter.
fn deviations(draws: &mut Stream, steps: u64) -> Vec<Deviation> {
    let count = draws.below(DEVIATIONS_MAX + 1);
    let steps = (steps >> draws.below(SHORTER)).max(1);
    let one = |_| Deviation { at: draws.long_below(steps), to: 1 + draws.below(PLACE_MAX) };
    let mut deviations: Vec<Deviation> = (0..count).map(one).collect();
    deviations.sort_unstable_by_key(|deviation| deviation.at);
    deviations
}
