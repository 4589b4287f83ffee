//! listen(2) and accept4(2).

use netcore::sys::{Errno, Fd, OFlags, Shutdown, SockAddr, SockFlags, SockOpt, SockOptValue};

use crate::tcp_verbs::*;
use crate::verbs::*;

pub(crate) fn a_listener_is_ready_while_somebody_waits<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 5);
    assert_eq!((state(s, fd), accept(s, fd)), (NONE, Err(Errno::EAGAIN)));
    let clients = [call(s, addr), call(s, addr)];
    for client in clients {
        assert_eq!(state(s, fd), IN);
        let (_, peer) = s.accept4(fd, SockFlags::NONBLOCK).unwrap();
        assert_eq!(s.getsockname(client), Ok(peer), "first come, first served");
    }
    assert_eq!(state(s, fd), NONE);
}

pub(crate) fn listening_twice_changes_the_backlog<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 0);
    let _first = call(s, addr);
    assert_eq!(state(s, call(s, addr)), NONE, "the queue is full");
    assert_eq!(s.listen(fd, 1), Ok(()));
    assert_eq!(state(s, call(s, addr)), OUT, "at once");
    assert_eq!(get(s, fd, SockOpt::AcceptConn), 1);
    assert_eq!(get(s, tcp(s), SockOpt::AcceptConn), 0);
}

pub(crate) fn the_queue_holds_one_more_than_the_backlog<S: Machine>(s: &S) {
    for backlog in [0, 1, 3] {
        let (fd, addr) = listener(s, backlog);
        let states = (0..backlog + 2).map(|_| state(s, call(s, addr))).collect::<Vec<_>>();
        let (last, queued) = states.split_last().unwrap();
        assert!(queued.iter().all(|&state| state == OUT), "{backlog}: {states:?}");
        assert_eq!(*last, NONE, "{backlog}: the SYN is dropped");
        for _ in 0..=backlog {
            accept(s, fd).unwrap();
        }
        assert_eq!(accept(s, fd), Err(Errno::EAGAIN));
    }
}

pub(crate) fn what_does_not_listen_does_not_accept<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    for fd in [tcp(s), a, b] {
        assert_eq!(accept(s, fd), Err(Errno::EINVAL));
    }
    for fd in [a, b] {
        assert_eq!(s.listen(fd, 1), Err(Errno::EINVAL));
    }
    assert_eq!(accept(s, Fd::raw(9999)), Err(Errno::EBADF));
}

pub(crate) fn listening_without_a_port_takes_one<S: Machine>(s: &S) {
    let fd = tcp(s);
    assert_eq!(s.listen(fd, 1), Ok(()));
    let name = s.getsockname(fd).unwrap();
    assert_ne!(port(name), 0);
    assert_eq!(name.ip().unwrap().ip().to_string(), "0.0.0.0");
}

pub(crate) fn a_listener_does_not_talk<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    assert_eq!(s.connect(fd, &addr), Err(Errno::EISCONN));
    assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
    assert_eq!(recv(s, fd, 1), Err(Errno::ENOTCONN));
    assert_eq!(s.getpeername(fd), Err(Errno::ENOTCONN));
    assert_eq!(s.ioctl_fionread(fd), Err(Errno::EINVAL));
}

pub(crate) fn a_queued_connection_that_was_reset_is_accepted<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    abort(s, call(s, addr));
    assert_eq!(state(s, fd), IN);
    let dead = accept(s, fd).unwrap();
    assert_eq!(s.getpeername(dead), Err(Errno::ENOTCONN));
    assert_eq!(recv(s, dead, 1), Err(Errno::ECONNRESET));
    assert_eq!(recv(s, dead, 1), END);
}

pub(crate) fn a_queued_connection_that_has_ended_gives_its_data<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    let client = call(s, addr);
    assert_eq!(send(s, client, b"early"), Ok(5));
    assert_eq!(s.close(client), Ok(()));
    quiet(s);
    let server = accept(s, fd).unwrap();
    assert_eq!(recv(s, server, 9), Ok(b"early".to_vec()));
    assert_eq!(recv(s, server, 9), END);
}

pub(crate) fn an_accepted_socket_inherits_options_but_not_nonblock<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    let options = [
        (SockOpt::TcpNoDelay, 1),
        (SockOpt::KeepAlive, 1),
        (SockOpt::TcpKeepIdle, 77),
        (SockOpt::TcpKeepIntvl, 7),
        (SockOpt::TcpKeepCnt, 3),
        (SockOpt::TcpUserTimeout, 5000),
        (SockOpt::ReuseAddr, 1),
    ];
    for (option, value) in options {
        set(s, fd, option, value);
    }
    let linger = SockOptValue::Linger(Some(3));
    assert_eq!(s.setsockopt(fd, SockOpt::Linger, linger), Ok(()));
    let _client = call(s, addr);
    let (server, _) = s.accept4(fd, SockFlags::CLOEXEC).unwrap();
    for (option, value) in options {
        assert_eq!(get(s, server, option), value, "{option:?}");
    }
    assert_eq!(s.getsockopt(server, SockOpt::Linger), Ok(linger));
    assert_eq!(s.fcntl_getfl(server), Ok(OFlags::RDWR));
    assert_eq!(s.setsockopt(server, SockOpt::Linger, SockOptValue::Linger(None)), Ok(()));
}

pub(crate) fn without_a_number_the_connection_stays_in_the_queue<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    let _client = call(s, addr);
    let limit = s.getrlimit_nofile().unwrap();
    let next = s.dup(fd).unwrap();
    assert_eq!(s.close(next), Ok(()));
    let soft = next.number as u64;
    assert_eq!(s.setrlimit_nofile(netcore::sys::Rlimit { soft, ..limit }), Ok(()));
    let (r, answers) = (tcp_or_error(s), [accept(s, fd), accept(s, fd)]);
    // The number comes before everything else about the listener.
    let unbound = s.accept4(Fd::raw(0), SockFlags::NONBLOCK).map(drop);
    assert_eq!(s.setrlimit_nofile(limit), Ok(()));
    assert_eq!(r, Some(Errno::EMFILE));
    assert_eq!(answers, [Err(Errno::EMFILE); 2]);
    assert!(matches!(unbound, Err(Errno::EMFILE | Errno::EBADF)), "{unbound:?}");
    assert_eq!(state(s, fd), IN);
    assert!(accept(s, fd).is_ok());
}

fn tcp_or_error<S: Machine>(s: &S) -> Option<Errno> {
    use netcore::sys::{Domain, SockType};
    s.socket(Domain::Inet, SockType::Stream, SockFlags::empty()).err()
}

pub(crate) fn a_closed_listener_resets_who_waits<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    let client = call(s, addr);
    assert_eq!(s.close(fd), Ok(()));
    quiet(s);
    assert_eq!(recv(s, client, 1), Err(Errno::ECONNRESET));
    assert_eq!(error(s, call(s, addr)), Some(Errno::ECONNREFUSED));
}

pub(crate) fn a_shut_listener_is_a_socket_again<S: Machine>(s: &S) {
    let (fd, addr) = listener(s, 1);
    let client = call(s, addr);
    shut(s, fd, Shutdown::Write);
    assert_eq!(state(s, fd), IN, "sending is nothing that it does");
    shut(s, fd, Shutdown::Read);
    assert_eq!((state(s, fd), accept(s, fd)), (OUT | HUP, Err(Errno::EINVAL)));
    assert_eq!(recv(s, client, 1), Err(Errno::ECONNRESET));
    assert_eq!(s.listen(fd, 1), Ok(()));
    let addr = s.getsockname(fd).unwrap();
    assert_eq!(state(s, call(s, addr)), OUT, "at the port that it has now: nobody asked for the first one");
    let (fd, _) = listener(s, 1);
    assert_eq!(s.connect(fd, &SockAddr::Unspec), Ok(()));
    assert_eq!(accept(s, fd), Err(Errno::EINVAL), "AF_UNSPEC ends it too");
}

pub(crate) fn a_deferred_connection_waits_for_data<S: Machine>(s: &S) {
    let (listener, addr) = listener(s, 5);
    set(s, listener, SockOpt::TcpDeferAccept, 1);
    let talks = call(s, addr);
    assert_eq!(state(s, talks), OUT, "it does not know");
    assert_eq!(accept(s, listener), Err(Errno::EAGAIN));
    assert_eq!(send(s, talks, b"x"), Ok(1));
    let accepted = accept(s, listener).expect("data has come");
    assert_eq!(recv(s, accepted, 1), Ok(b"x".to_vec()));
    // One that is silent is accepted all the same when the answer has been repeated.
    call(s, addr);
    later(s, 500);
    assert_eq!(accept(s, listener), Err(Errno::EAGAIN));
    later(s, 1000);
    assert!(accept(s, listener).is_ok());
}

pub(crate) fn a_time_to_defer_is_told_in_whole_retransmissions<S: Machine>(s: &S) {
    let fd = tcp(s);
    for (asked, told) in
        [(0, 0), (1, 1), (2, 3), (3, 3), (4, 7), (8, 15), (60, 63), (130, 247), (-1, 0), (1000, 1087)]
    {
        set(s, fd, SockOpt::TcpDeferAccept, asked);
        assert_eq!(get(s, fd, SockOpt::TcpDeferAccept), told, "{asked} seconds");
    }
}
