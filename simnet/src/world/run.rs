//! One run, from its first thread to its verdict.

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use netcore::sys::Instant;

use super::World;
use super::observer::Observer;
use super::state::{self, State};
use super::{verbs, verdict};
use crate::choice::{Choices, Point, Rates, Recorded, Seed, Sequence, Tape};
use crate::fabric::PacketNote;
use crate::kernel::ids::{Pid, Tid};
use crate::kernel::tcp::Transitions;
use crate::kernel::{Attempt, Event, Kernel};
use crate::oracle::Finding;
use crate::panics;
use crate::plan::Plan;
use crate::sched::{
    Deviation, Deviations, Learned, Measure, RandomWalk, Replay, Shape, Strategy, StrategyName,
};
use crate::thread::{Threads, outside};
use crate::trace::{Hash, Record};

/// Where the decisions of a run come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Drawn from a seed.
    Seed(Seed),
    /// Drawn from a seed, but the schedule is dull, with these deviations.
    Deviate(Seed, Vec<Deviation>),
    /// Drawn from a seed, by a random walk that learns what the run is like.
    Measure(Seed),
    /// Played from a tape; dull where it has ended.
    Tape(Tape),
    /// Played from a tape but for the schedule, which is a random walk.
    Reschedule(Tape, Seed),
    /// Drawn from a seed, but of what the scenario and its surroundings decide most is dull.
    Sparse {
        /// The seed.
        seed: Seed,
        /// How rarely such decisions are drawn.
        one_in: u32,
        /// Where the schedule is other than dull; `None` is a random walk.
        schedule: Option<Vec<Deviation>>,
    },
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the decisions come from.
    pub source: Source,
    /// What the schedule of a seed is drawn by.
    pub strategy: StrategyName,
    /// What runs of the scenario are like, where the strategy wants to know.
    pub shape: Arc<Shape>,
    /// What the run's conditions are drawn from, where the scenario says nothing about them.
    pub plan: Arc<Plan>,
    /// How rarely faults strike.
    pub rates: Rates,
    /// Whether to keep the whole trace.
    pub trace: bool,
    /// Whether to record the tape of a run from a seed.
    pub record: bool,
    /// Scheduling points after which the run is cut.
    pub steps_max: u64,
    /// Virtual time after which whatever still waits is taken to wait for ever.
    pub time_max: Duration,
}

impl Config {
    /// The default limits, plan and strategy for `source`, with neither trace nor tape. The rates of faults are a
    /// seed's by the plan, or the default ones.
    pub fn new(source: Source) -> Self {
        let plan = Plan::swarm();
        let rates = match source {
            Source::Seed(seed) => plan.rates(seed),
            _ => Rates::default(),
        };
        Config {
            source,
            strategy: StrategyName::default(),
            shape: Arc::default(),
            plan,
            rates,
            trace: false,
            record: false,
            steps_max: 20_000_000,
            time_max: Duration::from_secs(4 * 3600),
        }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// What was wrong, if anything.
    pub finding: Option<Finding>,
    /// The hash of all that happened.
    pub hash: Hash,
    /// Scheduling points passed.
    pub steps: u64,
    /// Decisions asked for, of every kind.
    pub decisions: u64,
    /// System calls made.
    pub calls: u64,
    /// How far virtual time got.
    pub virtual_time: Duration,
    /// The decisions, if they were recorded.
    pub tape: Tape,
    /// Of which sequences they were, one after the other.
    pub order: Vec<Sequence>,
    /// The trace, if it was kept.
    pub trace: Vec<Record>,
    /// What happened to packets, if the trace was kept.
    pub packets: Vec<PacketNote>,
    /// How the states of connections changed.
    pub transitions: Transitions,
    /// What there is to learn from the schedule.
    pub learned: Learned,
}

/// Runs `body` as the first thread of a new world, until every thread has ended or an oracle speaks.
pub fn run(config: &Config, body: impl FnOnce(&World) + Send + 'static) -> Report {
    panics::install();
    let state = Rc::new(new_state(config));
    state.enter();
    state.ask_strategy(0);
    let director = World::begin(&state);
    spawn_thread(&state, director, "director", Box::new(move || body(&World::current())));
    while !state.over.get() && turn(&state, config) {}
    let finding = end(&state);
    let report = report(&state, finding);
    State::leave();
    report
}

fn new_state(config: &Config) -> State {
    let rates = config.rates.clone();
    let (mut choices, strategy): (Choices, Box<dyn Strategy>) = match &config.source {
        Source::Seed(seed) => (Choices::from_seed(*seed, rates), config.strategy.start(*seed, &config.shape)),
        Source::Deviate(seed, planned) => {
            (Choices::from_seed(*seed, rates), Box::new(Deviations::new(planned.clone())))
        }
        Source::Sparse { seed, one_in, schedule } => {
            let strategy: Box<dyn Strategy> = match schedule {
                Some(deviations) => Box::new(Deviations::new(deviations.clone())),
                None => Box::new(RandomWalk::new(*seed)),
            };
            (Choices::from_seed(*seed, rates).sparse(*one_in), strategy)
        }
        Source::Reschedule(tape, seed) => {
            (Choices::from_tape(tape.clone(), rates), Box::new(RandomWalk::new(*seed)))
        }
        Source::Measure(seed) => (Choices::from_seed(*seed, rates), Box::new(Measure::new(*seed))),
        Source::Tape(tape) => (Choices::from_tape(tape.clone(), rates), Box::new(Replay::new(tape.clone()))),
    };
    if config.record {
        choices.record();
    }
    let mut kernel = Kernel::new(choices);
    kernel.fabric.log.notes = config.trace.then(Vec::new);
    if config.trace {
        kernel.choices.tell();
    }
    State {
        kernel: RefCell::new(kernel),
        threads: RefCell::new(Threads::new(strategy.is_eager())),
        observer: RefCell::new(Observer::new(config.trace)),
        plan: config.plan.clone(),
        invariants: RefCell::default(),
        strategy: RefCell::new(strategy),
        running: Cell::new(None),
        next: Cell::new(None),
        strategy_at: Cell::new(u64::MAX),
        entered_at: Cell::new(0),
        nexts: Cell::new(0),
        steps_max: config.steps_max,
        finding: RefCell::new(None),
        over: Cell::new(false),
        dying: Cell::new(false),
        spared: Cell::new(0),
        unwound_by: Cell::new(u64::MAX),
        killed: RefCell::new(Vec::new()),
    }
}

/// Adds a thread of `process`.
pub(crate) fn spawn_thread(state: &State, process: Pid, name: &str, body: Box<dyn FnOnce() + Send>) -> Tid {
    let body = move || {
        // A panic has been reported by the hook; `Killed` needs no report.
        let _ = catch_unwind(AssertUnwindSafe(body));
    };
    state.threads.borrow_mut().spawn(name.into(), process, Box::new(body))
}

/// Lets one thread run until it stops, or time move to the next event. Says whether the run goes on.
fn turn(state: &State, config: &Config) -> bool {
    let killed = core::mem::take(&mut *state.killed.borrow_mut());
    for process in killed {
        unwind(state, |thread| thread.process == process);
        state.kernel.borrow_mut().exit_process(process);
    }
    let Some(thread) = state.next.take().or_else(|| next_ready(state)) else {
        return pass_time(state, config);
    };
    let mut fiber = state.threads.borrow_mut().enter(thread);
    state.enter_thread(thread);
    let ended = fiber.resume();
    outside();
    state.leave_thread(thread);
    let mut threads = state.threads.borrow_mut();
    if ended {
        threads.end(thread, fiber);
    } else {
        threads.left(thread, fiber);
    }
    threads.alive() > 0
}

fn next_ready(state: &State) -> Option<Tid> {
    let mut threads = state.threads.borrow_mut();
    let ready = threads.ready();
    match ready {
        0 => None,
        1 => Some(threads.take_ready(0)),
        _ => {
            let place = state.strategy.borrow_mut().next(threads.others());
            let index = state.nexts.replace(state.nexts.get() + 1);
            state.kernel.borrow_mut().choices.note(Point::Next, index, place as u32);
            Some(threads.take_ready(place))
        }
    }
}

/// Nothing can run: the next event happens. Says whether there was one.
fn pass_time(state: &State, config: &Config) -> bool {
    let next = state.kernel.borrow().timers.next();
    let last = next.is_none_or(|at| at.saturating_since(Instant::ZERO) > config.time_max);
    let stuck = verbs::violated(state).or_else(|| verdict::stuck(state, last));
    if let Some(finding) = stuck {
        state.report(finding);
        return false;
    }
    let mut kernel = state.kernel.borrow_mut();
    if let Some(at) = next {
        kernel.now = kernel.now.max(at);
        let kernel = &mut *kernel;
        match kernel.timers.pop(kernel.now, &mut kernel.choices) {
            Some(Event::Wake { thread, generation }) => {
                let mut threads = state.threads.borrow_mut();
                if threads.get(thread).waits == generation {
                    threads.wake(thread, Attempt::TimedOut);
                }
            }
            Some(event) => {
                kernel.fire(event);
                crate::sim::wake_woken(state, kernel);
                note_packets(state, kernel);
            }
            None => {}
        }
    }
    true
}

/// Writes what was decided into the trace, if there is one.
pub(crate) fn note_decisions(state: &State, kernel: &mut Kernel) {
    if kernel.choices.has_told() {
        let (threads, mut observer) = (state.threads.borrow(), state.observer.borrow_mut());
        for decision in kernel.choices.take_told() {
            observer.decision(kernel.now, &threads, state.running.get(), decision);
        }
    }
}

/// Writes what happened to packets into the trace, if there is one, and before it what was decided about them.
pub(crate) fn note_packets(state: &State, kernel: &mut Kernel) {
    note_decisions(state, kernel);
    if let Some(notes) = &mut kernel.fabric.log.notes {
        let threads = state.threads.borrow();
        let mut observer = state.observer.borrow_mut();
        notes.drain(..).for_each(|note| observer.packet(&threads, &note));
    }
}

/// Unwinds every thread that matches, so that what it holds is freed.
fn unwind(state: &State, matches: impl Fn(&crate::thread::Thread) -> bool) {
    loop {
        let Some((thread, fiber)) = state.threads.borrow_mut().take_alive(&matches) else { break };
        let Some(mut fiber) = fiber else { break };
        state.set_dying(true);
        state.running.set(Some(thread));
        let ended = !fiber.started() || fiber.resume();
        outside();
        state.running.set(None);
        state.set_dying(false);
        assert!(ended, "a thread that is unwound does not wait");
        state.threads.borrow_mut().end(thread, fiber);
    }
}

/// The run has ended: checks what it leaves behind, and unwinds what is left.
fn end(state: &State) -> Option<Finding> {
    if !state.over.get()
        && let Some(finding) = verbs::violated(state).or_else(|| verdict::leaks(state))
    {
        state.report(finding);
    }
    state.over.set(true);
    unwind(state, |_| true);
    state.finding.borrow_mut().take()
}

fn report(state: &State, finding: Option<Finding>) -> Report {
    let mut kernel = state.kernel.borrow_mut();
    let mut observer = state.observer.borrow_mut();
    let steps = state::step();
    observer.hash.mix(steps);
    observer.hash.mix(kernel.now.as_nanos());
    observer.hash.mix(kernel.fabric.log.hash);
    let Recorded { tape, order } = kernel.choices.take_recorded();
    Report {
        finding,
        hash: observer.hash,
        steps,
        decisions: kernel.choices.decisions(),
        calls: observer.calls,
        virtual_time: kernel.now.saturating_since(Instant::ZERO),
        tape,
        order,
        trace: observer.take_trace(),
        packets: core::mem::take(&mut observer.packets),
        transitions: kernel.transitions.clone(),
        learned: state.strategy.borrow_mut().learned(),
    }
}
