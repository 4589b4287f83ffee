//! The way of every call: scheduling point, faults, kernel, oracles, trace.

use core::cell::RefMut;
use core::fmt;
use core::time::Duration;

use netcore::sys::{Errno, Fd, FdFlags, Instant, OFlags, Received, Result, Rlimit, SockAddr, SockOptValue};

use super::Sim;
use super::bits::Bits;
use crate::choice::Point;
use crate::kernel::ids::Tid;
use crate::kernel::{Answer, Attempt, Call, Kernel, Stop};
use crate::oracle::{Finding, Oracle};
use crate::sched::Site;
use crate::thread::Waiting;
use crate::trace::CallName;
use crate::world::observer::Answered;
use crate::world::state::{self, State};
use crate::world::verdict;

/// A value that a call can answer with.
pub(super) trait Value {
    /// A number that stands for it in the hash.
    fn code(&self) -> u64;
    /// How the trace shows it.
    fn text(&self) -> String;
}

impl Sim {
    /// Makes a call. `f` is attempted until the kernel has an answer.
    pub(super) fn call<T: Value>(
        &self,
        name: CallName,
        fd: Fd,
        args: fmt::Arguments<'_>,
        f: impl FnMut(&mut Kernel, &mut Call) -> Answer<T>,
    ) -> Result<T> {
        state::point(Site::Call(name));
        state::with(|state| {
            let Some(thread) = state.running.get().filter(|_| !state.ended()) else {
                return Err(Errno::EBADF);
            };
            let answer = self.attempt(state, thread, name, fd, f);
            if !state.ended() {
                let answered = Answered {
                    process: self.process,
                    name,
                    fd,
                    args,
                    code: answer.as_ref().map(Value::code).map_err(|&errno| errno),
                    text: &|| answer.as_ref().map_or_else(|errno| format!("{errno:?}"), Value::text),
                };
                tell(state, thread, &answered);
            }
            answer
        })
        .unwrap_or(Err(Errno::EBADF))
    }

    fn attempt<T>(
        &self,
        state: &State,
        thread: Tid,
        name: CallName,
        fd: Fd,
        mut f: impl FnMut(&mut Kernel, &mut Call) -> Answer<T>,
    ) -> Result<T> {
        let mut kernel = state.kernel.borrow_mut();
        if name.interruptible() && kernel.choices.strike(Point::Eintr) {
            return Err(Errno::EINTR);
        }
        assert!(
            !kernel.process(self.process).is_dead,
            "{}: a call on a process that has crashed",
            name.name()
        );
        let mut call = kernel.begin(self.process, thread);
        loop {
            let answer = f(&mut kernel, &mut call);
            match answer {
                Ok(value) => {
                    finish(state, kernel, call);
                    return Ok(value);
                }
                Err(Stop::Errno(errno)) => {
                    finish(state, kernel, call);
                    return Err(errno);
                }
                Err(Stop::Restart) => {
                    kernel.end_call(call);
                    call = kernel.begin(self.process, thread);
                }
                Err(Stop::Block) if std::thread::panicking() => {
                    finish(state, kernel, call);
                    return Err(Errno::EBADF);
                }
                Err(Stop::Block) => {
                    wake_woken(state, &mut kernel);
                    let signal = signal(&mut kernel, name, call.deadline);
                    drop(kernel);
                    blocks_worker(state, thread, name, fd);
                    let waiting = Waiting::Call(name, fd);
                    let ended = Unwinding { state, call: Some(call) };
                    state.block(waiting, signal.or(ended.call.as_ref().and_then(|call| call.deadline)));
                    call = ended.survived();
                    kernel = state.kernel.borrow_mut();
                    call.attempt = match state.threads.borrow().get(thread).woken {
                        Attempt::TimedOut if signal.is_some() => Attempt::Signalled { restarts: false },
                        woken => woken,
                    };
                    debug_assert_ne!(call.attempt, Attempt::First);
                }
            }
        }
    }
}

/// When a signal ends the wait that a call begins, if one does: some eighths of its timeout from now, or of a millisecond.
fn signal(kernel: &mut Kernel, name: CallName, deadline: Option<Instant>) -> Option<Instant> {
    let eighths = if name.interruptible() { kernel.choices.stray(Point::Eintr, 8) } else { 0 };
    let eighth = deadline.map_or(Duration::from_millis(1), |at| at.saturating_since(kernel.now)) / 8;
    (eighths > 0).then(|| kernel.now + eighth * eighths)
}

/// A task waits in a call, and all the tasks behind it on its worker with it. Only a close may (`SO_LINGER`).
fn blocks_worker(state: &State, thread: Tid, name: CallName, fd: Fd) {
    let task = state.threads.borrow().get(thread).task;
    if task != 0 && name != CallName::Close && !state.ended() {
        let place = format!("a task blocks its worker in {}", name.name());
        state.report(Finding::new(Oracle::LostWakeup, place, format!("on descriptor {fd}")));
    }
}

/// A call whose thread may be unwound while it waits: its reference to the file is given back all the same.
struct Unwinding<'a> {
    state: &'a State,
    call: Option<Call>,
}

impl Unwinding<'_> {
    fn survived(mut self) -> Call {
        self.call.take().expect("taken once")
    }
}

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take()
            && !self.state.over.get()
        {
            let mut kernel = self.state.kernel.borrow_mut();
            kernel.end_call(call);
        }
    }
}

fn finish(state: &State, mut kernel: RefMut<'_, Kernel>, call: Call) {
    kernel.end_call(call);
    wake_woken(state, &mut kernel);
}

/// Makes the threads ready that the kernel has woken.
pub(crate) fn wake_woken(state: &State, kernel: &mut Kernel) {
    if !kernel.woken.is_empty() {
        let mut threads = state.threads.borrow_mut();
        for thread in kernel.woken.drain(..) {
            threads.wake(thread, Attempt::Woken);
        }
    }
}

/// Tells the observer, and the run if an oracle speaks.
fn tell(state: &State, thread: Tid, answered: &Answered<'_>) {
    let mut kernel = state.kernel.borrow_mut();
    crate::world::run::note_decisions(state, &mut kernel);
    let report = kernel.reports.pop();
    let unmodelled = kernel.unmodelled.take().map(verdict::unmodelled);
    let mut observer = state.observer.borrow_mut();
    let finding = observer.call(&kernel, &state.threads.borrow(), thread, answered);
    let gives_way = observer.gives_way(answered.process);
    drop(observer);
    crate::world::run::note_packets(state, &mut kernel);
    drop(kernel);
    if let Some(finding) = unmodelled.or(report.map(verdict::misuse)).or(finding) {
        state.report(finding);
    } else if gives_way {
        state::give_way(state, thread);
    }
}

impl Value for () {
    fn code(&self) -> u64 {
        0
    }

    fn text(&self) -> String {
        "0".to_owned()
    }
}

impl Value for usize {
    fn code(&self) -> u64 {
        *self as u64
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Value for Fd {
    fn code(&self) -> u64 {
        self.number as u64
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Value for (Fd, Fd) {
    fn code(&self) -> u64 {
        (self.0.number as u64) << 32 | self.1.number as u64
    }

    fn text(&self) -> String {
        format!("[{}, {}]", self.0, self.1)
    }
}

impl Value for (Fd, SockAddr) {
    fn code(&self) -> u64 {
        self.0.number as u64
    }

    fn text(&self) -> String {
        format!("{}, {:?}", self.0, self.1)
    }
}

impl Value for SockAddr {
    fn code(&self) -> u64 {
        self.ip().map_or(0, |addr| u64::from(addr.port()))
    }

    fn text(&self) -> String {
        format!("{self:?}")
    }
}

impl Value for SockOptValue {
    fn code(&self) -> u64 {
        self.int().map_or(0, |value| value as u64)
    }

    fn text(&self) -> String {
        match self {
            SockOptValue::Int(value) => value.to_string(),
            other => format!("{other:?}"),
        }
    }
}

impl Value for Received {
    fn code(&self) -> u64 {
        self.len as u64
    }

    fn text(&self) -> String {
        match self.from {
            Some(from) => format!("{}, {from:?}", self.len),
            None => self.len.to_string(),
        }
    }
}

impl Value for OFlags {
    fn code(&self) -> u64 {
        u64::from(self.bits())
    }

    fn text(&self) -> String {
        Bits(*self).to_string()
    }
}

impl Value for FdFlags {
    fn code(&self) -> u64 {
        u64::from(self.bits())
    }

    fn text(&self) -> String {
        Bits(*self).to_string()
    }
}

impl Value for Rlimit {
    fn code(&self) -> u64 {
        self.soft
    }

    fn text(&self) -> String {
        format!("{}..{}", self.soft, self.hard)
    }
}
