//! Where a case runs: a simulated machine room, or this machine.

use core::fmt::Display;
use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use netcore::os::Os;
use netcore::rt::{Config, Runtime};
use netcore::sys::{Files, Rlimit, Sys};
use simnet::plan::Plan;
use simnet::{Oracle, Sim, World};

/// A place for a case: hosts, decisions, and somewhere to complain.
pub trait Room: Clone + Send + Sync + 'static {
    /// The platform of its hosts.
    type Sys: Sys;
    /// Time passes only while everybody waits: what is due at an instant happens at that instant.
    const IS_EXACT: bool;

    /// A host of its own, as far as the room has any.
    fn host(&self, name: &str) -> Site<Self::Sys>;
    /// Two processes, which may be on one host: then what one does the other sees at once, over the loopback.
    fn hosts(&self) -> [Site<Self::Sys>; 2];
    /// What is drawn from, where the case says nothing.
    fn plan(&self) -> Arc<Plan>;
    /// A decision: a number below `n`.
    fn choose(&self, n: u32) -> u32;
    /// Something is wrong; `place` is what the finding is recognized by.
    fn fail(&self, oracle: Oracle, place: &str, detail: impl Display) -> !;

    /// A runtime on the host, as the plan has them.
    fn runtime(&self, site: &Site<Self::Sys>) -> Runtime<Self::Sys> {
        self.runtime_of(site, |config| config)
    }

    /// A runtime on the host, as the plan has them but for what is changed.
    fn runtime_of(
        &self,
        site: &Site<Self::Sys>,
        change: impl FnOnce(Config) -> Config,
    ) -> Runtime<Self::Sys> {
        let plan = self.plan();
        let workers = self.one_of(&plan.processes.workers);
        let trigger = self.one_of(&plan.processes.triggers).into();
        let config = change(Config { workers, trigger });
        // Being out of descriptors for a moment is the kernel's right, and not what cases are about.
        loop {
            if let Ok(runtime) = Runtime::new(site.sys.clone(), config) {
                return runtime;
            }
        }
    }

    /// Lets the host's process have so many descriptors only, where that harms nobody else.
    fn limit_descriptors(&self, site: &Site<Self::Sys>, soft: u64);

    /// One of a plan's list, which is not empty.
    fn one_of<T: Copy>(&self, list: &[T]) -> T {
        list[self.choose(list.len() as u32) as usize]
    }

    /// Bytes for the buffers of sockets, as the plan has them; `None` leaves them to the kernel.
    fn buffers(&self) -> Option<i32> {
        Some(self.one_of(&self.plan().processes.buffers)).filter(|&bytes| bytes > 0)
    }

    /// A span of so many microseconds at most: any, or one of eight, so that things fall due at one instant as often as
    /// apart.
    fn span(&self, most_us: u32) -> Duration {
        let us = if self.one_in(2) { self.choose(most_us) } else { self.choose(8) * (most_us / 8) };
        Duration::from_micros(us.into())
    }

    /// How much to read or write at once: one byte to `most`, and `most` where the choice is dull.
    fn piece(&self, most: usize) -> usize {
        most - self.choose(most as u32) as usize
    }

    /// True once in `n` times.
    fn one_in(&self, n: u32) -> bool {
        self.choose(n) == n - 1
    }
}

/// A host as a case sees it.
#[derive(Clone, Debug)]
pub struct Site<S> {
    /// A process on it.
    pub sys: S,
    /// Its address.
    pub ip: IpAddr,
}

impl Room for World {
    type Sys = Sim;
    const IS_EXACT: bool = true;

    fn host(&self, name: &str) -> Site<Sim> {
        let host = World::host(self, name);
        Site { sys: host.process(name), ip: host.addr() }
    }

    fn hosts(&self) -> [Site<Sim>; 2] {
        let here = World::host(self, "server");
        let there = if self.one_in(2) { here } else { World::host(self, "client") };
        let limit = self.one_of(&self.plan().processes.descriptors);
        [(here, "server"), (there, "client")].map(|(host, name)| {
            let site = Site { sys: host.process(name), ip: host.addr() };
            if limit > 0 {
                self.limit_descriptors(&site, limit);
            }
            site
        })
    }

    fn plan(&self) -> Arc<Plan> {
        World::plan(self)
    }

    fn choose(&self, n: u32) -> u32 {
        World::choose(self, n)
    }

    fn fail(&self, oracle: Oracle, place: &str, detail: impl Display) -> ! {
        World::fail(self, oracle, place, detail)
    }

    fn limit_descriptors(&self, site: &Site<Sim>, soft: u64) {
        let limit = site.sys.getrlimit_nofile().expect("a process knows its limit");
        site.sys.setrlimit_nofile(Rlimit { soft, ..limit }).expect("a limit can be lowered");
    }
}

/// This machine: every host is the same one, and decisions follow from a number.
#[derive(Clone, Debug)]
pub struct OsRoom {
    state: Arc<AtomicU64>,
    ip: Ipv4Addr,
}

/// Rooms made by this process.
static ROOMS: AtomicU32 = AtomicU32::new(0);

impl OsRoom {
    /// The decisions that follow from `seed`, as far as threads let them. Each room has a loopback address of its
    /// own, so that none takes a port from another between two uses.
    pub fn new(seed: u64) -> Self {
        let [.., high, low] = ROOMS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let ip = Ipv4Addr::new(127, std::process::id() as u8, high, low.max(2));
        OsRoom { state: Arc::new(AtomicU64::new(seed)), ip }
    }
}

impl Room for OsRoom {
    type Sys = Os;
    const IS_EXACT: bool = false;

    fn host(&self, _name: &str) -> Site<Os> {
        Site { sys: Os, ip: self.ip.into() }
    }

    fn hosts(&self) -> [Site<Os>; 2] {
        ["server", "client"].map(|name| self.host(name))
    }

    fn plan(&self) -> Arc<Plan> {
        Plan::swarm()
    }

    /// SplitMix64.
    fn choose(&self, n: u32) -> u32 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed >> 32) * u64::from(n)) >> 32) as u32
    }

    fn fail(&self, oracle: Oracle, place: &str, detail: impl Display) -> ! {
        panic!("{} {place}: {detail}", oracle.code())
    }

    /// Not here: the process is shared with other tests.
    fn limit_descriptors(&self, _site: &Site<Os>, _soft: u64) {}
}
