//! The operations, each in a world of two hosts with one worker each, where what it waits for comes late.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::Arc;

use netcore::net::{Dialer, OpError, TcpListener, TcpStream};
use netcore::rt::{Config, Runtime};

use crate::{Sim, World};

/// One operation.
pub(super) struct Walk {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Where its code begins.
    pub(super) source: &'static str,
    /// Does it on host `server`, between two notes.
    pub(super) body: fn(&World),
}

pub(super) const WALKS: [Walk; 5] = [
    Walk {
        name: "read",
        about: "TcpStream::read, 20 ms before there is something to read: it takes the read lock, tries, finds nothing,\n\
                says that it waits, and its worker sleeps in the poller until the kernel reports the descriptor.",
        source: "netcore/src/net/stream.rs",
        body: read,
    },
    Walk {
        name: "accept",
        about: "TcpListener::accept, before a connection comes: a read of the listener, whose result is a descriptor that is\n\
                registered with the poller in its turn.",
        source: "netcore/src/net/listener.rs",
        body: accept,
    },
    Walk {
        name: "close",
        about: "TcpStream::close while another task waits to read: it marks the descriptor as closing, wakes who waits, and\n\
                comes back when the last who used the number has let go of it and it is free.",
        source: "netcore/src/net/stream.rs",
        body: close,
    },
    Walk {
        name: "dial",
        about: "Dialer::dial to a host 10 ms away: connect(2) begins it, the poller tells of its end, SO_ERROR and the peer's\n\
                name say which end it was.",
        source: "netcore/src/net/dial.rs",
        body: dial,
    },
    Walk {
        name: "deadline",
        about: "A read deadline that passes while a task reads: a timer of the runtime, for which the worker's sleep is cut\n\
                to length, wakes the task with an error. The connection stays as it is.",
        source: "netcore/src/net/stream.rs",
        body: deadline,
    },
];

const LATE: Duration = Duration::from_millis(20);

type Done = Result<(), OpError>;

/// A runtime with one worker in a process of its own on a new host.
fn machine(world: &World, name: &str) -> (Runtime<Sim>, SocketAddr) {
    let host = world.host(name);
    let runtime = Runtime::new(host.process(name), Config { workers: 1, ..Config::default() });
    (runtime.expect("no faults"), (host.addr(), 80).into())
}

/// A server that accepts one connection and does `serve` with it; a client that dials and does `call`.
fn exchange<F, G>(
    world: &World,
    serve: impl FnOnce(World, Runtime<Sim>, TcpListener<Sim>) -> F,
    call: impl FnOnce(TcpStream<Sim>) -> G + Send + 'static,
) where
    F: FnOnce() -> Done,
    G: Future<Output = Done> + Send + 'static,
{
    let ((server, addr), (client, _)) = (machine(world, "server"), machine(world, "client"));
    let listener = TcpListener::listen(server.handle(), addr).expect("a free port");
    let handle = client.handle().clone();
    let calling = client.spawn(async move {
        handle.sleep(LATE).await;
        let conn = Dialer::default().dial(&handle, addr).await?;
        handle.sleep(LATE).await;
        call(conn).await
    });
    serve(*world, server, listener)().expect("nothing goes wrong");
    client.block_on(calling).expect("no panic").expect("nothing goes wrong");
}

fn read(world: &World) {
    exchange(
        world,
        |world, server, listener| {
            move || {
                let task = server.spawn(async move {
                    let conn = listener.accept().await?;
                    world.note("begins");
                    let read = conn.read(&mut [0; 64]).await;
                    world.note("ends");
                    read.map(drop)
                });
                server.block_on(task).expect("no panic")
            }
        },
        |conn| async move { conn.write(b"hello").await.map(drop) },
    );
}

fn accept(world: &World) {
    exchange(
        world,
        |world, server, listener| {
            move || {
                let task = server.spawn(async move {
                    world.note("begins");
                    let conn = listener.accept().await;
                    world.note("ends");
                    conn.map(drop)
                });
                server.block_on(task).expect("no panic")
            }
        },
        |conn| async move { conn.close().await },
    );
}

fn close(world: &World) {
    exchange(
        world,
        |world, server, listener| {
            move || {
                let handle = server.handle().clone();
                let task = server.spawn(async move {
                    let conn = Arc::new(listener.accept().await?);
                    let reader = conn.clone();
                    let reading = handle.spawn(async move { reader.read(&mut [0; 64]).await });
                    handle.sleep(LATE / 2).await;
                    world.note("begins");
                    let closed = conn.close().await;
                    world.note("ends");
                    let _ = reading.await;
                    closed
                });
                server.block_on(task).expect("no panic")
            }
        },
        |conn| async move { conn.close().await },
    );
}

fn dial(world: &World) {
    let ((client, _), (server, addr)) = (machine(world, "server"), machine(world, "client"));
    let listener = TcpListener::listen(server.handle(), addr).expect("a free port");
    let serving = server.spawn(async move { listener.accept().await.map(drop) });
    let (handle, world) = (client.handle().clone(), *world);
    let task = client.spawn(async move {
        world.note("begins");
        let conn = Dialer::default().dial(&handle, addr).await;
        world.note("ends");
        conn.map(drop)
    });
    client.block_on(task).expect("no panic").expect("nothing goes wrong");
    server.block_on(serving).expect("no panic").expect("nothing goes wrong");
}

fn deadline(world: &World) {
    exchange(
        world,
        |world, server, listener| {
            move || {
                let handle = server.handle().clone();
                let task = server.spawn(async move {
                    let conn = listener.accept().await?;
                    world.note("begins");
                    conn.set_read_deadline(Some(handle.now() + LATE / 4))?;
                    let read = conn.read(&mut [0; 64]).await;
                    world.note("ends");
                    assert!(read.is_err_and(|error| error.is_timeout()), "nothing is written");
                    Ok(())
                });
                server.block_on(task).expect("no panic")
            }
        },
        |conn| async move { conn.close().await },
    );
}
