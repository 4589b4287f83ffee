//! Sockets in epoll: edges. The states themselves are in the bodies about what leads to them.

use netcore::sys::{EpollEvents, Fd, Shutdown, SockAddr};

use crate::tcp_verbs::*;
use crate::verbs::*;

const EVERYTHING: EpollEvents = IN.union(OUT).union(RDHUP).union(EpollEvents::PRI).union(ET);

/// An instance that watches `fd` for everything, its first event taken.
fn watch<S: Machine>(s: &S, fd: Fd) -> Fd {
    let epfd = epoll(s);
    add(s, epfd, fd, EVERYTHING);
    let _ = ready(s, epfd);
    epfd
}

pub(crate) fn every_arrival_is_an_edge_even_with_data_unread<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let epfd = watch(s, a);
    for _ in 0..3 {
        assert_eq!(send(s, b, b"x"), Ok(1));
        assert_eq!(events(s, epfd), IN | OUT);
        assert_eq!(events(s, epfd), NONE);
    }
    for _ in 0..2 {
        assert_eq!(send(s, b, b"x"), Ok(1));
    }
    assert_eq!(events(s, epfd), IN | OUT, "two before one wait are one");
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn reading_is_no_edge<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, b, b"xyz"), Ok(3));
    let epfd = watch(s, a);
    assert_eq!(recv(s, a, 1), Ok(b"x".to_vec()));
    assert_eq!(events(s, epfd), NONE);
    assert_eq!(recv(s, a, 9), Ok(b"yz".to_vec()));
    assert!(recv(s, a, 9).is_err());
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn drained_before_the_wait_shows_the_state_of_now<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let both = watch(s, a);
    let only_in = epoll(s);
    add(s, only_in, a, IN | ET);
    assert_eq!(send(s, b, b"x"), Ok(1));
    assert_eq!(recv(s, a, 1), Ok(b"x".to_vec()));
    assert_eq!(events(s, both), OUT);
    assert_eq!(events(s, only_in), NONE);
}

pub(crate) fn an_end_and_a_reset_are_edges<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let epfd = watch(s, a);
    shut(s, b, Shutdown::Write);
    assert_eq!(events(s, epfd), IN | OUT | RDHUP);
    assert_eq!(events(s, epfd), NONE);
    abort(s, b);
    assert_eq!(events(s, epfd), IN | OUT | ERR | HUP | RDHUP, "a second one");
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn the_peers_close_behind_its_end_is_none<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let epfd = watch(s, a);
    shut(s, b, Shutdown::Write);
    assert_eq!(events(s, epfd), IN | OUT | RDHUP);
    assert_eq!(s.close(b), Ok(()));
    quiet(s);
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn what_this_end_shuts_is_an_edge<S: Machine>(s: &S) {
    let [a, _b] = pair(s);
    let epfd = watch(s, a);
    shut(s, a, Shutdown::Read);
    assert_eq!(events(s, epfd), IN | OUT | RDHUP);
    let [a, _b] = pair(s);
    let epfd = watch(s, a);
    shut(s, a, Shutdown::Write);
    assert_eq!(events(s, epfd), OUT);
}

pub(crate) fn the_peers_reading_is_none_where_there_was_room<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let epfd = watch(s, a);
    assert_eq!(send(s, a, b"x"), Ok(1));
    assert_eq!(recv(s, b, 1), Ok(b"x".to_vec()));
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn a_listener_has_an_edge_per_caller_and_none_per_accept<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 5);
    let epfd = watch(s, fd);
    let _callers = [call(s, addr), call(s, addr)];
    assert_eq!(events(s, epfd), IN);
    assert!(accept(s, fd).is_ok());
    assert_eq!(events(s, epfd), NONE, "one of two is left");
    let _third = call(s, addr);
    assert_eq!(events(s, epfd), IN);
}

pub(crate) fn registered_fresh_it_hangs_up_first_and_then_connects<S: Machine>(s: &S) {
    let (_listener, addr) = listener(s, 1);
    let fd = tcp(s);
    let epfd = epoll(s);
    add(s, epfd, fd, EVERYTHING);
    assert_eq!(events(s, epfd), OUT | HUP);
    assert!(s.connect(fd, &addr).is_err());
    quiet(s);
    assert_eq!(events(s, epfd), OUT);
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn a_refusal_is_an_edge<S: Machine>(s: &S) {
    let addr = nobody(s);
    let fd = tcp(s);
    let epfd = watch(s, fd);
    assert!(s.connect(fd, &addr).is_err());
    quiet(s);
    assert_eq!(events(s, epfd), IN | OUT | ERR | HUP | RDHUP);
}

pub(crate) fn each_instance_is_told<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let instances = [watch(s, a), watch(s, a)];
    assert_eq!(send(s, b, b"x"), Ok(1));
    for epfd in instances {
        assert_eq!(events(s, epfd), IN | OUT);
    }
}

pub(crate) fn a_shot_tells_once_of_anything<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let epfd = epoll(s);
    add(s, epfd, a, IN | ONESHOT);
    assert_eq!(send(s, b, b"x"), Ok(1));
    assert_eq!(events(s, epfd), IN);
    abort(s, b);
    assert_eq!(events(s, epfd), NONE, "not even of a reset");
    modify(s, epfd, a, IN | ONESHOT);
    assert_eq!(events(s, epfd), IN | ERR | HUP);
}

pub(crate) fn the_order_is_that_of_becoming_ready_for_sockets_too<S: Machine>(s: &S) {
    let pairs = [pair(s), pair(s), pair(s)];
    let epfd = epoll(s);
    for [a, _] in pairs {
        add(s, epfd, a, IN);
    }
    for which in [2, 0, 1] {
        assert_eq!(send(s, pairs[which][1], b"x"), Ok(1));
    }
    let numbers = [2, 0, 1].map(|which: usize| pairs[which][0].number);
    assert_eq!(order(s, epfd, 9), numbers);
    assert_eq!(order(s, epfd, 2), numbers[..2], "reported ones go to the tail");
    assert_eq!(order(s, epfd, 2), [numbers[2], numbers[0]]);
}

pub(crate) fn what_has_ended_is_reported_whatever_was_asked<S: Machine>(s: &S) {
    let epfd = epoll(s);
    let fd = reset(s);
    add(s, epfd, fd, NONE);
    assert_eq!(events(s, epfd), ERR | HUP);
    let [a, b] = pair(s);
    let epfd = epoll(s);
    add(s, epfd, a, NONE);
    shut(s, b, Shutdown::Write);
    assert_eq!(events(s, epfd), NONE, "half an end is none");
    shut(s, a, Shutdown::Write);
    assert_eq!(events(s, epfd), HUP);
    assert_eq!(s.connect(a, &SockAddr::Unspec), Ok(()));
}
