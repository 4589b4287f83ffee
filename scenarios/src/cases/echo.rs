//! Many connections, each with several exchanges: what comes back is what was sent, on the connection it was
//! sent on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{AsyncReadExt, AsyncWriteExt};
use netcore::net::{Dialer, ListenConfig, TcpListener, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Sys;
use simnet::Oracle;
use simnet::fault::cancellable;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{Excuse, PAUSE, dial, expect, is_broken, join};

/// What it is.
pub const ABOUT: &str = "many connections to an echo server; bytes come back whole, to whom they belong";

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let stage = Stage::new(room, &ListenConfig::default());
    let dropped = Arc::new(AtomicU32::new(0));
    let (handle, listener) = (stage.serving.handle().clone(), stage.listener.clone());
    let server = stage.serving.spawn(serve(room.clone(), handle, listener, dropped.clone()));
    let clients: Vec<_> = (0..1 + room.choose(6))
        .map(|id| {
            let (room, handle) = (room.clone(), stage.calling.handle().clone());
            let (listener, dropped) = (stage.listener.clone(), dropped.clone());
            stage.calling.spawn(async move {
                let mut stream = u64::from(id) << 8;
                // A connection that the server could not take is dropped: then with a new one.
                while !exchange(&room, &handle, &listener, Stream(stream), &dropped).await {
                    stream += 1;
                }
            })
        })
        .collect();
    stage.join_all(clients);
    stage.end(Some(server));
}

/// Accepts until the listener is closed, and echoes. Counts the connections that it could not take.
async fn serve<R: Room>(
    room: R,
    handle: Handle<R::Sys>,
    listener: Arc<TcpListener<R::Sys>>,
    dropped: Arc<AtomicU32>,
) {
    let mut tasks = Vec::new();
    loop {
        // An accept that is dropped at its await gives its connection to the next one.
        let Some(accepted) = cancellable(accept_counting(&room, &listener, &dropped)).await else { continue };
        let Some(conn) = accepted else { break };
        let room = room.clone();
        let as_stream = room.one_in(3);
        tasks.push(handle.spawn(async move {
            if as_stream { echo_as_stream(&room, conn).await } else { echo(&room, conn).await }
        }));
    }
    for task in tasks {
        join(task).await;
    }
}

async fn accept_counting<R: Room>(
    room: &R,
    listener: &TcpListener<R::Sys>,
    dropped: &AtomicU32,
) -> Option<TcpStream<R::Sys>> {
    loop {
        match listener.accept().await {
            Err(error) if error.errno() == Some(netcore::sys::Errno::ENOSPC) => {
                dropped.fetch_add(1, Ordering::Relaxed);
            }
            Ok(conn) => return Some(conn),
            Err(error) if error.cause == netcore::net::Cause::Closed => return None,
            Err(error) if error.is_temporary() => {}
            Err(error) => room.fail(Oracle::WrongAnswer, "accept failed", error),
        }
    }
}

async fn echo<R: Room>(room: &R, conn: TcpStream<R::Sys>) {
    let mut buf = [0; 700];
    loop {
        match conn.read(&mut buf).await {
            Ok(0) => break,
            Ok(read) => {
                if let Err(error) = conn.write(&buf[..read]).await {
                    room.fail(Oracle::WrongAnswer, "the echo cannot be written", error);
                }
            }
            Err(error) => room.fail(Oracle::WrongAnswer, "the request cannot be read", error),
        }
    }
    if !room.one_in(3) {
        conn.close().await.expect("the server closes its connection once");
    }
}

/// The same by futures-io: a read that is dropped is gone on with by the next one.
async fn echo_as_stream<R: Room>(room: &R, mut conn: TcpStream<R::Sys>) {
    let mut buf = [0; 700];
    loop {
        match cancellable(AsyncReadExt::read(&mut conn, &mut buf)).await {
            None => {}
            Some(Ok(0)) => break,
            Some(Ok(read)) => {
                if let Err(error) = AsyncWriteExt::write_all(&mut conn, &buf[..read]).await {
                    room.fail(Oracle::WrongAnswer, "the echo cannot be written", error);
                }
            }
            Some(Err(error)) => room.fail(Oracle::WrongAnswer, "the request cannot be read", error),
        }
    }
    if let Err(error) = AsyncWriteExt::close(&mut conn).await {
        room.fail(Oracle::WrongAnswer, "the end cannot be written", error);
    }
}

/// One connection with some exchanges; `false` if the server dropped it for want of resources.
async fn exchange<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    listener: &TcpListener<R::Sys>,
    stream: Stream,
    dropped: &AtomicU32,
) -> bool {
    let mut conn = match dial(handle, &Dialer::default(), listener, &Excuse::default()).await {
        Ok(conn) => conn,
        Err(error) if is_broken(&error) => return excuse(room, handle, dropped, "dial").await,
        Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
    };
    let mut offset = 0;
    for _ in 0..1 + room.choose(5) {
        let len = 1 + room.choose(if room.one_in(8) { 100_000 } else { 600 }) as usize;
        match both_ways(room, &conn, stream, offset, len).await {
            Ok(()) => offset += len as u64,
            Err(error) if is_broken(&error) && offset == 0 => {
                return excuse(room, handle, dropped, "exchange").await;
            }
            Err(error) => room.fail(Oracle::WrongAnswer, "an exchange failed", error),
        }
    }
    // Nothing comes unasked; the connection goes with the read in it.
    if room.one_in(3)
        && let Ok(read) = handle.timeout(room.span(160), AsyncReadExt::read(&mut conn, &mut [0; 16])).await
    {
        room.fail(Oracle::WrongAnswer, "a read that nobody answers is ready", format_args!("{read:?}"));
    }
    true
}

/// Writes and reads at the same time, since a large message fills the buffers of both directions.
async fn both_ways<S: Sys>(
    room: &impl Room<Sys = S>,
    conn: &TcpStream<S>,
    stream: Stream,
    offset: u64,
    len: usize,
) -> Result<(), netcore::net::OpError> {
    let bytes = stream.bytes(offset, len);
    let (written, read) = futures_util::join!(conn.write(&bytes), expect(room, conn, stream, offset, len));
    written?;
    read
}

/// The server has dropped one connection more than clients have noticed: then this is it. It may come to count it
/// a step later, in the same instant.
async fn excuse<R: Room>(room: &R, handle: &Handle<R::Sys>, dropped: &AtomicU32, place: &str) -> bool {
    handle.sleep(PAUSE).await;
    let excused = dropped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    if excused.is_err() {
        room.fail(Oracle::WrongAnswer, "a connection broke that nobody dropped", place);
    }
    false
}
