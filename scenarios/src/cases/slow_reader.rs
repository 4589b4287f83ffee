//! A reader that takes its time, over tiny buffers: the writer waits, nothing piles up, and nothing is lost.

use core::time::Duration;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::join;
use netcore::net::{Dialer, ListenConfig, TcpStream};
use netcore::rt::Handle;
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::check;

/// What it is.
pub const ABOUT: &str =
    "slow readers over tiny buffers, in both directions: writers wait, and nothing is lost";

/// What the kernels of both ends hold at most beyond what was asked for: they double it, and give a
/// connection more at its begin (tcp(7), `tcp_rmem`).
const HELD_MAX: u64 = 1 << 20;

/// How many reads a transfer takes at most, about.
const READS_MAX: u64 = 100;

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let buffers = Some([1, 2048, 5000, 20_000][room.choose(4) as usize]);
    let stage = Stage::new(room, &ListenConfig { buffers, ..ListenConfig::default() });
    let (client, server) = stage.pair(&Dialer { buffers, ..Dialer::default() });
    let totals = [0, 1].map(|_| u64::from(room.choose(if room.one_in(6) { 300_000 } else { 30_000 })));
    let [there, back] = [Transfer::default(), Transfer::default()].map(std::sync::Arc::new);
    let serving = {
        let (room, handle) = (room.clone(), stage.serving.handle().clone());
        let (there, back) = (there.clone(), back.clone());
        stage.serving.spawn(async move {
            let reading = there.read(&room, &handle, &server, Stream(31), totals[0]);
            let writing = back.write(&room, &handle, &server, Stream(32), totals[1]);
            join!(reading, writing);
        })
    };
    let calling = {
        let (room, handle) = (room.clone(), stage.calling.handle().clone());
        stage.calling.spawn(async move {
            let writing = there.write(&room, &handle, &client, Stream(31), totals[0]);
            let reading = back.read(&room, &handle, &client, Stream(32), totals[1]);
            join!(writing, reading);
        })
    };
    stage.join_all([serving, calling]);
    stage.end(None);
}

/// One direction: how much was written and read so far.
#[derive(Debug, Default)]
struct Transfer {
    written: AtomicU64,
    read: AtomicU64,
}

impl Transfer {
    /// Writes in up to eight pieces at a time.
    async fn write<R: Room>(
        &self,
        room: &R,
        handle: &Handle<R::Sys>,
        conn: &TcpStream<R::Sys>,
        stream: Stream,
        total: u64,
    ) {
        let mut offset = 0;
        while offset < total {
            let mut pieces = Vec::new();
            let mut end = offset;
            for nth in 0..1 + room.choose(8) {
                // Any but the first may be empty.
                let len = (room.piece(6000) - usize::from(nth > 0)) as u64;
                let len = len.min(total - end);
                pieces.push(stream.bytes(end, len as usize));
                end += len;
            }
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            match conn.write_vectored(&slices).await {
                Ok(written) if written as u64 == end - offset => offset = end,
                other => room.fail(Oracle::WrongAnswer, "a write was cut short", format_args!("{other:?}")),
            }
            self.written.store(offset, Ordering::Relaxed);
            let held = offset - self.read.load(Ordering::Relaxed);
            if held > HELD_MAX {
                room.fail(Oracle::WrongAnswer, "tiny buffers hold more than they can", held);
            }
            if room.one_in(10) {
                handle.sleep(room.span(880)).await;
            }
        }
        if let Err(error) = conn.close_write() {
            room.fail(Oracle::WrongAnswer, "the end cannot be written", error);
        }
    }

    /// Reads with pauses, some of them so long that the other end probes the closed window.
    async fn read<R: Room>(
        &self,
        room: &R,
        handle: &Handle<R::Sys>,
        conn: &TcpStream<R::Sys>,
        stream: Stream,
        total: u64,
    ) {
        let longest = if R::IS_EXACT { 3_000_000 } else { 3000 };
        let mut buf = vec![0; (total / READS_MAX) as usize + room.piece(30_000)];
        let mut offset = 0;
        loop {
            let read = match conn.read(&mut buf).await {
                Ok(0) if offset == total => return,
                Ok(0) => {
                    room.fail(Oracle::Data, "the stream ended early", format_args!("{offset} of {total}"))
                }
                Ok(read) => read,
                Err(error) => room.fail(Oracle::WrongAnswer, "a read failed", error),
            };
            check(room, stream, offset, &buf[..read]);
            offset += read as u64;
            self.read.store(offset, Ordering::Relaxed);
            let pause = if room.one_in(60) { room.choose(longest) } else { room.choose(200) };
            handle.sleep(Duration::from_micros(pause.into())).await;
        }
    }
}
