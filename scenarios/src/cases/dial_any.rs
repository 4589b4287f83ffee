//! A host with several addresses of both families, of which some answer, some refuse, some are silent and some are far
//! away: who dials it gets a connection to one that answers, in time, and leaves nothing of the other attempts.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::{Handle, JoinHandle, Runtime};
use netcore::sys::Errno;
use simnet::choice::Point;
use simnet::fabric::{LinkConditions, Unreachable};
use simnet::fault::cancellable;
use simnet::{Host, Oracle, Sim, World};

use crate::pattern::Stream;
use crate::room::{Room, Site};
use crate::verbs::{Excuse, accept, close, expect, is_broken, is_injected, join, listen, settle};

/// What it is.
pub const ABOUT: &str =
    "hosts with addresses of both families, alive, far away, refusing and silent, are dialled in a race";

const GREETING: Stream = Stream(43);
const GREETING_BYTES: usize = 32;
/// How long after a dial whatever it has left behind is over, but for what is silent.
const SETTLED: Duration = Duration::from_secs(10);
/// What else a dial takes, beside the ways to and fro.
const SLACK: Duration = Duration::from_millis(1);
/// How long a packet takes at most.
const LATENCY_MS_MAX: u32 = 600;

/// Runs it.
pub fn run(world: &World) {
    let home = world.host("client");
    let targets: Vec<Target> = (0..1 + world.choose(4)).map(|nth| Target::new(world, home, nth)).collect();
    let calling = world.runtime(&Site { sys: home.process("client"), ip: home.addr() });
    calling.block_on(async {
        for nth in 0..1 + world.choose(2) {
            one(world, calling.handle(), &targets, nth == 0).await;
        }
    });
    for target in targets {
        target.end(world, home);
    }
    settle(world, [calling]);
}

/// What is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A server.
    Open,
    /// Nobody.
    Refusing,
    /// Whatever is there, nothing is heard of it.
    Silent,
    /// A router says that it is not there.
    Unreachable,
}

/// One of the addresses that are dialled.
struct Target {
    host: Host,
    role: Role,
    /// Where it is dialled: a server's address, or another port of the same host.
    addr: SocketAddr,
    /// How far it is.
    latency: Duration,
    server: Runtime<Sim>,
    listener: Arc<TcpListener<Sim>>,
    /// Accepts until the listener is closed.
    serving: JoinHandle<(), Sim>,
    /// Connections that were accepted.
    accepted: Arc<AtomicU64>,
}

impl Target {
    /// A host with a server, of which perhaps nothing is to be seen.
    fn new(world: &World, home: Host, nth: u32) -> Target {
        let host = world.host(&format!("server{nth}"));
        let ip = if world.one_in(2) { host.addr6() } else { host.addr() };
        let latency = Duration::from_millis([0, 1, 150, LATENCY_MS_MAX][world.choose(4) as usize].into());
        world.link(home, host, LinkConditions::with_latency(latency));
        let role = [Role::Open, Role::Refusing, Role::Silent, Role::Unreachable][world.choose(4) as usize];
        match role {
            Role::Open | Role::Refusing => {}
            Role::Silent => world.partition(home, host),
            Role::Unreachable => world.unreachable(home, host, Some(Unreachable::Host)),
        }
        let site = Site { sys: host.process("server"), ip };
        let server = world.runtime(&site);
        let listener = listen(server.handle(), &site, &ListenConfig::default());
        let mut addr = listener.addr();
        if role == Role::Refusing {
            addr.set_port(addr.port() - 1);
        }
        let accepted = Arc::new(AtomicU64::new(0));
        let serving = {
            let (world, handle) = (*world, server.handle().clone());
            let (listener, accepted) = (listener.clone(), accepted.clone());
            server.spawn(async move { serve(&world, &handle, &listener, &accepted).await })
        };
        Target { host, role, addr, latency, server, listener, serving, accepted }
    }

    /// Everything is heard again, and the server ends.
    fn end(self, world: &World, home: Host) {
        world.heal(home, self.host);
        world.unreachable(home, self.host, None);
        let Target { server, listener, serving, .. } = self;
        server.block_on(async {
            listener.close().await.expect("a listener is closed once");
            join(serving).await;
        });
        drop(listener);
        settle(world, [server]);
    }
}

/// Greets whoever connects, and waits until they go.
async fn serve(world: &World, handle: &Handle<Sim>, listener: &TcpListener<Sim>, accepted: &AtomicU64) {
    let mut guests = Vec::new();
    while let Some(conn) = accept(world, handle, listener, &Excuse::default()).await {
        accepted.fetch_add(1, Ordering::Relaxed);
        let world = *world;
        guests.push(handle.spawn(async move { greet(&world, &conn).await }));
    }
    for guest in guests {
        join(guest).await;
    }
}

async fn greet(world: &World, conn: &TcpStream<Sim>) {
    let greeted = conn.write(&GREETING.bytes(0, GREETING_BYTES)).await;
    let ended = match greeted {
        Ok(_) => conn.read(&mut [0; 8]).await,
        Err(error) => Err(error),
    };
    match ended {
        Ok(0) => {}
        Err(error) if is_broken(&error) => {}
        other => world.fail(Oracle::WrongAnswer, "a guest did not just go", format_args!("{other:?}")),
    }
}

/// One dial. Only the first one is sure of ports that its peers know nothing of: a SYN from one that they take for the
/// end of an earlier attempt's connection has to be sent again.
async fn one(world: &World, handle: &Handle<Sim>, targets: &[Target], is_first: bool) {
    let delay = [Some(300), Some(0), Some(20), None][world.choose(4) as usize].map(Duration::from_millis);
    let timeout = world.one_in(3).then(|| Duration::from_millis(world.choose(20_000).into()));
    let dialer = Dialer { fallback_delay: delay, timeout, ..Dialer::default() };
    let mut order: Vec<&Target> = targets.iter().collect();
    order.rotate_left(world.choose(targets.len() as u32) as usize);
    let addrs: Vec<SocketAddr> = order.iter().map(|target| target.addr).collect();
    let before = accepted(&order);
    let wants = lacks(world);
    let began = handle.now();
    let result = cancellable(dialer.dial_any(handle, &addrs)).await;
    let took = handle.now().saturating_since(began);
    // What may fail for want of a descriptor proves nothing.
    let is_undisturbed = wants == lacks(world);
    if let Some(timeout) = timeout
        && took > timeout
    {
        world.fail(
            Oracle::Deadline,
            "a dial took longer than it had",
            format_args!("{took:?} of {timeout:?}"),
        );
    }
    match result {
        None => handle.sleep(SETTLED).await,
        Some(Ok(conn)) => {
            let won = order.iter().position(|target| target.addr == conn.peer_addr());
            let Some(won) = won.filter(|&won| order[won].role == Role::Open) else {
                world.fail(Oracle::WrongAnswer, "a dial succeeded where nobody accepts", conn.peer_addr());
            };
            use_it(world, handle, conn).await;
            handle.sleep(SETTLED).await;
            let race = Race { order: &order, delay, took, won };
            race.judge(world, &before, is_first && is_undisturbed && timeout.is_none());
        }
        Some(Err(error)) if timeout.is_none() && is_undisturbed => failed(world, &error, &order),
        Some(Err(error)) => {
            let is_known = matches!(error.cause, Cause::DeadlineExceeded) || is_injected(&error);
            if !is_known && error.errno() != order[0].role.errno() {
                world.fail(Oracle::WrongAnswer, "a dial with a time limit failed oddly", error);
            }
        }
    }
}

/// How often somebody had no descriptor, or could not register one.
fn lacks(world: &World) -> u64 {
    world.struck(Point::Emfile) + world.struck(Point::Enospc)
}

/// How many connections each has accepted.
fn accepted(order: &[&Target]) -> Vec<u64> {
    order.iter().map(|target| target.accepted.load(Ordering::Relaxed)).collect()
}

impl Role {
    /// What a dial fails with.
    fn errno(self) -> Option<Errno> {
        match self {
            Role::Open => None,
            Role::Refusing => Some(Errno::ECONNREFUSED),
            Role::Silent => Some(Errno::ETIMEDOUT),
            Role::Unreachable => Some(Errno::EHOSTUNREACH),
        }
    }
}

/// The winner can be used.
async fn use_it(world: &World, handle: &Handle<Sim>, conn: TcpStream<Sim>) {
    match expect(world, &conn, GREETING, 0, GREETING_BYTES).await {
        Ok(()) => {}
        // A connection may be aborted before it is accepted, or be too much for the server.
        Err(error) if is_broken(&error) && world.struck(Point::Aborted) + lacks(world) > 0 => {}
        Err(error) => world.fail(Oracle::WrongAnswer, "the winner of a race cannot be used", error),
    }
    close(world, handle, &conn).await;
}

/// All have failed: none is there, and the first one's error is told.
fn failed(world: &World, error: &OpError, order: &[&Target]) {
    if order.iter().any(|target| target.role == Role::Open) {
        world.fail(Oracle::WrongAnswer, "a dial failed though somebody is there", error);
    }
    if error.errno() != order[0].role.errno() {
        world.fail(Oracle::WrongAnswer, "a dial failed with another's error", error);
    }
}

/// A dial that was won.
struct Race<'a> {
    order: &'a [&'a Target],
    delay: Option<Duration>,
    took: Duration,
    won: usize,
}

impl Race<'_> {
    /// The second family is dialled when its time has come, and not before.
    fn judge(&self, world: &World, before: &[u64], is_undisturbed: bool) {
        let Race { order, delay, took, won } = *self;
        let is_primary = |at: usize| order[at].addr.is_ipv4() == order[0].addr.is_ipv4();
        let visited = |at: usize| accepted(order)[at] > before[at];
        let early = (0..order.len()).find(|&at| at != won && !is_primary(at) && visited(at));
        if let (Some(early), Some(delay)) = (early, delay)
            && is_primary(won)
            && won == 0
            && took < delay
        {
            let addr = order[early].addr;
            world.fail(Oracle::WrongAnswer, "the second family was dialled before its time", addr);
        }
        let fallback = (0..order.len()).find(|&at| !is_primary(at));
        if let (Some(fallback), Some(delay)) = (fallback, delay)
            && order[fallback].role == Role::Open
            && is_undisturbed
            && took > delay + 2 * order[fallback].latency + SLACK
        {
            world.fail(Oracle::Deadline, "a dial waited for the dead family", format_args!("{took:?}"));
        }
    }
}
