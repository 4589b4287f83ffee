//! Threads that wait in calls on sockets.

use core::time::Duration;

use netcore::sys::{Errno, MsgFlags, Shutdown, SockFlags, SockOpt, SockOptValue};

use crate::tcp_verbs::*;
use crate::verbs::*;

/// How long what has a timeout waits.
const TIMEOUT: Duration = Duration::from_millis(40);

fn recv_some<S: Machine>(s: &S, fd: netcore::sys::Fd) -> netcore::sys::Result<Vec<u8>> {
    again(|| recv(s, fd, 9))
}

pub(crate) fn close_wakes_no_reader_and_it_still_gets_its_data<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    block(s, a);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| recv_some(s, a));
    assert_eq!(s.close(a), Ok(()));
    assert_eq!(crew.answers(), []);
    assert_eq!(send(s, b, b"late"), Ok(4));
    assert_eq!(crew.answers(), [(0, Ok(b"late".to_vec()))]);
    assert_eq!(recv(s, b, 1), END, "only then the file is gone");
    crew.join();
}

pub(crate) fn shutdown_wakes_a_reader<S: Machine>(s: &S) {
    let [a, _b] = pair(s);
    block(s, a);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| recv_some(s, a));
    shut(s, a, Shutdown::Read);
    assert_eq!(crew.answers(), [(0, END)]);
    crew.join();
}

pub(crate) fn a_reset_wakes_a_reader<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    block(s, a);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| recv_some(s, a));
    abort(s, b);
    assert_eq!(crew.answers(), [(0, Err(Errno::ECONNRESET))]);
    crew.join();
}

pub(crate) fn shutdown_wakes_every_acceptor<S: Machine>(s: &S) {
    let (fd, _) = listener(s, 1);
    block(s, fd);
    let mut crew = Crew::new(s);
    for _ in 0..2 {
        crew.start(move |s: &S| again(|| s.accept4(fd, SockFlags::NONBLOCK)).map(drop));
    }
    shut(s, fd, Shutdown::Both);
    let mut answers = crew.answers();
    answers.sort_unstable_by_key(|&(index, _)| index);
    assert_eq!(answers, [(0, Err(Errno::EINVAL)), (1, Err(Errno::EINVAL))]);
    crew.join();
}

pub(crate) fn close_wakes_no_acceptor_and_it_still_gets_its_connection<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    block(s, fd);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| again(|| s.accept4(fd, SockFlags::NONBLOCK)).map(drop));
    assert_eq!(s.close(fd), Ok(()));
    assert_eq!(crew.ended(), NOBODY);
    let _client = call(s, addr);
    assert_eq!(crew.answers(), [(0, Ok(()))]);
    assert_eq!(error(s, call(s, addr)), Some(Errno::ECONNREFUSED), "and then the port is closed");
    crew.join();
}

pub(crate) fn acceptors_are_served_first_come_first_served<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 5);
    block(s, fd);
    let mut crew = Crew::new(s);
    for _ in 0..3 {
        crew.start(move |s: &S| again(|| s.accept4(fd, SockFlags::NONBLOCK)).map(drop));
    }
    for expected in 0..3 {
        let _client = call(s, addr);
        assert_eq!(crew.ended(), [expected]);
    }
    crew.join();
}

pub(crate) fn a_connect_that_waits_ends_with_the_handshake<S: Machine>(s: &S) {
    let (_listener, addr) = listener(s, 1);
    let fd = tcp(s);
    block(s, fd);
    assert_eq!(s.connect(fd, &addr), Ok(()));
    let nobody = nobody(s);
    let fd = tcp(s);
    block(s, fd);
    assert_eq!(s.connect(fd, &nobody), Err(Errno::ECONNREFUSED));
}

pub(crate) fn timeouts_end_waits<S: Machine>(s: &S) {
    let timed = |option: SockOpt, fd| {
        assert_eq!(s.setsockopt(fd, option, SockOptValue::Time(TIMEOUT)), Ok(()));
        block(s, fd);
    };
    let waits = |what: &str, call: &dyn Fn() -> Errno, errno: Errno| {
        let before = s.now();
        assert_eq!(call(), errno, "{what}");
        assert!(s.now().saturating_since(before) >= TIMEOUT, "{what}");
    };
    let [a, b] = pair(s);
    timed(SockOpt::RcvTimeo, a);
    waits("recv", &|| recv(s, a, 1).unwrap_err(), Errno::EAGAIN);
    assert_eq!(send(s, b, b"xy"), Ok(2));
    assert_eq!(recv_with(s, a, 9, MsgFlags::WAITALL), Ok(b"xy".to_vec()), "what came before the timeout");
    let (fd, addr) = listener(s, 0);
    timed(SockOpt::RcvTimeo, fd);
    waits("accept", &|| accept(s, fd).unwrap_err(), Errno::EAGAIN);
    let _first = call(s, addr);
    let second = tcp(s);
    timed(SockOpt::SndTimeo, second);
    waits("connect", &|| s.connect(second, &addr).unwrap_err(), Errno::EINPROGRESS);
    assert_eq!(s.connect(second, &addr), Err(Errno::EALREADY));
}

pub(crate) fn a_send_that_waits_is_ended_by_shutdown<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    set(s, a, SockOpt::SndBuf, 20_000);
    set(s, b, SockOpt::RcvBuf, 20_000);
    block(s, a);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| s.send(a, &vec![1; 1_000_000], MsgFlags::NOSIGNAL));
    assert_eq!(crew.ended(), NOBODY);
    shut(s, a, Shutdown::Write);
    let answers = crew.answers();
    assert!(matches!(answers[..], [(0, Ok(1..1_000_000))]), "{answers:?}");
    crew.join();
}

pub(crate) fn a_send_that_waits_goes_on_when_there_is_room<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    set(s, a, SockOpt::SndBuf, 20_000);
    set(s, b, SockOpt::RcvBuf, 20_000);
    block(s, a);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| s.send(a, &vec![1; 300_000], MsgFlags::NOSIGNAL));
    let mut got = 0;
    while got < 300_000 {
        got += drain_all(s, b);
        quiet(s);
    }
    assert_eq!(crew.answers(), [(0, Ok(300_000))]);
    crew.join();
}
