//! What a hunt does with what it finds, and an import with what a fuzzer has found.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::words::replay;
use crate::hunt::{Archive, Found, Repro, Scenario, Story};

/// The findings of a hunt, and those that were in its folder before.
pub(super) struct Findings<'a> {
    archive: Archive,
    interrupted: &'a AtomicBool,
    /// How often something was found in this hunt.
    pub(super) count: u64,
}

impl<'a> Findings<'a> {
    /// Kept in `out`.
    pub(super) fn open(out: &Path, interrupted: &'a AtomicBool) -> Self {
        Findings { archive: Archive::open(out), interrupted, count: 0 }
    }

    /// Shrinks a finding that is new, tells it and keeps it; counts one that is not.
    pub(super) fn add(&mut self, scenario: &Scenario, found: &Found) {
        self.count += 1;
        let signature = found.finding.signature();
        if !self.archive.count(scenario.name, &signature) {
            return;
        }
        println!("\nsignature  {} {signature}", scenario.name);
        println!("seed       {}, run {}", found.seed, found.run);
        let (repro, is_same) = Repro::smallest(scenario, found, || !self.interrupted.load(Ordering::Relaxed));
        if !is_same {
            println!("           the recorded run was another one: something besides the world decides");
        }
        self.keep(scenario, repro, &format!("{} --seed {}", replay(&scenario.name), found.seed));
    }

    /// Shrinks a finding of a fuzzer's, tells it and keeps it; or says where it is kept already. `again` is a command that
    /// shows it, if it cannot be kept.
    pub(super) fn import(&mut self, scenario: &Scenario, repro: Repro, again: &str) {
        self.count += 1;
        println!("signature  {} {}", scenario.name, repro.signature);
        println!("found by   {}", repro.origin);
        let is_new = self.archive.count(scenario.name, &repro.signature);
        match self.archive.folder(scenario.name, &repro.signature) {
            Some(folder) if !is_new => println!("again      {}", replay(&folder.display())),
            _ => {
                let repro = repro.smaller(scenario, || !self.interrupted.load(Ordering::Relaxed));
                self.keep(scenario, repro, again);
            }
        }
    }

    fn keep(&mut self, scenario: &Scenario, repro: Repro, otherwise: &str) {
        print!("{}", Story::of(scenario, &repro).short());
        match self.archive.keep(scenario, repro, |folder| replay(&folder.display())) {
            Ok(folder) => println!("again      {}", replay(&folder.display())),
            Err(error) => {
                println!("           not kept: {error}");
                println!("again      {otherwise}");
            }
        }
    }

    /// How often each was found, in all hunts that were kept here.
    pub(super) fn summary(&mut self) {
        if let Err(error) = self.archive.save_counts() {
            println!("the counts are not kept: {error}");
        }
        for (scenario, signature, times) in self.archive.counts() {
            println!("found {times} times: {scenario} {signature}");
        }
    }
}
