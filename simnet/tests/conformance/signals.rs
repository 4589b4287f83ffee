//! Signals: what they end, and what goes on, signal(7).

use core::time::Duration;

use netcore::os::Os;
use netcore::sys::{
    EpollEvent, Errno, Fd, MsgFlags, Result, SockAddr, SockFlags, SockOpt, SockOptValue, Threads,
};
use simnet::Sim;

use crate::tcp_verbs::*;
use crate::verbs::*;

/// A kernel whose threads can be sent a signal.
pub(crate) trait Signals: Threads {
    /// To a handler that does nothing, installed with `SA_RESTART` or not.
    fn signal(&self, thread: &Self::JoinHandle, restarts: bool);
}

impl Signals for Os {
    fn signal(&self, thread: &Self::JoinHandle, restarts: bool) {
        Os::signal(self, thread, restarts).expect("pthread_kill");
    }
}

impl Signals for Sim {
    fn signal(&self, thread: &Self::JoinHandle, restarts: bool) {
        Sim::signal(self, *thread, restarts);
    }
}

/// A thread that waits in one call.
struct Waiting<S: Machine>(Crew<S, usize>);

impl<S: Machine> Waiting<S> {
    fn new(s: &S, call: impl FnOnce(&S) -> Result<usize> + Send + 'static) -> Self {
        let mut crew = Crew::new(s);
        crew.start(call);
        assert_eq!(crew.answers(), [], "it waits");
        Waiting(crew)
    }

    /// A signal comes: what it answers.
    fn ended_by_signal(&self, restarts: bool) -> Result<usize> {
        self.0.signal(0, restarts);
        self.answer()
    }

    /// A signal comes, and it goes on waiting.
    fn outlives_signal(&self) {
        self.0.signal(0, true);
        assert_eq!(self.0.answers(), [], "it waits on");
    }

    /// What it answers, once it does: a busy machine takes its time.
    fn answer(&self) -> Result<usize> {
        let mut answers = (0..100).flat_map(|_| self.0.answers());
        answers.next().expect("an answer").1
    }

    fn end(self) {
        self.0.join();
    }
}

const EINTR: Result<usize> = Err(Errno::EINTR);

fn wait_for_events<S: Machine>(s: &S, epfd: Fd, timeout: Option<Duration>) -> Result<usize> {
    s.epoll_wait(epfd, &mut [EpollEvent::default(); 4], timeout)
}

/// A listener that has no room, and a call that waits for it.
fn full_listener<S: Machine>(s: &S) -> (Fd, SockAddr, Waiting<S>, Fd) {
    let (listener, addr) = listener(s, 0);
    call(s, addr);
    let fd = tcp(s);
    block(s, fd);
    let waiting = Waiting::new(s, move |s: &S| s.connect(fd, &addr).map(|()| 0));
    (listener, addr, waiting, fd)
}

pub(crate) fn without_sa_restart_every_wait_ends<S: Machine>(s: &S) {
    let (r, w) = blocking_pipe(s);
    let waiting = Waiting::new(s, move |s: &S| s.read(r, &mut [0; 8]));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "read from a pipe");
    waiting.end();
    assert_eq!(s.write(w, &[7; 65_536]), Ok(65_536));
    let waiting = Waiting::new(s, move |s: &S| s.write(w, b"x"));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "write to a pipe");
    waiting.end();
    let value = s.eventfd(0, netcore::sys::EventfdFlags::CLOEXEC).expect("eventfd");
    let waiting = Waiting::new(s, move |s: &S| s.read(value, &mut [0; 8]));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "read from an eventfd");
    waiting.end();
    let (listener, _) = listener(s, 1);
    block(s, listener);
    let waiting = Waiting::new(s, move |s: &S| s.accept4(listener, SockFlags::empty()).map(|_| 0));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "accept");
    waiting.end();
    let [a, b] = pair(s);
    block(s, a);
    let waiting = Waiting::new(s, move |s: &S| s.recv(a, &mut [0; 8], MsgFlags::empty()));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "recv");
    waiting.end();
    fill(s, b);
    block(s, b);
    let waiting = Waiting::new(s, move |s: &S| s.send(b, b"x", MsgFlags::NOSIGNAL));
    assert_eq!(waiting.ended_by_signal(false), EINTR, "send");
    waiting.end();
    let (_, _, waiting, _) = full_listener(s);
    assert_eq!(waiting.ended_by_signal(false), EINTR, "connect");
    waiting.end();
}

pub(crate) fn with_sa_restart_most_waits_go_on<S: Machine>(s: &S) {
    let (r, w) = blocking_pipe(s);
    let waiting = Waiting::new(s, move |s: &S| s.read(r, &mut [0; 8]));
    waiting.outlives_signal();
    assert_eq!(s.write(w, b"xy"), Ok(2));
    assert_eq!(waiting.answer(), Ok(2), "read from a pipe");
    waiting.end();
    let value = s.eventfd(0, netcore::sys::EventfdFlags::CLOEXEC).expect("eventfd");
    let waiting = Waiting::new(s, move |s: &S| s.read(value, &mut [0; 8]));
    waiting.outlives_signal();
    raise(s, value);
    assert_eq!(waiting.answer(), Ok(8), "read from an eventfd");
    waiting.end();
    let (listener, addr) = listener(s, 1);
    block(s, listener);
    let waiting = Waiting::new(s, move |s: &S| s.accept4(listener, SockFlags::empty()).map(|_| 0));
    waiting.outlives_signal();
    call(s, addr);
    assert_eq!(waiting.answer(), Ok(0), "accept");
    waiting.end();
    let [a, b] = pair(s);
    block(s, a);
    let waiting = Waiting::new(s, move |s: &S| s.recv(a, &mut [0; 8], MsgFlags::empty()));
    waiting.outlives_signal();
    assert_eq!(send(s, b, b"xyz"), Ok(3));
    assert_eq!(waiting.answer(), Ok(3), "recv");
    waiting.end();
    // Not send(2): made again, it finds the little room that it would not have been woken for.
    let (listener, _, waiting, _) = full_listener(s);
    waiting.outlives_signal();
    accept(s, listener).expect("the first");
    // The SYN that found no room is sent again after a second.
    later(s, 1300);
    assert_eq!(waiting.answer(), Ok(0), "connect");
    waiting.end();
}

pub(crate) fn calls_with_a_timeout_end_either_way<S: Machine>(s: &S) {
    let seconds = SockOptValue::Time(Duration::from_secs(10));
    for restarts in [false, true] {
        let epfd = epoll(s);
        for timeout in [None, Some(Duration::from_secs(10))] {
            let waiting = Waiting::new(s, move |s: &S| wait_for_events(s, epfd, timeout));
            assert_eq!(waiting.ended_by_signal(restarts), EINTR, "epoll_wait");
            waiting.end();
        }
        let [a, b] = pair(s);
        let (listener, _) = listener(s, 1);
        for fd in [a, listener] {
            block(s, fd);
            assert_eq!(s.setsockopt(fd, SockOpt::RcvTimeo, seconds), Ok(()));
        }
        let waiting = Waiting::new(s, move |s: &S| s.recv(a, &mut [0; 8], MsgFlags::empty()));
        assert_eq!(waiting.ended_by_signal(restarts), EINTR, "recv");
        waiting.end();
        let waiting = Waiting::new(s, move |s: &S| s.accept4(listener, SockFlags::empty()).map(|_| 0));
        assert_eq!(waiting.ended_by_signal(restarts), EINTR, "accept");
        waiting.end();
        fill(s, b);
        block(s, b);
        assert_eq!(s.setsockopt(b, SockOpt::SndTimeo, seconds), Ok(()));
        let waiting = Waiting::new(s, move |s: &S| s.send(b, b"x", MsgFlags::NOSIGNAL));
        assert_eq!(waiting.ended_by_signal(restarts), EINTR, "send");
        waiting.end();
    }
}

pub(crate) fn what_has_been_done_is_told<S: Machine>(s: &S) {
    for restarts in [false, true] {
        let [a, b] = pair(s);
        block(s, a);
        assert_eq!(send(s, b, b"abc"), Ok(3));
        let waiting = Waiting::new(s, move |s: &S| s.recv(a, &mut [0; 8], MsgFlags::WAITALL));
        assert_eq!(waiting.ended_by_signal(restarts), Ok(3), "recv with MSG_WAITALL");
        waiting.end();
        block(s, b);
        let total = 16 << 20;
        let waiting = Waiting::new(s, move |s: &S| s.send(b, &vec![7; total], MsgFlags::NOSIGNAL));
        let sent = waiting.ended_by_signal(restarts).expect("a part");
        assert!((1..total).contains(&sent), "{sent}");
        waiting.end();
        assert_eq!(drain_rest(s, a), sent, "no more than was told has gone");
        let (_r, w) = blocking_pipe(s);
        let waiting = Waiting::new(s, move |s: &S| s.write(w, &[7; 100_000]));
        assert_eq!(waiting.ended_by_signal(restarts), Ok(65_536), "write to a pipe");
        waiting.end();
    }
}

/// Receives what has been sent, in however many pieces it comes.
fn drain_rest<S: Machine>(s: &S, fd: Fd) -> usize {
    s.fcntl_setfl(fd, netcore::sys::OFlags::NONBLOCK).expect("fcntl");
    let mut total = 0;
    let mut idle = 0;
    while idle < 5 {
        let more = drain_all(s, fd);
        total += more;
        idle = if more == 0 { idle + 1 } else { 0 };
        later(s, 20);
    }
    total
}

pub(crate) fn an_interrupted_connect_goes_on<S: Machine>(s: &S) {
    let (listener, addr, waiting, fd) = full_listener(s);
    assert_eq!(waiting.ended_by_signal(false), EINTR);
    waiting.end();
    let waiting = Waiting::new(s, move |s: &S| s.connect(fd, &addr).map(|()| 0));
    accept(s, listener).expect("the first");
    later(s, 1300);
    assert_eq!(waiting.answer(), Ok(0), "the next call waits for the same handshake");
    waiting.end();
    assert_eq!(s.connect(fd, &addr), Err(Errno::EISCONN));
}

pub(crate) fn a_lingering_close_is_cut_short<S: Machine>(s: &S) {
    for restarts in [false, true] {
        let [a, b] = pair(s);
        fill(s, b);
        assert_eq!(s.setsockopt(b, SockOpt::Linger, SockOptValue::Linger(Some(20))), Ok(()));
        let waiting = Waiting::new(s, move |s: &S| s.close(b).map(|()| 0));
        assert_eq!(waiting.ended_by_signal(restarts), Ok(0));
        waiting.end();
        drain_rest(s, a);
        assert_eq!(recv(s, a, 1), END, "it goes on without the socket");
    }
}

pub(crate) fn who_does_not_wait_does_not_notice<S: Machine>(s: &S) {
    let (r, w) = blocking_pipe(s);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| {
        later(s, 100);
        s.read(r, &mut [0; 8])
    });
    crew.signal(0, false);
    later(s, 150);
    assert_eq!(s.write(w, b"x"), Ok(1));
    assert_eq!(crew.answers(), [(0, Ok(1))]);
    crew.join();
}
