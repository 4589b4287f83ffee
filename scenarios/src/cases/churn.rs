//! Connections that come and go under a low limit of descriptors, so that every number is reused at once.

use std::sync::Arc;

use netcore::net::{Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::Handle;
use simnet::Oracle;
use simnet::fault::cancellable;

use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;
use crate::verbs::{Excuse, PAUSE, dial, expect, is_broken};

/// What it is.
pub const ABOUT: &str =
    "short connections under a low limit of descriptors, so that numbers are reused at once";

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let stage = Stage::new(room, &ListenConfig::default());
    room.limit_descriptors(&stage.here, 6 + u64::from(room.choose(6)));
    room.limit_descriptors(&stage.there, 6 + u64::from(room.choose(6)));
    let server = stage.accepting(|room, conn| async move { answer(&room, conn).await });
    let clients: Vec<_> = (0..1 + room.choose(5))
        .map(|id| {
            let (room, handle) = (room.clone(), stage.calling.handle().clone());
            let listener = stage.listener.clone();
            stage.calling.spawn(async move {
                for round in 0..1 + room.choose(10) {
                    let stream = Stream(u64::from(id * 100 + round));
                    while ask(&room, &handle, &listener, stream).await.is_err() {
                        handle.sleep(PAUSE).await;
                    }
                }
            })
        })
        .collect();
    stage.join_all(clients);
    stage.end(Some(server));
}

/// A request is the number of the stream and how much of it is wanted.
const REQUEST_BYTES: usize = 16;
/// How much is wanted at most.
const ANSWER_BYTES_MAX: u32 = 3000;

/// One request and its answer, and the end of the connection; `Err` if it was broken on the way.
async fn ask<R: Room>(
    room: &R,
    handle: &Handle<R::Sys>,
    listener: &Arc<TcpListener<R::Sys>>,
    stream: Stream,
) -> Result<(), OpError> {
    let Some(dialled) = cancellable(dial(handle, &Dialer::default(), listener, &Excuse::default())).await
    else {
        return Ok(());
    };
    let conn = broken(room, dialled)?;
    let len = 1 + room.choose(ANSWER_BYTES_MAX);
    let mut request = [0; REQUEST_BYTES];
    request[..8].copy_from_slice(&stream.0.to_le_bytes());
    request[8..].copy_from_slice(&u64::from(len).to_le_bytes());
    broken(room, conn.write(&request).await)?;
    if room.one_in(6) {
        // Gone before the answer: the server meets the end or a reset.
        return Ok(());
    }
    broken(room, expect(room, &conn, stream, 0, len as usize).await)?;
    if room.one_in(2) {
        conn.close().await?;
    }
    Ok(())
}

/// The server's side of [`ask`].
async fn answer<R: Room>(room: &R, conn: TcpStream<R::Sys>) {
    let mut request = [0; REQUEST_BYTES];
    let mut got = 0;
    while got < REQUEST_BYTES {
        match conn.read(&mut request[got..]).await {
            Ok(0) => return,
            Ok(read) => got += read,
            Err(error) => {
                let _ = broken::<R, ()>(room, Err(error));
                return;
            }
        }
    }
    let (stream, len) = request.split_at(8);
    let stream = Stream(u64::from_le_bytes(stream.try_into().expect("half of sixteen bytes")));
    let len = u64::from_le_bytes(len.try_into().expect("half of sixteen bytes"));
    if len > ANSWER_BYTES_MAX.into() {
        room.fail(Oracle::Data, "a request is not what was asked", format_args!("{request:?}"));
    }
    let _ = broken(room, conn.write(&stream.bytes(0, len as usize)).await);
    // What nobody asked for: it comes as the client closes.
    for _ in 0..room.choose(3) {
        if broken(room, conn.write(b"and more").await).is_err() {
            return;
        }
    }
}

/// Lets through what went well or was broken by the other side.
fn broken<R: Room, T>(room: &R, result: Result<T, OpError>) -> Result<T, OpError> {
    match result {
        Err(error) if !is_broken(&error) => room.fail(Oracle::WrongAnswer, "an exchange failed oddly", error),
        result => result,
    }
}
