//! What the benchmarks run: connections with exchanges through netcore, between two hosts.

use core::net::IpAddr;
use std::sync::Arc;

use netcore::net::{Dialer, TcpListener, TcpStream};
use netcore::rt::{Config, Runtime};
use netcore::sys::{Files as _, Rlimit};
use simnet::choice::{Rates, Seed};
use simnet::world::{self, Report, Source};
use simnet::{Sim, World};

/// Bytes of a message.
const LEN: usize = 64;
/// Connections from one address to one port; Linux has 28,232 ephemeral ports.
const PER_PORT: u32 = 20_000;

/// Runs `body` without faults and without a trace.
pub(crate) fn run(seed: u64, body: impl FnOnce(&World) + Send + 'static) -> Report {
    let mut config = world::Config::new(Source::Seed(Seed(seed)));
    config.rates = Rates::without_faults();
    config.steps_max = u64::MAX;
    let report = world::run(&config, body);
    assert_eq!(report.finding, None);
    report
}

fn machine(world: &World, name: &str) -> (Runtime<Sim>, IpAddr) {
    let host = world.host(name);
    let sim = host.process(name);
    let limit = 1 << 20;
    sim.setrlimit_nofile(Rlimit { soft: limit, hard: limit }).expect("the hard limit is as high");
    let config = Config { workers: 1, ..Config::default() };
    (Runtime::new(sim, config).expect("a run without faults"), host.addr())
}

/// So many connections at once, each with so many exchanges of 64 bytes, each in a task of its own.
pub(crate) fn exchanges(world: &World, connections: u32, rounds: u32) {
    let ((server, addr), (client, _)) = (machine(world, "server"), machine(world, "client"));
    let ports = 1 + connections / PER_PORT;
    let listeners: Vec<_> = (0..ports as u16)
        .map(|port| TcpListener::listen(server.handle(), (addr, 80 + port).into()).expect("a free port"))
        .map(Arc::new)
        .collect();
    let accepting: Vec<_> = listeners
        .iter()
        .map(|listener| {
            let (handle, listener) = (server.handle().clone(), listener.clone());
            server.spawn(async move {
                while let Ok(conn) = listener.accept().await {
                    handle.spawn(echo(conn));
                }
            })
        })
        .collect();
    let clients: Vec<_> = (0..connections)
        .map(|index| {
            let (handle, port) = (client.handle().clone(), 80 + (index % ports) as u16);
            client.spawn(async move {
                let conn = Dialer::default().dial(&handle, (addr, port).into()).await.expect("a server");
                for _ in 0..rounds {
                    exchange(&conn).await;
                }
            })
        })
        .collect();
    client.block_on(async {
        for client in clients {
            client.await.expect("no panic");
        }
    });
    server.block_on(async {
        for (listener, accepting) in listeners.iter().zip(accepting) {
            listener.close().await.expect("the first close");
            accepting.await.expect("no panic");
        }
    });
}

async fn echo(conn: TcpStream<Sim>) {
    let mut buf = [0; LEN];
    while let Ok(read @ 1..) = conn.read(&mut buf).await {
        conn.write(&buf[..read]).await.expect("an open connection");
    }
}

async fn exchange(conn: &TcpStream<Sim>) {
    conn.write(&[1; LEN]).await.expect("an open connection");
    let mut buf = [0; LEN];
    let mut got = 0;
    while got < LEN {
        got += conn.read(&mut buf[got..]).await.expect("an open connection");
    }
}
