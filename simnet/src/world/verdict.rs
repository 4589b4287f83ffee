//! What is wrong with a run in which nothing can run, and with what a run leaves behind.

use core::fmt::Write;

use netcore::sys::{EpollEvents, Fd};

use super::observer::Forgotten;
use super::state::State;
use crate::kernel::Kernel;
use crate::kernel::ids::Pid;
use crate::kernel::report::{Misuse, Report};
use crate::oracle::{Direction, Finding, Oracle};
use crate::thread::{Status, Waiting};

/// Parked tasks up to which every standstill is examined. Beyond, an examination is due when there were as many
/// calls as there are parked tasks, so that its cost is a constant per call; the last standstill is always.
const EXAMINED_MAX: u64 = 32;

/// Nothing can run. A task whose descriptor is ready was forgotten; when nothing is due either (`last`),
/// all that waits is.
pub(super) fn stuck(state: &State, last: bool) -> Option<Finding> {
    let kernel = state.kernel.borrow();
    let observer = state.observer.borrow();
    let parked = observer.parked() as u64;
    let is_due = parked <= EXAMINED_MAX || observer.calls - observer.examined.get() >= parked;
    if !last && (parked == 0 || !is_due) {
        return None;
    }
    observer.examined.set(observer.calls);
    let forgotten = observer.parked_tasks(&kernel).find_map(|task| Some((task.why?, task.direction)));
    if forgotten.is_none() && !last {
        return None;
    }
    let mut detail = String::new();
    for task in observer.parked_tasks(&kernel) {
        let fd = kernel.describe_fd(task.process, task.fd.number).unwrap_or_default();
        let _ = writeln!(detail, "{task} ({fd})");
    }
    drop(observer);
    drop(kernel);
    let _ = write!(detail, "{}", threads(state));
    let (oracle, place) = match forgotten {
        Some((Forgotten::Ready, Direction::Read)) => (Oracle::LostWakeup, "parked although readable"),
        Some((Forgotten::Ready, Direction::Write)) => (Oracle::LostWakeup, "parked although writable"),
        Some((Forgotten::Closing, _)) => (Oracle::LostWakeup, "parked although closing"),
        Some((Forgotten::Expired, _)) => (Oracle::Deadline, "parked past its deadline"),
        None => (Oracle::LostWakeup, "everything waits"),
    };
    Some(Finding::new(oracle, place, detail))
}

/// Every thread that has not ended, and what it waits for.
fn threads(state: &State) -> String {
    let threads = state.threads.borrow();
    let observer = state.observer.borrow();
    let mut text = String::new();
    for (id, thread) in threads.iter().filter(|(_, thread)| thread.status != Status::Ended) {
        let waits = match thread.waiting {
            _ if thread.status != Status::Waiting => "is ready".to_owned(),
            Waiting::Call(name, fd) => format!("waits in {}({fd})", name.name()),
            Waiting::Park => "is parked".to_owned(),
            Waiting::Join(other) => format!("waits for the end of {}", threads.get(other).name),
        };
        let until = thread.deadline.map_or_else(String::new, |at| format!(" until {at:?}"));
        let host = observer.name_of(thread.process);
        let _ = writeln!(text, "{host}: thread {} ({id:?}) {waits}{until}", thread.name);
    }
    text
}

/// What is left now that every thread has ended.
pub(super) fn leaks(state: &State) -> Option<Finding> {
    let kernel = state.kernel.borrow();
    for process in (0..kernel.processes.len() as u32).map(Pid) {
        let open = kernel.leaks(process);
        if open.is_empty() {
            continue;
        }
        let host = state.observer.borrow().name_of(process);
        let mut detail = format!("{} descriptors of a process on {host}:\n", open.len());
        for &fd in &open {
            let _ = writeln!(detail, "{}", kernel.describe_fd(process, fd.number).unwrap_or_default());
        }
        return Some(Finding::new(Oracle::Leak, "descriptors are left", detail));
    }
    state.observer.borrow().task_leaks()
}

/// Whether the kernel has what a task waits for: what epoll would report for the direction.
pub(super) fn ready(kernel: &Kernel, process: Pid, fd: Fd, direction: Direction) -> bool {
    let common = EpollEvents::HUP | EpollEvents::ERR;
    let wanted = match direction {
        Direction::Read => common | EpollEvents::IN | EpollEvents::RDHUP,
        Direction::Write => common | EpollEvents::OUT,
    };
    kernel.poll_fd(process, fd).is_some_and(|events| events.intersects(wanted))
}

/// The program asked for what the kernel does not know: what the run would show is not what Linux does.
pub(crate) fn unmodelled(what: String) -> Finding {
    Finding::new(Oracle::Unmodelled, what, "")
}

/// A call with a descriptor number that is not the caller's any more.
pub(crate) fn misuse(report: Report) -> Finding {
    let (oracle, place) = match report.misuse {
        Misuse::StaleDescriptor if report.found.is_some() => {
            (Oracle::CrossTalk, "a call on somebody else's descriptor")
        }
        Misuse::StaleDescriptor => (Oracle::BadDescriptor, "a call on a closed descriptor"),
        Misuse::DoubleClose => (Oracle::BadDescriptor, "closed twice"),
        Misuse::StaleRegistration => (Oracle::BadDescriptor, "closed while registered, with a copy alive"),
        Misuse::StaleControl(_) => (Oracle::BadDescriptor, "epoll_ctl after close"),
    };
    Finding::new(oracle, place, report.to_string())
}
