//! The ways to make a tape less.

use super::{GoesOn, Shrinker};
use crate::choice::Sequence;

/// Tapes that are longer are not gone through pair by pair.
const PAIRED_MAX: usize = 48;

/// Spans of this length and below overlap.
const OVERLAPPING_MAX: usize = 4;

/// One way to make a tape less. `None` when shrinking is to stop.
type Pass = fn(&mut Shrinker<'_>, GoesOn<'_>) -> Option<()>;

/// In the order in which they are tried: what may take most away comes first.
pub(super) const ALL: [Pass; 5] = [drop_sequences, drop_spans, drop_questions, drop_pairs, lower];

/// Those that may be made less, in an order that does not depend on how the tape came about.
fn sequences(shrinker: &Shrinker<'_>) -> Vec<Sequence> {
    let mut sequences: Vec<Sequence> = shrinker.best.sequences().collect();
    sequences.sort_unstable();
    sequences
}

/// Makes every decision of one sequence dull.
fn drop_sequences(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<()> {
    for sequence in sequences(shrinker) {
        let len = shrinker.best.answers(sequence).len();
        if len > 0 {
            shrinker.consider(shrinker.best.without(sequence, 0, len), go)?;
        }
    }
    Some(())
}

/// Makes decisions dull that were made one after the other, whatever they were about: the later half, then quarters, and
/// so on to single ones.
fn drop_spans(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<()> {
    let mut size = shrinker.best.len();
    while size > 0 {
        // From the end, where most is that came of the finding rather than led to it.
        let mut end = shrinker.best.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let span = &shrinker.order()[start..end];
            shrinker.consider(shrinker.best.without_each(span), go)?;
            // Short ones overlap: a preemption and the one that comes back from it go together or not at all.
            let next = if size <= OVERLAPPING_MAX { end - 1 } else { start };
            end = next.min(shrinker.best.len());
        }
        size /= 2;
    }
    Some(())
}

/// Makes decisions of one sequence dull as if the questions had not been asked: those behind them move up.
fn drop_questions(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<()> {
    for sequence in sequences(shrinker) {
        let mut size = shrinker.best.answers(sequence).len();
        while size > 0 {
            let mut end = shrinker.best.answers(sequence).len();
            while end > 0 {
                let start = end.saturating_sub(size);
                shrinker.consider(shrinker.best.without_questions(sequence, start, end - start), go)?;
                end = start.min(shrinker.best.answers(sequence).len());
            }
            size /= 2;
        }
    }
    Some(())
}

/// Makes two decisions dull at once, of any sequences: a preemption and the one that comes back from it.
fn drop_pairs(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<()> {
    if shrinker.best.len() > PAIRED_MAX {
        return Some(());
    }
    let mut first = 0;
    while let Some(one) = shrinker.best.nth(first) {
        let without_one = shrinker.best.without(one.0, one.1, 1);
        let mut second = first;
        while let Some(other) = without_one.nth(second) {
            if shrinker.consider(without_one.without(other.0, other.1, 1), go)? {
                break;
            }
            second += 1;
        }
        first += 1;
    }
    Some(())
}

/// Makes answers smaller: 1, half, one less.
fn lower(shrinker: &mut Shrinker<'_>, go: GoesOn<'_>) -> Option<()> {
    for sequence in sequences(shrinker) {
        for at in (0..shrinker.best.answers(sequence).len()).rev() {
            let Some(&(_, answer)) = shrinker.best.answers(sequence).get(at) else { continue };
            for lower in [1, answer / 2, answer - 1] {
                if 0 < lower
                    && lower < answer
                    && shrinker.consider(shrinker.best.with(sequence, at, lower), go)?
                {
                    break;
                }
            }
        }
    }
    Some(())
}
