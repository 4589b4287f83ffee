//! The kernels that a body is run on.

use std::sync::{Mutex, PoisonError};

use netcore::os::Os;
use netcore::sys::{Fd, FdFlags, Files};
use simnet::Sim;
use simnet::choice::{Rates, Seed};
use simnet::world::{Config, Source, run};

use crate::verbs::Machine;

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
