//! Epoll instances that watch epoll instances.

use netcore::sys::{EpollOp, Errno};

use crate::verbs::*;

pub(crate) fn an_instance_is_readable_while_it_has_events<S: Machine>(s: &S) {
    let (inner, fd) = (epoll(s), eventfd(s));
    add(s, inner, fd, IN);
    assert_eq!(state(s, inner), NONE);
    raise(s, fd);
    assert_eq!((state(s, inner), state(s, inner)), (IN, IN));
    assert_eq!(events(s, inner), IN);
}

pub(crate) fn draining_the_source_clears_the_outer_one<S: Machine>(s: &S) {
    let (outer, inner, fd) = (epoll(s), epoll(s), eventfd(s));
    add(s, inner, fd, IN);
    add(s, outer, inner, IN);
    raise(s, fd);
    assert_eq!(events(s, outer), IN);
    drain(s, fd).unwrap();
    assert_eq!(events(s, outer), NONE, "without a wait on the inner one");
}

pub(crate) fn a_circle_is_eloop<S: Machine>(s: &S) {
    let (one, two, three) = (epoll(s), epoll(s), epoll(s));
    add(s, one, two, IN);
    add(s, two, three, IN);
    assert_eq!(control(s, three, EpollOp::Add, one, IN), Err(Errno::ELOOP));
    assert_eq!(control(s, two, EpollOp::Add, one, IN), Err(Errno::ELOOP));
    assert_eq!(delete(s, one, two), Ok(()));
    add(s, three, one, IN);
}

pub(crate) fn four_links_are_allowed_and_a_fifth_is_not<S: Machine>(s: &S) {
    let chain: Vec<_> = (0..6).map(|_| epoll(s)).collect();
    for pair in chain[..5].windows(2) {
        add(s, pair[0], pair[1], IN);
    }
    assert_eq!(control(s, chain[4], EpollOp::Add, chain[5], IN), Err(Errno::ELOOP), "below");
    assert_eq!(control(s, chain[5], EpollOp::Add, chain[0], IN), Err(Errno::ELOOP), "above");
    let fd = eventfd(s);
    add(s, chain[4], fd, IN);
    raise(s, fd);
    assert_eq!(events(s, chain[0]), IN);
    drain(s, fd).unwrap();
    assert_eq!(events(s, chain[0]), NONE);
}

pub(crate) fn an_instance_does_not_watch_itself<S: Machine>(s: &S) {
    let epfd = epoll(s);
    assert_eq!(control(s, epfd, EpollOp::Add, epfd, IN), Err(Errno::EINVAL));
    let copy = s.dup(epfd).unwrap();
    assert_eq!(control(s, epfd, EpollOp::Add, copy, IN), Err(Errno::EINVAL), "nor under another number");
}

pub(crate) fn an_outer_edge_comes_with_each_inner_event<S: Machine>(s: &S) {
    let (outer, inner, fd) = (epoll(s), epoll(s), eventfd(s));
    add(s, inner, fd, IN);
    add(s, outer, inner, IN | ET);
    for _ in 0..2 {
        raise(s, fd);
        assert_eq!((events(s, outer), events(s, outer)), (IN, NONE));
    }
}

pub(crate) fn five_hundred_instances_may_watch_an_instance_with_a_source<S: Machine>(s: &S) {
    let (inner, fd, other) = (epoll(s), eventfd(s), eventfd(s));
    let outer: Vec<_> = (0..501).map(|_| epoll(s)).collect();
    add(s, inner, fd, IN);
    for &outer in &outer[..500] {
        add(s, outer, inner, IN);
    }
    assert_eq!(control(s, outer[500], EpollOp::Add, inner, IN), Err(Errno::EINVAL));
    assert_eq!(control(s, inner, EpollOp::Add, other, IN), Ok(()), "each source counts for itself");
    delete(s, inner, fd).unwrap();
    assert_eq!(control(s, outer[500], EpollOp::Add, inner, IN), Err(Errno::EINVAL), "the other source");
    for &outer in &outer {
        s.close(outer).unwrap();
    }
}
