//! A relay between clients and a backend: what one side writes comes out on the other, whole, each direction
//! ending by itself; and now and then a relay that is closed in the middle.

use std::sync::Arc;

use futures_util::join;
use netcore::net::{Cause, CopyError, Dialer, ListenConfig, OpError, TcpListener, TcpStream, copy};
use netcore::rt::Handle;
use netcore::sys::Errno;
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{Excuse, check, close, dial, is_broken};

/// What it is.
pub const ABOUT: &str =
    "a relay copies both ways and tells each end on; now and then it is closed in the middle";

const REQUEST: Stream = Stream(21);
const RESPONSE: Stream = Stream(22);
/// A stream begins with its length.
const HEADER_BYTES: usize = 8;

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let front = Stage::new(room, &ListenConfig::default());
    let excuse = front.excuse.clone();
    let backend = Stage { excuse: excuse.clone(), ..Stage::new(room, &ListenConfig::default()) };
    let answering = {
        let (excuse, handle) = (excuse.clone(), backend.serving.handle().clone());
        backend.accepting(move |room, conn| {
            let (excuse, handle) = (excuse.clone(), handle.clone());
            async move { talk(&room, &handle, &conn, [RESPONSE, REQUEST], &excuse).await }
        })
    };
    let relaying = {
        let (target, excuse) = (backend.listener.clone(), excuse.clone());
        let handle = front.serving.handle().clone();
        front.accepting(move |room, conn| {
            let (target, excuse, handle) = (target.clone(), excuse.clone(), handle.clone());
            async move { relay(&room, &handle, conn, &target, &excuse).await }
        })
    };
    let clients: Vec<_> = (0..1 + room.choose(3))
        .map(|_| {
            let (room, handle) = (room.clone(), front.calling.handle().clone());
            let (listener, excuse) = (front.listener.clone(), excuse.clone());
            front.calling.spawn(async move {
                match dial(&handle, &Dialer::default(), &listener, &excuse).await {
                    Ok(conn) => talk(&room, &handle, &conn, [REQUEST, RESPONSE], &excuse).await,
                    Err(error) if is_broken(&error) => {
                        excuse.demand(&room, &handle, Oracle::WrongAnswer, "dial was reset", error).await;
                    }
                    Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
                }
            })
        })
        .collect();
    front.join_all(clients);
    front.end(Some(relaying));
    backend.end(Some(answering));
}

/// One end: writes one stream and its end, and reads the other up to its end.
async fn talk<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    conn: &TcpStream<R::Sys>,
    [mine, theirs]: [Stream; 2],
    excuse: &Excuse,
) {
    let (written, read) = join!(write(room, conn, mine), read(room, conn, theirs));
    let complete = match (written, read) {
        (Ok(()), Ok(complete)) => complete,
        (Err(error), _) | (_, Err(error)) => {
            if !is_over(&error) {
                room.fail(Oracle::WrongAnswer, "an end of a relay failed oddly", error);
            }
            false
        }
    };
    if !complete {
        let place = "a relay lost the end of a stream";
        excuse.demand(room, handle, Oracle::Data, place, conn.peer_addr()).await;
    }
}

async fn write<R: Room>(room: &R, conn: &TcpStream<R::Sys>, stream: Stream) -> Result<(), OpError> {
    let total = room.choose(if room.one_in(4) { 300_000 } else { 5000 }) as usize;
    conn.write(&(total as u64).to_le_bytes()).await?;
    let mut offset = 0;
    while offset < total {
        let piece = room.piece(40_000).min(total - offset);
        conn.write(&stream.bytes(offset as u64, piece)).await?;
        offset += piece;
    }
    conn.close_write()
}

/// Reads to the end: whether that was where it should be.
async fn read<R: Room>(room: &R, conn: &TcpStream<R::Sys>, stream: Stream) -> Result<bool, OpError> {
    let mut header = [0; HEADER_BYTES];
    let mut got = 0;
    while got < HEADER_BYTES {
        match conn.read(&mut header[got..]).await? {
            0 => return Ok(false),
            read => got += read,
        }
    }
    let total = u64::from_le_bytes(header);
    let mut buf = vec![0; room.piece(20_000)];
    let mut offset = 0;
    loop {
        match conn.read(&mut buf).await? {
            0 => return Ok(offset == total),
            read => {
                check(room, stream, offset, &buf[..read]);
                offset += read as u64;
            }
        }
    }
}

/// Copies both ways between a client and the backend.
async fn relay<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    client: TcpStream<R::Sys>,
    target: &TcpListener<R::Sys>,
    excuse: &Excuse,
) {
    let backend = match Dialer::default().dial(handle, target.addr()).await {
        Ok(backend) => Arc::new(backend),
        // The client is hung up on.
        Err(_) => return excuse.give(),
    };
    let client = Arc::new(client);
    let closing = async {
        if room.one_in(5) {
            handle.sleep(room.span(3000)).await;
            excuse.give();
            let victim = if room.one_in(2) { &client } else { &backend };
            close(room, handle, victim).await;
        }
    };
    let there = one_way(room, handle, [&client, &backend], excuse);
    let back = one_way(room, handle, [&backend, &client], excuse);
    join!(there, back, closing);
}

/// Copies to the end and tells it on. A failure ends the other direction too.
async fn one_way<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    [source, target]: [&TcpStream<R::Sys>; 2],
    excuse: &Excuse,
) {
    let error = match copy(source, target).await {
        Ok(_) => match target.close_write() {
            Ok(()) => return,
            Err(error) => error,
        },
        Err(CopyError::Read(_, error) | CopyError::Write(_, error)) => error,
    };
    if !is_over(&error) {
        room.fail(Oracle::WrongAnswer, "a copy failed oddly", error);
    }
    if error.cause != Cause::Closed {
        let place = "a copy failed though nobody closed";
        excuse.demand(room, handle, Oracle::WrongAnswer, place, error).await;
    }
    for end in [source, target] {
        // It may be closed already.
        let _ = end.close_read();
        let _ = end.close_write();
    }
}

/// Whether an operation failed because somebody closed the connection, here or there.
fn is_over(error: &OpError) -> bool {
    error.cause == Cause::Closed || is_broken(error) || error.errno() == Some(Errno::ENOTCONN)
}
