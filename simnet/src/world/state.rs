//! The run in progress on this thread of the operating system.
//!
//! Everything of a run lives here, reached through one thread-local: [`netcore::sys::Preempt`] has no
//! receiver, so it has to be, and handles ([`crate::Sim`]) are then plain numbers. Nothing is borrowed
//! across a switch of simulated threads.

use core::cell::{Cell, RefCell};
use core::panic::Location;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;

use netcore::sys::{Access, Fd, Instant};

use super::observer::Observer;
use super::verbs::Invariant;
use crate::choice::Sequence;
use crate::kernel::Kernel;
use crate::kernel::ids::{Pid, Tid};
use crate::oracle::{Finding, Oracle};
use crate::plan::Plan;
use crate::sched::{At, Site, Strategy};
use crate::thread::{Threads, Waiting, suspend};
use crate::trace::CallName;

/// What every preemption point touches; apart, so that access is a plain offset.
pub(super) struct Hot {
    /// Scheduling points passed.
    step: Cell<u64>,
    /// The point at which [`slow_point`] looks closer.
    ask_at: Cell<u64>,
    /// Where the mutexes were taken that the running thread holds.
    locked: Cell<Option<&'static Location<'static>>>,
    locks: Cell<u32>,
    /// What the running thread is about to do, by its last scheduling point.
    site: Cell<Site>,
    /// A thread has become ready, and the strategy wants to hear of it.
    soon: Cell<bool>,
}

thread_local! {
    static HOT: Hot = const {
        Hot {
            step: Cell::new(0),
            ask_at: Cell::new(u64::MAX),
            locked: Cell::new(None),
            locks: Cell::new(0),
            site: Cell::new(Site::Scenario),
            soon: Cell::new(false),
        }
    };
    static STATE: RefCell<Option<Rc<State>>> = const { RefCell::new(None) };
}

/// One run.
pub(crate) struct State {
    pub(crate) kernel: RefCell<Kernel>,
    pub(crate) threads: RefCell<Threads>,
    pub(crate) observer: RefCell<Observer>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) invariants: RefCell<Vec<Invariant>>,
    pub(crate) strategy: RefCell<Box<dyn Strategy>>,
    pub(crate) running: Cell<Option<Tid>>,
    /// The thread that a preempted one has chosen.
    pub(crate) next: Cell<Option<Tid>>,
    /// The point at which the strategy wants to be asked.
    pub(crate) strategy_at: Cell<u64>,
    /// The point at which the running thread was entered.
    pub(crate) entered_at: Cell<u64>,
    pub(crate) nexts: Cell<u64>,
    pub(crate) steps_max: u64,
    /// Set when the run is to end; threads then unwind at their next point.
    pub(crate) finding: RefCell<Option<Finding>>,
    pub(crate) over: Cell<bool>,
    /// The thread that runs is being unwound: its calls do nothing.
    pub(crate) dying: Cell<bool>,
    /// Points that a thread whose calls do nothing still passes if none comes at which it is better unwound.
    pub(crate) spared: Cell<u32>,
    /// The point by which that has ended.
    pub(crate) unwound_by: Cell<u64>,
    /// Processes whose threads are to be unwound before anybody else runs.
    pub(crate) killed: RefCell<Vec<Pid>>,
}

/// What a thread whose calls do nothing may still pass before it is unwound wherever it is.
const SPARED: u32 = 10_000;
/// And what it may pass while it is being unwound: a destructor that does not end then would never.
const UNWINDING_MAX: u64 = 50_000_000;

/// The payload with which a thread is unwound because its process or its run has ended.
pub(crate) struct Killed;

impl State {
    /// Makes this the run of the calling thread, until [`State::leave`].
    pub(crate) fn enter(self: &Rc<Self>) {
        HOT.with(|hot| {
            hot.step.set(0);
            hot.locks.set(0);
            hot.site.set(Site::Scenario);
            hot.soon.set(false);
        });
        self.arm();
        STATE.with_borrow_mut(|state| *state = Some(self.clone()));
    }

    pub(crate) fn leave() {
        HOT.with(|hot| {
            hot.ask_at.set(u64::MAX);
            hot.locks.set(0);
        });
        STATE.with_borrow_mut(|state| *state = None);
    }

    /// Asks the strategy when it wants to be asked next.
    pub(crate) fn ask_strategy(&self, step: u64) {
        let at = self.strategy.borrow_mut().next_at(step);
        self.strategy_at.set(at);
        self.arm();
    }

    /// A thread runs from here on.
    pub(crate) fn enter_thread(&self, thread: Tid) {
        let step = step();
        self.entered_at.set(step);
        self.running.set(Some(thread));
        let point = self.threads.borrow().get(thread).points;
        if let Some(at) = self.strategy.borrow_mut().enter(thread, step, point) {
            self.strategy_at.set(at);
            self.arm();
        }
    }

    /// The running thread does not, any more.
    pub(crate) fn leave_thread(&self, thread: Tid) {
        self.running.set(None);
        self.threads.borrow_mut().get_mut(thread).points += step() - self.entered_at.get();
    }

    fn arm(&self) {
        HOT.with(|hot| {
            let at_once = self.over.get() || self.dying.get() || hot.soon.get();
            hot.ask_at.set(if at_once { 0 } else { self.strategy_at.get().min(self.steps_max) });
        });
    }

    /// Starts or ends the unwinding of the thread that runs next.
    pub(crate) fn set_dying(&self, dying: bool) {
        self.dying.set(dying);
        self.spared.set(SPARED);
        self.unwound_by.set(step() + UNWINDING_MAX);
        HOT.with(|hot| hot.locks.set(0));
        self.arm();
    }

    /// An oracle speaks: the run is over. The first finding stands. What comes of a thread that is being unwound is
    /// none.
    pub(crate) fn report(&self, finding: Finding) {
        if self.dying.get() {
            return;
        }
        self.spared.set(SPARED);
        self.unwound_by.set(step() + UNWINDING_MAX);
        let mut first = self.finding.borrow_mut();
        if first.is_none() {
            let who = self.running.get().map(|thread| self.who(thread)).unwrap_or_default();
            let detail = format!("{}\n{who}", finding.detail);
            *first = Some(Finding { detail, ..finding });
        }
        drop(first);
        self.over.set(true);
        self.arm();
    }

    /// Whose decisions those of the running thread are.
    pub(super) fn asks(&self) -> Sequence {
        let running = self.running.get().expect("decisions are made by threads of the run");
        let threads = self.threads.borrow();
        let thread = threads.get(running);
        Sequence::of_task(thread.process, thread.task)
    }

    /// The running thread and its task, in words.
    fn who(&self, thread: Tid) -> String {
        let (Ok(threads), Ok(observer)) = (self.threads.try_borrow(), self.observer.try_borrow()) else {
            return String::new();
        };
        let thread = threads.get(thread);
        let task = if thread.task == 0 { String::new() } else { format!(", task {}", thread.task) };
        format!(
            "at step {}, {:?} s, in {}/{}{task}",
            step(),
            self.kernel.try_borrow().map_or(Instant::ZERO, |kernel| kernel.now),
            observer.name_of(thread.process),
            thread.name
        )
    }

    /// Whether calls of the running thread do nothing any more.
    pub(crate) fn ended(&self) -> bool {
        self.over.get() || self.dying.get()
    }

    /// The running thread waits until it is woken or until `deadline`; afterwards it is told why.
    pub(crate) fn block(&self, waiting: Waiting, deadline: Option<Instant>) {
        let Some(thread) = self.running.get() else { return };
        if self.ended() {
            // At the point before, to which it comes back when it is unwound.
            return die_if_ended(self);
        }
        let generation = self.threads.borrow_mut().wait(thread, waiting, deadline);
        if let Some(at) = deadline {
            let mut kernel = self.kernel.borrow_mut();
            kernel.timers.schedule(at, crate::kernel::Event::Wake { thread, generation });
        }
        suspend();
        die_if_ended(self);
    }
}

/// Runs `f` on the run of this thread, if it is in one.
#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&State) -> R) -> Option<R> {
    // The borrow is shared and may outlast a switch of threads; only `enter` and `leave` take it whole,
    // outside of all of them.
    STATE.with_borrow(|state| state.as_deref().map(f))
}

/// Scheduling points passed so far.
pub(crate) fn step() -> u64 {
    HOT.with(|hot| hot.step.get())
}

/// What the running thread is about to do, by its last scheduling point.
pub(crate) fn site() -> Site {
    HOT.with(|hot| hot.site.get())
}

/// A thread has become ready: a strategy that wants to hear of it is asked at the next point.
pub(crate) fn ask_soon() {
    HOT.with(|hot| {
        hot.soon.set(true);
        hot.ask_at.set(0);
    });
}

/// A scheduling point at a memory access.
#[inline]
#[track_caller]
pub(crate) fn preempt(access: Access) {
    point(Site::Access(access, Location::caller()));
}

/// A scheduling point.
#[inline]
pub(crate) fn point(site: Site) {
    HOT.with(|hot| {
        hot.site.set(site);
        point_at(hot);
    });
}

#[inline]
fn point_at(hot: &Hot) {
    let step = hot.step.get() + 1;
    hot.step.set(step);
    if step >= hot.ask_at.get() || hot.locks.get() != 0 {
        slow_point(hot, step);
    }
}

/// A mutex was taken.
#[inline]
pub(crate) fn locked(at: &'static Location<'static>) {
    HOT.with(|hot| {
        hot.locked.set(Some(at));
        hot.locks.set(hot.locks.get() + 1);
    });
}

/// A mutex was released.
#[inline]
pub(crate) fn unlocked() {
    HOT.with(|hot| hot.locks.set(hot.locks.get().saturating_sub(1)));
}

#[cold]
fn slow_point(hot: &Hot, step: u64) {
    with(|state| {
        let Some(running) = state.running.get() else { return };
        if hot.locks.get() != 0 && !state.ended() {
            state.report(lock_held(hot));
        }
        if step >= state.steps_max && !state.ended() {
            let detail = format!("{step} scheduling points passed without an end");
            state.report(Finding::new(Oracle::Budget, "steps", detail));
        }
        if state.ended() && !std::thread::panicking() {
            end_here_or_later(state, hot.site.get());
        } else if state.ended() && step >= state.unwound_by.get() {
            give_up(state, hot.site.get());
        }
        let soon = hot.soon.take();
        if !state.ended() && (soon || step >= state.strategy_at.get()) {
            ask(state, running, step, hot.site.get());
        }
    });
}

fn lock_held(hot: &Hot) -> Finding {
    hot.locks.set(0);
    let lock = hot.locked.get().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let detail = format!("locked at {lock}, now {}", hot.site.get());
    Finding::new(Oracle::Panic, "a lock is held across a scheduling point", detail)
}

/// Asks the strategy whether another thread runs now.
fn ask(state: &State, running: Tid, step: u64, site: Site) {
    let threads = state.threads.borrow();
    let at = At { step, thread: running, site, others: threads.others() };
    let wanted = state.strategy.borrow_mut().preempt(&at);
    // Threads do not switch while one unwinds: they share the count of panics in progress.
    let wanted = wanted.filter(|_| !std::thread::panicking());
    let answer = wanted.map_or(0, |at| threads.others()[at].0 + 1);
    let point = threads.get(running).points + (step - state.entered_at.get()) - 1;
    drop(threads);
    state.kernel.borrow_mut().choices.note(running, point, answer);
    state.ask_strategy(step);
    if let Some(at) = wanted {
        switch(state, running, at);
    }
}

/// The running thread lets the one go first that has been ready the longest, whatever the strategy says.
#[cold]
pub(crate) fn give_way(state: &State, running: Tid) {
    if state.threads.borrow().ready() > 0 && !std::thread::panicking() {
        switch(state, running, 0);
    }
}

/// The running thread is preempted by the one at that place of the ready ones.
fn switch(state: &State, running: Tid, at: usize) {
    let next = state.threads.borrow_mut().preempt(running, at);
    state.observer.borrow_mut().preempted(&state.kernel.borrow(), &state.threads.borrow(), running, next);
    state.next.set(Some(next));
    // If the run has ended meanwhile, the thread is unwound at one of its next points.
    suspend();
}

/// The running thread is unwound here or at a later point. Not in between two memory accesses, as far as that can be
/// known: it may be in a destructor or a waker from which nothing can be unwound (async-task aborts the process then).
/// Neither makes a call that moves data, or waits.
fn end_here_or_later(state: &State, site: Site) {
    use CallName::{Close, EpollCtl, Fcntl, Setsockopt, Shutdown, Unpark, Write};
    let later = match site {
        Site::Access(..) => true,
        Site::Call(name) => matches!(name, Write | Close | EpollCtl | Unpark | Shutdown | Setsockopt | Fcntl),
        Site::Scenario => false,
    };
    match state.spared.get().checked_sub(1) {
        Some(left) if later => state.spared.set(left),
        _ => die_if_ended(state),
    }
}

/// A destructor goes on for ever, and nothing can be unwound out of it: all that is left is to say so.
fn give_up(state: &State, site: Site) -> ! {
    if let Some(finding) = state.finding.take() {
        eprintln!("{finding}");
    }
    eprintln!("simnet: a thread of the run cannot be ended: its destructors go on for ever, {site}");
    std::process::abort()
}

/// Unwinds the running thread if its calls do nothing any more, unless it is unwinding already.
pub(crate) fn die_if_ended(state: &State) {
    if state.ended() && !std::thread::panicking() {
        resume_unwind(Box::new(Killed));
    }
}

/// The running thread keeps what its epoll_wait has reported.
pub(crate) fn keep_reported(reported: &mut Vec<Fd>) {
    with(|state| {
        if let Some(running) = state.running.get() {
            core::mem::swap(&mut state.threads.borrow_mut().get_mut(running).reported, reported);
        }
    });
}
