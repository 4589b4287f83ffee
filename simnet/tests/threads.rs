//! Simulated threads: scheduling, time, ends and verdicts, without a network.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use netcore::rt::{Config as RuntimeConfig, Runtime};
use netcore::sys::{
    Access, Clock, Domain, Files, MsgFlags, OFlags, Preempt, SockFlags, SockType, Sockets, Threads,
};
use simnet::choice::{Rates, Seed, Tape};
use simnet::world::{Config, Report, Source, run};
use simnet::{Oracle, Sim, World};

fn config(seed: u64) -> Config {
    Config {
        record: true,
        trace: true,
        rates: Rates::without_faults(),
        ..Config::new(Source::Seed(Seed(seed)))
    }
}

/// Two threads add to a counter by a load and a store: the textbook's lost update.
fn lost_update(world: &World) {
    let sim = world.host("h").process("p");
    let counter = Arc::new(AtomicU64::new(0));
    let threads: Vec<_> = (0..2)
        .map(|index| {
            let counter = counter.clone();
            let add = move || {
                Sim::preempt(Access::Load);
                let value = counter.load(Ordering::SeqCst);
                Sim::preempt(Access::Store);
                counter.store(value + 1, Ordering::SeqCst);
            };
            sim.spawn(&format!("adder{index}"), Box::new(add)).unwrap()
        })
        .collect();
    threads.into_iter().for_each(|thread| sim.join(thread));
    if counter.load(Ordering::SeqCst) != 2 {
        world.fail(Oracle::Data, "an update was lost", "the counter is not 2");
    }
}

fn first_failure(body: fn(&World)) -> (u64, Report) {
    (0..1000)
        .map(|seed| (seed, run(&config(seed), body)))
        .find(|(_, report)| report.finding.is_some())
        .expect("one seed in a thousand fails")
}

#[test]
fn a_lost_update_is_found_and_most_seeds_pass() {
    let failures = (0..200).filter(|&seed| run(&config(seed), lost_update).finding.is_some()).count();
    assert!((1..150).contains(&failures), "{failures} of 200 seeds fail");
}

#[test]
fn a_recorded_tape_replays_the_failure_with_the_same_hash() {
    let (_, failed) = first_failure(lost_update);
    let replay = Config { source: Source::Tape(failed.tape.clone()), ..config(0) };
    let replayed = run(&replay, lost_update);
    assert_eq!(replayed.hash, failed.hash);
    assert_eq!(replayed.finding, failed.finding);
}

#[test]
fn an_empty_tape_is_the_dull_run() {
    let dull = Config { source: Source::Tape(simnet::choice::Tape::default()), ..config(0) };
    assert_eq!(run(&dull, lost_update).finding, None);
}

#[test]
fn time_moves_to_the_deadline_of_a_park_and_no_further() {
    let report = run(&config(1), |world| {
        let sim = world.host("h").process("p");
        let until = sim.now() + Duration::from_millis(5);
        while sim.now() < until {
            sim.park(Some(until));
        }
        assert_eq!(sim.now(), until);
    });
    assert_eq!(report.finding, None);
    assert_eq!(report.virtual_time, Duration::from_millis(5));
}

#[test]
fn an_unpark_before_the_park_is_remembered_once() {
    let report = run(&config(2), |world| {
        let sim = world.host("h").process("p");
        let before = sim.now();
        sim.unpark(&sim.current());
        sim.park(Some(before + Duration::from_secs(1)));
        assert_eq!(sim.now(), before, "the unpark was forgotten");
        sim.park(Some(before + Duration::from_secs(1)));
        assert_eq!(sim.now(), before + Duration::from_secs(1), "the unpark was remembered twice");
    });
    assert_eq!(report.finding, None);
}

#[test]
fn a_panic_is_a_finding_that_names_the_thread() {
    let report = run(&config(3), |world| {
        let sim = world.host("web").process("p");
        let thread = sim.spawn("worker", Box::new(|| panic!("out of cheese"))).unwrap();
        sim.join(thread);
    });
    let finding = report.finding.expect("the panic");
    assert_eq!(finding.oracle, Oracle::Panic);
    assert_eq!(finding.signature(), "PN simnet/tests/threads.rs: out of cheese");
    assert!(finding.detail.contains("/worker"), "{}", finding.detail);
}

#[test]
fn a_lock_held_across_a_scheduling_point_is_a_finding() {
    let report = run(&config(4), |world| {
        let sim = world.host("h").process("p");
        Sim::locked();
        sim.unpark(&sim.current());
        Sim::unlocked();
    });
    let finding = report.finding.expect("the lock");
    assert_eq!(finding.place, "a lock is held across a scheduling point");
    assert!(finding.detail.contains("tests/threads.rs"), "{}", finding.detail);
}

#[test]
fn threads_that_wait_for_ever_are_named() {
    let report = run(&config(5), |world| {
        let sim = world.host("h").process("p");
        let thread = sim.spawn("sleeper", Box::new(move || sim.park(None))).unwrap();
        sim.join(thread);
    });
    let finding = report.finding.expect("the deadlock");
    assert_eq!(finding.oracle, Oracle::LostWakeup);
    assert!(finding.detail.contains("thread sleeper (t1) is parked"), "{}", finding.detail);
    assert!(finding.detail.contains("waits for the end of sleeper"), "{}", finding.detail);
}

#[test]
fn a_run_that_never_ends_is_cut_at_its_budget() {
    let short = Config { steps_max: 10_000, ..config(6) };
    let report = run(&short, |_| {
        loop {
            Sim::preempt(Access::Load);
        }
    });
    let finding = report.finding.expect("the cut");
    assert_eq!((finding.oracle, finding.place.as_str()), (Oracle::Budget, "steps"));
}

#[test]
fn a_run_that_is_cut_drops_what_its_threads_hold() {
    let held = Arc::new(());
    let inside = held.clone();
    let report = run(&config(7), move |world| {
        let sim = world.host("h").process("p");
        for _ in 0..3 {
            let held = inside.clone();
            let body = move || {
                sim.park(None);
                drop(held);
            };
            sim.spawn("holder", Box::new(body)).unwrap();
        }
        sim.park(None);
    });
    assert_eq!(report.finding.expect("the deadlock").oracle, Oracle::LostWakeup);
    assert_eq!(Arc::strong_count(&held), 1, "every thread was unwound");
}

#[test]
fn the_hash_depends_on_the_seed_and_on_nothing_else() {
    let hash = |seed| run(&config(seed), lost_update).hash;
    for seed in 0..20 {
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| hash(seed)).join().unwrap());
        assert_eq!(hash(seed), elsewhere, "seed {seed}");
    }
    let mut hashes: Vec<_> = (0..20).map(|seed| hash(seed).value()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert!(hashes.len() > 5, "{} different runs in 20 seeds", hashes.len());
}

#[test]
fn a_task_that_blocks_its_worker_is_a_finding() {
    let report = run(&config(1), |world| {
        let sim = world.host("host").process("program");
        let (reader, writer) = sim.pipe2(OFlags::empty()).expect("two descriptors");
        let runtime = Runtime::new(sim, RuntimeConfig::default()).expect("a run without faults");
        let task = runtime.spawn(async move { sim.read(reader, &mut [0; 8]) });
        runtime.block_on(async { task.await.is_ok() });
        let _ = (sim.close(reader), sim.close(writer));
    });
    let finding = report.finding.expect("a blocking pipe blocks");
    assert_eq!(finding.signature(), "LW a task blocks its worker in read");
}

#[test]
fn a_loop_of_decisions_alone_meets_the_limit_of_steps() {
    let config = Config { steps_max: 1000, ..config(1) };
    let report = run(&config, |world| while world.choose(2) < 2 {});
    assert_eq!(report.finding.map(|finding| finding.oracle), Some(Oracle::Budget));
}

#[test]
fn a_thread_that_polls_gives_way_to_the_one_it_waits_for() {
    let dull = Config::new(Source::Tape(Tape::default()));
    let report = run(&dull, |world| {
        let sim = world.host("host").process("program");
        let (reader, writer) = sim.pipe2(OFlags::NONBLOCK).expect("two descriptors");
        let polls = move || while sim.read(reader, &mut [0; 1]).is_err() {};
        let writes = move || assert_eq!(sim.write(writer, &[1]), Ok(1));
        let threads: [Box<dyn FnOnce() + Send>; 2] = [Box::new(polls), Box::new(writes)];
        for thread in threads.map(|body| sim.spawn("thread", body).unwrap()) {
            sim.join(thread);
        }
        let _ = (sim.close(reader), sim.close(writer));
    });
    assert_eq!(report.finding, None);
}

#[test]
fn what_is_not_modelled_is_a_finding_that_names_the_call() {
    let ask = |which: u32, sim: &Sim| {
        let of = |domain, ty| sim.socket(domain, ty, SockFlags::empty());
        let socket = of(Domain::Inet, SockType::Stream).expect("a socket");
        let _ = match which {
            0 => of(Domain::Unix, SockType::Stream).map(drop),
            1 => of(Domain::Inet, SockType::Dgram).map(drop),
            2 => sim.send(socket, b"x", MsgFlags::OOB).map(drop),
            _ => sim.recv(socket, &mut [0], MsgFlags::OOB).map(drop),
        };
    };
    let said = ["socket: Unix", "socket: Dgram", "send: MSG_OOB", "recv: MSG_OOB"];
    for (which, said) in (0..).zip(said) {
        let report = run(&config(1), move |world| ask(which, &world.host("host").process("program")));
        assert_eq!(report.finding.expect("a refusal").signature(), format!("UM {said}"));
    }
}

/// A thread that was preempted before it sleeps is unwound there: the run ends with what another one has found.
#[test]
fn a_run_ends_while_the_scenario_is_about_to_sleep() {
    let ends = |world: &World| {
        let sim = world.host("h").process("p");
        let failing = *world;
        let fail = move || {
            failing.choose(2);
            failing.fail(Oracle::WrongAnswer, "found meanwhile", "");
        };
        let _thread = sim.spawn("failing", Box::new(fail)).unwrap();
        for _ in 0..20 {
            world.sleep(Duration::from_nanos(1));
        }
    };
    for seed in 0..200 {
        let report = run(&config(seed), ends);
        let found = report.finding.map(|finding| finding.signature());
        assert_eq!(found.as_deref(), Some("WE found meanwhile"), "seed {seed}");
    }
}
