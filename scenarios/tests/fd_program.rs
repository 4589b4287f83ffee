//! The model of `fd_program`: histories that it has to refuse, and some that it must not.

use netcore::net::{Cause, OpError};
use netcore::sys::{Errno, Instant};
use scenarios::fd_program::model::check;
use scenarios::fd_program::program::Side::{self, Client, Server};
use scenarios::fd_program::record::{Answer, Asked, Place, Record};
use scenarios::pattern::Stream;

/// An operation on an end's first descriptor, from one place in the order of things to another; time is as late.
fn op(side: Side, asked: Asked, answer: Answer, (invoked, returned): (u64, u64)) -> Record {
    let place = Place { connection: 0, side, handle: 0 };
    let [began, ended] = [invoked, returned].map(Instant::from_nanos);
    Record { place, asked, answer, invoked, returned, began, ended }
}

fn failed(cause: Cause) -> Answer {
    Answer::Failed(OpError { op: "test", net: "tcp", source: None, addr: None, cause, written: 0 })
}

fn errno(errno: Errno) -> Answer {
    failed(Cause::Sys("test", errno))
}

fn read(bytes: Vec<u8>, when: (u64, u64)) -> Record {
    op(Client, Asked::Read(100), Answer::Read(bytes), when)
}

/// The server writes; what it writes is told by when it began.
fn write(len: usize, when: (u64, u64)) -> Record {
    op(Server, Asked::Write { len, vectored: false }, Answer::Written(len), when)
}

fn close(side: Side, when: (u64, u64)) -> Record {
    op(side, Asked::Close, Answer::Done, when)
}

fn deadline(at: Option<u64>, when: (u64, u64)) -> Record {
    let at = at.map(Instant::from_nanos);
    op(Client, Asked::Deadline { read: true, write: false, at }, Answer::Done, when)
}

fn timeout(when: (u64, u64)) -> Record {
    op(Client, Asked::Read(100), failed(Cause::DeadlineExceeded), when)
}

#[track_caller]
fn refused(records: &[Record], place: &str) {
    assert_eq!(check(records, true).expect_err("it is wrong").place, place);
}

#[track_caller]
fn allowed(records: &[Record]) {
    assert_eq!(check(records, true), Ok(()));
}

#[test]
fn what_is_closed_is_closed_for_everybody_and_by_one() {
    let closed = |when| op(Client, Asked::Read(5), failed(Cause::Closed), when);
    refused(&[closed((1, 2))], "something is closed that nobody has closed");
    refused(&[closed((1, 2)), close(Client, (3, 4))], "something is closed that nobody has closed");
    allowed(&[closed((1, 4)), close(Client, (2, 3))]);
    let set = deadline(None, (3, 4));
    refused(&[close(Client, (1, 2)), set], "something is done with what is closed");
    refused(&[close(Client, (1, 2)), close(Client, (1, 3))], "not one close has closed");
}

#[test]
fn a_deadline_is_neither_early_nor_late_nor_kept_when_it_is_cleared() {
    refused(&[timeout((1, 2))], "a timeout without a deadline");
    refused(&[deadline(Some(50), (1, 2)), timeout((3, 4))], "a timeout without a deadline");
    allowed(&[deadline(Some(50), (1, 2)), timeout((3, 50))]);
    let past = deadline(Some(1), (2, 3));
    refused(
        &[past.clone(), read(vec![], (4, 5)), close(Server, (1, 2))],
        "a past deadline lets something through",
    );
    let cleared = deadline(None, (4, 5));
    refused(&[past.clone(), cleared.clone(), timeout((6, 7))], "a timeout without a deadline");
    allowed(&[past, cleared, timeout((4, 7))]);
}

#[test]
fn a_stream_ends_when_it_is_ended() {
    let end = |when| read(vec![], when);
    let close_write = |when| op(Server, Asked::CloseWrite, Answer::Done, when);
    refused(&[end((1, 2))], "the end of a stream that goes on");
    refused(&[end((1, 2)), close_write((3, 4))], "the end of a stream that goes on");
    allowed(&[end((1, 4)), close_write((3, 5))]);
    let bytes = Stream(1).bytes(0, 5);
    let written = [write(5, (1, 2)), close_write((3, 4))];
    let history = |reads: &[Record]| [&written[..], reads].concat();
    refused(&history(&[end((5, 6)), read(bytes.clone(), (7, 8))]), "data after the end of the stream");
    refused(&history(&[end((5, 6))]), "what was read is not what was written");
    allowed(&history(&[end((5, 8)), read(bytes, (6, 9))]));
    refused(&[close_write((1, 2)), write(5, (3, 4))], "something is written after the end");
    let broken = op(Server, Asked::Write { len: 5, vectored: true }, errno(Errno::EPIPE), (3, 4));
    refused(std::slice::from_ref(&broken), "EPIPE without an end of writing");
    allowed(&[close_write((1, 2)), broken]);
    let reset = op(Client, Asked::Read(1), errno(Errno::ECONNRESET), (3, 4));
    refused(std::slice::from_ref(&reset), "a reset that nobody has caused");
    allowed(&[reset, close(Server, (1, 2))]);
}

#[test]
fn what_is_read_is_what_was_written_in_an_order_that_can_be() {
    let wrong = "what was read is not what was written";
    let (one, other) = (Stream(1).bytes(0, 40), Stream(3).bytes(0, 40));
    let in_turn = [write(40, (1, 2)), write(40, (3, 4))];
    let history = |writes: &[Record], pieces: &[&[u8]]| {
        let reads = (10_u64..).step_by(2).zip(pieces).map(|(at, piece)| read(piece.to_vec(), (at, at + 1)));
        [writes.to_vec(), reads.collect()].concat()
    };
    allowed(&history(&in_turn, &[&one[..7], &one[7..], &other[..30]]));
    refused(&history(&in_turn, &[&other, &one]), wrong);
    refused(&history(&in_turn, &[&one[..7], &one[8..]]), wrong);
    refused(&history(&in_turn, &[&one[..7], &one[..7]]), wrong);
    refused(&history(&[], &[&one]), wrong);
    // At the same time on one descriptor: in either order, but not mixed.
    let at_once = [write(40, (1, 4)), write(40, (3, 5))];
    allowed(&history(&at_once, &[&other, &one]));
    refused(&history(&at_once, &[&one[..20], &other[..20], &one[20..]]), wrong);
    // Dropped half-way: the other one goes on after any part of it.
    let dropped = Record { answer: Answer::GivenUp, ..write(40, (1, 2)) };
    let after = [dropped, write(40, (3, 4))];
    allowed(&history(&after, &[&one[..20], &other]));
    refused(&history(&after, &[&one[..20], &other[..20], &one[20..]]), wrong);
    // Two readers at once: in the order of the stream, whoever returned first.
    let reads = [read(one[20..].to_vec(), (10, 12)), read(one[..20].to_vec(), (11, 13))];
    allowed(&[&in_turn[..1], &reads].concat());
    // Before it is written.
    refused(&[read(Stream(20).bytes(0, 40), (10, 11)), write(40, (20, 21))], wrong);
}
