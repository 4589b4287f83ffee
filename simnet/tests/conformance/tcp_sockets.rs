//! socket(2), bind(2), names and who may have a port.

use netcore::sys::{Domain, Errno, Shutdown, SockAddr, SockFlags, SockOpt, SockOptValue, SockType};

use crate::tcp_verbs::*;
use crate::verbs::*;

pub(crate) fn a_kind_that_does_not_exist_is_refused<S: Machine>(s: &S) {
    let answer = s.socket(Domain::Inet, SockType::SeqPacket, SockFlags::empty());
    assert_eq!(answer, Err(Errno::ESOCKTNOSUPPORT));
}

pub(crate) fn a_fresh_socket_is_nobody<S: Machine>(s: &S) {
    let fd = tcp(s);
    assert_eq!(s.getsockname(fd), Ok(addr("0.0.0.0:0")));
    assert_eq!(s.getpeername(fd), Err(Errno::ENOTCONN));
    assert_eq!(recv(s, fd, 1), Err(Errno::ENOTCONN));
    for bytes in [&b""[..], b"x"] {
        assert_eq!(send(s, fd, bytes), Err(Errno::EPIPE));
    }
    assert_eq!(state(s, fd), OUT | HUP);
    assert_eq!(error(s, fd), None);
}

pub(crate) fn a_fresh_socket_is_shut_although_that_is_an_error<S: Machine>(s: &S) {
    for (how, reads, sends) in [
        (Shutdown::Read, END, Err(Errno::EPIPE)),
        (Shutdown::Write, Err(Errno::ENOTCONN), Err(Errno::EPIPE)),
        (Shutdown::Both, END, Err(Errno::EPIPE)),
    ] {
        let fd = tcp(s);
        assert_eq!(s.shutdown(fd, how), Err(Errno::ENOTCONN));
        assert_eq!(recv(s, fd, 1), reads, "{how:?}");
        assert_eq!(send(s, fd, b"x"), sends, "{how:?}");
        let (_, addr) = listener(s, 1);
        assert_eq!(s.connect(fd, &addr), Err(Errno::EINPROGRESS));
        quiet(s);
        assert_eq!(s.connect(fd, &addr), Ok(()));
        let sends = if how == Shutdown::Read { Ok(1) } else { Err(Errno::EPIPE) };
        assert_eq!(send(s, fd, b"x"), sends, "{how:?}, connected");
    }
}

pub(crate) fn socket_calls_are_for_sockets<S: Machine>(s: &S) {
    let (r, _w) = pipe(s);
    for fd in [r, eventfd(s), epoll(s)] {
        assert_eq!(s.bind(fd, &local(1)), Err(Errno::ENOTSOCK));
        assert_eq!(s.listen(fd, 1), Err(Errno::ENOTSOCK));
        assert_eq!(accept(s, fd), Err(Errno::ENOTSOCK));
        assert_eq!(s.connect(fd, &local(1)), Err(Errno::ENOTSOCK));
        assert_eq!(s.shutdown(fd, Shutdown::Both), Err(Errno::ENOTSOCK));
        assert_eq!(s.getsockname(fd), Err(Errno::ENOTSOCK));
        assert_eq!(s.getpeername(fd), Err(Errno::ENOTSOCK));
        assert_eq!(send(s, fd, b"x"), Err(Errno::ENOTSOCK));
        assert_eq!(recv(s, fd, 1), Err(Errno::ENOTSOCK));
        assert_eq!(s.getsockopt(fd, SockOpt::Error), Err(Errno::ENOTSOCK));
    }
}

pub(crate) fn a_socket_is_bound_once<S: Machine>(s: &S) {
    let fd = tcp(s);
    assert_eq!(s.bind(fd, &local(1)), Ok(()));
    assert_eq!(s.bind(fd, &local(1)), Err(Errno::EINVAL));
    let name = s.getsockname(fd).unwrap();
    assert_eq!(name.ip().unwrap().ip(), local(1).ip().unwrap().ip());
    assert_eq!(port(name) % 2, 1, "bind takes odd ports, while there are any");
    assert_eq!(state(s, fd), OUT | HUP);
    let [a, b] = pair(s);
    for connected in [a, b] {
        assert_eq!(s.bind(connected, &local(1)), Err(Errno::EINVAL));
    }
}

pub(crate) fn only_addresses_of_this_machine_are_bound<S: Machine>(s: &S) {
    for (to, answer) in [
        ("192.0.2.1:0", Err(Errno::EADDRNOTAVAIL)),
        ("[::1]:0", Err(Errno::EAFNOSUPPORT)),
        ("127.8.9.10:0", Ok(())),
        ("0.0.0.0:0", Ok(())),
        ("255.255.255.255:0", Ok(())),
        ("224.0.0.1:0", Ok(())),
    ] {
        assert_eq!(s.bind(tcp(s), &addr(to)), answer, "{to}");
    }
    assert_eq!(s.bind(tcp(s), &SockAddr::Unspec), Ok(()));
    let six = s.socket(Domain::Inet6, SockType::Stream, SockFlags::NONBLOCK).unwrap();
    assert_eq!(s.bind(six, &local(1)), Err(Errno::EINVAL));
    assert_eq!(s.bind(six, &SockAddr::Unspec), Err(Errno::EINVAL));
}

pub(crate) fn a_port_belongs_to_one_unless_both_share<S: Machine>(s: &S) {
    // What each of two sockets on one port has of REUSEADDR, whether the first listens, and what the second is told.
    for (first, second, listens, answer) in [
        (0, 0, false, Err(Errno::EADDRINUSE)),
        (1, 0, false, Err(Errno::EADDRINUSE)),
        (0, 1, false, Err(Errno::EADDRINUSE)),
        (1, 1, false, Ok(())),
        (1, 1, true, Err(Errno::EADDRINUSE)),
    ] {
        let (a, b) = (tcp(s), tcp(s));
        set(s, a, SockOpt::ReuseAddr, first);
        set(s, b, SockOpt::ReuseAddr, second);
        assert_eq!(s.bind(a, &local(1)), Ok(()));
        if listens {
            assert_eq!(s.listen(a, 1), Ok(()));
        }
        let name = s.getsockname(a).unwrap();
        assert_eq!(s.bind(b, &name), answer, "{first} {second} {listens}");
        if answer.is_ok() {
            assert_eq!(s.listen(a, 1), Ok(()));
            assert_eq!(s.listen(b, 1), Err(Errno::EADDRINUSE), "one of them listens");
        }
    }
}

pub(crate) fn the_flag_counts_when_it_is_set_later_too<S: Machine>(s: &S) {
    let (a, b) = (tcp(s), tcp(s));
    assert_eq!(s.bind(a, &local(1)), Ok(()));
    set(s, a, SockOpt::ReuseAddr, 1);
    set(s, b, SockOpt::ReuseAddr, 1);
    assert_eq!(s.bind(b, &s.getsockname(a).unwrap()), Ok(()));
}

pub(crate) fn any_address_conflicts_with_each_but_those_not_with_each_other<S: Machine>(s: &S) {
    let (listener, name) = listener(s, 1);
    let other = with_port(local(2), port(name));
    let any = with_port(addr("0.0.0.0:0"), port(name));
    assert_eq!(s.bind(tcp(s), &any), Err(Errno::EADDRINUSE));
    assert_eq!(s.bind(tcp(s), &name), Err(Errno::EADDRINUSE));
    assert_eq!(s.bind(tcp(s), &other), Ok(()));
    assert_eq!(s.close(listener), Ok(()));
    assert_eq!(s.bind(tcp(s), &name), Ok(()), "a listener leaves nothing behind");
}

pub(crate) fn time_wait_keeps_the_port_unless_both_share<S: Machine>(s: &S) {
    for (shares, answer) in [(0, Err(Errno::EADDRINUSE)), (1, Ok(()))] {
        let first = tcp(s);
        set(s, first, SockOpt::ReuseAddr, shares);
        assert_eq!(s.bind(first, &local(1)), Ok(()));
        assert_eq!(s.listen(first, 1), Ok(()));
        let addr = s.getsockname(first).unwrap();
        let client = call(s, addr);
        let server = accept(s, first).unwrap();
        // The server's end closes first, and remembers.
        assert_eq!(s.close(server), Ok(()));
        quiet(s);
        assert_eq!(s.close(client), Ok(()));
        quiet(s);
        assert_eq!(s.close(first), Ok(()));
        let again = tcp(s);
        set(s, again, SockOpt::ReuseAddr, 1);
        assert_eq!(s.bind(again, &addr), answer, "the old one's flag was {shares}");
        if answer.is_ok() {
            assert_eq!(s.listen(again, 1), Ok(()));
        }
    }
}

pub(crate) fn a_reset_leaves_no_time_wait<S: Machine>(s: &S) {
    let (first, addr) = listener(s, 1);
    let client = call(s, addr);
    let server = accept(s, first).unwrap();
    abort(s, server);
    assert_eq!(s.close(client), Ok(()));
    assert_eq!(s.close(first), Ok(()));
    assert_eq!(s.bind(tcp(s), &addr), Ok(()));
}

pub(crate) fn names_last_as_long_as_the_connection<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    let (name, peer) = (s.getsockname(a).unwrap(), s.getpeername(a).unwrap());
    assert_eq!((s.getpeername(b), s.getsockname(b)), (Ok(name), Ok(peer)));
    assert_eq!(port(name) % 2, 0, "connect takes even ports, while there are any");
    shut(s, b, Shutdown::Write);
    assert_eq!(s.getpeername(a), Ok(peer), "the peer's FIN changes nothing");
    shut(s, a, Shutdown::Write);
    assert_eq!(s.getpeername(a), Err(Errno::ENOTCONN));
    assert_eq!(s.getsockname(a), Ok(name));
    let a = reset(s);
    assert_eq!(s.getpeername(a), Err(Errno::ENOTCONN));
}

pub(crate) fn both_families_share_a_port_unless_told_otherwise<S: Machine>(s: &S) {
    for (v6_only, answer) in [(0, Err(Errno::EADDRINUSE)), (1, Ok(()))] {
        let six = s.socket(Domain::Inet6, SockType::Stream, SockFlags::NONBLOCK).unwrap();
        set(s, six, SockOpt::V6Only, v6_only);
        assert_eq!(s.bind(six, &addr("[::]:0")), Ok(()));
        assert_eq!(s.setsockopt(six, SockOpt::V6Only, SockOptValue::Int(1)), Err(Errno::EINVAL), "too late");
        assert_eq!(s.listen(six, 1), Ok(()));
        let port = port(s.getsockname(six).unwrap());
        assert_eq!(s.bind(tcp(s), &with_port(local(3), port)), answer, "V6ONLY {v6_only}");
    }
}
