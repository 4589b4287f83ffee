//! Dials that succeed, are refused, are cancelled and run out of time, many at once and in numbers that others
//! have just left.

use core::future::pending;
use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Errno;
use simnet::Oracle;
use simnet::fault::cancellable;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{Excuse, PAUSE, expect, is_broken, is_injected, listen};

/// What it is.
pub const ABOUT: &str =
    "dials succeed, are refused, cancelled and timed out, while others' numbers are reused";

const GREETING: Stream = Stream(41);

/// One of the first that connect(2) takes: a dial to it may meet itself (golang/go#2690).
const VACANT_PORT: u16 = 32_770;

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let stage = Stage::new(room, &ListenConfig::default());
    let greeting = stage.accepting(|room, conn| async move { greet(&room, &conn).await });
    let full = full(&stage);
    let refusing = refusing(&stage);
    let vacant = (stage.there.ip, VACANT_PORT).into();
    let places = Arc::new(Places {
        open: stage.listener.addr(),
        full: full.listener.addr(),
        refusing,
        vacant,
        excuse: stage.excuse.clone(),
    });
    let dialers: Vec<_> = (0..1 + room.choose(4))
        .map(|_| {
            let (room, handle) = (room.clone(), stage.calling.handle().clone());
            let places = places.clone();
            stage.calling.spawn(async move {
                for _ in 0..1 + room.choose(10) {
                    one(&room, &handle, &places).await;
                }
            })
        })
        .collect();
    stage.join_all(dialers);
    drop(full);
    stage.end(Some(greeting));
}

/// Where dials go.
struct Places {
    /// A server.
    open: SocketAddr,
    /// A listener that nobody accepts from and whose queue is full: it answers nothing.
    full: SocketAddr,
    /// A port that nobody listens on.
    refusing: SocketAddr,
    /// A port of the dialling host itself, from among those that its own dials are given.
    vacant: SocketAddr,
    excuse: Excuse,
}

/// A listener with a full queue, and what fills it.
struct Full<R: Room> {
    listener: Arc<TcpListener<R::Sys>>,
    _filling: Vec<TcpStream<R::Sys>>,
}

/// Fills the queue of a listener with a backlog of 1: Linux takes backlog + 1.
fn full<R: Room>(stage: &Stage<R>) -> Full<R> {
    let config = ListenConfig { backlog: Some(1), ..ListenConfig::default() };
    let listener = listen(stage.serving.handle(), &stage.here, &config);
    let handle = stage.calling.handle();
    let filling = stage.calling.block_on(async {
        let mut filling = Vec::new();
        while filling.len() < 2 {
            match Dialer::default().dial(handle, listener.addr()).await {
                Ok(conn) => filling.push(conn),
                // It may be in the queue all the same: then one of these waits for ever, and is full enough.
                Err(error) if is_injected(&error) => break,
                Err(error) => stage.room.fail(Oracle::WrongAnswer, "dial failed", error),
            }
        }
        filling
    });
    if filling.len() < 2 {
        stage.excuse.give();
    }
    // Until the last acknowledgment has arrived, however often it is lost, there is room for one more SYN; and if it is
    // lost too often there is room for good, for the listener's host gives up and resets what it does not know any more.
    let settled = Duration::from_millis(if R::IS_EXACT { 100_000 } else { 5 });
    stage.calling.block_on(async {
        handle.sleep(settled).await;
        for conn in &filling {
            let read = conn.set_read_deadline(Some(handle.now() + PAUSE)).and(conn.read(&mut [0]).await);
            if !matches!(read, Err(OpError { cause: Cause::DeadlineExceeded, .. })) {
                stage.excuse.give();
            }
        }
    });
    Full { listener, _filling: filling }
}

/// An address whose listener is closed.
fn refusing<R: Room>(stage: &Stage<R>) -> SocketAddr {
    let listener = listen(stage.serving.handle(), &stage.here, &ListenConfig::default());
    stage.serving.block_on(listener.close()).expect("the listener is closed once");
    listener.addr()
}

async fn greet<R: Room>(room: &R, conn: &TcpStream<R::Sys>) {
    match conn.write(&GREETING.bytes(0, 32)).await {
        Ok(_) => {}
        Err(error) if is_broken(&error) => {}
        Err(error) => room.fail(Oracle::WrongAnswer, "the greeting cannot be written", error),
    }
}

/// One dial, somewhere, somehow.
async fn one<R: Room>(room: &R, handle: &Handle<R::Sys>, places: &Places) {
    let target = match room.choose(6) {
        0 => places.full,
        1 => places.refusing,
        2 => places.vacant,
        _ => places.open,
    };
    let timeout = match room.choose(4) {
        0 if target != places.full => None,
        1 => Some(Duration::from_micros(room.choose(20).into())),
        _ => Some(room.span(4000)),
    };
    let began = handle.now();
    let dialer = Dialer { timeout, ..Dialer::default() };
    let cancel_after = room.one_in(4).then(|| room.span(1600));
    let cancel = async {
        match cancel_after {
            Some(after) => handle.sleep(after).await,
            None => pending().await,
        }
    };
    let Some(result) = cancellable(dialer.dial_until(handle, target, cancel)).await else { return };
    let took = handle.now().saturating_since(began);
    match result {
        Ok(conn) if target == places.open => use_it(room, handle, &conn, places).await,
        Ok(conn) => {
            let detail = format!("{target} as {:?}", conn.local_addr());
            let place = "a dial succeeded where nobody accepts";
            if target != places.full {
                room.fail(Oracle::WrongAnswer, place, detail);
            }
            places.excuse.demand(room, handle, Oracle::WrongAnswer, place, detail).await;
        }
        Err(error) if error.errno() == Some(Errno::ECONNRESET) => {
            places.excuse.demand(room, handle, Oracle::WrongAnswer, "a dial was reset", error).await;
        }
        Err(error) => failed(room, &error, target, places, (took, timeout, cancel_after)),
    }
}

/// A dial has failed: for a reason that it can have had, and neither early nor late.
fn failed<R: Room>(
    room: &R,
    error: &OpError,
    target: SocketAddr,
    places: &Places,
    (took, timeout, cancel_after): (Duration, Option<Duration>, Option<Duration>),
) {
    let due = match error.cause {
        Cause::DeadlineExceeded => timeout,
        Cause::Cancelled => cancel_after,
        Cause::Sys(_, Errno::ECONNREFUSED) if [places.refusing, places.vacant].contains(&target) => return,
        _ if is_injected(error) => return,
        _ => None,
    };
    match due {
        Some(due) if took < due => {
            room.fail(Oracle::Deadline, "a dial gave up early", format_args!("{took:?}, due {due:?}"));
        }
        Some(due) if R::IS_EXACT && took > due => {
            room.fail(Oracle::Deadline, "a dial gave up late", format_args!("{took:?}, due {due:?}"));
        }
        Some(_) => {}
        None => room.fail(Oracle::WrongAnswer, "a dial failed oddly", error),
    }
}

/// A connection that dial returned is connected.
async fn use_it<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>, places: &Places) {
    if conn.peer_addr() != places.open {
        room.fail(Oracle::WrongAnswer, "a dial brought somebody else's connection", conn.peer_addr());
    }
    if room.one_in(3) {
        return;
    }
    match expect(room, conn, GREETING, 0, 32).await {
        Ok(()) => {}
        Err(error) if is_broken(&error) => {
            let place = "a dialled connection was broken";
            places.excuse.demand(room, handle, Oracle::WrongAnswer, place, error).await;
        }
        Err(error) => room.fail(Oracle::WrongAnswer, "a dialled connection cannot be used", error),
    }
}
