//! Calls that wait: what wakes them, and whom.

use netcore::sys::{Errno, EventfdFlags, Fd, OFlags};

use crate::verbs::*;

/// Threads that each read one byte, begun one after the other.
fn readers<S: Machine>(s: &S, fd: Fd, count: usize) -> Crew<S, Vec<u8>> {
    let mut crew = Crew::new(s);
    for _ in 0..count {
        crew.start(move |s: &S| again(|| read(s, fd, 1)));
    }
    assert_eq!(crew.ended(), NOBODY);
    crew
}

pub(crate) fn close_wakes_nobody_and_the_reader_still_gets_its_data<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 1);
    s.close(reader).unwrap();
    let (other, _other_writer) = blocking_pipe(s);
    assert_eq!(other.number, reader.number, "the number is free at once");
    assert_eq!(crew.ended(), NOBODY);
    s.write(writer, b"x").unwrap();
    assert_eq!(crew.answers(), [(0, Ok(b"x".to_vec()))]);
    crew.join();
}

pub(crate) fn a_blocked_reader_keeps_the_pipe_alive<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 1);
    s.close(reader).unwrap();
    assert_eq!(state(s, writer), OUT);
    assert_eq!(s.write(writer, b"x"), Ok(1));
    assert_eq!(crew.ended(), [0]);
    assert_eq!(state(s, writer), OUT | ERR);
    assert_eq!(s.write(writer, b"x"), Err(Errno::EPIPE));
    crew.join();
}

pub(crate) fn nonblock_set_meanwhile_does_not_wake<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 1);
    s.fcntl_setfl(reader, OFlags::NONBLOCK).unwrap();
    assert_eq!(crew.ended(), NOBODY);
    s.write(writer, b"x").unwrap();
    assert_eq!(crew.ended(), [0]);
    crew.join();
}

pub(crate) fn pipe_readers_are_served_first_come_first_served<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 3);
    for (index, byte) in [b'a', b'b', b'c'].into_iter().enumerate() {
        s.write(writer, &[byte]).unwrap();
        assert_eq!(crew.answers(), [(index, Ok(vec![byte]))]);
    }
    crew.join();
}

pub(crate) fn pipe_writers_are_served_first_come_first_served<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    s.write(writer, &[0; 65_536]).unwrap();
    let mut crew = Crew::new(s);
    for byte in [1, 2] {
        crew.start(move |s: &S| again(|| s.write(writer, &[byte; 4096])));
    }
    for index in 0..2 {
        read(s, reader, 4095).unwrap();
        assert_eq!(crew.ended(), NOBODY, "no page is free yet");
        read(s, reader, 1).unwrap();
        assert_eq!(crew.answers(), [(index, Ok(4096))]);
    }
    crew.join();
}

pub(crate) fn one_write_for_two_readers_wakes_both<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 3);
    s.write(writer, b"xy").unwrap();
    let mut ended = crew.ended();
    ended.sort_unstable();
    assert_eq!(ended, [0, 1], "the first passes the wakeup on, the second leaves nothing");
    s.write(writer, b"z").unwrap();
    assert_eq!(crew.ended(), [2]);
    crew.join();
}

pub(crate) fn one_read_for_two_writers_wakes_both<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    s.write(writer, &[0; 65_536]).unwrap();
    let mut crew = Crew::new(s);
    for _ in 0..3 {
        crew.start(move |s: &S| again(|| s.write(writer, &[1])));
    }
    read(s, reader, 8192).unwrap();
    let mut ended = crew.ended();
    ended.sort_unstable();
    assert_eq!(ended, [0, 1], "the first passes the wakeup on, the second leaves no page");
    read(s, reader, 4096).unwrap();
    assert_eq!(crew.ended(), [2]);
    crew.join();
}

pub(crate) fn the_last_writer_gone_wakes_every_reader<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let crew = readers(s, reader, 2);
    let copy = s.dup(writer).unwrap();
    s.close(writer).unwrap();
    assert_eq!(crew.ended(), NOBODY);
    s.close(copy).unwrap();
    let mut answers = crew.answers();
    answers.sort_by_key(|&(index, _)| index);
    assert_eq!(answers, [(0, Ok(vec![])), (1, Ok(vec![]))]);
    crew.join();
}

pub(crate) fn the_reader_gone_ends_a_blocked_write<S: Machine>(s: &S) {
    let (reader, writer) = blocking_pipe(s);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| s.write(writer, &[0; 70_000]));
    crew.start(move |s: &S| s.write(writer, &[0; 4096]));
    s.close(reader).unwrap();
    let mut answers = crew.answers();
    answers.sort_by_key(|&(index, _)| index);
    assert_eq!(answers, [(0, Ok(65_536)), (1, Err(Errno::EPIPE))]);
    crew.join();
}

pub(crate) fn closing_the_epoll_descriptor_leaves_its_waiter<S: Machine>(s: &S) {
    let (epfd, fd) = (epoll(s), eventfd(s));
    add(s, epfd, fd, IN);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| wait_one(s, epfd));
    s.close(epfd).unwrap();
    assert_eq!(crew.ended(), NOBODY);
    raise(s, fd);
    assert_eq!(crew.answers(), [(0, Ok(fd.number as u64))]);
    crew.join();
}

pub(crate) fn an_eventfd_reader_queues_behind_an_exclusive_registration<S: Machine>(s: &S) {
    let fd = s.eventfd(0, EventfdFlags::empty()).unwrap();
    let epfd = epoll(s);
    add(s, epfd, fd, IN | ET | EXCLUSIVE);
    let mut crew = Crew::new(s);
    crew.start(move |s: &S| wait_one(s, epfd));
    crew.start(move |s: &S| again(|| drain(s, fd)));
    raise(s, fd);
    assert_eq!(crew.ended(), [0]);
    raise(s, fd);
    assert_eq!(crew.answers(), [(1, Ok(2))]);
    crew.join();
}
