//! Going through all schedules with a few deviations from the dull one, and being able to say that they were all.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::{Found, Progress, Scenario};
use crate::choice::Seed;
use crate::sched::{Deviation, Learned};
use crate::world::{Config, Report, Source};

/// How far through the schedules of one seed of one scenario: what is to be tried next, so that it can be gone on with.
///
/// A schedule is the dull one, in which every thread runs until it waits and the one that has been ready the longest
/// follows, but for at most `bound` decisions: preemptions, and others than the first being next. (Delay bounding:
/// Emmi, Qadeer, Rakamarić, *Delay-Bounded Scheduling*, POPL 2011.) They are gone through depth first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    scenario: String,
    seed: Seed,
    bound: usize,
    /// The hash of the dull run: another one is another program.
    hash: Option<String>,
    schedules: u64,
    findings: u64,
    /// The deviations to be tried next; `None` when all have been.
    next: Option<Vec<Deviation>>,
}

impl Cursor {
    /// At the dull schedule.
    pub fn new(scenario: &str, seed: Seed, bound: usize) -> Self {
        let scenario = scenario.to_owned();
        Cursor { scenario, seed, bound, hash: None, schedules: 0, findings: 0, next: Some(Vec::new()) }
    }

    /// From a file, if it is about the same.
    pub fn load(&self, path: &Path) -> Option<Cursor> {
        let text = fs::read_to_string(path).ok()?;
        let found: Cursor = serde_json::from_str(&text).ok()?;
        let is_same = (&found.scenario, found.seed, found.bound) == (&self.scenario, self.seed, self.bound);
        is_same.then_some(found)
    }

    /// Writes it into a file.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        fs::write(path, serde_json::to_string(self).map_err(io::Error::other)? + "\n")
    }

    /// Whether every schedule has been tried.
    pub fn is_finished(&self) -> bool {
        self.next.is_none()
    }

    /// Schedules tried.
    pub fn schedules(&self) -> u64 {
        self.schedules
    }

    /// How many of them ended in a finding.
    pub fn findings(&self) -> u64 {
        self.findings
    }

    /// Moves on, after a run: the deviations that it made, or `None` if there was no place for the last one.
    fn advance(&mut self, made: Option<Vec<Deviation>>) {
        let mut next = match made {
            Some(made) => {
                self.schedules += 1;
                let after = made.last().map_or(0, |last| last.at + 1);
                if made.len() < self.bound {
                    self.next = Some([made, vec![Deviation { at: after, to: 1 }]].concat());
                    return;
                }
                made
            }
            None => {
                let mut next = self.next.take().unwrap_or_default();
                next.pop();
                next
            }
        };
        self.next = next.pop().map(|last| {
            next.push(Deviation { to: last.to + 1, ..last });
            next
        });
    }

    /// Goes on from here, with runs like `config`, until all is done, something is found, or `stop` is set. `None`
    /// unless something was found.
    pub fn go_on(
        &mut self,
        scenario: &Scenario,
        config: &Config,
        progress: &Progress,
        stop: &AtomicBool,
    ) -> Option<Found> {
        let dull = scenario.run(&self.config(config, Vec::new()));
        let hash = dull.hash.to_string();
        if self.hash.as_ref() != Some(&hash) {
            *self = Cursor { hash: Some(hash), ..Cursor::new(&self.scenario, self.seed, self.bound) };
        }
        while let Some(next) = self.next.clone()
            && !stop.load(Ordering::Relaxed)
        {
            let config = self.config(config, next);
            let report = scenario.run(&config);
            progress.add(&report);
            let Report { finding, learned, hash, .. } = report;
            let Learned::Deviations(made) = learned else { unreachable!("that is what they learn") };
            let was_made = made.is_some();
            self.advance(made);
            if let Some(finding) = finding
                && was_made
            {
                self.findings += 1;
                let (seed, run, hash) = (self.seed, self.schedules, hash.value());
                return Some(Found { scenario: 0, seed, run, config: Box::new(config), finding, hash });
            }
        }
        None
    }

    fn config(&self, config: &Config, planned: Vec<Deviation>) -> Config {
        Config { source: Source::Deviate(self.seed, planned), ..config.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The questions of a run that asks `others` at each, played with the deviations planned.
    fn play(others: &[u32], planned: &[Deviation]) -> Option<Vec<Deviation>> {
        let mut made = Vec::new();
        for (at, &others) in (0..).zip(others) {
            let Some(next) = planned.get(made.len()) else { break };
            let is_last = made.len() + 1 == planned.len();
            let to = if is_last && at > next.at { 1 } else { next.to };
            if at >= next.at && (is_last || at == next.at) && to <= others {
                made.push(Deviation { at, to });
            }
        }
        (made.len() == planned.len()).then_some(made)
    }

    #[test]
    fn every_schedule_within_the_bound_comes_once() {
        let others = [1, 0, 2, 3, 0, 1];
        // By the elementary symmetric polynomials of the numbers of others.
        for (bound, expected) in [(0, 1), (1, 1 + 7), (2, 1 + 7 + 17), (5, 1 + 7 + 17 + 17 + 6)] {
            let mut cursor = Cursor::new("s", Seed(0), bound);
            let mut seen = Vec::new();
            while let Some(next) = cursor.next.clone() {
                let made = play(&others, &next);
                seen.extend(made.clone());
                cursor.advance(made);
            }
            assert_eq!(cursor.schedules(), expected, "bound {bound}");
            let count = seen.len();
            seen.sort_by_key(|made| made.iter().map(|d| (d.at, d.to)).collect::<Vec<_>>());
            seen.dedup();
            assert_eq!(seen.len(), count, "none twice");
        }
    }
}
