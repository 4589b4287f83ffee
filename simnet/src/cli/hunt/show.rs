//! How a hunt looks while it goes on, and at its end.

use core::time::Duration;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::words::{short, span};
use crate::hunt::{Campaign, Found, Limit, Progress, Scenario, Tally, hunt};

pub(super) fn bar(campaign: &Campaign<'_>) -> ProgressBar {
    let scenarios = campaign.scenarios.len() as u64;
    let (length, template) = match campaign.limit {
        Limit::Seeds(seeds) => (seeds.saturating_mul(scenarios), "{bar:30} {pos}/{len} runs {msg}"),
        Limit::Runs(runs) => (runs, "{bar:30} {pos}/{len} runs {msg}"),
        Limit::Time(time) => (time.as_secs(), "{bar:30} {elapsed}/{len}s {msg}"),
        Limit::Never => (0, "{spinner} {elapsed} {msg}"),
    };
    let style = ProgressStyle::with_template(template).expect("a template in the form of indicatif's manual");
    ProgressBar::new(length).with_style(style)
}

/// Runs the campaign while the bar moves.
pub(super) fn with_progress(
    campaign: &Campaign<'_>,
    bar: &ProgressBar,
    progress: &Progress,
    found: impl FnMut(Found) + Send,
) -> Vec<Tally> {
    while_shown(bar, |elapsed| show(bar, campaign, progress, elapsed), || hunt(campaign, progress, found))
}

/// Does something, and shows five times a second how far it is.
pub(super) fn while_shown<T>(
    bar: &ProgressBar,
    show: impl Fn(Duration) + Sync,
    work: impl FnOnce() -> T,
) -> T {
    let (end, ended) = channel::<()>();
    #[expect(clippy::disallowed_methods, reason = "the bar shows real time; no run sees it")]
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let ended = ended;
            while ended.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                show(began.elapsed());
                bar.tick();
            }
        });
        let done = work();
        drop(end);
        done
    })
}

fn show(bar: &ProgressBar, campaign: &Campaign<'_>, progress: &Progress, elapsed: Duration) {
    let runs = progress.runs.load(Ordering::Relaxed);
    let seconds = elapsed.as_secs_f64();
    bar.set_position(match campaign.limit {
        Limit::Seeds(_) | Limit::Runs(_) | Limit::Never => campaign.made + runs,
        Limit::Time(_) => elapsed.as_secs(),
    });
    bar.set_message(format!(
        "| {} runs, {}/s | {} virtual | {} decisions/s | {} findings",
        short(runs as f64),
        short(runs as f64 / seconds),
        span(Duration::from_micros(progress.virtual_us.load(Ordering::Relaxed))),
        short(progress.decisions.load(Ordering::Relaxed) as f64 / seconds),
        progress.findings.load(Ordering::Relaxed),
    ));
}

pub(super) fn summary(scenarios: &[Scenario], tallies: &[Tally]) {
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or(0).max("scenario".len());
    println!(
        "\n{:width$} {:>10} {:>12} {:>12} {:>12} {:>9}",
        "scenario", "runs", "points", "calls", "virtual", "findings"
    );
    for (scenario, tally) in scenarios.iter().zip(tallies) {
        println!(
            "{:width$} {:>10} {:>12} {:>12} {:>12} {:>9}",
            scenario.name,
            tally.runs,
            short(tally.steps as f64),
            short(tally.calls as f64),
            span(tally.virtual_time),
            tally.findings
        );
    }
}
