//! Clock, threads, randomness, preemption points and probes.

use core::panic::Location;

use netcore::sys::{Access, Clock, Entropy, Errno, Instant, Preempt, Probe, ProbeEvent, Result, Threads};

use super::Sim;
use crate::choice::Point;
use crate::kernel::Attempt;
use crate::kernel::ids::Tid;
use crate::sched::Site;
use crate::thread::{Status, Waiting};
use crate::trace::CallName;
use crate::world::run::spawn_thread;
use crate::world::state::{self, State};

impl Clock for Sim {
    fn now(&self) -> Instant {
        state::with(|state| state.kernel.borrow().now).unwrap_or(Instant::ZERO)
    }
}

impl Entropy for Sim {
    fn getrandom(&self, buf: &mut [u8]) {
        state::point(Site::Call(CallName::Getrandom));
        state::with(|state| {
            let choices = &mut state.kernel.borrow_mut().choices;
            for chunk in buf.chunks_mut(2) {
                let word = choices.choose(Point::Entropy, 1 << 16).to_le_bytes();
                chunk.copy_from_slice(&word[..chunk.len()]);
            }
        });
    }
}

impl Threads for Sim {
    type Thread = Tid;
    type JoinHandle = Tid;

    fn spawn(&self, name: &str, body: Box<dyn FnOnce() + Send>) -> Result<Tid> {
        state::point(Site::Call(CallName::Clone));
        state::with(|state| {
            if state.ended() {
                Err(Errno::EAGAIN)
            } else {
                Ok(spawn_thread(state, self.process(), name, body))
            }
        })
        .unwrap_or(Err(Errno::EAGAIN))
    }

    fn join(&self, thread: Tid) {
        state::point(Site::Call(CallName::Join));
        state::with(|state| {
            loop {
                let ended = state.threads.borrow().get(thread).status == Status::Ended;
                let Some(running) = state.running.get().filter(|_| !ended && able_to_wait(state)) else {
                    return;
                };
                state.threads.borrow_mut().get_mut(thread).joiners.push(running);
                state.block(Waiting::Join(thread), None);
            }
        });
    }

    fn current(&self) -> Tid {
        state::with(|state| state.running.get()).flatten().unwrap_or(Tid(u32::MAX))
    }

    fn park(&self, deadline: Option<Instant>) {
        state::point(Site::Call(CallName::Park));
        state::with(|state| {
            let Some(running) = state.running.get().filter(|_| able_to_wait(state)) else { return };
            let token = core::mem::take(&mut state.threads.borrow_mut().get_mut(running).token);
            let (now, spurious) = {
                let mut kernel = state.kernel.borrow_mut();
                (kernel.now, kernel.choices.strike(Point::Wake))
            };
            if !token && !spurious && deadline.is_none_or(|at| at > now) {
                state.block(Waiting::Park, deadline);
            }
        });
    }

    fn unpark(&self, thread: &Tid) {
        state::point(Site::Call(CallName::Unpark));
        state::with(|state| {
            if state.ended() || thread.0 == u32::MAX {
                return;
            }
            let mut threads = state.threads.borrow_mut();
            let target = threads.get_mut(*thread);
            if target.status == Status::Waiting && matches!(target.waiting, Waiting::Park) {
                threads.wake(*thread, Attempt::Woken);
            } else {
                target.token = true;
            }
        });
    }

    fn slot(&self) -> u64 {
        state::with(|state| Some(state.threads.borrow().get(state.running.get()?).slot))
            .flatten()
            .unwrap_or(0)
    }

    fn set_slot(&self, value: u64) {
        state::with(|state| {
            if let Some(running) = state.running.get() {
                state.threads.borrow_mut().get_mut(running).slot = value;
            }
        });
    }

    /// Two, on every machine, so that a run is the same everywhere.
    fn parallelism(&self) -> usize {
        2
    }
}

impl Sim {
    /// A signal comes to a thread of this process, to a handler that does nothing, installed with `SA_RESTART` or
    /// not: a call that waits ends with `EINTR`, with what it has done so far, or is made again, signal(7). A thread
    /// that is in no call does not notice.
    pub fn signal(&self, thread: Tid, restarts: bool) {
        state::point(Site::Scenario);
        state::with(|state| {
            if !state.ended() {
                state.threads.borrow_mut().signal(thread, restarts);
            }
        });
    }
}

impl Preempt for Sim {
    #[inline]
    #[track_caller]
    fn preempt(access: Access) {
        state::preempt(access);
    }

    #[inline]
    #[track_caller]
    fn locked() {
        state::locked(Location::caller());
    }

    #[inline]
    fn unlocked() {
        state::unlocked();
    }
}

impl Probe for Sim {
    fn probe(&self, event: ProbeEvent) {
        state::with(|state| {
            let Some(running) = state.running.get().filter(|_| !state.ended()) else { return };
            let now = state.kernel.borrow().now;
            let finding = state.observer.borrow_mut().probe(
                now,
                &mut state.threads.borrow_mut(),
                running,
                self.process(),
                event,
            );
            if let Some(finding) = finding {
                state.report(finding);
            }
        });
    }
}

/// Whether the running thread can wait: not once its run has ended, and not while it unwinds, since threads
/// do not switch then.
fn able_to_wait(state: &State) -> bool {
    !state.ended() && !std::thread::panicking()
}
