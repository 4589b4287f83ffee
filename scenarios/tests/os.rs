//! The cases on this machine's own kernel.

use scenarios::cases;
use scenarios::room::OsRoom;

fn on_this_machine(case: fn(&OsRoom)) {
    for seed in 0..20 {
        case(&OsRoom::new(seed));
    }
}

#[test]
fn echo() {
    on_this_machine(cases::echo::run);
}

#[test]
fn close_races() {
    on_this_machine(cases::close_races::run);
}

#[test]
fn churn() {
    on_this_machine(cases::churn::run);
}

#[test]
fn deadlines() {
    on_this_machine(cases::deadlines::run);
}

#[test]
fn rebind() {
    on_this_machine(cases::rebind::run);
}

#[test]
fn relay() {
    on_this_machine(cases::relay::run);
}

#[test]
fn slow_reader() {
    on_this_machine(cases::slow_reader::run);
}

#[test]
fn dial() {
    on_this_machine(cases::dial::run);
}

#[test]
fn lifecycle() {
    on_this_machine(cases::lifecycle::run);
}

#[test]
fn drops() {
    on_this_machine(cases::drops::run);
}

#[test]
fn fd_program() {
    on_this_machine(cases::fd_program::run);
}
