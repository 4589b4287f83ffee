//! `simnet hunt --exhaustive`: all schedules with a few deviations from the dull one.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use indicatif::{ProgressBar, ProgressStyle};

use super::show::while_shown;
use crate::choice::Seed;
use crate::cli::Refusal;
use crate::cli::findings::Findings;
use crate::cli::words::short;
use crate::hunt::{Campaign, Cursor, Limit, Progress, Scenario};

/// Goes through each scenario's schedules, several scenarios at once.
pub(super) fn run(
    campaign: &Campaign<'_>,
    bound: usize,
    out: &Path,
    until_found: bool,
    findings: &mut Findings<'_>,
) -> Result<ExitCode, Refusal> {
    fs::create_dir_all(out)?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {msg}").expect("indicatif's manual"));
    let progress = Progress::default();
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Vec::new());
    let findings_lock = Mutex::new(&mut *findings);
    let work = |scenario: &Scenario| -> io::Result<Cursor> {
        let seed = Seed(campaign.first_seed);
        let path = out.join(format!("exhaustive-{}-{seed}-{bound}.json", scenario.name));
        let config = campaign.conditions.config(seed);
        let new = Cursor::new(scenario.name, seed, bound);
        let mut cursor = new.load(&path).unwrap_or(new);
        while !cursor.is_finished() && !campaign.stop.load(Ordering::Relaxed) {
            let found = cursor.go_on(scenario, &config, &progress, campaign.stop);
            cursor.save(&path)?;
            if let Some(found) = found {
                bar.suspend(|| findings_lock.lock().expect("no panic while telling").add(scenario, &found));
                if until_found {
                    campaign.stop.store(true, Ordering::Relaxed);
                }
            }
        }
        Ok(cursor)
    };
    let show = |elapsed: core::time::Duration| {
        if let Limit::Time(time) = campaign.limit
            && elapsed >= time
        {
            campaign.stop.store(true, Ordering::Relaxed);
        }
        let runs = progress.runs.load(Ordering::Relaxed) as f64;
        bar.set_message(format!("| {} schedules, {}/s", short(runs), short(runs / elapsed.as_secs_f64())));
    };
    while_shown(&bar, show, || {
        std::thread::scope(|scope| {
            for _ in 0..campaign.jobs.max(1) {
                scope.spawn(|| {
                    while let Some(scenario) = campaign.scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let cursor = work(scenario);
                        ended.lock().expect("no panic while adding").push((scenario.name, cursor));
                    }
                });
            }
        });
    });
    bar.finish_and_clear();
    for (name, cursor) in ended.into_inner().expect("no panic while adding") {
        let cursor = cursor?;
        let (schedules, found) = (cursor.schedules(), cursor.findings());
        let state = if cursor.is_finished() { "all" } else { "not all yet" };
        println!("{name}: {schedules} schedules with at most {bound} deviations, {state}; {found} findings");
    }
    findings.summary();
    Ok(ExitCode::from(u8::from(findings.count > 0)))
}
