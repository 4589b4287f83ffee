//! One connection used by several tasks at once: readers, writers, one that closes it, and copies of it that live on.
//!
//! Numbers are reused at once by further connections, so that a call that is late by one step hits a
//! stranger.

use core::time::Duration;
use std::sync::Arc;

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::{Handle, yield_now};
use simnet::Oracle;
use simnet::fault::cancellable;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{Excuse, check, close, dial, is_broken, is_injected, join};

/// What it is.
pub const ABOUT: &str =
    "tasks read, write, copy and close one connection at the same time, while others take its number";

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let stage = Stage::new(room, &ListenConfig::default());
    let server = stage.accepting(|room, conn| async move { talk(&room, conn).await });
    let clients: Vec<_> = (0..1 + room.choose(3))
        .map(|_| {
            let (room, handle) = (room.clone(), stage.calling.handle().clone());
            let (listener, excuse) = (stage.listener.clone(), stage.excuse.clone());
            stage.calling.spawn(async move {
                for _ in 0..1 + room.choose(5) {
                    race(&room, &handle, &listener, &excuse).await;
                }
            })
        })
        .collect();
    stage.join_all(clients);
    stage.end(Some(server));
}

/// What every connection carries, in both directions.
const STREAM: Stream = Stream(7);

/// The server's side: writes and reads until the connection ends, however it ends.
async fn talk<R: Room>(room: &R, conn: TcpStream<R::Sys>) {
    let conn = Arc::new(conn);
    let writing = write(room, &conn, 2000 + room.choose(60_000) as usize);
    let reading = read(room, &conn);
    let _ = futures_util::join!(writing, reading);
}

/// The client's side: tasks that use the connection, and one that closes it in the middle of it.
async fn race<R: Room>(room: &R, handle: &Handle<R::Sys>, listener: &TcpListener<R::Sys>, excuse: &Excuse) {
    let conn = match dial(handle, &Dialer::default(), listener, &Excuse::default()).await {
        Ok(conn) => Arc::new(conn),
        Err(error) if is_broken(&error) => return,
        Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
    };
    let copy = if room.one_in(3) { conn.duplicate().ok() } else { None };
    let mut users = Vec::new();
    for _ in 0..room.choose(3) {
        let (room, conn) = (room.clone(), conn.clone());
        users.push(handle.spawn(async move { read_any(&room, &conn).await }));
    }
    for _ in 0..room.choose(3) {
        let (room, handle, conn) = (room.clone(), handle.clone(), conn.clone());
        users.push(handle.clone().spawn(async move { meddle(&room, &handle, &conn).await }));
    }
    let (writer_room, writer) = (room.clone(), conn.clone());
    let len = room.choose(100_000) as usize;
    let writing = handle.spawn(async move { write(&writer_room, &writer, len).await });
    // While time passes everybody gets to where they wait: most often it is closed before.
    if room.one_in(3) {
        handle.sleep(room.span(400)).await;
    }
    let closer = conn.clone();
    let closing = async move { closer.close().await };
    let closed = match cancellable(closing).await {
        Some(result) => result,
        // The close goes on without the future; another one is told so at once.
        None => match conn.close().await {
            Err(OpError { cause: Cause::Closed, .. }) => Ok(()),
            other => other,
        },
    };
    if let Err(error) = closed {
        room.fail(Oracle::WrongAnswer, "the first close failed", error);
    }
    for user in users {
        join(user).await;
    }
    let written = join(writing).await;
    drop(conn);
    if let Some(copy) = copy {
        outlive(room, handle, &copy, written, excuse).await;
    }
}

/// A copy works after the original is closed: the connection has not been shut down, and the stream goes on
/// where the original left it.
async fn outlive<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    copy: &TcpStream<R::Sys>,
    offset: u64,
    excuse: &Excuse,
) {
    match copy.write(&STREAM.bytes(offset, 100)).await {
        Ok(_) => {}
        Err(error) if is_broken(&error) => {
            let place = "a close broke the connection of a copy";
            return excuse.demand(room, handle, Oracle::WrongAnswer, place, error).await;
        }
        Err(error) => room.fail(Oracle::WrongAnswer, "the copy of a closed connection cannot write", error),
    }
    close(room, handle, copy).await;
}

/// Writes the stream's bytes until all are written or the connection ends: how many the kernel took.
async fn write<R: Room>(room: &R, conn: &TcpStream<R::Sys>, len: usize) -> u64 {
    let mut offset = 0;
    while offset < len {
        let piece = room.piece(20_000).min(len - offset);
        match conn.write(&STREAM.bytes(offset as u64, piece)).await {
            Ok(written) if written == piece => offset += piece,
            Ok(written) => room.fail(Oracle::Data, "a write was cut short", written),
            Err(error) => {
                over(room, &error);
                return (offset + error.written) as u64;
            }
        }
    }
    offset as u64
}

/// Reads to the end, and checks every byte.
async fn read<R: Room>(room: &R, conn: &TcpStream<R::Sys>) {
    let mut buf = [0; 4000];
    let mut offset = 0;
    loop {
        let end = room.piece(4000);
        match conn.read(&mut buf[..end]).await {
            Ok(0) => return,
            Ok(read) => {
                check(room, STREAM, offset, &buf[..read]);
                offset += read as u64;
            }
            Err(error) => return over(room, &error),
        }
    }
}

/// Reads beside other readers: the bytes are of the stream, but from anywhere.
async fn read_any<R: Room>(room: &R, conn: &TcpStream<R::Sys>) {
    let mut buf = [0; 2000];
    loop {
        let Some(read) = cancellable(conn.read(&mut buf)).await else { continue };
        match read {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => return over(room, &error),
        }
    }
}

/// Does what else can be done with a connection, while it is being closed.
async fn meddle<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    for _ in 0..1 + room.choose(4) {
        let done = match room.choose(5) {
            0 => conn.duplicate().map(drop),
            1 => conn.set_nodelay(room.one_in(2)),
            2 => conn.set_keep_alive(None),
            3 => conn.set_deadline(Some(handle.now() + Duration::from_secs(10_000))),
            _ => conn.local_addr().map(drop),
        };
        match done {
            Ok(()) => {}
            Err(error) if is_injected(&error) => {}
            Err(error) => return over(room, &error),
        }
        if room.one_in(2) {
            yield_now().await;
        }
    }
}

/// An operation has failed: because the connection was closed, here or there.
fn over<R: Room>(room: &R, error: &OpError) {
    if error.cause != Cause::Closed && !is_broken(error) {
        room.fail(Oracle::WrongAnswer, "an operation on a closing connection failed oddly", error);
    }
}
