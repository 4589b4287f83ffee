//! A program in a room.

use core::future::Future;
use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpStream};
use netcore::rt::{Handle, JoinHandle, Runtime, yield_now};
use netcore::sys::{Instant, Sys};
use simnet::fault::cancellable;

use super::model::{self, Violation};
use super::program::{Operation, Patience, Program, Side, Step, Task, When};
use super::record::{Answer, Asked, History, Place, Record};
use crate::pattern::Stream;
use crate::room::Room;
use crate::stage::Stage;

/// When everything is closed that is still open: by then tasks have ended, or wait for what nobody will do. Where
/// time passes only while all wait, it is long enough for lost packets to be sent again.
const fn patience_of(is_exact: bool) -> Duration {
    Duration::from_millis(if is_exact { 3000 } else { 60 })
}

/// Draws a program, runs it, and has the model judge.
pub fn run<R: Room>(room: &R) {
    let program = Program::draw(|n| room.choose(n));
    let buffers = Some(program.buffers);
    let stage = Stage::new(room, &ListenConfig { buffers, ..ListenConfig::default() });
    let dialer = Dialer { buffers, ..Dialer::default() };
    let pairs: Vec<_> = (0..program.connections).map(|_| stage.pair(&dialer)).collect();
    let history = History::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let ends = [Side::Client, Side::Server].map(|side| {
        let runtime = if side == Side::Client { &stage.calling } else { &stage.serving };
        let conns = pairs.iter().map(|(client, server)| {
            let conn = if side == Side::Client { client } else { server };
            Mutex::new(vec![conn.clone()])
        });
        Arc::new(End {
            side,
            handle: runtime.handle().clone(),
            conns: conns.collect(),
            history: history.clone(),
            is_over: is_over.clone(),
        })
    });
    drop(pairs);
    let tasks: Vec<_> = program.tasks.into_iter().map(|task| start(&stage, &ends, task)).collect();
    stage.calling.block_on(stage.calling.handle().sleep(patience_of(R::IS_EXACT)));
    // Whoever is woken goes on with the next step, on what is closed by then or is about to be.
    close_all(&stage, &ends);
    is_over.store(true, Ordering::Relaxed);
    close_all(&stage, &ends);
    stage.join_all(tasks);
    if let Err(Violation { oracle, place, detail }) = model::check(&history.take(), R::IS_EXACT) {
        room.fail(oracle, place, detail);
    }
    drop(ends);
    stage.end(None);
}

fn runtime_of<R: Room>(stage: &Stage<R>, side: Side) -> &Runtime<R::Sys> {
    match side {
        Side::Client => &stage.calling,
        Side::Server => &stage.serving,
    }
}

fn start<R: Room>(stage: &Stage<R>, ends: &[Arc<End<R::Sys>>; 2], task: Task) -> JoinHandle<(), R::Sys> {
    let end = ends[task.side as usize].clone();
    runtime_of(stage, task.side).spawn(async move {
        for step in &task.steps {
            let Some((place, conn)) = end.conn(step) else { return };
            end.perform(step, place, &conn).await;
        }
    })
}

/// Closes both ends of everything at the same time.
fn close_all<R: Room>(stage: &Stage<R>, ends: &[Arc<End<R::Sys>>; 2]) {
    let closers = ends.each_ref().map(|end| {
        let closer = end.clone();
        runtime_of(stage, end.side).spawn(async move { closer.close_all().await })
    });
    stage.join_all(closers);
}

/// The descriptors of one end.
struct End<S: Sys> {
    side: Side,
    handle: Handle<S>,
    /// By connection: the first, then its copies.
    conns: Vec<Mutex<Vec<Arc<TcpStream<S>>>>>,
    history: History,
    is_over: Arc<AtomicBool>,
}

impl<S: Sys> End<S> {
    async fn perform(&self, step: &Step, place: Place, conn: &TcpStream<S>) {
        let patience = step.patience;
        match step.operation {
            Operation::Read(len) => self.read(place, conn, len, patience).await,
            Operation::Write(len) => self.write(place, conn, [len, 0], false, patience).await,
            Operation::WriteVectored(one, other) => {
                self.write(place, conn, [one, other], true, patience).await;
            }
            Operation::CloseWrite => self.at_once(place, Asked::CloseWrite, || conn.close_write()),
            Operation::CloseRead => self.at_once(place, Asked::CloseRead, || conn.close_read()),
            Operation::Close => self.close(place, conn, patience).await,
            Operation::Duplicate => self.duplicate(place, conn),
            Operation::Deadline { read, write, when } => {
                let at = match when {
                    When::Never => None,
                    When::Past => Some(Instant::from_nanos(1)),
                    When::In(time) => Some(self.handle.now() + time),
                };
                self.at_once(place, Asked::Deadline { read, write, at }, || match (read, write) {
                    (true, true) => conn.set_deadline(at),
                    (true, false) => conn.set_read_deadline(at),
                    _ => conn.set_write_deadline(at),
                });
            }
            Operation::Sleep(time) => self.handle.sleep(time).await,
            Operation::Yield => yield_now().await,
        }
    }

    /// What a step is about; `None` once everything is being closed for the last time: a copy that is used was there
    /// before.
    fn conn(&self, step: &Step) -> Option<(Place, Arc<TcpStream<S>>)> {
        let conns = self.conns(step.connection);
        if self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let handle = step.handle % conns.len();
        let place = Place { connection: step.connection, side: self.side, handle };
        Some((place, conns[handle].clone()))
    }

    /// The descriptors of a connection. Nothing that waits is called meanwhile.
    fn conns(&self, connection: usize) -> MutexGuard<'_, Vec<Arc<TcpStream<S>>>> {
        self.conns[connection].lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, place: Place, conn: &TcpStream<S>, len: usize, patience: Patience) {
        let begun = self.begin(place, Asked::Read(len));
        let reading = async {
            let mut buf = vec![0; len];
            conn.read(&mut buf).await.map(|read| {
                buf.truncate(read);
                Answer::Read(buf)
            })
        };
        let answer = self.wait_for(patience, reading).await;
        self.end(begun, answer);
    }

    async fn write(
        &self,
        place: Place,
        conn: &TcpStream<S>,
        [one, other]: [usize; 2],
        vectored: bool,
        patience: Patience,
    ) {
        let begun = self.begin(place, Asked::Write { len: one + other, vectored });
        let bytes = Stream(begun.content()).bytes(0, one + other);
        let (one, other) = bytes.split_at(one);
        let writing = async {
            let written =
                if vectored { conn.write_vectored(&[one, other]).await } else { conn.write(one).await };
            written.map(Answer::Written)
        };
        let answer = self.wait_for(patience, writing).await;
        self.end(begun, answer);
    }

    async fn close(&self, place: Place, conn: &TcpStream<S>, patience: Patience) {
        let begun = self.begin(place, Asked::Close);
        let answer = self.wait_for(patience, async { conn.close().await.map(|()| Answer::Done) }).await;
        self.end(begun, answer);
    }

    fn duplicate(&self, place: Place, conn: &TcpStream<S>) {
        let begun = self.begin(place, Asked::Duplicate);
        let answer = conn.duplicate().map(|copy| {
            let mut conns = self.conns(place.connection);
            conns.push(Arc::new(copy));
            Answer::Copied(conns.len() - 1)
        });
        self.end(begun, Some(answer));
    }

    fn at_once(&self, place: Place, asked: Asked, call: impl FnOnce() -> Result<(), OpError>) {
        let begun = self.begin(place, asked);
        let answer = call().map(|()| Answer::Done);
        self.end(begun, Some(answer));
    }

    /// Closes what is open: who waits is woken, and fails.
    async fn close_all(&self) {
        for connection in 0..self.conns.len() {
            for handle in 0.. {
                let place = Place { connection, side: self.side, handle };
                let Some(conn) = self.conns(connection).get(handle).cloned() else { break };
                self.close(place, &conn, Patience::Endless).await;
            }
        }
    }

    /// The answer, or `None` if the future was dropped first.
    async fn wait_for<F: Future>(&self, patience: Patience, future: F) -> Option<F::Output> {
        match patience {
            Patience::Endless => Some(future.await),
            Patience::Droppable => cancellable(future).await,
            Patience::Within(time) => self.handle.timeout(time, future).await.ok(),
        }
    }

    fn begin(&self, place: Place, asked: Asked) -> Record {
        let began = self.handle.now();
        let invoked = self.history.tick();
        Record { place, asked, answer: Answer::GivenUp, invoked, returned: invoked, began, ended: began }
    }

    fn end(&self, begun: Record, answer: Option<Result<Answer, OpError>>) {
        let answer = match answer {
            None => Answer::GivenUp,
            Some(Ok(answer)) => answer,
            Some(Err(error)) => Answer::Failed(error),
        };
        self.history.add(Record { answer, ended: self.handle.now(), ..begun });
    }
}

/// Whether the operation failed since its descriptor was closed.
pub(super) fn is_closed(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed(OpError { cause: Cause::Closed, .. }))
}
