//! A pool of idle connections through a middlebox that forgets them after 15 seconds: with keep-alive on the right
//! side of that limit nobody notices; on the wrong side requests hit a wall, and must come to an end.

use core::time::Duration;

use netcore::net::{Dialer, KeepAlive, ListenConfig, OpError, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Errno;
use simnet::fabric::{Conntrack, Forgotten, LinkConditions};
use simnet::{Oracle, Sim, World};

use crate::pattern::Stream;
use crate::room::{Room, Site};
use crate::stage::Stage;
use crate::verbs::{dial, expect, is_broken};

/// What it is.
pub const ABOUT: &str =
    "idle connections behind a middlebox that forgets after 15 s, with keep-alive on either side of it";

const FORGETS_AFTER: Duration = Duration::from_secs(15);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a connection is left alone at most.
const IDLE_MAX: Duration = Duration::from_secs(50);
const REQUEST: Stream = Stream(91);
const RESPONSE: Stream = Stream(92);
const LEN: usize = 200;

/// Runs it.
pub fn run(world: &World) {
    let names = ["server", "client"];
    let hosts = names.map(|name| world.host(name));
    let sites = [0, 1].map(|at| Site { sys: hosts[at].process(names[at]), ip: hosts[at].addr() });
    let forgotten = if world.one_in(2) { Forgotten::Drop } else { Forgotten::Reject };
    world.conntrack(hosts[0], hosts[1], Some(Conntrack::new(FORGETS_AFTER, forgotten)));
    // No losses: else a connection is lost once in a while, probes or not.
    world.link(hosts[0], hosts[1], LinkConditions::default());
    let idle = Duration::from_secs([5, 10, 20, 45][world.choose(4) as usize]);
    let probes = KeepAlive { idle, interval: Duration::from_secs(5), count: 5 };
    // One end's probes are enough; the other end has the default of 15 s, on the edge, or none.
    let (near, far) = if world.one_in(2) { (Some(probes), None) } else { (None, Some(probes)) };
    let stage = Stage::on(world, sites, &ListenConfig { keep_alive: far, ..ListenConfig::default() });
    let server = stage.serving.handle().clone();
    let serving = stage.accepting(move |world, conn| {
        let handle = server.clone();
        async move { answer(&world, &handle, &conn).await }
    });
    let dialer = Dialer { keep_alive: near, ..Dialer::default() };
    let is_kept = idle < FORGETS_AFTER;
    let excuse = stage.excuse.clone();
    let users: Vec<_> = (0..1 + world.choose(3))
        .map(|_| {
            let (world, handle) = (*world, stage.calling.handle().clone());
            let (listener, excuse) = (stage.listener.clone(), excuse.clone());
            stage.calling.spawn(async move {
                let mut pooled = None;
                for _ in 0..1 + world.choose(4) {
                    let is_old = pooled.is_some();
                    let conn = match pooled.take() {
                        Some(conn) => conn,
                        None => match dial(&handle, &dialer, &listener, &excuse).await {
                            Ok(conn) => conn,
                            Err(error) if is_broken(&error) => {
                                excuse
                                    .demand(&world, &handle, Oracle::WrongAnswer, "dial was reset", error)
                                    .await;
                                continue;
                            }
                            Err(error) => world.fail(Oracle::WrongAnswer, "dial failed", error),
                        },
                    };
                    match ask(&world, &handle, conn).await {
                        Ok(conn) => pooled = Some(conn),
                        Err(error) => {
                            if !is_old || is_kept {
                                let place = "a connection that is kept alive was lost";
                                excuse.demand(&world, &handle, Oracle::WrongAnswer, place, error).await;
                            }
                            if !is_over(&error) {
                                let place = "a forgotten connection failed oddly";
                                world.fail(Oracle::WrongAnswer, place, error);
                            }
                            continue;
                        }
                    }
                    handle.sleep(IDLE_MAX * world.choose(100) / 100).await;
                }
            })
        })
        .collect();
    stage.join_all(users);
    // The middlebox is taken away, so that ends that were forgotten are heard again.
    world.conntrack(hosts[0], hosts[1], None);
    stage.end(Some(serving));
}

/// One request and its answer, in time.
async fn ask(world: &World, handle: &Handle<Sim>, conn: TcpStream<Sim>) -> Result<TcpStream<Sim>, OpError> {
    conn.set_deadline(Some(handle.now() + REQUEST_TIMEOUT))?;
    conn.write(&REQUEST.bytes(0, LEN)).await?;
    expect(world, &conn, RESPONSE, 0, LEN).await?;
    conn.set_deadline(None)?;
    Ok(conn)
}

/// The server's side. It has a patience of its own, since without keep-alive nothing tells it of a client that is
/// gone.
async fn answer(world: &World, handle: &Handle<Sim>, conn: &TcpStream<Sim>) {
    loop {
        let patience = handle.now() + IDLE_MAX + REQUEST_TIMEOUT;
        conn.set_read_deadline(Some(patience)).expect("an open connection takes deadlines");
        match expect(world, conn, REQUEST, 0, LEN).await {
            Ok(()) => {}
            Err(error) if is_over(&error) => return,
            Err(error) => world.fail(Oracle::WrongAnswer, "a request failed oddly", error),
        }
        match conn.write(&RESPONSE.bytes(0, LEN)).await {
            Ok(_) => {}
            Err(error) if is_over(&error) => return,
            Err(error) => world.fail(Oracle::WrongAnswer, "an answer failed oddly", error),
        }
    }
}

fn is_over(error: &OpError) -> bool {
    is_broken(error) || error.is_timeout() || error.errno() == Some(Errno::ETIMEDOUT)
}
