//! Every call on everything that a descriptor can be: what it answers, and what the descriptor is ready for then.
//!
//! What Linux says is in `expected.txt`, calls with the same answer together. To ask it anew:
//! `UPDATE=1 cargo test -p simnet --test conformance real::every_call`.

mod calls;
mod kinds;

use core::fmt::Write;

use netcore::sys::{Fd, SockOpt, SockOptValue};

use calls::{calls, names};
use kinds::kinds;

use crate::tcp_verbs::quiet;
use crate::verbs::*;

const EXPECTED: &str = include_str!("expected.txt");

/// What it is ready for, if it is still open.
fn readiness<S: Machine>(s: &S, fd: Fd) -> String {
    quiet(s);
    if s.fcntl_getfd(fd).is_err() { "closed".to_owned() } else { names(state(s, fd)) }
}

pub(crate) fn every_call_on_everything<S: Machine>(s: &S) {
    let mut table = String::new();
    let is_open = |number| s.fcntl_getfd(Fd::raw(number)).is_ok();
    let before: Vec<bool> = (0..128).map(is_open).collect();
    for (kind, make) in kinds::<S>() {
        let mut answers: Vec<(String, Vec<&str>)> = Vec::new();
        for (call, make_call) in calls::<S>() {
            // A bare number: wrong calls are meant here.
            let fd = Fd::raw(make(s).number);
            let answer = make_call(s, fd);
            let answer = format!("{answer} [{}]", readiness(s, fd));
            match answers.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, calls)) => calls.push(call),
                None => answers.push((answer, vec![call])),
            }
            for number in (0..128).filter(|&number| !before[number as usize] && is_open(number)) {
                let _ = s.setsockopt(Fd::raw(number), SockOpt::Linger, SockOptValue::Linger(Some(0)));
                assert_eq!(s.close(Fd::raw(number)), Ok(()));
            }
        }
        let _ = writeln!(table, "{kind}");
        for (answer, calls) in answers {
            let _ = writeln!(table, "    {answer}: {}", calls.join("; "));
        }
    }
    compare(&table);
}

/// Compares with what Linux said when it was asked.
fn compare(table: &str) {
    if std::env::var_os("UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/every_call/expected.txt");
        return std::fs::write(path, table).expect("the file of this test");
    }
    let mut kind = "";
    let mut differences = Vec::new();
    for (line, expected) in table.lines().zip(EXPECTED.lines()) {
        if !expected.starts_with(' ') {
            kind = expected;
        }
        if line != expected {
            differences.push(format!("{kind}\n  expected {}\n  found    {}", expected.trim(), line.trim()));
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(table.lines().count(), EXPECTED.lines().count(), "as many lines");
}
