//! A peer that loses its power: keep-alive notices, at the second it promises; and if the peer comes back before, its
//! reset tells at once.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use netcore::net::{Dialer, KeepAlive, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::Handle;
use netcore::sys::{Errno, Instant};
use simnet::fabric::LinkConditions;
use simnet::{Host, Oracle, Sim, World};

use crate::pattern::Stream;
use crate::room::{Room, Site};
use crate::verbs::{Excuse, PAUSE, accept, check, is_broken, is_injected, settle};

/// What it is.
pub const ABOUT: &str =
    "a server loses its power under its clients; keep-alive notices in time, and they come back";

const STREAM: Stream = Stream(81);
const PORT: u16 = 7000;

/// Runs it.
pub fn run(world: &World) {
    let (server, client) = (world.host("server"), world.host("client"));
    let site = Site { sys: client.process("client"), ip: client.addr() };
    // No losses: else probes are lost too.
    world.link(server, client, LinkConditions { jitter: Duration::ZERO, ..LinkConditions::default() });
    let fate = Fate::default();
    start(world, server, &fate);
    let calling = world.runtime(&site);
    let keep_alive = KeepAlive {
        idle: Duration::from_secs(1 + u64::from(world.choose(20))),
        interval: Duration::from_secs(1 + u64::from(world.choose(10))),
        count: 1 + world.choose(9) as i32,
    };
    let restarts = world.one_in(2);
    let crash = Crash { keep_alive, restarts };
    let clients: Vec<_> = (0..1 + world.choose(3))
        .map(|_| {
            let (world, handle, fate) = (*world, calling.handle().clone(), fate.clone());
            calling.spawn(async move { stay(&world, &handle, server, crash, &fate).await })
        })
        .collect();
    world.sleep(Duration::from_millis(world.choose(3000).into()));
    fate.crashed.store(true, Ordering::Relaxed);
    server.crash();
    world.sleep(Duration::from_millis(world.choose(5000).into()));
    if restarts {
        server.restart();
        start(world, server, &fate);
    }
    calling.block_on(async {
        for client in clients {
            crate::verbs::join(client).await;
        }
    });
    if restarts {
        server.crash();
    }
    settle(world, [calling]);
}

/// What is to come.
#[derive(Clone, Copy)]
struct Crash {
    keep_alive: KeepAlive,
    restarts: bool,
}

/// What has come.
#[derive(Clone, Default)]
struct Fate {
    crashed: Arc<AtomicBool>,
    /// Accepts were failed by the room.
    excuse: Excuse,
}

/// A server that sends something now and then, in a process of the host; it ends with the host only.
fn start(world: &World, host: Host, fate: &Fate) {
    let (world, excuse) = (*world, fate.excuse.clone());
    host.start("server", move |sim| {
        let site = Site { sys: sim, ip: host.addr() };
        let runtime = world.runtime(&site);
        let handle = runtime.handle().clone();
        runtime.block_on(async {
            let listener = loop {
                match ListenConfig::default().listen(&handle, (host.addr(), PORT).into()) {
                    Ok(listener) => break listener,
                    Err(error) if is_injected(&error) => handle.sleep(PAUSE).await,
                    Err(error) => world.fail(Oracle::WrongAnswer, "a fresh host's port is not free", error),
                }
            };
            serve(&world, &handle, &listener, &excuse).await;
        });
    });
}

async fn serve(world: &World, handle: &Handle<Sim>, listener: &TcpListener<Sim>, excuse: &Excuse) {
    while let Some(conn) = accept(world, handle, listener, excuse).await {
        let (world, sleeper) = (*world, handle.clone());
        handle.spawn(async move {
            let mut offset = 0;
            for _ in 0..1 + world.choose(4) {
                let piece = world.piece(3000);
                if conn.write(&STREAM.bytes(offset, piece)).await.is_err() {
                    return;
                }
                offset += piece as u64;
                sleeper.sleep(Duration::from_millis(world.choose(800).into())).await;
            }
            // Idle from here on.
            let _ = conn.read(&mut [0; 1]).await;
        });
    }
}

/// Stays connected until the server is gone, and once more until it is back.
async fn stay(world: &World, handle: &Handle<Sim>, server: Host, crash: Crash, fate: &Fate) {
    let dialer = Dialer {
        keep_alive: Some(crash.keep_alive),
        timeout: Some(Duration::from_secs(5)),
        ..Dialer::default()
    };
    let Ok(conn) = dialer.dial(handle, (server.addr(), PORT).into()).await else { return };
    if fate.crashed.load(Ordering::Relaxed) {
        // This is the next server already.
        return;
    }
    let Some((last, error)) = listen_in(world, handle, &conn, &fate.excuse).await else { return };
    gone(world, &error, crash, handle.now().saturating_since(last));
    // Once it is back, it can be reached again; it may not listen yet.
    while crash.restarts && dialer.dial(handle, (server.addr(), PORT).into()).await.is_err() {
        handle.sleep(Duration::from_millis(500)).await;
    }
}

/// Reads until the connection fails: when something last came, and how it failed.
async fn listen_in(
    world: &World,
    handle: &Handle<Sim>,
    conn: &TcpStream<Sim>,
    excuse: &Excuse,
) -> Option<(Instant, OpError)> {
    let mut buf = [0; 2000];
    let mut offset = 0;
    let mut last = handle.now();
    loop {
        match conn.read(&mut buf).await {
            Ok(0) => {
                let place = "a crash looks like an orderly end";
                excuse.demand(world, handle, Oracle::WrongAnswer, place, conn.peer_addr()).await;
                return None;
            }
            Ok(read) => {
                check(world, STREAM, offset, &buf[..read]);
                offset += read as u64;
                last = handle.now();
            }
            Err(error) => return Some((last, error)),
        }
    }
}

/// The connection has failed: by keep-alive not before its time and not after, or by a reset.
fn gone(world: &World, error: &OpError, crash: Crash, silence: Duration) {
    let KeepAlive { idle, interval, count } = crash.keep_alive;
    let due = idle + interval * count as u32;
    match error.errno() {
        Some(Errno::ETIMEDOUT) if silence < due => {
            world.fail(
                Oracle::Deadline,
                "keep-alive gave up early",
                format_args!("{silence:?}, due {due:?}"),
            );
        }
        // A probe that the server answered before it crashed, within 3 s, puts off the end, and the next one is
        // sent an interval later.
        Some(Errno::ETIMEDOUT) if silence > due + interval + Duration::from_secs(4) => {
            world.fail(Oracle::Deadline, "keep-alive gave up late", format_args!("{silence:?}, due {due:?}"));
        }
        Some(Errno::ETIMEDOUT) => {}
        Some(_) if crash.restarts && is_broken(error) => {}
        _ => world.fail(Oracle::WrongAnswer, "a crashed peer is noticed oddly", error),
    }
}
