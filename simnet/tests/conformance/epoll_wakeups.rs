//! Which of several threads in epoll_wait(2) an event wakes.

use core::time::Duration;

use netcore::sys::{EpollEvent, EpollEvents, Fd};

use crate::verbs::*;

/// Threads that wait for one event of these instances, begun one after the other.
fn waiters<S: Machine>(s: &S, epfds: &[Fd]) -> Crew<S, u64> {
    let mut crew = Crew::new(s);
    for &epfd in epfds {
        crew.start(move |s: &S| wait_one(s, epfd));
    }
    assert_eq!(crew.ended(), NOBODY);
    crew
}

fn watching<S: Machine>(s: &S, fd: Fd, events: EpollEvents) -> Fd {
    let epfd = epoll(s);
    add(s, epfd, fd, events);
    epfd
}

pub(crate) fn an_edge_wakes_one_waiter_the_last_to_come<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let epfd = watching(s, fd, IN | ET);
    let crew = waiters(s, &[epfd; 3]);
    for last in [2, 1, 0] {
        raise(s, fd);
        assert_eq!(crew.answers(), [(last, Ok(fd.number as u64))]);
    }
    crew.join();
}

pub(crate) fn a_shot_wakes_one_waiter<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let epfd = watching(s, fd, IN | ONESHOT);
    let crew = waiters(s, &[epfd; 2]);
    raise(s, fd);
    assert_eq!(crew.ended(), [1]);
    raise(s, fd);
    assert_eq!(crew.ended(), NOBODY);
    modify(s, epfd, fd, IN | ONESHOT);
    assert_eq!(crew.ended(), [0]);
    crew.join();
}

pub(crate) fn a_level_wakes_them_all<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let epfd = watching(s, fd, IN);
    let crew = waiters(s, &[epfd; 3]);
    raise(s, fd);
    assert_eq!(crew.ended().len(), 3);
    crew.join();
}

pub(crate) fn every_instance_is_told<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let crew = waiters(s, &[watching(s, fd, IN | ET), watching(s, fd, IN)]);
    raise(s, fd);
    assert_eq!(crew.ended().len(), 2);
    crew.join();
}

pub(crate) fn of_exclusive_instances_the_first_is_told<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfds = [(); 3].map(|()| watching(s, reader, IN | ET | EXCLUSIVE));
    let crew = waiters(s, &[epfds[2], epfds[0], epfds[1]]);
    for first in [1, 2, 0] {
        s.write(writer, b"x").unwrap();
        assert_eq!(crew.ended(), [first], "in the order of the registrations");
    }
    crew.join();
}

pub(crate) fn adding_something_ready_wakes<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    let crew = waiters(s, &[epfd]);
    add(s, epfd, fd, OUT);
    assert_eq!(crew.answers(), [(0, Ok(fd.number as u64))]);
    crew.join();
}

pub(crate) fn changing_to_something_ready_wakes<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let epfd = watching(s, fd, IN);
    let crew = waiters(s, &[epfd]);
    modify(s, epfd, fd, OUT | ET);
    assert_eq!(crew.answers(), [(0, Ok(fd.number as u64))]);
    crew.join();
}

pub(crate) fn a_wait_is_never_shorter_than_its_timeout<S: Machine>(s: &S) {
    let epfd = epoll(s);
    for timeout in [1, 1_000, 1_500_000, 20_000_001].map(Duration::from_nanos) {
        let begin = s.now();
        let mut events = [EpollEvent::default()];
        assert_eq!(again(|| s.epoll_wait(epfd, &mut events, Some(timeout))), Ok(0));
        assert!(s.now() - begin >= timeout);
    }
}

pub(crate) fn an_outer_waiter_is_woken<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let inner = watching(s, fd, IN);
    let outer = watching(s, inner, IN);
    let crew = waiters(s, &[outer]);
    raise(s, fd);
    assert_eq!(crew.answers(), [(0, Ok(inner.number as u64))]);
    crew.join();
}
