//! shutdown(2), close(2), and what the other end sees of them.

use core::time::Duration;

use netcore::sys::{Errno, Shutdown, SockOpt, SockOptValue};

use crate::tcp_verbs::*;
use crate::verbs::*;

pub(crate) fn the_peers_end_is_read_again_and_again<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, b, b"last"), Ok(4));
    shut(s, b, Shutdown::Write);
    assert_eq!(state(s, a), IN | OUT | RDHUP);
    assert_eq!(recv(s, a, 9), Ok(b"last".to_vec()));
    for _ in 0..3 {
        assert_eq!(recv(s, a, 9), END);
    }
    assert_eq!(state(s, a), IN | OUT | RDHUP);
    assert_eq!(send(s, a, b"still"), Ok(5));
    assert_eq!(recv(s, b, 9), Ok(b"still".to_vec()));
}

pub(crate) fn an_own_end_stops_sending_only<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    shut(s, a, Shutdown::Write);
    assert_eq!(state(s, a), OUT);
    for bytes in [&b""[..], b"x"] {
        assert_eq!(send(s, a, bytes), Err(Errno::EPIPE));
    }
    assert_eq!(send(s, b, b"x"), Ok(1));
    assert_eq!(recv(s, a, 9), Ok(b"x".to_vec()));
    shut(s, a, Shutdown::Write);
}

pub(crate) fn both_ends_make_an_end<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    shut(s, a, Shutdown::Write);
    shut(s, b, Shutdown::Write);
    for fd in [a, b] {
        assert_eq!(state(s, fd), IN | OUT | HUP | RDHUP);
        assert_eq!(recv(s, fd, 1), END);
        assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
        assert_eq!(error(s, fd), None);
    }
    assert_eq!(s.shutdown(b, Shutdown::Write), Err(Errno::ENOTCONN));
}

pub(crate) fn reading_is_shut_for_this_end_alone<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, b, b"before"), Ok(6));
    shut(s, a, Shutdown::Read);
    assert_eq!(state(s, a), IN | OUT | RDHUP);
    assert_eq!(state(s, b), OUT, "the peer does not know");
    assert_eq!(send(s, b, b"behind"), Ok(6));
    assert_eq!(recv(s, a, 99), Ok(b"beforebehind".to_vec()));
    assert_eq!(recv(s, a, 99), END);
    assert_eq!(send(s, a, b"x"), Ok(1));
}

pub(crate) fn data_for_who_has_shut_both_ways_is_answered_with_a_reset<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    shut(s, a, Shutdown::Both);
    assert_eq!((state(s, a), state(s, b)), (IN | OUT | HUP | RDHUP, IN | OUT | RDHUP));
    assert_eq!(send(s, b, b"x"), Ok(1));
    assert_eq!(error(s, a), Some(Errno::ECONNRESET));
    assert_eq!(send(s, b, b"x"), Err(Errno::EPIPE));
}

pub(crate) fn closing_with_unread_data_resets<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, b, b"unread"), Ok(6));
    assert_eq!(s.close(a), Ok(()));
    quiet(s);
    assert_eq!(recv(s, b, 1), Err(Errno::ECONNRESET));
}

pub(crate) fn closing_sends_what_is_left_and_then_the_end<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    for fd in [a, b] {
        set(s, fd, SockOpt::RcvBuf, 5000);
        set(s, fd, SockOpt::SndBuf, 40_000);
    }
    let sent = fill(s, a);
    assert!(sent > 5000, "{sent}");
    assert_eq!(s.close(a), Ok(()));
    let mut got = 0;
    while got < sent {
        got += drain_all(s, b);
        quiet(s);
    }
    assert_eq!(got, sent);
    settle(s);
    assert_eq!(recv(s, b, 1), END);
}

pub(crate) fn no_linger_is_a_reset_but_shutdown_is_not<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(s.setsockopt(a, SockOpt::Linger, SockOptValue::Linger(Some(0))), Ok(()));
    shut(s, a, Shutdown::Write);
    assert_eq!(recv(s, b, 1), END);
    assert_eq!(s.close(a), Ok(()));
    quiet(s);
    assert_eq!(send(s, b, b"x"), Err(Errno::EPIPE), "the end had come before the reset");
}

pub(crate) fn a_reset_is_told_once<S: Machine>(s: &S) {
    let fd = reset(s);
    assert_eq!(state(s, fd), IN | OUT | ERR | HUP | RDHUP);
    assert_eq!(recv(s, fd, 1), Err(Errno::ECONNRESET));
    assert_eq!(state(s, fd), IN | OUT | HUP | RDHUP);
    for _ in 0..2 {
        assert_eq!(recv(s, fd, 1), END);
        assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
    }
    let fd = reset(s);
    assert_eq!(send(s, fd, b"x"), Err(Errno::ECONNRESET));
    assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
    let fd = reset(s);
    assert_eq!((error(s, fd), error(s, fd)), (Some(Errno::ECONNRESET), None));
    assert_eq!(recv(s, fd, 1), END);
}

pub(crate) fn a_reset_behind_the_end_is_a_broken_pipe<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    shut(s, b, Shutdown::Write);
    abort(s, b);
    assert_eq!(recv(s, a, 1), END, "the end was there before");
    assert_eq!(error(s, a), Some(Errno::EPIPE), "and reading it has not taken the error");
    assert_eq!(error(s, a), None);
}

pub(crate) fn what_was_queued_is_read_behind_a_reset<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, b, b"data"), Ok(4));
    abort(s, b);
    assert_eq!(recv(s, a, 9), Ok(b"data".to_vec()));
    assert_eq!(recv(s, a, 9), Err(Errno::ECONNRESET));
    assert_eq!(recv(s, a, 9), END);
}

pub(crate) fn a_closed_peer_answers_data_with_a_reset<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(s.close(b), Ok(()));
    quiet(s);
    assert_eq!(send(s, a, b"one"), Ok(3));
    assert_eq!(send(s, a, b"two"), Err(Errno::EPIPE));
    assert_eq!(state(s, a), IN | OUT | HUP | RDHUP);
}

pub(crate) fn the_end_comes_with_the_last_copy<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let copy = s.dup(a).unwrap();
    assert_eq!(s.close(a), Ok(()));
    quiet(s);
    assert_eq!(recv(s, b, 1), Err(Errno::EAGAIN));
    assert_eq!(send(s, copy, b"x"), Ok(1));
    assert_eq!(recv(s, b, 1), Ok(b"x".to_vec()));
    let other = s.dup(copy).unwrap();
    shut(s, copy, Shutdown::Write);
    assert_eq!(send(s, other, b"x"), Err(Errno::EPIPE), "shutdown is for all copies");
    assert_eq!(recv(s, b, 1), END);
}

pub(crate) fn a_lingering_close_waits_even_without_blocking<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    for fd in [a, b] {
        set(s, fd, SockOpt::RcvBuf, 5000);
    }
    assert!(fill(s, a) > 0);
    assert_eq!(s.setsockopt(a, SockOpt::Linger, SockOptValue::Linger(Some(1))), Ok(()));
    let before = s.now();
    assert_eq!(s.close(a), Ok(()));
    let waited = s.now().saturating_since(before);
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    abort(s, b);
}
