//! What cases do over and over.

use core::fmt::Display;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use netcore::net::{Cause, Dialer, ListenConfig, OpError, TcpListener, TcpStream};
use netcore::rt::{Handle, JoinError, JoinHandle, Metrics, Runtime};
use netcore::sys::{Errno, Sys};
use simnet::Oracle;

use crate::pattern::Stream;
use crate::room::{Room, Site};

/// Whether the failure is one that a room may inject: a want of descriptors or of kernel memory, which goes by.
pub fn is_injected(error: &OpError) -> bool {
    matches!(error.errno(), Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOSPC | Errno::ENOMEM))
}

/// Whether a connection was broken by the other side.
pub fn is_broken(error: &OpError) -> bool {
    matches!(error.errno(), Some(Errno::ECONNRESET | Errno::EPIPE))
}

/// Listens on a free port, however often it takes.
pub fn listen<S: Sys>(handle: &Handle<S>, site: &Site<S>, config: &ListenConfig) -> Arc<TcpListener<S>> {
    loop {
        match config.listen(handle, (site.ip, 0).into()) {
            Ok(listener) => return Arc::new(listener),
            Err(error) if is_injected(&error) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// How long a task that met a want of resources leaves the machine alone.
pub const PAUSE: Duration = Duration::from_millis(1);

/// Dials, again after every failure that was injected: the other end may have seen a connection that ends at
/// once.
pub async fn dial<S: Sys>(
    handle: &Handle<S>,
    dialer: &Dialer,
    listener: &TcpListener<S>,
    excuse: &Excuse,
) -> Result<TcpStream<S>, OpError> {
    loop {
        match dialer.dial(handle, listener.addr()).await {
            Err(error) if is_injected(&error) => {
                excuse.give();
                handle.sleep(PAUSE).await;
            }
            result => return result,
        }
    }
}

/// Something has happened in the run that breaks connections through nobody's fault: then they may be broken.
#[derive(Clone, Debug, Default)]
pub struct Excuse(Arc<AtomicBool>);

impl Excuse {
    /// It has happened, or is about to.
    pub fn give(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Something went wrong that fails the run unless this excuses it. Whoever gives the excuse may come to it a
    /// step after the other end has noticed, in the same instant: so it is looked at a moment later.
    pub async fn demand<R: Room>(
        &self,
        room: &R,
        handle: &Handle<R::Sys>,
        oracle: Oracle,
        place: &str,
        detail: impl Display + Send,
    ) {
        handle.sleep(PAUSE).await;
        if !self.0.load(Ordering::Relaxed) {
            room.fail(oracle, place, detail);
        }
    }
}

/// The next connection; `None` once the listener is closed. Failures that were injected are passed over: they
/// may have cost a connection.
pub async fn accept<S: Sys>(
    room: &impl Room,
    handle: &Handle<S>,
    listener: &TcpListener<S>,
    excuse: &Excuse,
) -> Option<TcpStream<S>> {
    loop {
        match listener.accept().await {
            Ok(conn) => return Some(conn),
            Err(error) if is_injected(&error) => {
                excuse.give();
                handle.sleep(PAUSE).await;
            }
            Err(OpError { cause: Cause::Closed, .. }) => return None,
            Err(error) => room.fail(Oracle::WrongAnswer, "accept failed", error),
        }
    }
}

/// How long the accepting end of a connection may take to hear of it: SYN-ACKs are sent again for 63 s.
const HANDSHAKE_MAX: Duration = Duration::from_secs(100);

/// A connected pair: the dialling end and the accepting end.
pub async fn pair<S: Sys>(
    room: &impl Room,
    (calling, serving): (&Handle<S>, &Handle<S>),
    listener: &TcpListener<S>,
    dialer: &Dialer,
) -> (TcpStream<S>, TcpStream<S>) {
    'again: loop {
        let client = match dial(calling, dialer, listener, &Excuse::default()).await {
            Ok(client) => client,
            Err(error) => room.fail(Oracle::WrongAnswer, "dial failed", error),
        };
        let name = client.local_addr();
        loop {
            match serving.timeout(HANDSHAKE_MAX, listener.accept()).await {
                Ok(Ok(server)) if name.as_ref() == Ok(&server.peer_addr()) => return (client, server),
                // What an earlier dial left behind when it failed.
                Ok(Ok(_)) => {}
                // This may have been the other end: then with another connection.
                Ok(Err(error)) if is_injected(&error) => {
                    serving.sleep(PAUSE).await;
                    continue 'again;
                }
                Ok(Err(error)) => room.fail(Oracle::WrongAnswer, "accept failed", error),
                // The network has lost every acknowledgment.
                Err(_) => continue 'again,
            }
        }
    }
}

/// Closes a connection for the first time. It waits for those who use it to notice, and for nothing else: no time
/// passes.
pub async fn close<R: Room>(room: &R, handle: &Handle<R::Sys>, conn: &TcpStream<R::Sys>) {
    let began = handle.now();
    if let Err(error) = conn.close().await {
        room.fail(Oracle::WrongAnswer, "the first close failed", error);
    }
    let took = handle.now().saturating_since(began);
    if R::IS_EXACT && took > Duration::ZERO {
        room.fail(Oracle::LostWakeup, "a close took its time", format_args!("{took:?}"));
    }
}

/// Reads exactly the `len` bytes of `stream` from `offset` on, in pieces that the room decides.
pub async fn expect<S: Sys>(
    room: &impl Room,
    conn: &TcpStream<S>,
    stream: Stream,
    offset: u64,
    len: usize,
) -> Result<(), OpError> {
    let mut buf = vec![0; len];
    let mut got = 0;
    while got < len {
        let piece = got + room.piece(len - got);
        let read = conn.read(&mut buf[got..piece]).await?;
        if read == 0 {
            return Err(eof(conn));
        }
        check(room, stream, offset + got as u64, &buf[got..got + read]);
        got += read;
    }
    Ok(())
}

/// Fails the run unless `bytes` are those of `stream` from `offset` on.
pub fn check(room: &impl Room, stream: Stream, offset: u64, bytes: &[u8]) {
    if let Err(mismatch) = stream.check(offset, bytes) {
        room.fail(Oracle::Data, "bytes differ from what was written", mismatch);
    }
}

/// The end of a stream where there should be more: to a case it is a broken connection.
fn eof<S: Sys>(conn: &TcpStream<S>) -> OpError {
    OpError {
        op: "read",
        net: "tcp",
        source: None,
        addr: Some(conn.peer_addr()),
        cause: Cause::Sys("read", Errno::ECONNRESET),
        written: 0,
    }
}

/// Waits for the end of a task that is not supposed to panic.
pub async fn join<T, S: Sys>(task: JoinHandle<T, S>) -> T {
    match task.await {
        Ok(output) => output,
        Err(JoinError::Cancelled) => panic!("a task was cancelled that nobody aborted"),
        Err(JoinError::Panicked(payload)) => std::panic::resume_unwind(payload),
    }
}

/// Begins something in this task and lets another one go on with it: from then on it is that one that is to be woken.
pub async fn elsewhere<F, S: Sys>(handle: &Handle<S>, future: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut future = Box::pin(future);
    match poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
        Poll::Ready(output) => output,
        Poll::Pending => join(handle.spawn(future)).await,
    }
}

/// All that was done on a runtime is done: no task, timer or descriptor is left of it, as soon as its workers have had
/// time to notice, but for the timer that they are given this time by.
pub fn idle<R: Room>(room: &R, runtime: &Runtime<R::Sys>) {
    if R::IS_EXACT {
        let handle = runtime.handle();
        runtime.block_on(async {
            let mut sleep = pin!(handle.sleep(Duration::from_nanos(1)));
            poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
            if handle.metrics().timers == 0 {
                room.fail(
                    Oracle::WrongAnswer,
                    "a timer is not counted",
                    format_args!("{:?}", handle.metrics()),
                );
            }
            sleep.await;
        });
        let left = handle.metrics();
        if left != Metrics::default() {
            room.fail(Oracle::Leak, "an idle runtime has something left", format_args!("{left:?}"));
        }
    }
}

/// Shuts the runtimes down: nothing may be left.
pub fn settle<R: Room>(room: &R, runtimes: impl IntoIterator<Item = Runtime<R::Sys>>) {
    for runtime in runtimes {
        let left = runtime.shutdown();
        if left != Metrics::default() {
            room.fail(Oracle::Leak, "a runtime has something left", format_args!("{left:?}"));
        }
    }
}
