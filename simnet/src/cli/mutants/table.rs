//! What came of it, as a table.

use core::fmt::Write;

use super::catalogue::{Check, Mutant};
use super::sample::{Outcome, Sample, Sampling, Shrunk};
use crate::sched::StrategyName;

/// One mutant and the hunts for it.
pub(super) struct Row<'a> {
    pub(super) mutant: &'a Mutant,
    pub(super) samples: Vec<Sample>,
    /// The tests under loom that fail, where they are what is to find it.
    pub(super) failed: Vec<String>,
    /// It has a regression, which does not find it any more.
    pub(super) is_stale: bool,
}

/// The hunts by one strategy, summed up.
struct Summary {
    hunts: usize,
    found: usize,
    runs: u64,
    seconds: f64,
}

impl Row<'_> {
    /// For the terminal.
    pub(super) fn line(&self, strategies: &[StrategyName]) -> String {
        let Mutant { bug, name, .. } = self.mutant;
        let mut line = format!("{bug:4} {name:28}");
        if self.mutant.check == Check::Loom {
            let first = self.failed.first().map_or("SURVIVED", String::as_str);
            let _ = write!(line, " loom: {} tests fail  {first}", self.failed.len());
            return line;
        }
        for &strategy in strategies {
            let Summary { hunts, found, runs, seconds } = self.summary(strategy);
            let _ = match found {
                0 => write!(line, " {strategy} SURVIVED"),
                _ if hunts == 1 => write!(line, " {runs:>6} runs"),
                _ => write!(line, " {strategy} {found}/{hunts} {runs} runs {seconds:.1} s,"),
            };
        }
        if let Some(Outcome { scenario, signature, .. }) = self.outcomes().next() {
            let note = if self.is_expected() { "" } else { "  (another oracle than expected)" };
            let decisions = self.decisions();
            let _ = write!(line, " {decisions} decisions  {scenario}: {signature}{note}");
        }
        if self.is_stale {
            let _ = write!(
                line,
                "  (regressions/{name}.json does not find it any more: promote another finding)"
            );
        }
        line
    }

    /// Whether every hunt of every strategy that is meant to find it has.
    pub(super) fn is_found(&self) -> bool {
        if self.mutant.check == Check::Loom {
            return !self.failed.is_empty();
        }
        let judged = if self.samples.iter().any(|sample| sample.strategy == StrategyName::Portfolio) {
            Some(StrategyName::Portfolio)
        } else {
            None
        };
        let mut judged =
            self.samples.iter().filter(|sample| judged.is_none_or(|name| sample.strategy == name));
        judged.all(|sample| sample.found.is_some())
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.samples.iter().filter_map(|sample| sample.found.as_ref())
    }

    /// What is left of the findings.
    pub(super) fn shrunk(&self) -> impl Iterator<Item = &Shrunk> {
        self.outcomes().filter_map(|outcome| outcome.shrunk.as_ref())
    }

    fn summary(&self, strategy: StrategyName) -> Summary {
        let samples: Vec<&Sample> =
            self.samples.iter().filter(|sample| sample.strategy == strategy).collect();
        let found: Vec<&&Sample> = samples.iter().filter(|sample| sample.found.is_some()).collect();
        Summary {
            hunts: samples.len(),
            found: found.len(),
            runs: median(found.iter().filter_map(|sample| Some(sample.found.as_ref()?.runs))),
            seconds: f64::from(median(found.iter().map(|sample| (sample.seconds * 1e3) as u32))) / 1e3,
        }
    }

    fn decisions(&self) -> usize {
        median(self.shrunk().map(|shrunk| shrunk.decisions))
    }

    /// Whether all oracles that have spoken are among the expected ones.
    fn is_expected(&self) -> bool {
        self.outcomes().all(|outcome| {
            let code = outcome.signature.split(' ').next();
            code.is_some_and(|code| self.mutant.oracles.iter().any(|expected| expected == code))
        })
    }

    /// What the oracles said, the most frequent first.
    fn findings(&self) -> Vec<(String, usize)> {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for outcome in self.outcomes() {
            match counts.iter_mut().find(|(signature, _)| *signature == outcome.signature) {
                Some((_, count)) => *count += 1,
                None => counts.push((outcome.signature.clone(), 1)),
            }
        }
        counts.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        counts
    }
}

/// The middle one, the lower of two; 0 of none.
fn median<T: Ord + Default + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// For `docs/mutants.md`: the part between the marks.
pub(super) fn markdown(rows: &[Row<'_>], args: &Sampling) -> String {
    let Sampling { strategy: strategies, times, runs, seconds } = args;
    let found = rows.iter().filter(|row| row.is_found()).count();
    let sizes = median(rows.iter().filter(|row| row.outcomes().next().is_some()).map(Row::decisions));
    let slowest = rows.iter().flat_map(Row::shrunk).map(|shrunk| shrunk.seconds).fold(0.0, f64::max);
    let mut text = format!(
        "{found} of {} found. Per strategy: the median of the runs that {times} independent hunts took, of all scenarios\n\
         in turn, and the median of the seconds on all cores of the machine that wrote this; how many of the hunts found\n\
         it, where not all did, within {runs} runs and {seconds} s; a strategy whose first hunts found nothing was not asked\n\
         further. \"Decisions\" is the median of what is left of a finding of the first strategy when it has been shrunk;\n\
         the median of all mutants is {sizes}, the longest shrinking took {slowest:.1} s.\n\n\
         | bug | upstream | what is wrong |",
        rows.len()
    );
    strategies.iter().for_each(|strategy| text += &format!(" {strategy} |"));
    text += " decisions | findings |\n|---|---|---|";
    strategies.iter().for_each(|_| text += "---|");
    text += "---|---|\n";
    for row in rows {
        let Mutant { bug, name, upstream, about, .. } = row.mutant;
        let _ = write!(text, "| {bug} `{name}` | {upstream} | {about} |");
        if row.mutant.check == Check::Loom {
            strategies.iter().for_each(|_| text += " loom |");
            let found = if row.is_found() { row.failed.join("; ") } else { "**survived**".to_owned() };
            let _ = writeln!(text, " | {found} |");
            continue;
        }
        for &strategy in strategies {
            let Summary { hunts, found, runs, seconds } = row.summary(strategy);
            let _ = match found {
                0 => write!(text, " none of {hunts} |"),
                _ if found < hunts => write!(text, " {runs}, {seconds:.1} s ({found} of {hunts}) |"),
                _ => write!(text, " {runs}, {seconds:.1} s |"),
            };
        }
        let findings: Vec<String> =
            row.findings().into_iter().take(2).map(|(signature, _)| signature).collect();
        let _ = writeln!(text, " {} | {} |", row.decisions(), findings.join("; "));
    }
    text
}
