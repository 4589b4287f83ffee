//! The kernels that a body is run on.

use std::sync::{Arc, Mutex, PoisonError};

use netcore::os::Os;
use netcore::sys::{Fd, FdFlags, Files};
use simnet::Sim;
use simnet::choice::{Rates, Seed};
use simnet::world::{Config, Source, run};

use crate::verbs::Machine;
use crate::{crews, programs};

/// Numbers that a body may open.
const NUMBERS: i32 = 128;
/// Steps before a failure that are shown.
const TRACED: usize = 40;

/// The descriptor table is the process's: one body at a time.
static TABLE: Mutex<()> = Mutex::new(());

/// Runs a body on the real kernel.
pub(crate) fn real(body: fn(&Os)) {
    let _table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    alone(&Os, body);
}

/// Runs a body on the simulated kernel, under several schedules and without faults.
pub(crate) fn simulated(body: fn(&Sim)) {
    for seed in 0..8 {
        let config =
            Config { rates: Rates::without_faults(), trace: true, ..Config::new(Source::Seed(Seed(seed))) };
        let report = run(&config, move |world| {
            world.host("machine").start("body", move |sim| alone(&sim, body)).join();
        });
        if let Some(finding) = report.finding {
            let trace = report.trace.iter().rev().take(TRACED).rev();
            let trace: Vec<String> = trace.map(ToString::to_string).collect();
            panic!("seed {seed}: {finding}\n{}", trace.join("\n"));
        }
    }
}

/// What the simulated kernel answers to the program made from `seed`.
fn simulated_log(program: fn(&Sim, u64) -> Vec<String>, seed: u64, schedule: u64) -> Vec<String> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let inside = log.clone();
    let config = Config { rates: Rates::without_faults(), ..Config::new(Source::Seed(Seed(schedule))) };
    let report = run(&config, move |world| {
        let body = move |sim| *inside.lock().expect("nobody panics with it") = program(&sim, seed);
        world.host("machine").start("program", body).join();
    });
    assert_eq!(report.finding, None, "program {seed}");
    let log = log.lock().expect("nobody panics with it");
    log.clone()
}

/// What the real kernel answers to it.
fn real_log(program: fn(&Os, u64) -> Vec<String>, seed: u64) -> Vec<String> {
    let _table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    program(&Os, seed)
}

#[test]
fn both_kernels_answer_a_program_alike() {
    for seed in 0..500 {
        let logs = [simulated_log(programs::log, seed, 0), real_log(programs::log, seed)];
        assert_eq!(logs[0], logs[1], "program {seed}");
    }
}

#[test]
fn both_kernels_wake_a_crew_alike() {
    for seed in 0..2 {
        let logs = [simulated_log(crews::log, seed, 0), real_log(crews::log, seed)];
        assert_eq!(logs[0], logs[1], "program {seed}");
    }
}

#[test]
fn a_program_is_answered_the_same_on_every_schedule() {
    for seed in 0..200 {
        let logs = [1, 2].map(|schedule| simulated_log(programs::log, seed, schedule));
        assert_eq!(logs[0], logs[1], "program {seed}");
    }
}

#[test]
fn a_crew_is_woken_the_same_on_every_schedule() {
    for seed in 0..100 {
        let logs = [1, 2].map(|schedule| simulated_log(crews::log, seed, schedule));
        assert_eq!(logs[0], logs[1], "program {seed}");
    }
}

/// Runs a body and closes what it left open.
fn alone<S: Machine>(s: &S, body: fn(&S)) {
    let before: Vec<bool> = (0..NUMBERS).map(|number| is_open(s, number)).collect();
    body(s);
    for (number, was_open) in (0..NUMBERS).zip(before) {
        if !was_open && is_open(s, number) {
            s.close(Fd::raw(number)).expect("it is open");
        }
    }
}

fn is_open<S: Files>(s: &S, number: i32) -> bool {
    s.fcntl_getfd(Fd::raw(number)).is_ok_and(|flags| FdFlags::all().contains(flags))
}

macro_rules! behaviours {
    ($($module:ident { $($name:ident)* })*) => {
        mod real {
            $(mod $module {
                $(#[test]
                fn $name() {
                    crate::arms::real(crate::$module::$name);
                })*
            })*
        }

        mod simulated {
            $(mod $module {
                $(#[test]
                fn $name() {
                    crate::arms::simulated(crate::$module::$name);
                })*
            })*
        }
    };
}

pub(crate) use behaviours;
