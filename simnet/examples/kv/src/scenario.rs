//! The service in a machine room, and what must be true of it: whatever the network does, clients see what they would
//! see with the store to themselves.

use core::time::Duration;
use std::sync::Arc;

use netcore::net::{ListenConfig, TcpListener};
use netcore::rt::{Config, Handle, Runtime};
use simnet::history::{History, Model};
use simnet::{Oracle, Scenario, Sim, World};

use crate::client::{Client, Error};
use crate::resp::{Command, Reply};
use crate::server::serve;
use crate::store::Store;

const PORT: u16 = 6379;
const KEYS: [&str; 2] = ["a", "b"];
const USERS_MAX: u32 = 3;
const REQUESTS_MAX: u32 = 3;
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// All scenarios of this service.
pub fn all() -> Vec<Scenario> {
    vec![Scenario::new("kv", "users of a key-value service see what one alone would", &["linux"], run)]
}

/// Some users ask for this and that; their answers must be those of one thing at a time.
pub fn run(world: &World) {
    let hosts = ["server", "client"].map(|name| (world.host(name), name));
    let [serving, calling] = hosts.map(|(host, name)| runtime(host.process(name)));
    let addr = (hosts[0].0.addr(), PORT).into();
    let listener = Arc::new(listen(&serving, addr));
    let accepting = serving.spawn(serve(serving.handle().clone(), listener.clone()));

    let history = History::<Store>::default();
    let client = Arc::new(Client::new(calling.handle().clone(), addr));
    let users: Vec<_> = (0..1 + world.choose(USERS_MAX))
        .map(|user| {
            calling.spawn(use_it(*world, calling.handle().clone(), client.clone(), history.clone(), user))
        })
        .collect();
    calling.block_on(async {
        for user in users {
            user.await.expect("users do not panic");
        }
    });
    if let Err(story) = history.check(&Store::default()) {
        world.fail(Oracle::WrongAnswer, "answers that nobody alone would get", story);
    }

    drop(client);
    serving.block_on(async {
        let _ = listener.close().await;
        accepting.await.expect("the server does not panic");
    });
    calling.shutdown();
    serving.shutdown();
}

/// What clients should see is what they would see with the store to themselves.
impl Model for Store {
    type Op = Command;
    type Answer = Reply;

    fn apply(&mut self, command: &Command) -> Reply {
        self.execute(command)
    }
}

/// One user's requests, one after the other.
async fn use_it(
    world: World,
    handle: Handle<Sim>,
    client: Arc<Client<Sim>>,
    history: History<Store>,
    user: u32,
) {
    for nth in 0..1 + world.choose(REQUESTS_MAX) {
        let key = KEYS[world.choose(KEYS.len() as u32) as usize].to_owned();
        let command = match world.choose(3) {
            0 => Command::Get(key),
            1 => Command::Incr(key),
            // A number that nobody else has written, and that increments do not come to.
            _ => Command::Set(key, format!("{}", (user + 1) * 1000 + nth * 100)),
        };
        let pending = history.call(u64::from(user), command.clone());
        match client.request(&command).await {
            Ok(reply) => history.returned(pending, reply),
            Err(Error::Dial(_)) => history.refused(pending),
            Err(Error::Protocol(error)) => world.fail(Oracle::Data, "the protocol was broken", error),
            // Carried out or not: the history keeps it open.
            Err(Error::Broken(_) | Error::Ended | Error::TimedOut) => {}
        }
        handle.sleep(PAUSE_MAX * world.choose(100) / 100).await;
    }
}

/// A runtime on that machine, which may be out of descriptors for a moment.
fn runtime(sys: Sim) -> Runtime<Sim> {
    loop {
        if let Ok(runtime) = Runtime::new(sys, Config::default()) {
            return runtime;
        }
    }
}

fn listen(runtime: &Runtime<Sim>, addr: std::net::SocketAddr) -> TcpListener<Sim> {
    loop {
        if let Ok(listener) = ListenConfig::default().listen(runtime.handle(), addr) {
            return listener;
        }
    }
}
