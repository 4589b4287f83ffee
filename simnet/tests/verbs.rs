//! What a scenario can demand: now, always, some time.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use simnet::Oracle;
use simnet::choice::Seed;
use simnet::world::{Config, Report, Source, World, run};

fn simulated(body: impl FnOnce(&World) + Send + 'static) -> Report {
    run(&Config::new(Source::Seed(Seed(1))), body)
}

/// A counter that a process raises by one each second.
fn counting(world: &World) -> Arc<AtomicU32> {
    let counter = Arc::new(AtomicU32::new(0));
    let theirs = counter.clone();
    let clock = *world;
    world.host("a").start("counts", move |_| {
        for _ in 0..10 {
            clock.sleep(Duration::from_secs(1));
            theirs.fetch_add(1, Ordering::Relaxed);
        }
    });
    counter
}

#[test]
fn what_is_to_come_is_waited_for() {
    let report = simulated(|world| {
        let counter = counting(world);
        world.eventually("three", Duration::from_secs(5), || counter.load(Ordering::Relaxed) == 3);
        assert_eq!(world.now().saturating_since(netcore::sys::Instant::ZERO).as_secs(), 3);
    });
    assert_eq!(report.finding, None);
}

#[test]
fn what_does_not_come_is_a_finding() {
    let report = simulated(|world| {
        let counter = counting(world);
        world.eventually("eleven", Duration::from_secs(20), || counter.load(Ordering::Relaxed) == 11);
    });
    let finding = report.finding.expect("it counts to ten");
    assert_eq!((finding.oracle, &*finding.place), (Oracle::LostWakeup, "not yet: eleven"));
}

#[test]
fn what_is_always_so_is_looked_at_whenever_time_moves_and_at_the_end() {
    for (most, found) in [(9, true), (10, false)] {
        let report = simulated(move |world| {
            let counter = counting(world);
            world.always(format_args!("{most} at most"), move || counter.load(Ordering::Relaxed) <= most);
        });
        let place = report.finding.map(|finding| finding.place);
        assert_eq!(place, found.then(|| "not always: 9 at most".to_owned()));
    }
}
