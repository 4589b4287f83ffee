//! Deadlines that are set, moved, cleared and past, by the reader and by others, while data comes and does not.

use core::time::Duration;

use netcore::net::{Dialer, ListenConfig, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Instant;
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{check, expect};

/// What it is.
pub const ABOUT: &str =
    "deadlines are set, moved, cleared and past, by several tasks, during reads and writes";

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let buffers = Some(4096 + room.choose(60_000) as i32);
    let stage = Stage::new(room, &ListenConfig { buffers, ..ListenConfig::default() });
    let (client, server) = stage.pair(&Dialer { buffers, ..Dialer::default() });
    let Stage { serving, calling, .. } = &stage;
    let total = 1 + u64::from(room.choose(200_000));
    let writer = {
        let (room, handle, server) = (room.clone(), serving.handle().clone(), server.clone());
        serving.spawn(async move { write(&room, &handle, &server, total).await })
    };
    let reader = {
        let (room, handle, client) = (room.clone(), calling.handle().clone(), client.clone());
        calling.spawn(async move { read(&room, &handle, &client, total).await })
    };
    let meddlers: Vec<_> = [(calling, client.clone()), (serving, server.clone())]
        .into_iter()
        .map(|(runtime, conn)| {
            let (room, handle) = (room.clone(), runtime.handle().clone());
            runtime.spawn(async move { meddle(&room, &handle, &conn).await })
        })
        .collect();
    stage.join_all(meddlers);
    stage.join_all([writer, reader]);
    calling.block_on(past(room, calling.handle(), &client, &server));
    drop((client, server));
    stage.end(None);
}

const STREAM: Stream = Stream(11);

/// A moment in the past, or up to two milliseconds ahead, or none.
fn moment<R: Room>(room: &R, handle: &Handle<R::Sys>) -> Option<Instant> {
    match room.choose(4) {
        0 => None,
        1 => Some(Instant::from_nanos(room.choose(2).into())),
        _ => Some(handle.now() + room.span(2000)),
    }
}

/// Sets deadlines that are not its own.
async fn meddle<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    for _ in 0..room.choose(12) {
        let at = moment(room, handle);
        let set = match room.choose(3) {
            0 => conn.set_read_deadline(at),
            1 => conn.set_write_deadline(at),
            _ => conn.set_deadline(at),
        };
        set.expect("an open connection takes deadlines");
        // Without a pause whom the last one woke finds another.
        if room.one_in(2) {
            handle.sleep(room.span(720)).await;
        }
    }
}

/// Writes the whole stream; a timeout is met with another deadline.
async fn write<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>, total: u64) {
    let mut offset = 0;
    while offset < total {
        let piece = (room.piece(30_000) as u64).min(total - offset) as usize;
        let bytes = STREAM.bytes(offset, piece);
        let (one, other) = bytes.split_at(room.choose(piece as u32) as usize);
        let result =
            if room.one_in(2) { conn.write_vectored(&[one, other]).await } else { conn.write(&bytes).await };
        match result {
            Ok(written) => offset += written as u64,
            Err(error) if error.is_timeout() => {
                offset += error.written as u64;
                let at = moment(room, handle).filter(|&at| at > handle.now());
                conn.set_write_deadline(at).expect("an open connection takes deadlines");
            }
            Err(error) => room.fail(Oracle::WrongAnswer, "a write failed", error),
        }
        if room.one_in(4) {
            handle.sleep(room.span(1600)).await;
        }
    }
}

/// Reads nothing: that is there at once, and not the end, whatever the deadline.
async fn nothing<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    let began = handle.now();
    let result = conn.read(&mut []).await;
    if result != Ok(0) || R::IS_EXACT && handle.now() > began {
        room.fail(Oracle::WrongAnswer, "nothing cannot be read at once", format_args!("{result:?}"));
    }
}

/// Reads the whole stream; a timeout is met with another deadline.
async fn read<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>, total: u64) {
    let mut buf = vec![0; 8000];
    let mut offset = 0;
    while offset < total {
        if room.one_in(8) {
            nothing(room, handle, conn).await;
        }
        let piece = room.piece(8000);
        match conn.read(&mut buf[..piece]).await {
            Ok(0) => room.fail(Oracle::Data, "the stream ended early", offset),
            Ok(read) => {
                check(room, STREAM, offset, &buf[..read]);
                offset += read as u64;
            }
            Err(error) if error.is_timeout() => {
                let at = moment(room, handle).filter(|&at| at > handle.now());
                conn.set_read_deadline(at).expect("an open connection takes deadlines");
            }
            Err(error) => room.fail(Oracle::WrongAnswer, "a read failed", error),
        }
    }
}

/// A past deadline fails every operation, ready or not, until it is cleared; a coming one at its very instant.
async fn past<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    client: &TcpStream<R::Sys>,
    server: &TcpStream<R::Sys>,
) {
    client.set_deadline(None).expect("an open connection takes deadlines");
    server.set_deadline(None).expect("an open connection takes deadlines");
    let until = handle.now() + Duration::from_micros(1) + room.span(3200);
    client.set_read_deadline(Some(until)).expect("an open connection takes deadlines");
    let result = client.read(&mut [0; 8]).await;
    if !result.is_err_and(|error| error.is_timeout()) || handle.now() < until {
        room.fail(
            Oracle::Deadline,
            "a read without data does not end at its deadline",
            format_args!("{result:?}"),
        );
    }
    server.write(&STREAM.bytes(0, 8)).await.expect("an open connection is written");
    handle.sleep(Duration::from_millis(5)).await;
    nothing(room, handle, client).await;
    for _ in 0..2 {
        let result = client.read(&mut [0; 8]).await;
        if !result.is_err_and(|error| error.is_timeout()) {
            room.fail(Oracle::Deadline, "a past deadline lets data through", format_args!("{result:?}"));
        }
    }
    let long_past = Instant::from_nanos(room.choose(2).into());
    client.set_write_deadline(Some(long_past)).expect("an open connection takes deadlines");
    for result in [client.write(b"x").await, client.write_vectored(&[b"x", b"y"]).await] {
        if !result.is_err_and(|error| error.is_timeout() && error.written == 0) {
            room.fail(Oracle::Deadline, "a past deadline lets a write through", format_args!("{result:?}"));
        }
    }
    client.set_deadline(None).expect("an open connection takes deadlines");
    if let Err(error) = expect(room, client, STREAM, 0, 8).await {
        room.fail(Oracle::WrongAnswer, "a cleared deadline is still there", error);
    }
}
