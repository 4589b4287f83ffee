//! What a scenario holds: the world and its hosts.

use core::fmt;
use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use netcore::sys::{Instant, Threads as _};

use super::run::{note_decisions, spawn_thread};
use super::state::{self, State};
use super::weather;
use crate::Sim;
use crate::choice::Point;
use crate::kernel::ids::{HostId, Pid, Tid};
use crate::oracle::{Finding, Oracle};
use crate::plan::Plan;
use crate::sched::Site;
use crate::thread::Waiting;

/// The world of the run in progress, as its scenario sees it: a handle without state of its own, to be used
/// by the threads of the run. Elsewhere its methods panic.
#[derive(Clone, Copy, Debug)]
pub struct World(pub(super) ());

/// One host of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    pub(super) id: HostId,
    addr: Ipv4Addr,
    addr6: Ipv6Addr,
}

/// A simulated thread that [`Host::start`] has started.
#[derive(Debug)]
pub struct Running {
    sim: Sim,
    thread: Tid,
}

impl World {
    /// The world of the run in progress.
    pub(crate) fn current() -> World {
        World(())
    }

    /// Draws the weather of the run; makes the host and the process of the scenario's own thread.
    pub(super) fn begin(state: &State) -> Pid {
        weather::draw(&mut state.kernel.borrow_mut(), &state.plan.links);
        let host = state.kernel.borrow_mut().add_host("scenario", Ipv4Addr::new(10, 255, 255, 254).into());
        new_process(state, host, "scenario")
    }

    /// What the run's conditions are drawn from: for what a scenario leaves open.
    pub fn plan(&self) -> Arc<Plan> {
        self.with(|state| state.plan.clone())
    }

    /// Adds a host, with addresses in 10.0.0.0/16 and fd00::/112, and a kernel of its own.
    pub fn host(&self, name: &str) -> Host {
        self.with(|state| {
            let mut kernel = state.kernel.borrow_mut();
            let count = kernel.hosts.len() as u16;
            let [high, low] = count.to_be_bytes();
            let addr = Ipv4Addr::new(10, 0, high, low);
            let addr6 = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, count);
            let id = kernel.add_host(name, addr.into());
            kernel.add_addr(id, addr6.into());
            Host { id, addr, addr6 }
        })
    }

    /// Virtual time.
    pub fn now(&self) -> Instant {
        self.with(|state| state.kernel.borrow().now)
    }

    /// Lets the calling thread wait. For the scenario's own thread; tasks have their runtime's sleep.
    pub fn sleep(&self, duration: Duration) {
        state::point(Site::Scenario);
        self.with(|state| {
            let until = state.kernel.borrow().now + duration;
            state.block(Waiting::Park, Some(until));
        });
    }

    /// A decision of the scenario: a number below `n`, from the run's tape. A scheduling point, so that a loop of
    /// decisions alone meets the limit of steps too.
    pub fn choose(&self, n: u32) -> u32 {
        state::point(Site::Scenario);
        self.with(|state| {
            let sequence = state.asks();
            let mut kernel = state.kernel.borrow_mut();
            let answer = kernel.choices.choose_for(sequence, n);
            note_decisions(state, &mut kernel);
            answer
        })
    }

    /// How often faults of a kind have struck so far: what a scenario may take for an excuse.
    pub fn struck(&self, point: Point) -> u64 {
        self.with(|state| state.kernel.borrow().choices.struck(point))
    }

    /// Writes a line into the trace.
    pub fn note(&self, text: impl fmt::Display) {
        self.with(|state| {
            let mut observer = state.observer.borrow_mut();
            if observer.tracing() {
                let now = state.kernel.borrow().now;
                observer.note(now, &state.threads.borrow(), state.running.get(), text.to_string());
            }
        });
    }

    /// The scenario has found something wrong: the run ends here, with this finding. `place` is what the
    /// finding is recognized by; keep numbers out of it.
    pub fn fail(&self, oracle: Oracle, place: &str, detail: impl fmt::Display) -> ! {
        self.with(|state| {
            state.report(Finding::new(oracle, place, detail.to_string()));
            state::die_if_ended(state);
        });
        panic!("{place}")
    }

    pub(super) fn with<R>(&self, f: impl FnOnce(&State) -> R) -> R {
        state::with(f).expect("a world is used by the threads of its run")
    }
}

impl Host {
    /// The host's address.
    pub fn addr(&self) -> IpAddr {
        self.addr.into()
    }

    /// The host's address of IPv6, by which it is reached over the same links.
    pub fn addr6(&self) -> IpAddr {
        self.addr6.into()
    }

    /// Adds a process, with a descriptor table of its own. Traces show its name; a host with one process and that
    /// process have best the same.
    pub fn process(&self, name: &str) -> Sim {
        World(()).with(|state| Sim::new(new_process(state, self.id, name)))
    }

    /// Runs `main` as the first thread of a new process.
    pub fn start(&self, name: &str, main: impl FnOnce(Sim) + Send + 'static) -> Running {
        let sim = self.process(name);
        let thread =
            World(()).with(|state| spawn_thread(state, sim.process(), name, Box::new(move || main(sim))));
        Running { sim, thread }
    }
}

impl Running {
    /// Waits until the thread has ended.
    pub fn join(self) {
        self.sim.join(self.thread);
    }
}

fn new_process(state: &State, host: HostId, name: &str) -> Pid {
    let process = state.kernel.borrow_mut().add_process(host);
    state.observer.borrow_mut().process(process, name.into());
    process
}
