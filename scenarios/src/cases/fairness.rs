//! A worker that never rests: tasks that are always ready do not keep the others from their turn.

use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use netcore::net::{Dialer, ListenConfig, TcpStream};
use netcore::rt::{Config, Handle, JoinHandle, Runtime, yield_now};
use simnet::Oracle;

use crate::room::{Room, Site};
use crate::verbs::{idle, join, listen, pair, settle};

/// What it is.
pub const ABOUT: &str =
    "tasks that are always ready leave a turn to I/O and to tasks from inside and outside";

/// Turns of busy tasks in which whoever is due gets one: every 61st is for one task from outside, as with Go, and
/// several may come.
const PATIENCE: u32 = 500;
/// Turns after which a busy task ends, whether or not the others have come to ask for one.
const TURNS_MAX: u32 = 2000;

/// Runs it.
pub fn run<R: Room>(room: &R) {
    let [site, _] = room.hosts();
    // With more workers it is the machine that decides who gets to run.
    let runtime = room.runtime_of(&site, |config| Config { workers: 1, ..config });
    for _ in 0..1 + room.choose(4) {
        rush(room, &runtime, &site);
    }
    idle(room, &runtime);
    settle(room, [runtime]);
}

/// Something that is due on a busy runtime, and how many turns others have had since.
#[derive(Debug, Default)]
struct Due {
    asked: AtomicBool,
    served: AtomicBool,
    turns: AtomicU32,
}

impl Due {
    fn is_late(&self) -> bool {
        let waits = self.asked.load(Ordering::Relaxed) && !self.served.load(Ordering::Relaxed);
        waits && self.turns.fetch_add(1, Ordering::Relaxed) > PATIENCE
    }

    fn serve(&self) {
        self.served.store(true, Ordering::Relaxed);
    }
}

/// What is due, and how busy it is meanwhile.
#[derive(Debug, Default)]
struct Rush {
    yielding: Due,
    read: Due,
    spawned: Due,
    injected: Due,
    /// Those that busy tasks have had.
    turns: AtomicU32,
    /// Whose turn it is of a pair, and who waits for it.
    turn: AtomicUsize,
    waits: Mutex<[Option<Waker>; 2]>,
}

impl Rush {
    /// A busy task has had a turn: whether it goes on.
    fn goes_on<R: Room>(&self, room: &R) -> bool {
        let dues = [
            ("a task that yields", &self.yielding),
            ("a read", &self.read),
            ("a task", &self.spawned),
            ("a task from outside", &self.injected),
        ];
        for (name, due) in dues {
            if due.is_late() {
                room.fail(Oracle::LostWakeup, "a busy worker lets others wait", name);
            }
        }
        let is_done = dues.iter().all(|(_, due)| due.served.load(Ordering::Relaxed));
        !is_done && self.turns.fetch_add(1, Ordering::Relaxed) < TURNS_MAX
    }

    /// Waits for the turn of a player.
    async fn turn_of(&self, player: usize) {
        poll_fn(|cx| {
            self.waits.lock().unwrap_or_else(PoisonError::into_inner)[player] = Some(cx.waker().clone());
            if self.turn.load(Ordering::Relaxed) == player { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn give_turn_to(&self, player: usize) {
        self.turn.store(player, Ordering::Relaxed);
        let waker = self.waits.lock().unwrap_or_else(PoisonError::into_inner)[player].take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Tasks that are always ready; in the middle of it something becomes readable, and tasks are spawned.
fn rush<R: Room>(room: &R, runtime: &Runtime<R::Sys>, site: &Site<R::Sys>) {
    let handle = runtime.handle();
    let listener = listen(handle, site, &ListenConfig::default());
    let (client, server) = runtime.block_on(pair(room, (handle, handle), &listener, &Dialer::default()));
    let rush = Arc::new(Rush::default());
    let mut tasks = vec![read(room, &rush, runtime, server)];
    // Until it waits.
    runtime.block_on(handle.sleep(Duration::from_micros(1)));
    if room.one_in(2) {
        tasks.extend([0, 1].map(|player| {
            let (room, rush) = (room.clone(), rush.clone());
            runtime.spawn(async move { play(&room, &rush, player).await })
        }));
    }
    tasks.push({
        let (room, rush, handle) = (room.clone(), rush.clone(), handle.clone());
        runtime.spawn(async move { begin(&room, &rush, &handle, &client).await })
    });
    rush.yielding.asked.store(true, Ordering::Relaxed);
    for _ in 0..room.choose(3) {
        let (room, rush) = (room.clone(), rush.clone());
        tasks.push(runtime.spawn(async move { spin(&room, &rush).await }));
    }
    tasks.push({
        let rush = rush.clone();
        runtime.spawn(async move { rush.injected.serve() })
    });
    rush.injected.asked.store(true, Ordering::Relaxed);
    runtime.block_on(async {
        for task in tasks {
            join(task).await;
        }
    });
}

/// Waits for one byte.
fn read<R: Room>(
    room: &R,
    rush: &Arc<Rush>,
    runtime: &Runtime<R::Sys>,
    server: TcpStream<R::Sys>,
) -> JoinHandle<(), R::Sys> {
    let (room, rush) = (room.clone(), rush.clone());
    runtime.spawn(async move {
        match server.read(&mut [0; 8]).await {
            Ok(1) => rush.read.serve(),
            other => room.fail(Oracle::WrongAnswer, "a byte cannot be read", format_args!("{other:?}")),
        }
    })
}

/// Is busy, and after some turns asks for what others are to do.
async fn begin<R: Room>(room: &R, rush: &Arc<Rush>, handle: &Handle<R::Sys>, client: &TcpStream<R::Sys>) {
    for _ in 0..room.choose(8) {
        yield_now().await;
    }
    rush.yielding.serve();
    if let Err(error) = client.write(b"x").await {
        room.fail(Oracle::WrongAnswer, "a byte cannot be written", error);
    }
    rush.read.asked.store(true, Ordering::Relaxed);
    let spawned = rush.clone();
    let task = handle.spawn(async move { spawned.spawned.serve() });
    rush.spawned.asked.store(true, Ordering::Relaxed);
    spin(room, rush).await;
    join(task).await;
}

async fn spin<R: Room>(room: &R, rush: &Rush) {
    while rush.goes_on(room) {
        yield_now().await;
    }
}

/// One of two tasks that are busy with waking each other.
async fn play<R: Room>(room: &R, rush: &Rush, player: usize) {
    let mut goes_on = true;
    while goes_on {
        rush.turn_of(player).await;
        goes_on = rush.goes_on(room);
        rush.give_turn_to(1 - player);
    }
}
