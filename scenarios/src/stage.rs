//! What most cases begin with: two hosts, a runtime on each, and a listener on the first.

use core::future::Future;
use std::sync::Arc;

use netcore::net::{Dialer, ListenConfig, TcpListener, TcpStream};
use netcore::rt::{JoinHandle, Runtime};
use simnet::Oracle;

use crate::room::{Room, Site};
use crate::verbs::{Excuse, accept, idle, join, listen, pair, settle};

/// Both ends of a connection: the dialling one and the accepting one.
pub type Pair<S> = (Arc<TcpStream<S>>, Arc<TcpStream<S>>);

/// Two hosts and what is on them.
pub struct Stage<R: Room> {
    /// Where it is.
    pub room: R,
    /// The host that listens.
    pub here: Site<R::Sys>,
    /// The host that dials.
    pub there: Site<R::Sys>,
    /// The runtime of the host that listens.
    pub serving: Runtime<R::Sys>,
    /// The runtime of the host that dials.
    pub calling: Runtime<R::Sys>,
    /// The listener.
    pub listener: Arc<TcpListener<R::Sys>>,
    /// Whether connections may be broken.
    pub excuse: Excuse,
}

impl<R: Room> Stage<R> {
    /// Sets it up on two new hosts.
    pub fn new(room: &R, config: &ListenConfig) -> Self {
        Self::on(room, room.hosts(), config)
    }

    /// Sets it up on two hosts: the one that listens and the one that dials.
    pub fn on(room: &R, [here, there]: [Site<R::Sys>; 2], config: &ListenConfig) -> Self {
        let (serving, calling) = (room.runtime(&here), room.runtime(&there));
        let buffers = config.buffers.or_else(|| room.buffers());
        let listener = listen(serving.handle(), &here, &ListenConfig { buffers, ..*config });
        Stage { room: room.clone(), here, there, serving, calling, listener, excuse: Excuse::default() }
    }

    /// A connection.
    pub fn pair(&self, dialer: &Dialer) -> Pair<R::Sys> {
        let handles = (self.calling.handle(), self.serving.handle());
        let (client, server) = self.calling.block_on(pair(&self.room, handles, &self.listener, dialer));
        (Arc::new(client), Arc::new(server))
    }

    /// A task that accepts until the listener is closed, and gives each connection to `serve` in a task of its
    /// own; it ends when they have ended.
    pub fn accepting<F>(
        &self,
        serve: impl Fn(R, TcpStream<R::Sys>) -> F + Send + 'static,
    ) -> JoinHandle<(), R::Sys>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (room, handle) = (self.room.clone(), self.serving.handle().clone());
        let (listener, excuse) = (self.listener.clone(), self.excuse.clone());
        self.serving.spawn(async move {
            let mut tasks = Vec::new();
            while let Some(conn) = accept(&room, &handle, &listener, &excuse).await {
                tasks.push(handle.spawn(serve(room.clone(), conn)));
            }
            for task in tasks {
                join(task).await;
            }
        })
    }

    /// Waits for tasks of either runtime.
    pub fn join_all<T>(&self, tasks: impl IntoIterator<Item = JoinHandle<T, R::Sys>>) {
        self.calling.block_on(async {
            for task in tasks {
                join(task).await;
            }
        });
    }

    /// Closes the listener, waits for the task that accepts, and shuts the runtimes down: nothing may be left.
    pub fn end(self, accepting: Option<JoinHandle<(), R::Sys>>) {
        let held = self.serving.handle().metrics();
        if held.descriptors == 0 || held.registrations == 0 || held.tasks < accepting.iter().len() as u64 {
            self.room.fail(Oracle::WrongAnswer, "what is there is not counted", format_args!("{held:?}"));
        }
        self.serving.block_on(async {
            self.listener.close().await.expect("the listener is closed once");
            if let Some(accepting) = accepting {
                join(accepting).await;
            }
        });
        let Stage { room, serving, calling, listener, .. } = self;
        drop(listener);
        for runtime in [&serving, &calling] {
            idle(&room, runtime);
        }
        settle(&room, [serving, calling]);
    }
}
