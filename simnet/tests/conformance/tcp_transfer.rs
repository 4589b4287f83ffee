//! send(2) and recv(2): flags, lengths and buffers.

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{Errno, MsgFlags, Shutdown, SockOpt};

use crate::tcp_verbs::*;
use crate::verbs::*;

pub(crate) fn pieces_come_out_as_one_stream<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    for piece in [&b"a"[..], b"bc", b"def"] {
        assert_eq!(send(s, a, piece), Ok(piece.len()));
    }
    assert_eq!(s.ioctl_fionread(b), Ok(6));
    assert_eq!(recv(s, b, 2), Ok(b"ab".to_vec()));
    assert_eq!(recv(s, b, 99), Ok(b"cdef".to_vec()));
    assert_eq!(recv(s, b, 99), Err(Errno::EAGAIN));
    let slices = [&b"gather"[..], b"", b"ed"].map(IoSlice::new);
    assert_eq!(s.sendmsg(a, &slices, MsgFlags::NOSIGNAL), Ok(8));
    quiet(s);
    let (mut first, mut second) = ([0; 3], [0; 9]);
    assert_eq!(s.readv(b, &mut [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)]), Ok(8));
    assert_eq!((&first, &second[..5]), (b"gat", &b"hered"[..]));
}

pub(crate) fn peeking_takes_nothing<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, a, b"peek"), Ok(4));
    for len in [2, 4, 9] {
        assert_eq!(recv_with(s, b, len, PEEK), Ok(b"peek"[..len.min(4)].to_vec()));
    }
    assert_eq!(recv(s, b, 9), Ok(b"peek".to_vec()));
    assert_eq!(recv_with(s, b, 9, PEEK), Err(Errno::EAGAIN));
}

pub(crate) fn truncating_throws_away<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, a, b"discarded"), Ok(9));
    assert_eq!(s.recv(b, &mut [0; 4], MsgFlags::TRUNC), Ok(4));
    assert_eq!(recv(s, b, 9), Ok(b"arded".to_vec()));
}

pub(crate) fn waiting_for_all_brings_what_there_is_where_nothing_waits<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, a, b"some"), Ok(4));
    assert_eq!(recv_with(s, b, 9, MsgFlags::WAITALL), Ok(b"some".to_vec()));
    assert_eq!(recv_with(s, b, 9, MsgFlags::WAITALL), Err(Errno::EAGAIN));
    assert_eq!(send(s, a, b"last"), Ok(4));
    shut(s, a, Shutdown::Write);
    block(s, b);
    assert_eq!(recv_with(s, b, 9, MsgFlags::WAITALL), Ok(b"last".to_vec()), "the end ends it");
}

pub(crate) fn dontwait_is_for_one_call<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    block(s, b);
    assert_eq!(recv_with(s, b, 9, MsgFlags::DONTWAIT), Err(Errno::EAGAIN));
    assert_eq!(send(s, a, b"x"), Ok(1));
    assert_eq!(recv(s, b, 9), Ok(b"x".to_vec()));
}

pub(crate) fn nothing_is_sent_and_received_too<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(send(s, a, b""), Ok(0));
    assert_eq!(recv(s, b, 0), Err(Errno::EAGAIN), "nothing came");
    assert_eq!(s.read(b, &mut []), Ok(0), "read(2) of nothing does not look");
    assert_eq!(send(s, a, b"x"), Ok(1));
    assert_eq!(recv(s, b, 0), END);
    assert_eq!(recv(s, b, 9), Ok(b"x".to_vec()), "and took nothing");
    assert_eq!(s.write(a, b""), Ok(0));
    shut(s, a, Shutdown::Write);
    assert_eq!(s.write(a, b""), Err(Errno::EPIPE), "write(2) of nothing does");
    let fd = reset(s);
    assert_eq!(s.read(fd, &mut []), Ok(0));
    assert_eq!(recv(s, fd, 0), Err(Errno::ECONNRESET));
    assert_eq!(recv(s, fd, 1), END);
}

pub(crate) fn an_address_is_ignored<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(s.sendto(a, b"x", MsgFlags::NOSIGNAL, &local(9)), Ok(1));
    quiet(s);
    let mut buf = [0; 4];
    let received = s.recvfrom(b, &mut buf, MsgFlags::empty()).unwrap();
    assert_eq!((received.len, received.from), (1, None));
    assert_eq!(s.sendto(tcp(s), b"x", MsgFlags::NOSIGNAL, &local(9)), Err(Errno::EPIPE));
}

pub(crate) fn the_low_water_mark_holds_readiness_back<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    set(s, b, SockOpt::RcvLowat, 3);
    assert_eq!(send(s, a, b"ab"), Ok(2));
    assert_eq!(state(s, b), OUT);
    assert_eq!(recv_with(s, b, 9, PEEK), Ok(b"ab".to_vec()), "a call that does not wait brings them");
    assert_eq!(send(s, a, b"c"), Ok(1));
    assert_eq!(state(s, b), IN | OUT);
    assert_eq!(recv(s, b, 9), Ok(b"abc".to_vec()));
    shut(s, a, Shutdown::Write);
    assert_eq!(state(s, b), IN | OUT | RDHUP, "the end is not held back");
}

pub(crate) fn a_full_connection_has_no_room_until_it_is_read<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    set(s, a, SockOpt::SndBuf, 20_000);
    set(s, b, SockOpt::RcvBuf, 20_000);
    let sent = fill(s, a);
    settle(s);
    let sent = sent + fill(s, a);
    assert_eq!(state(s, a), NONE);
    assert_eq!(send(s, a, b"x"), Err(Errno::EAGAIN));
    let epfd = epoll(s);
    add(s, epfd, a, OUT | ET);
    assert_eq!(ready(s, epfd), []);
    let mut got = 0;
    while got < sent {
        got += drain_all(s, b);
        quiet(s);
    }
    assert_eq!(got, sent);
    assert_eq!(events(s, epfd), OUT);
    assert_eq!(ready(s, epfd), [], "one edge");
    assert_eq!(state(s, a), OUT);
}
