//! Edge-triggered registrations: what is an edge, and what it shows.

use netcore::sys::Fd;

use crate::verbs::*;

fn watched<S: Machine>(s: &S, fd: Fd, asked: netcore::sys::EpollEvents) -> Fd {
    let epfd = epoll(s);
    add(s, epfd, fd, asked | ET);
    epfd
}

pub(crate) fn ready_when_added_is_an_edge<S: Machine>(s: &S) {
    let fd = eventfd(s);
    raise(s, fd);
    let epfd = watched(s, fd, IN);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
}

pub(crate) fn changing_arms_again<S: Machine>(s: &S) {
    let fd = eventfd(s);
    raise(s, fd);
    let epfd = watched(s, fd, IN);
    assert_eq!(events(s, epfd), IN);
    modify(s, epfd, fd, IN | ET);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
    delete(s, epfd, fd).unwrap();
    add(s, epfd, fd, IN | ET);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
}

pub(crate) fn every_pipe_write_is_an_edge<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfd = watched(s, reader, IN);
    for _ in 0..3 {
        s.write(writer, b"x").unwrap();
        assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE), "with unread bytes, too");
    }
    s.write(writer, b"").unwrap();
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn a_read_is_no_edge<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfd = watched(s, reader, IN);
    s.write(writer, b"abcd").unwrap();
    assert_eq!(events(s, epfd), IN);
    read(s, reader, 2).unwrap();
    assert_eq!(events(s, epfd), NONE);
    read(s, reader, 9).unwrap();
    assert!(read(s, reader, 9).is_err());
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn a_pipe_gives_an_out_edge_only_from_full<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfd = watched(s, writer, OUT);
    assert_eq!(events(s, epfd), OUT);
    s.write(writer, &[1; 8192]).unwrap();
    read(s, reader, 8192).unwrap();
    assert_eq!(events(s, epfd), NONE);
    s.write(writer, &[1; 65_536]).unwrap();
    assert_eq!(events(s, epfd), NONE);
    read(s, reader, 4095).unwrap();
    assert_eq!(events(s, epfd), NONE);
    read(s, reader, 1).unwrap();
    assert_eq!(events(s, epfd), OUT);
    read(s, reader, 4096).unwrap();
    assert_eq!(events(s, epfd), NONE);
}

pub(crate) fn every_eventfd_read_and_write_is_an_edge<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let epfd = watched(s, fd, IN | OUT);
    assert_eq!(events(s, epfd), OUT);
    s.write(fd, &[0; 8]).unwrap();
    assert_eq!((events(s, epfd), events(s, epfd)), (OUT, NONE), "adding 0 is one");
    raise(s, fd);
    raise(s, fd);
    assert_eq!((events(s, epfd), events(s, epfd)), (IN | OUT, NONE));
    drain(s, fd).unwrap();
    assert_eq!((events(s, epfd), events(s, epfd)), (OUT, NONE));
}

pub(crate) fn arrivals_before_a_wait_merge<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfd = watched(s, reader, IN);
    s.write(writer, b"x").unwrap();
    s.write(writer, b"y").unwrap();
    assert_eq!((events(s, epfd), events(s, epfd)), (IN, NONE));
}

pub(crate) fn drained_before_the_wait_is_no_event_but_shows_the_other_bit<S: Machine>(s: &S) {
    let fd = eventfd(s);
    let (both, input) = (watched(s, fd, IN | OUT), watched(s, fd, IN));
    assert_eq!((events(s, both), events(s, input)), (OUT, NONE));
    raise(s, fd);
    drain(s, fd).unwrap();
    assert_eq!((events(s, both), events(s, input)), (OUT, NONE));
}

pub(crate) fn each_instance_gets_its_own_edge<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let (one, two) = (watched(s, reader, IN), watched(s, reader, IN));
    s.write(writer, b"x").unwrap();
    assert_eq!((events(s, one), events(s, one)), (IN, NONE));
    assert_eq!((events(s, two), events(s, two)), (IN, NONE));
}

pub(crate) fn a_hangup_is_an_edge<S: Machine>(s: &S) {
    let (reader, writer) = pipe(s);
    let epfd = watched(s, reader, IN);
    s.write(writer, b"x").unwrap();
    assert_eq!(events(s, epfd), IN);
    s.close(writer).unwrap();
    assert_eq!((events(s, epfd), events(s, epfd)), (IN | HUP, NONE));
    let (reader, writer) = pipe(s);
    let epfd = watched(s, writer, OUT);
    assert_eq!(events(s, epfd), OUT);
    s.close(reader).unwrap();
    assert_eq!((events(s, epfd), events(s, epfd)), (OUT | ERR, NONE));
}
