//! Level-triggered and one-shot registrations, and the order of reports.

use netcore::sys::EpollOp;

use crate::verbs::*;

pub(crate) fn level_is_reported_until_it_is_gone<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    add(s, epfd, fd, IN);
    raise(s, fd);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, IN));
    drain(s, fd).unwrap();
    assert_eq!(events(s, epfd), NONE);
    modify(s, epfd, fd, IN | OUT);
    assert_eq!(events(s, epfd), OUT);
}

pub(crate) fn the_order_is_that_of_becoming_ready<S: Machine>(s: &S) {
    let epfd = epoll(s);
    let fds: Vec<_> = (0..6).map(|_| eventfd(s)).collect();
    for &fd in &fds {
        add(s, epfd, fd, IN | ET);
    }
    for which in [3, 1, 5, 1, 3, 0] {
        raise(s, fds[which]);
    }
    assert_eq!(order(s, epfd, 16), [3, 1, 5, 0].map(|which: usize| fds[which].number));
}

pub(crate) fn reported_ones_go_to_the_tail<S: Machine>(s: &S) {
    let epfd = epoll(s);
    let fds: Vec<_> = (0..6).map(|_| eventfd(s)).collect();
    for &fd in &fds {
        add(s, epfd, fd, IN);
    }
    for which in [3, 1, 5, 0] {
        raise(s, fds[which]);
    }
    for pair in [[3, 1], [5, 0], [3, 1]] {
        assert_eq!(order(s, epfd, 2), pair.map(|which: usize| fds[which].number));
    }
    assert_eq!(order(s, epfd, 3), [5, 0, 3].map(|which: usize| fds[which].number));
    assert_eq!(order(s, epfd, 16), [1, 5, 0, 3].map(|which: usize| fds[which].number));
}

pub(crate) fn a_change_keeps_the_place_and_a_new_registration_does_not<S: Machine>(s: &S) {
    let (epfd, one, two) = (epoll(s), eventfd(s), eventfd(s));
    add(s, epfd, one, IN);
    add(s, epfd, two, IN);
    raise(s, one);
    raise(s, two);
    modify(s, epfd, one, IN | OUT);
    assert_eq!(order(s, epfd, 16), [one.number, two.number]);
    delete(s, epfd, one).unwrap();
    add(s, epfd, one, IN);
    assert_eq!(order(s, epfd, 16), [two.number, one.number]);
}

pub(crate) fn what_was_drained_comes_back_at_the_tail<S: Machine>(s: &S) {
    let (epfd, one, two) = (epoll(s), eventfd(s), eventfd(s));
    for fd in [one, two] {
        add(s, epfd, fd, IN);
        raise(s, fd);
    }
    drain(s, one).unwrap();
    assert_eq!(order(s, epfd, 16), [two.number]);
    raise(s, one);
    assert_eq!(order(s, epfd, 16), [two.number, one.number]);
    drain(s, two).unwrap();
    raise(s, two);
    assert_eq!(order(s, epfd, 16), [two.number, one.number], "nobody looked while it was drained");
}

pub(crate) fn a_shot_disarms_until_it_is_changed<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    add(s, epfd, fd, IN | ONESHOT);
    raise(s, fd);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
    raise(s, fd);
    assert_eq!(events(s, epfd), NONE);
    assert!(control(s, epfd, EpollOp::Add, fd, IN).is_err(), "it is still registered");
    modify(s, epfd, fd, IN | ONESHOT);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
}

pub(crate) fn a_disarmed_registration_hides_even_hangups<S: Machine>(s: &S) {
    let (epfd, (reader, writer)) = (epoll(s), pipe(s));
    add(s, epfd, reader, IN | ONESHOT);
    s.write(writer, b"x").unwrap();
    assert_eq!(events(s, epfd), IN);
    s.close(writer).unwrap();
    assert_eq!(events(s, epfd), NONE);
    modify(s, epfd, reader, ONESHOT);
    assert_eq!(events(s, epfd), HUP);
}
