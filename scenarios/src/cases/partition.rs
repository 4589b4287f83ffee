//! A network that is cut, one way or both, and heals: in time, and nothing is lost; or too late, and both ends learn
//! of it.

use core::time::Duration;
use std::sync::Arc;

use futures_util::join;
use netcore::net::{Dialer, KeepAlive, ListenConfig, OpError, TcpStream};
use netcore::rt::Handle;
use netcore::sys::{Errno, Instant};
use simnet::{Host, Oracle, Sim, World};

use crate::pattern::Stream;
use crate::room::{Room, Site};
use crate::stage::Stage;
use crate::verbs::check;

/// What it is.
pub const ABOUT: &str =
    "a cut between two hosts heals and nothing is lost, or lasts and both ends learn of it";

/// Keep-alive gives up after this; retransmission later (tcp(7), `tcp_retries2`: 15 to 30 minutes).
const KEEP_ALIVE: KeepAlive =
    KeepAlive { idle: Duration::from_secs(15), interval: Duration::from_secs(15), count: 9 };
/// How long a silent peer is borne with keep-alive.
const PATIENCE: Duration = Duration::from_secs(15 + 9 * 15);
/// `tcp_retries2` = 15 at the largest timeout, and the time before.
const RETRIES_MAX: Duration = Duration::from_secs(15 * 120 + 60);

/// Runs it.
pub fn run(world: &World) {
    let names = ["server", "client"];
    let hosts = names.map(|name| world.host(name));
    let sites = [0, 1].map(|at| Site { sys: hosts[at].process(names[at]), ip: hosts[at].addr() });
    let config = ListenConfig { keep_alive: Some(KEEP_ALIVE), ..ListenConfig::default() };
    let stage = Stage::on(world, sites, &config);
    let (client, server) = stage.pair(&Dialer { keep_alive: Some(KEEP_ALIVE), ..Dialer::default() });
    // Both ends stay open until both have read everything: an end that is closed with data under way gives up
    // after some 100 s (tcp(7), `tcp_orphan_retries`), and the data with it.
    let kept = (client.clone(), server.clone());
    let heals = !world.one_in(3);
    let ends = [(&stage.calling, client, 71, 72), (&stage.serving, server, 72, 71)].map(
        |(runtime, conn, mine, theirs)| {
            let (world, handle) = (*world, runtime.handle().clone());
            runtime
                .spawn(async move { talk(&world, &handle, &conn, [mine, theirs].map(Stream), heals).await })
        },
    );
    cut(world, hosts, heals);
    stage.join_all(ends);
    drop(kept);
    stage.end(None);
}

/// Cuts one way or both, once or several times; the last cut stays unless it is to heal.
fn cut(world: &World, [a, b]: [Host; 2], heals: bool) {
    world.sleep(world.span(5000));
    let ways: &[(Host, Host)] = match world.choose(3) {
        0 => &[(a, b)],
        1 => &[(b, a)],
        _ => &[(a, b), (b, a)],
    };
    for _ in 0..world.choose(3) {
        ways.iter().for_each(|&(from, to)| world.partition(from, to));
        world.sleep(Duration::from_millis(world.choose(20_000).into()));
        ways.iter().for_each(|&(from, to)| world.heal(from, to));
        world.sleep(Duration::from_millis(world.choose(2000).into()));
    }
    if !heals {
        world.partition(a, b);
        world.partition(b, a);
    }
}

/// Both directions at once, in pieces, with pauses; then the end.
async fn talk(
    world: &World,
    handle: &Handle<Sim>,
    conn: &Arc<TcpStream<Sim>>,
    [mine, theirs]: [Stream; 2],
    heals: bool,
) {
    // What is cut for good goes on until it is noticed.
    let pieces = if heals { 1 + world.choose(12) } else { u32::MAX };
    let writing = async {
        let mut offset = 0;
        for _ in 0..pieces {
            let piece = world.piece(20_000);
            let began = handle.now();
            if let Err(error) = conn.write(&mine.bytes(offset, piece)).await {
                return given_up(world, &error, heals, began, handle.now());
            }
            offset += piece as u64;
            handle.sleep(Duration::from_millis((1 + world.choose(4000)).into())).await;
        }
        // Between two writes the peer's patience, or this one's, may have ended.
        if let Err(error) = conn.close_write() {
            given_up(world, &error, heals, Instant::ZERO, handle.now());
        }
    };
    let reading = async {
        let mut buf = vec![0; 30_000];
        let mut offset = 0;
        loop {
            let began = handle.now();
            match conn.read(&mut buf).await {
                Ok(0) => return,
                Ok(read) => {
                    check(world, theirs, offset, &buf[..read]);
                    offset += read as u64;
                }
                Err(error) => return given_up(world, &error, heals, began, handle.now()),
            }
        }
    };
    join!(writing, reading);
}

/// An operation has failed: only if the cut is for good, and within the kernel's patience.
fn given_up(world: &World, error: &OpError, heals: bool, began: Instant, now: Instant) {
    let is_silence =
        matches!(error.errno(), Some(Errno::ETIMEDOUT | Errno::EPIPE | Errno::ECONNRESET | Errno::ENOTCONN));
    if heals || !is_silence {
        world.fail(Oracle::WrongAnswer, "a cut that heals broke a connection", error);
    }
    let waited = now.saturating_since(began);
    if began != Instant::ZERO && waited > PATIENCE.max(RETRIES_MAX) {
        world.fail(Oracle::WrongAnswer, "a dead connection is noticed too late", format_args!("{waited:?}"));
    }
}
