//! Runtimes that start, are shut down with work in flight, and start again in the same process.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::{Handle, JoinError, JoinHandle, Metrics, Runtime, yield_now};
use netcore::sys::{Errno, Instant};
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::{Room, Site};
use crate::verbs::{PAUSE, check, is_broken, is_injected, listen, settle};

/// What it is.
pub const ABOUT: &str =
    "runtimes are shut down with tasks, timers and connections in flight, and started again";

/// Who does one thing over and over takes at least so long for a turn, or time would not pass where nobody waits for
/// anything else, and a tape that has ended would make a long run.
const TURN: Duration = Duration::from_micros(16);

const STREAM: Stream = Stream(51);

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let [site, other] = room.hosts();
    for _ in 0..1 + room.choose(8) {
        life(room, &site, &other);
    }
}

/// One life of two runtimes: one is shut down under the other's eyes.
fn life<R: Room>(room: &R, site: &Site<R::Sys>, other: &Site<R::Sys>) {
    let (mortal, witness) = (room.runtime(site), room.runtime(other));
    let listener = listen(mortal.handle(), site, &ListenConfig::default());
    let dropped = Arc::new(AtomicU64::new(0));
    // Most often when everybody is in the middle of something.
    let youth = if room.one_in(8) { Duration::ZERO } else { Duration::from_micros(5) };
    let end = mortal.handle().now() + youth + room.span(1200);
    let mut tasks = Vec::new();
    for _ in 0..1 + room.choose(4) {
        tasks.push(work(room, (&mortal, witness.handle()), &listener, &dropped, end));
    }
    let dials: Vec<_> = (0..room.choose(3))
        .map(|_| {
            let (room, handle, addr) = (room.clone(), witness.handle().clone(), listener.addr());
            witness.spawn(async move {
                match Dialer::default().dial(&handle, addr).await {
                    Ok(conn) => read(&room, &conn).await,
                    Err(error) if is_injected(&error) => {}
                    Err(error) if is_gone(&error) => {}
                    Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
                }
            })
        })
        .collect();
    let visitors: Vec<_> = (0..room.choose(4))
        .map(|_| {
            let (room, site) = (room.clone(), site.clone());
            let (used, own) = (mortal.handle().clone(), witness.handle().clone());
            witness.spawn(async move { visit(&room, &site, (&used, &own), end).await })
        })
        .collect();
    let clock = if room.one_in(2) { &witness } else { &mortal };
    mortal.block_on(clock.handle().sleep_until(end));
    let handle = mortal.handle().clone();
    let count = tasks.len() as u64;
    drop(listener);
    if room.one_in(3) {
        drop(mortal);
        // A task that somebody was about to wake is dropped by them.
        witness.block_on(witness.handle().sleep(PAUSE));
    } else if visitors.is_empty() {
        settle(room, [mortal]);
    } else {
        // Visitors keep what they have, and may be about to be told that it is gone.
        mortal.shutdown();
    }
    if dropped.load(Ordering::Relaxed) != count {
        let detail = format!("{} of {count}", dropped.load(Ordering::Relaxed));
        room.fail(Oracle::Leak, "a shut down runtime keeps futures", detail);
    }
    witness.block_on(async {
        for task in tasks {
            ended(room, task).await;
        }
        ended(room, handle.spawn(async { unreachable!("the runtime is shut down") })).await;
        for dial in dials.into_iter().chain(visitors) {
            if let Err(JoinError::Panicked(payload)) = dial.await {
                std::panic::resume_unwind(payload);
            }
        }
    });
    let left = handle.metrics();
    if left != Metrics::default() {
        room.fail(Oracle::Leak, "a shut down runtime keeps something", format_args!("{left:?}"));
    }
    settle(room, [witness]);
}

/// Counts when it is dropped.
struct Counted(Arc<AtomicU64>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task that is in the middle of something when its runtime ends, unless it ends before; the other runtime goes on.
fn work<R: Room>(
    room: &R,
    (runtime, other): (&Runtime<R::Sys>, &Handle<R::Sys>),
    listener: &Arc<TcpListener<R::Sys>>,
    dropped: &Arc<AtomicU64>,
    end: Instant,
) -> JoinHandle<(), R::Sys> {
    let counted = Counted(dropped.clone());
    let (room, handle, listener) = (room.clone(), runtime.handle().clone(), listener.clone());
    let other = other.clone();
    let kind = room.choose(7);
    runtime.spawn(async move {
        let _counted = counted;
        match kind {
            0 => handle.sleep(room.span(5000)).await,
            1 => tick(&room, &handle, end).await,
            2..=4 => tick(&room, &other, end).await,
            _ => loop {
                match listener.accept().await {
                    Ok(conn) => write(&room, &handle, &conn).await,
                    Err(error) if is_injected(&error) => handle.sleep(PAUSE).await,
                    Err(error) => room.fail(Oracle::WrongAnswer, "accept failed", error),
                }
            },
        }
    })
}

/// Spawns on a runtime, its own or another one, and joins, over and over, sometimes at the very instant of the `end`.
async fn tick<R: Room>(room: &R, on: &Handle<R::Sys>, end: Instant) {
    loop {
        let soon = on.now() + TURN + room.span(320);
        let until = if room.one_in(3) && end > on.now() { end } else { soon };
        let sleeper = on.clone();
        let task = on.spawn(async move { sleeper.sleep_until(until).await });
        if room.one_in(4) {
            yield_now().await;
        }
        if room.one_in(3) {
            task.abort();
        }
        if let Err(JoinError::Panicked(payload)) = task.await {
            std::panic::resume_unwind(payload);
        }
    }
}

/// Uses another runtime from outside until it is gone, most of all about the `end`.
async fn visit<R: Room>(
    room: &R,
    site: &Site<R::Sys>,
    (used, own): (&Handle<R::Sys>, &Handle<R::Sys>),
    end: Instant,
) {
    loop {
        let soon = own.now() + TURN + room.span(320);
        own.sleep_until(if room.one_in(2) || end <= own.now() { soon } else { end }).await;
        let uses = if own.now() < end { 1 + room.choose(3) } else { 20 };
        for _ in 0..uses {
            let is_there = match room.choose(3) {
                2 => give(room, used).await,
                waits => listen_there(room, site, used, waits == 1).await,
            };
            if !is_there {
                return;
            }
        }
    }
}

/// Spawns there: whether it is there.
async fn give<R: Room>(room: &R, on: &Handle<R::Sys>) -> bool {
    let task = on.spawn(async {});
    if room.one_in(2) {
        return true;
    }
    match task.await {
        Ok(()) => true,
        Err(JoinError::Cancelled) => false,
        Err(JoinError::Panicked(payload)) => std::panic::resume_unwind(payload),
    }
}

/// Listens there, where nobody dials: whether it is there. Who waits learns that it is gone.
async fn listen_there<R: Room>(room: &R, site: &Site<R::Sys>, on: &Handle<R::Sys>, waits: bool) -> bool {
    let listener = match ListenConfig::default().listen(on, (site.ip, 0).into()) {
        Ok(listener) => listener,
        Err(error) if is_injected(&error) => return true,
        Err(OpError { cause: Cause::Shutdown, .. }) => return false,
        Err(error) => room.fail(Oracle::WrongAnswer, "listen failed", error),
    };
    if !waits {
        return true;
    }
    match listener.accept().await {
        Ok(conn) => room.fail(Oracle::WrongAnswer, "somebody was accepted", conn.peer_addr()),
        Err(OpError { cause: Cause::Closed | Cause::Shutdown, .. }) => false,
        Err(error) if is_injected(&error) => true,
        Err(error) => room.fail(Oracle::WrongAnswer, "accept failed", error),
    }
}

/// Writes until the connection is full, and waits there.
async fn write<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    let mut offset = 0;
    loop {
        let piece = room.piece(30_000);
        match conn.write(&STREAM.bytes(offset, piece)).await {
            Ok(written) => offset += written as u64,
            Err(error) if is_broken(&error) => return,
            Err(error) => room.fail(Oracle::WrongAnswer, "a write failed", error),
        }
        if room.choose(3) == 0 {
            handle.sleep(Duration::from_micros(20) + room.span(480)).await;
        }
    }
}

/// Reads as long as somebody writes: the end may come anywhere.
async fn read<R: Room>(room: &R, conn: &TcpStream<R::Sys>) {
    let mut buf = vec![0; 300 + room.piece(10_000)];
    let mut offset = 0;
    loop {
        match conn.read(&mut buf).await {
            Ok(0) => return,
            Ok(read) => {
                check(room, STREAM, offset, &buf[..read]);
                offset += read as u64;
            }
            Err(error) if is_gone(&error) => return,
            Err(error) => room.fail(Oracle::WrongAnswer, "a read failed", error),
        }
    }
}

/// Whether the other end has gone.
fn is_gone(error: &OpError) -> bool {
    is_broken(error) || error.errno() == Some(Errno::ECONNREFUSED)
}

/// A task of a runtime that is shut down has ended, or is told to have been cancelled: nobody waits for it.
async fn ended<R: Room>(room: &R, task: JoinHandle<(), R::Sys>) {
    match task.await {
        Ok(()) | Err(JoinError::Cancelled) => {}
        Err(JoinError::Panicked(_)) => room.fail(Oracle::WrongAnswer, "a task panicked", "at shutdown"),
    }
}
