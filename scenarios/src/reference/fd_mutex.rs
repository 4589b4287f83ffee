//! [`FdMutex`] against what it promises.
//!
//! The model knows who holds what and who waits; it does not know in which order those who wait are served, nor how.

use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use netcore::os::Os;
use netcore::poll::{FdMutex, Locked, Mode, Ticket};

use super::{Bytes, Sleeper};

/// Tasks that use the descriptor.
const TASKS: u8 = 6;
const MODES: [Mode; 2] = [Mode::Read, Mode::Write];

/// Does what `bytes` say, two for an operation: who, and what.
///
/// # Panics
///
/// When the mutex does what it may not.
pub fn run(bytes: &[u8]) {
    let mut room = Room::default();
    let mut bytes = Bytes::new(bytes);
    while let (Some(task), Some(what)) = (bytes.below(TASKS), bytes.below(8)) {
        room.act(task, what);
        room.nobody_is_left_behind();
    }
    room.end();
}

struct Room {
    mutex: FdMutex<Os>,
    tasks: Vec<Task>,
    is_closed: bool,
    is_destroyed: bool,
}

struct Task {
    stage: Stage,
    /// References beside that of a lock.
    references: u64,
    sleeper: Arc<Sleeper>,
    waker: Waker,
}

#[derive(Debug)]
enum Stage {
    Idle,
    Holds(Mode),
    Waits {
        mode: Mode,
        ticket: Ticket,
        /// How often it had been woken when it was last polled, if it was.
        parked: Option<u64>,
    },
}

impl Default for Room {
    fn default() -> Self {
        let task = |_| {
            let (sleeper, waker) = Sleeper::new();
            Task { stage: Stage::Idle, references: 0, sleeper, waker }
        };
        let tasks = (0..TASKS).map(task).collect();
        Room { mutex: FdMutex::default(), tasks, is_closed: false, is_destroyed: false }
    }
}

impl Room {
    fn act(&mut self, task: usize, what: usize) {
        match (what, &self.tasks[task].stage) {
            (0 | 1, Stage::Idle) => self.lock(task, MODES[what]),
            (0..=2, Stage::Waits { .. }) => self.poll(task),
            (3, Stage::Waits { .. }) => self.abandon(task),
            (0..=3, Stage::Holds(mode)) => self.unlock(task, *mode),
            (4 | 5, _) => {
                let is_taken = self.mutex.incref();
                assert_eq!(is_taken, !self.is_closed, "a reference");
                self.tasks[task].references += u64::from(is_taken);
            }
            (6, _) if self.tasks[task].references > 0 => self.decref(task),
            (7, _) => self.close(task),
            _ => {}
        }
    }

    fn lock(&mut self, task: usize, mode: Mode) {
        let locked = self.mutex.try_lock(mode);
        let is_held =
            self.tasks.iter().any(|other| matches!(other.stage, Stage::Holds(held) if held == mode));
        self.tasks[task].stage = match locked {
            Locked::Closed if self.is_closed => Stage::Idle,
            Locked::Yes if !self.is_closed && !is_held => Stage::Holds(mode),
            Locked::Wait(ticket) if !self.is_closed && is_held => Stage::Waits { mode, ticket, parked: None },
            wrong => panic!("{wrong:?}, closed: {}, held: {is_held}", self.is_closed),
        };
    }

    /// A waiter looks whether it is its turn, and tries then.
    fn poll(&mut self, task: usize) {
        let Task { stage, sleeper, waker, .. } = &mut self.tasks[task];
        let Stage::Waits { mode, ticket, parked } = stage else { return };
        let mode = *mode;
        let is_woken = parked.is_some_and(|wakes| sleeper.wakes() > wakes);
        let poll = self.mutex.poll_chosen(mode, ticket, &Context::from_waker(waker));
        if poll == Poll::Pending {
            assert!(!is_woken, "woken for nothing");
            *parked = Some(sleeper.wakes());
        } else {
            assert!(parked.is_none() || is_woken, "it was its turn, and nobody has woken it");
            *stage = Stage::Idle;
            self.lock(task, mode);
        }
    }

    fn abandon(&mut self, task: usize) {
        let stage = core::mem::replace(&mut self.tasks[task].stage, Stage::Idle);
        if let Stage::Waits { mode, mut ticket, .. } = stage {
            self.mutex.abandon(mode, &mut ticket);
        }
    }

    fn unlock(&mut self, task: usize, mode: Mode) {
        self.tasks[task].stage = Stage::Idle;
        let is_last = self.mutex.unlock(mode);
        self.gave_back(is_last);
    }

    fn decref(&mut self, task: usize) {
        self.tasks[task].references -= 1;
        let is_last = self.mutex.decref();
        self.gave_back(is_last);
    }

    /// Whoever gives the last reference of a closed descriptor back is told so, and nobody else.
    fn gave_back(&mut self, is_last: bool) {
        assert_eq!(is_last, self.is_closed && self.references() == 0, "the last reference");
        assert!(!(is_last && self.is_destroyed), "destroyed twice");
        self.is_destroyed |= is_last;
    }

    fn close(&mut self, task: usize) {
        let is_first = self.mutex.incref_and_close();
        assert_eq!(is_first, !self.is_closed, "a close");
        self.is_closed = true;
        self.tasks[task].references += u64::from(is_first);
    }

    fn references(&self) -> u64 {
        let of = |task: &Task| task.references + u64::from(matches!(task.stage, Stage::Holds(_)));
        self.tasks.iter().map(of).sum()
    }

    /// Where a lock is free and somebody sleeps for it, somebody is on the way: has been woken, or has not looked yet.
    /// Once closed nobody sleeps.
    fn nobody_is_left_behind(&self) {
        for mode in MODES {
            let waits = |task: &&Task| matches!(task.stage, Stage::Waits { mode: of, .. } if of == mode);
            let sleeps = |task: &Task| match task.stage {
                Stage::Waits { parked: Some(wakes), .. } => task.sleeper.wakes() == wakes,
                _ => false,
            };
            let waiting = || self.tasks.iter().filter(waits);
            let holds = |task: &Task| matches!(task.stage, Stage::Holds(of) if of == mode);
            if self.is_closed {
                assert!(!waiting().any(sleeps), "asleep past the close: {mode:?}");
            } else if !self.tasks.iter().any(holds) && waiting().any(sleeps) {
                assert!(!waiting().all(sleeps), "everybody sleeps before a free lock: {mode:?}");
            }
        }
    }

    /// Everybody leaves: the last one destroys the descriptor.
    fn end(&mut self) {
        if !self.is_closed {
            self.close(0);
        }
        for task in 0..self.tasks.len() {
            if let Stage::Waits { .. } = self.tasks[task].stage {
                self.poll(task);
                assert!(matches!(self.tasks[task].stage, Stage::Idle), "a waiter outlasts the close");
            }
            if let Stage::Holds(mode) = self.tasks[task].stage {
                self.unlock(task, mode);
            }
            while self.tasks[task].references > 0 {
                self.decref(task);
            }
        }
        assert!(self.is_destroyed, "nobody has been told to destroy it");
    }
}
