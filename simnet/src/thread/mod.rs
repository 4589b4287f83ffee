//! Simulated threads: who is ready, who runs, who waits for what.
//!
//! | status | how it leaves |
//! |---|---|
//! | ready | the scheduler picks it |
//! | running | it waits, it is preempted, it ends |
//! | waiting | what it waits for happens, or its deadline passes |
//! | ended | never |

mod fiber;

pub(crate) use fiber::{Fiber, outside, suspend};

use std::collections::VecDeque;
use std::rc::Rc;

use netcore::sys::{Fd, Instant};

use crate::kernel::Attempt;
use crate::kernel::ids::{Pid, Tid};
use crate::trace::CallName;
use crate::world::state::ask_soon;

/// Where a thread is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ready,
    Running,
    Waiting,
    Ended,
}

/// What a thread waits for, as a verdict tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Waiting {
    /// A system call's answer.
    Call(CallName, Fd),
    /// Its park to end.
    Park,
    /// The end of another thread.
    Join(Tid),
}

/// One simulated thread.
pub(crate) struct Thread {
    pub(crate) name: Rc<str>,
    pub(crate) process: Pid,
    pub(crate) status: Status,
    pub(crate) waiting: Waiting,
    /// Until when it waits.
    pub(crate) deadline: Option<Instant>,
    /// Counts its waits, so that the deadline of an earlier one is recognized.
    pub(crate) waits: u64,
    /// Scheduling points that it has passed, but for those since it was last entered.
    pub(crate) points: u64,
    /// Why its last wait ended.
    pub(crate) woken: Attempt,
    /// An unpark that no park has used yet.
    pub(crate) token: bool,
    /// netcore's value, `Threads::slot`.
    pub(crate) slot: u64,
    /// The task that it runs, 0 for none, as the runtime's probes tell.
    pub(crate) task: u64,
    pub(crate) joiners: Vec<Tid>,
    /// The descriptors that its last epoll_wait reported.
    pub(crate) reported: Vec<Fd>,
    fiber: Option<Fiber>,
}

/// All threads of a run, and the order in which the ready ones became ready.
#[derive(Default)]
pub(crate) struct Threads {
    all: Vec<Thread>,
    ready: VecDeque<Tid>,
    /// Processes whose host is paused, and their threads that would be ready.
    frozen: Vec<Pid>,
    waiting_for_thaw: Vec<Tid>,
    ended: usize,
    /// The strategy wants to hear of threads that become ready.
    tells_of_ready: bool,
}

impl Threads {
    /// None yet. Whether the strategy is to hear of those that become ready.
    pub(crate) fn new(tells_of_ready: bool) -> Self {
        Threads { tells_of_ready, ..Threads::default() }
    }

    /// Adds a thread that is ready to run `body`.
    pub(crate) fn spawn(&mut self, name: Rc<str>, process: Pid, body: Box<dyn FnOnce()>) -> Tid {
        let thread = Tid(self.all.len() as u32);
        self.all.push(Thread {
            name,
            process,
            status: Status::Ready,
            waiting: Waiting::Park,
            deadline: None,
            waits: 0,
            points: 0,
            woken: Attempt::First,
            token: false,
            slot: 0,
            task: 0,
            joiners: Vec::new(),
            reported: Vec::new(),
            fiber: Some(Fiber::new(body)),
        });
        self.make_ready(thread);
        thread
    }

    pub(crate) fn get(&self, thread: Tid) -> &Thread {
        &self.all[thread.index()]
    }

    pub(crate) fn get_mut(&mut self, thread: Tid) -> &mut Thread {
        &mut self.all[thread.index()]
    }

    /// Every thread, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Tid, &Thread)> {
        self.all.iter().enumerate().map(|(index, thread)| (Tid(index as u32), thread))
    }

    /// How many threads are ready besides the running one.
    pub(crate) fn ready(&self) -> u32 {
        self.ready.len() as u32
    }

    /// The threads that are ready besides the running one, in the order in which they became so.
    pub(crate) fn others(&self) -> &VecDeque<Tid> {
        &self.ready
    }

    /// How many threads have not ended.
    pub(crate) fn alive(&self) -> usize {
        self.all.len() - self.ended
    }

    /// The running thread waits.
    pub(crate) fn wait(&mut self, thread: Tid, waiting: Waiting, deadline: Option<Instant>) -> u64 {
        let thread = self.get_mut(thread);
        thread.status = Status::Waiting;
        thread.waiting = waiting;
        thread.deadline = deadline;
        thread.waits += 1;
        thread.waits
    }

    /// Ends the wait of `thread`; nothing if it does not wait.
    pub(crate) fn wake(&mut self, thread: Tid, why: Attempt) {
        let waiting = self.get_mut(thread);
        if waiting.status == Status::Waiting {
            waiting.status = Status::Ready;
            waiting.woken = why;
            self.make_ready(thread);
        }
    }

    /// A signal comes to a thread: the call that it waits in ends or is made again. One that has been woken already
    /// finds what it waits for, or the signal.
    pub(crate) fn signal(&mut self, thread: Tid, restarts: bool) {
        let why = Attempt::Signalled { restarts };
        let target = self.get_mut(thread);
        if matches!(target.waiting, Waiting::Call(..)) {
            match target.status {
                Status::Waiting => self.wake(thread, why),
                Status::Ready => target.woken = why,
                Status::Running | Status::Ended => {}
            }
        }
    }

    fn make_ready(&mut self, thread: Tid) {
        if !self.frozen.is_empty() && self.frozen.contains(&self.get(thread).process) {
            self.waiting_for_thaw.push(thread);
        } else {
            self.ready.push_back(thread);
            if self.tells_of_ready {
                ask_soon();
            }
        }
    }

    /// The running thread lets the one `at` that place (from 0) of the ready ones go first; it stays ready.
    pub(crate) fn preempt(&mut self, running: Tid, at: usize) -> Tid {
        let next = self.take_ready(at);
        self.get_mut(running).status = Status::Ready;
        self.ready.push_back(running);
        next
    }

    /// Takes the `answer`-th of the ready threads (from 0).
    pub(crate) fn take_ready(&mut self, answer: usize) -> Tid {
        self.ready.remove(answer).expect("the answer is below the number of ready threads")
    }

    /// The running thread lets the world catch up: it stays ready, and is to run next.
    pub(crate) fn step_aside(&mut self, running: Tid) -> Tid {
        self.get_mut(running).status = Status::Ready;
        running
    }

    /// The threads of a process do not run until [`Threads::thaw`], ready or not.
    pub(crate) fn freeze(&mut self, process: Pid) {
        if !self.frozen.contains(&process) {
            self.frozen.push(process);
            let all = &self.all;
            let (out, stay) = self.ready.drain(..).partition(|thread| all[thread.index()].process == process);
            self.ready = stay;
            self.waiting_for_thaw.extend::<VecDeque<_>>(out);
        }
    }

    /// The threads of a process run again.
    pub(crate) fn thaw(&mut self, process: Pid) {
        self.frozen.retain(|&frozen| frozen != process);
        let all = &self.all;
        let (out, stay) =
            self.waiting_for_thaw.drain(..).partition(|thread| all[thread.index()].process == process);
        self.waiting_for_thaw = stay;
        self.ready.extend::<Vec<_>>(out);
    }

    /// Lets the thread run: its fiber, to be given back with [`Threads::left`] or [`Threads::end`].
    pub(crate) fn enter(&mut self, thread: Tid) -> Fiber {
        let thread = self.get_mut(thread);
        thread.status = Status::Running;
        thread.fiber.take().expect("a thread that runs is not entered again")
    }

    pub(crate) fn left(&mut self, thread: Tid, fiber: Fiber) {
        self.get_mut(thread).fiber = Some(fiber);
    }

    /// The thread has ended; whoever joins it goes on.
    pub(crate) fn end(&mut self, thread: Tid, fiber: Fiber) {
        fiber.recycle();
        self.ended += 1;
        let ended = self.get_mut(thread);
        ended.status = Status::Ended;
        for joiner in core::mem::take(&mut ended.joiners) {
            self.wake(joiner, Attempt::Woken);
        }
    }

    /// Takes the next thread that has not ended and matches, whatever its status, to be unwound.
    pub(crate) fn take_alive(&mut self, matches: impl Fn(&Thread) -> bool) -> Option<(Tid, Option<Fiber>)> {
        let index =
            self.all.iter().position(|t| t.status != Status::Ended && t.fiber.is_some() && matches(t))?;
        let thread = Tid(index as u32);
        self.ready.retain(|&ready| ready != thread);
        Some((thread, self.all[index].fiber.take()))
    }
}
