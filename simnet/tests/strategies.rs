//! What each strategy promises of its schedules.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use netcore::sync::AtomicU64;
use netcore::sys::Threads as _;
use simnet::choice::Seed;
use simnet::hunt::{Conditions, Cursor, Progress, Scenario};
use simnet::sched::StrategyName;
use simnet::world::{Config, Source};
use simnet::{Oracle, Sim, World};

/// Threads that count up one number each, so often; `told` hears in which order, by their indices.
fn counting(world: &World, often: &[u64], told: impl FnOnce(Vec<usize>)) {
    let sim = world.host("h").process("p");
    let order = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = often
        .iter()
        .enumerate()
        .map(|(index, &often)| {
            let (order, number) = (order.clone(), AtomicU64::<Sim>::new(0));
            let count = move || {
                for _ in 0..often {
                    number.fetch_add(1);
                    order.lock().unwrap().push(index);
                }
            };
            sim.spawn(&format!("counter{index}"), Box::new(count)).unwrap()
        })
        .collect();
    threads.into_iter().for_each(|thread| sim.join(thread));
    told(Arc::into_inner(order).expect("the threads have ended").into_inner().unwrap());
}

/// How often each order came up in so many runs.
fn orders(strategy: StrategyName, often: &'static [u64], runs: u64) -> BTreeMap<Vec<usize>, u64> {
    let orders = Arc::new(Mutex::new(BTreeMap::new()));
    let told = orders.clone();
    let scenario = Scenario::new("counting", "", &["linux"], move |world| {
        counting(world, often, |order| *told.lock().unwrap().entry(order).or_default() += 1);
    });
    let conditions = Conditions { strategy, faults: false, ..Conditions::default() };
    // The measured runs are told of, too.
    scenario.run(&conditions.config(Seed(0)));
    orders.lock().unwrap().clear();
    for seed in 0..runs {
        scenario.run(&conditions.config(Seed(seed)));
    }
    core::mem::take(&mut *orders.lock().unwrap())
}

fn binomial(n: u64, k: u64) -> u64 {
    (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
}

/// The rarest order of those that there are, as a part of what it would be if all were as likely.
fn evenness(orders: &BTreeMap<Vec<usize>, u64>, all: u64, runs: u64) -> f64 {
    let rarest = if orders.len() as u64 == all { *orders.values().min().unwrap() } else { 0 };
    rarest as f64 * all as f64 / runs as f64
}

#[test]
fn surw_makes_every_order_as_likely_where_a_random_walk_does_not() {
    // Of six orders of two and two, and of fifteen of two and four.
    for often in [&[2, 2], &[2, 4]] {
        let (all, runs) = (binomial(often[0] + often[1], often[0]), 6000);
        let uniform = evenness(&orders(StrategyName::Surw, often, runs), all, runs);
        let walk = evenness(&orders(StrategyName::RandomWalk, often, runs), all, runs);
        assert!(uniform > 0.5, "{often:?}: the rarest order comes {uniform} times as often as it should");
        assert!(walk < uniform, "{often:?}: a random walk {walk}, SURW {uniform}");
    }
}

/// A bug of depth two: the second thread's only step has to come between two neighbouring ones of the first's hundred.
fn narrow(world: &World) {
    counting(world, &[100, 1], |order| {
        if order[50] == 1 {
            world.fail(Oracle::WrongAnswer, "just there", "the second came in between");
        }
    });
}

#[test]
fn pct_finds_a_bug_of_depth_two_as_often_as_it_promises() {
    let scenario = Scenario::new("narrow", "", &["linux"], narrow);
    let conditions = Conditions { strategy: StrategyName::Pct, faults: false, ..Conditions::default() };
    let (threads, steps) = (3.0, 110.0);
    let runs = 4000;
    let found =
        (0..runs).filter(|&seed| scenario.run(&conditions.config(Seed(seed))).finding.is_some()).count();
    // Depth 2 is one of the four that are drawn; the deeper ones find it as well.
    let promised = f64::from(runs as u32) / (threads * steps) / 4.0;
    assert!(found as f64 >= promised, "{found} of {runs}; promised {promised}");
}

#[test]
fn all_schedules_within_a_bound_are_gone_through_and_the_bug_among_them_is_found() {
    let scenario = Scenario::new("narrow", "", &["linux"], narrow);
    let config = Conditions { faults: false, ..Conditions::default() }.config(Seed(0));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let mut cursor = Cursor::new("narrow", Seed(0), 1);
    let found = cursor.go_on(&scenario, &config, &Progress::default(), &stop).expect("one preemption");
    assert_eq!(scenario.run(&found.config).finding.as_ref(), Some(&found.finding));
    // Behind it there is no other.
    assert!(cursor.go_on(&scenario, &config, &Progress::default(), &stop).is_none());
    assert!(cursor.is_finished());
    assert_eq!(cursor.findings(), 1);
    assert!((100..400).contains(&cursor.schedules()), "{}", cursor.schedules());
}

#[test]
fn a_cursor_goes_on_from_its_file_unless_the_program_is_another() {
    let scenario = Scenario::new("narrow", "", &["linux"], narrow);
    let config = Conditions { faults: false, ..Conditions::default() }.config(Seed(0));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let path = std::env::temp_dir().join(format!("simnet-cursor-{}", std::process::id()));
    let mut cursor = Cursor::new("narrow", Seed(0), 1);
    cursor.go_on(&scenario, &config, &Progress::default(), &stop).expect("one preemption");
    cursor.save(&path).expect("it can be written");
    let mut loaded = cursor.load(&path).expect("it is about the same");
    assert_eq!(loaded, cursor);
    assert_eq!(Cursor::new("other", Seed(0), 1).load(&path), None);
    let other = Scenario::new("narrow", "", &["linux"], |world| counting(world, &[3, 1], drop));
    assert!(loaded.go_on(&other, &config, &Progress::default(), &stop).is_none());
    assert!(loaded.schedules() < cursor.schedules(), "from the beginning");
    std::fs::remove_file(&path).expect("it is there");
}

#[test]
fn a_schedule_of_any_strategy_is_its_tape() {
    let scenario = Scenario::new("counting", "", &["linux"], |world| counting(world, &[7, 5, 3], drop));
    for strategy in StrategyName::ALL {
        let conditions = Conditions { strategy, ..Conditions::default() };
        for seed in (0..50).map(Seed) {
            let config = Config { record: true, ..conditions.config(seed) };
            let report = scenario.run(&config);
            assert_eq!(scenario.run(&config).hash, report.hash, "{strategy}, seed {seed}, again");
            let tape = Config { source: Source::Tape(report.tape), ..config };
            assert_eq!(scenario.run(&tape).hash, report.hash, "{strategy}, seed {seed}, from its tape");
        }
    }
}
