//! A listener that is closed while tasks accept and others dial, and whose address is taken again at once.

use std::sync::Arc;

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener};
use netcore::rt::{Handle, JoinHandle, Runtime};
use netcore::sys::Errno;
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::Room;
use crate::verbs::{Excuse, accept, check, is_broken, is_injected, join, listen, settle};

/// What it is.
pub const ABOUT: &str =
    "a listener is closed under accepts and dials, and its address is listened on again at once";

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let [here, there] = room.hosts();
    let (serving, calling) = (room.runtime(&here), room.runtime(&there));
    let mut listener = listen(serving.handle(), &here, &ListenConfig::default());
    let mut acceptors = acceptors(room, &serving, &listener);
    let mut visitors = Vec::new();
    for _ in 0..1 + room.choose(6) {
        visitors.extend((0..room.choose(4)).map(|_| {
            let (room, handle, listener) = (room.clone(), calling.handle().clone(), listener.clone());
            calling.spawn(async move { visit(&room, &handle, &listener).await })
        }));
        (listener, acceptors) = serving.block_on(async {
            // Not always: then it is closed under tasks that only begin to accept.
            if room.one_in(2) {
                serving.handle().sleep(room.span(480)).await;
            }
            listener.close().await.expect("the listener is closed once");
            let next = again(room, serving.handle(), &listener);
            let next_acceptors = self::acceptors(room, &serving, &next);
            for acceptor in acceptors {
                join(acceptor).await;
            }
            (next, next_acceptors)
        });
    }
    calling.block_on(async {
        for visitor in visitors {
            join(visitor).await;
        }
    });
    serving.block_on(async {
        listener.close().await.expect("the listener is closed once");
        for acceptor in acceptors {
            join(acceptor).await;
        }
    });
    settle(room, [serving, calling]);
}

/// Tasks that accept on `listener` until it is closed.
fn acceptors<R: Room>(
    room: &R,
    serving: &Runtime<R::Sys>,
    listener: &Arc<TcpListener<R::Sys>>,
) -> Vec<JoinHandle<(), R::Sys>> {
    let acceptor = |_| {
        let (room, handle, listener) = (room.clone(), serving.handle().clone(), listener.clone());
        serving.spawn(async move { greet_all(&room, &handle, &listener).await })
    };
    (0..1 + room.choose(4)).map(acceptor).collect()
}

/// Listens on the address of a listener whose close has returned.
fn again<R: Room>(room: &R, handle: &Handle<R::Sys>, old: &TcpListener<R::Sys>) -> Arc<TcpListener<R::Sys>> {
    loop {
        match ListenConfig::default().listen(handle, old.addr()) {
            Ok(listener) => return Arc::new(listener),
            Err(error) if is_injected(&error) => {}
            Err(error) => {
                room.fail(Oracle::WrongAnswer, "the address of a closed listener is not free", error)
            }
        }
    }
}

const GREETING: Stream = Stream(3);

/// Accepts until the listener is closed; every connection gets its greeting, even if that is after the close.
async fn greet_all<R: Room>(room: &R, handle: &Handle<R::Sys>, listener: &TcpListener<R::Sys>) {
    while let Some(conn) = accept(room, handle, listener, &Excuse::default()).await {
        match conn.write(&GREETING.bytes(0, 64)).await {
            Ok(_) => {}
            Err(error) if is_broken(&error) => {}
            Err(error) => room.fail(Oracle::WrongAnswer, "the greeting cannot be written", error),
        }
    }
}

/// Dials, and reads the greeting: all of it, or none because the listener was closed before.
async fn visit<R: Room>(room: &R, handle: &Handle<R::Sys>, listener: &TcpListener<R::Sys>) {
    let conn = match Dialer::default().dial(handle, listener.addr()).await {
        Ok(conn) => conn,
        Err(error) if is_injected(&error) || is_broken(&error) => return,
        Err(OpError { cause: Cause::Sys(_, Errno::ECONNREFUSED), .. }) => return,
        Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
    };
    let mut got = 0;
    let mut buf = [0; 64];
    loop {
        match conn.read(&mut buf).await {
            Ok(0) if got == 0 || got == 64 => return,
            Ok(0) => room.fail(Oracle::Data, "half a greeting", got),
            Ok(read) => {
                check(room, GREETING, got, &buf[..read]);
                got += read as u64;
            }
            Err(error) if is_broken(&error) => return,
            Err(error) => room.fail(Oracle::WrongAnswer, "the greeting cannot be read", error),
        }
    }
}
