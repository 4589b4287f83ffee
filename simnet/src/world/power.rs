//! Hosts that stop, crash and come back.

use super::state::{self, State};
use super::{Host, World};
use crate::kernel::ids::Pid;
use crate::thread::suspend;

impl Host {
    /// Nothing happens on the host any more, until [`Host::resume`]: its threads, timers and incoming packets
    /// wait, while time goes on elsewhere. A virtual machine that is migrated, a laptop that sleeps.
    pub fn pause(&self) {
        World(()).with(|state| {
            state.kernel.borrow_mut().pause_host(self.id);
            for process in self.processes(state) {
                state.threads.borrow_mut().freeze(process);
                state.observer.borrow_mut().paused(process);
            }
        });
    }

    /// A paused host goes on; whatever came up meanwhile happens now, in order.
    pub fn resume(&self) {
        World(()).with(|state| {
            let mut kernel = state.kernel.borrow_mut();
            kernel.resume_host(self.id);
            crate::sim::wake_woken(state, &mut kernel);
            drop(kernel);
            for process in self.processes(state) {
                state.threads.borrow_mut().thaw(process);
                state.observer.borrow_mut().resumed(process);
            }
        });
    }

    /// The host loses its power: its processes end in the middle of whatever they do, its connections are gone
    /// without a word to the other end, and packets to it are lost until [`Host::restart`]. To be called from
    /// elsewhere; its processes must not be called from elsewhere afterwards.
    pub fn crash(&self) {
        World(()).with(|state| {
            state.kernel.borrow_mut().crash_host(self.id);
            for process in self.processes(state) {
                state.threads.borrow_mut().thaw(process);
                state.observer.borrow_mut().killed(process);
                state.kernel.borrow_mut().process_mut(process).is_dead = true;
                state.killed.borrow_mut().push(process);
            }
            state.next.set(state.running.get().map(|caller| state.threads.borrow_mut().step_aside(caller)));
            suspend();
            state::die_if_ended(state);
        });
    }

    /// A host that has crashed starts again, with its address and without processes and connections: what it is
    /// sent for old ones it answers with a reset.
    pub fn restart(&self) {
        World(()).with(|state| state.kernel.borrow_mut().restart_host(self.id));
    }

    fn processes(&self, state: &State) -> Vec<Pid> {
        let kernel = state.kernel.borrow();
        let all = (0..kernel.processes.len() as u32).map(Pid);
        all.filter(|&pid| kernel.process(pid).host == self.id && !kernel.process(pid).is_dead).collect()
    }
}
