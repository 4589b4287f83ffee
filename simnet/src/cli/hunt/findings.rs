//! What a hunt does with what it finds.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::words::replay;
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
        print!("{}", Story::of(scenario, &repro).short());
        match self.archive.keep(scenario, repro, |folder| replay(&folder.display())) {
            Ok(folder) => println!("again      {}", replay(&folder.display())),
            Err(error) => {
                println!("           not kept: {error}");
                println!("again      {} --seed {}", replay(&scenario.name), found.seed);
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
