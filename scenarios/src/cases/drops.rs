//! Futures that are dropped at any await, and tasks that are aborted: what they held is handed on, and what they
//! had not done is left undone.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpStream};
use netcore::rt::{Handle, JoinError, JoinHandle};
use simnet::Oracle;
use simnet::fault::cancellable;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{elsewhere, join};

/// What it is.
pub const ABOUT: &str = "reads, writes, accepts, sleeps and joins are dropped at any await; others go on";

const STREAM: Stream = Stream(61);

/// How many reads the stream takes at most, about.
const READS_MAX: u64 = 100;

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let buffers = Some(3000 + room.choose(30_000) as i32);
    let stage = Stage::new(room, &ListenConfig { buffers, ..ListenConfig::default() });
    let (client, server) = stage.pair(&Dialer { buffers, ..Dialer::default() });
    let total = 1 + u64::from(room.choose(150_000));
    let read = Arc::new(Read::default());
    let readers: Vec<_> = (0..1 + room.choose(3))
        .map(|_| {
            let (room, handle) = (room.clone(), stage.serving.handle().clone());
            let (server, read) = (server.clone(), read.clone());
            stage.serving.spawn(async move { read_some(&room, &handle, &server, &read, total).await })
        })
        .collect();
    let blockers: Vec<_> = (0..room.choose(3))
        .map(|_| {
            let (room, handle, client) = (room.clone(), stage.calling.handle().clone(), client.clone());
            stage.calling.spawn(async move { block(&room, &handle, &client).await })
        })
        .collect();
    let writer = {
        let (room, handle, client) = (room.clone(), stage.calling.handle().clone(), client.clone());
        stage.calling.spawn(async move { write(&room, &handle, &client, total).await })
    };
    stage.join_all([writer]);
    stage.join_all(readers);
    let bytes = read.bytes.load(Ordering::Relaxed);
    if bytes != total || read.sum.load(Ordering::Relaxed) != sum(&STREAM.bytes(0, total as usize)) {
        let detail = format!("{bytes} bytes of {total}");
        room.fail(Oracle::Data, "readers together have not read what was written", detail);
    }
    for blocker in &blockers {
        blocker.abort();
    }
    stage.calling.block_on(async {
        for blocker in blockers {
            match blocker.await {
                Ok(()) | Err(JoinError::Cancelled) => {}
                Err(JoinError::Panicked(payload)) => std::panic::resume_unwind(payload),
            }
        }
    });
    unfinished(room, &stage, &client, &server);
    drop((client, server));
    stage.end(None);
}

/// What several readers of one stream have read together.
#[derive(Debug, Default)]
struct Read {
    bytes: AtomicU64,
    sum: AtomicU64,
    at_end: AtomicBool,
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}

/// Reads beside others until everything is read; each read may be dropped.
async fn read_some<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    conn: &Arc<TcpStream<R::Sys>>,
    read: &Read,
    total: u64,
) {
    let mut buf = vec![0; (total / READS_MAX) as usize + room.piece(9000)];
    while !read.at_end.load(Ordering::Relaxed) {
        let result = if room.one_in(4) {
            let (conn, mut theirs) = (conn.clone(), core::mem::take(&mut buf));
            let reading = async move { (conn.read(&mut theirs).await, theirs) };
            let (result, theirs) = elsewhere(handle, reading).await;
            buf = theirs;
            Some(result)
        } else {
            cancellable(conn.read(&mut buf)).await
        };
        match result {
            None => continue,
            // Another reader may not have counted yet what it has read.
            Some(Ok(0)) => read.at_end.store(true, Ordering::Relaxed),
            Some(Ok(len)) => {
                read.sum.fetch_add(sum(&buf[..len]), Ordering::Relaxed);
                read.bytes.fetch_add(len as u64, Ordering::Relaxed);
            }
            Some(Err(error)) => room.fail(Oracle::WrongAnswer, "a read failed", error),
        }
        if room.one_in(8) {
            let pause = handle.sleep(room.span(320));
            if room.one_in(2) {
                elsewhere(handle, pause).await;
            } else {
                let _ = cancellable(pause).await;
            }
        }
    }
}

/// Writes everything, in tasks that are joined by futures that may be dropped; then the end.
async fn write<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &Arc<TcpStream<R::Sys>>, total: u64) {
    let mut offset = 0;
    while offset < total {
        let piece = (room.piece(20_000) as u64).min(total - offset);
        let (writer, bytes) = (conn.clone(), STREAM.bytes(offset, piece as usize));
        let mut task = handle.spawn(async move { writer.write(&bytes).await });
        let written = loop {
            // A join that is dropped leaves the task alone.
            if let Some(joined) = cancellable(&mut task).await {
                break joined;
            }
        };
        match written {
            Ok(Ok(_)) => offset += piece,
            other => room.fail(Oracle::WrongAnswer, "a write failed", format_args!("{other:?}")),
        }
    }
    if let Err(error) = conn.close_write() {
        room.fail(Oracle::WrongAnswer, "the end cannot be written", error);
    }
}

/// Waits for data that does not come, and is dropped or aborted in it.
async fn block<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    for _ in 0..room.choose(30) {
        let read = handle.timeout(room.span(480), cancellable(async { conn.read(&mut [0; 16]).await }));
        match read.await {
            Err(_) | Ok(None) => {}
            Ok(Some(Ok(0))) => return,
            Ok(Some(Ok(_))) => room.fail(Oracle::Data, "data came that nobody wrote", conn.peer_addr()),
            Ok(Some(Err(error))) => room.fail(Oracle::WrongAnswer, "a read failed", error),
        }
        // A runtime that has nothing else to do is asked to do it now.
        handle.sleep(Duration::from_micros(1)).await;
    }
}

/// A write that was dropped half-way has written a part, from the front; and the connection still closes.
fn unfinished<R: Room>(
    room: &R,
    stage: &Stage<R>,
    client: &Arc<TcpStream<R::Sys>>,
    server: &Arc<TcpStream<R::Sys>>,
) {
    let writer: JoinHandle<Result<usize, OpError>, R::Sys> = {
        let server = server.clone();
        stage.serving.spawn(async move { server.write(&STREAM.bytes(0, 400_000)).await })
    };
    stage.serving.block_on(async {
        stage.serving.handle().sleep(room.span(800)).await;
        writer.abort();
        let _ = writer.await;
    });
    let closing = {
        let server = server.clone();
        stage.serving.spawn(async move { server.close().await })
    };
    let failed = stage.serving.block_on(join(closing)).err();
    if let Some(error) = failed.filter(|error| error.cause != Cause::Closed) {
        room.fail(Oracle::WrongAnswer, "a connection cannot be closed after an abort", error);
    }
    stage.calling.block_on(drain(room, client));
}

/// Reads a part of the stream, up to its end.
async fn drain<R: Room>(room: &R, conn: &TcpStream<R::Sys>) {
    let mut buf = vec![0; 10_000];
    let mut offset = 0;
    loop {
        match conn.read(&mut buf).await {
            Ok(0) => return,
            Ok(read) => {
                crate::verbs::check(room, STREAM, offset, &buf[..read]);
                offset += read as u64;
            }
            Err(error) => room.fail(Oracle::WrongAnswer, "a read failed", error),
        }
    }
}
