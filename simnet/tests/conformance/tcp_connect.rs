//! connect(2), and how it fails.

use netcore::sys::{Errno, Shutdown, SockAddr, SockOpt};

use crate::tcp_verbs::*;
use crate::verbs::*;

const ALL_OF_A_FAILURE: netcore::sys::EpollEvents = IN.union(OUT).union(ERR).union(HUP).union(RDHUP);

pub(crate) fn it_is_in_progress_then_done_then_connected<S: Machine>(s: &S) {
    let (_listener, addr) = listener(s, 1);
    let fd = call(s, addr);
    assert_eq!(state(s, fd), OUT);
    assert_eq!(s.connect(fd, &addr), Ok(()));
    assert_eq!(s.connect(fd, &addr), Err(Errno::EISCONN));
    assert_eq!(error(s, fd), None);
    let other = call(s, addr);
    assert_eq!(send(s, other, b"x"), Ok(1), "data goes before the call has been told to be through");
    assert_eq!(s.connect(other, &addr), Ok(()));
    assert_eq!(s.connect(other, &addr), Err(Errno::EISCONN));
}

pub(crate) fn a_call_that_nobody_answers_goes_on<S: Machine>(s: &S) {
    let fd = unanswered(s);
    assert_eq!(s.connect(fd, &local(1)), Err(Errno::EALREADY));
    assert_eq!(send(s, fd, b"x"), Err(Errno::EAGAIN));
    assert_eq!(recv(s, fd, 1), Err(Errno::EAGAIN));
    assert_eq!(s.getpeername(fd), Err(Errno::ENOTCONN));
    assert_eq!(s.bind(fd, &local(1)), Err(Errno::EINVAL));
    assert_eq!(s.listen(fd, 1), Err(Errno::EINVAL));
    assert_eq!(error(s, fd), None);
    assert_eq!(state(s, fd), NONE);
}

pub(crate) fn shutting_a_call_ends_it<S: Machine>(s: &S) {
    for how in [Shutdown::Read, Shutdown::Write, Shutdown::Both] {
        let fd = unanswered(s);
        shut(s, fd, how);
        assert_eq!(state(s, fd), OUT | ERR | HUP, "{how:?}");
        assert_eq!(error(s, fd), Some(Errno::ECONNRESET), "{how:?}");
    }
}

/// A call to a listener whose queue is full.
fn unanswered<S: Machine>(s: &S) -> netcore::sys::Fd {
    let (_listener, addr) = listener(s, 0);
    let first = call(s, addr);
    assert_eq!(state(s, first), OUT);
    call(s, addr)
}

pub(crate) fn the_error_is_told_to_whoever_asks_first<S: Machine>(s: &S) {
    let refused_now = |s: &S| {
        let fd = refused(s);
        assert_eq!(state(s, fd), ALL_OF_A_FAILURE);
        fd
    };
    let fd = refused_now(s);
    assert_eq!(error(s, fd), Some(Errno::ECONNREFUSED));
    assert_eq!(error(s, fd), None);
    assert_eq!(state(s, fd), IN | OUT | HUP | RDHUP);
    let fd = refused_now(s);
    assert_eq!(recv(s, fd, 1), Err(Errno::ECONNREFUSED));
    assert_eq!(recv(s, fd, 1), END);
    assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
    let fd = refused_now(s);
    assert_eq!(send(s, fd, b"x"), Err(Errno::ECONNREFUSED));
    assert_eq!(send(s, fd, b"x"), Err(Errno::EPIPE));
    assert_eq!(recv(s, fd, 1), END);
}

pub(crate) fn after_a_failure_the_socket_calls_again<S: Machine>(s: &S) {
    let (_listener, addr) = listener(s, 5);
    let fd = refused(s);
    assert_eq!(s.connect(fd, &addr), Err(Errno::ECONNREFUSED), "it learns of the failure first");
    assert_eq!(s.getsockname(fd).unwrap().ip().unwrap().ip().to_string(), "0.0.0.0");
    assert_eq!(s.connect(fd, &addr), Err(Errno::EINPROGRESS));
    quiet(s);
    assert_eq!(s.connect(fd, &addr), Ok(()));
    let fd = refused(s);
    assert_eq!(error(s, fd), Some(Errno::ECONNREFUSED));
    assert_eq!(s.connect(fd, &addr), Err(Errno::ECONNABORTED), "the failure has been told to somebody else");
    assert_eq!(s.connect(fd, &addr), Err(Errno::EINPROGRESS));
}

pub(crate) fn some_addresses_cannot_be_called<S: Machine>(s: &S) {
    for (to, answer) in [
        ("255.255.255.255:9", Errno::ENETUNREACH),
        ("224.0.0.1:9", Errno::ENETUNREACH),
        ("[::1]:9", Errno::EAFNOSUPPORT),
    ] {
        assert_eq!(s.connect(tcp(s), &addr(to)), Err(answer), "{to}");
    }
    let fd = tcp(s);
    assert_eq!(s.connect(fd, &local(1)), Err(Errno::EINPROGRESS));
    quiet(s);
    assert_eq!(error(s, fd), Some(Errno::ECONNREFUSED), "nobody has port 0");
}

pub(crate) fn the_unspecified_address_is_the_loopback<S: Machine>(s: &S) {
    let (_listener, name) = listener(s, 1);
    let fd = call(s, with_port(addr("0.0.0.0:0"), port(name)));
    assert_eq!(s.getpeername(fd), Ok(name));
}

pub(crate) fn dissolving_a_connection_resets_it<S: Machine>(s: &S) {
    let [a, b] = pair(s);
    assert_eq!(s.connect(a, &SockAddr::Unspec), Ok(()));
    quiet(s);
    assert_eq!(state(s, a), OUT | ERR | HUP);
    assert_eq!(recv(s, b, 1), Err(Errno::ECONNRESET));
    let (_listener, addr) = listener(s, 1);
    assert_eq!(error(s, a), Some(Errno::ECONNRESET));
    assert_eq!(s.connect(a, &addr), Err(Errno::EINPROGRESS), "the socket is used again");
    quiet(s);
    assert_eq!(s.connect(a, &addr), Ok(()));
}

pub(crate) fn a_socket_may_call_itself<S: Machine>(s: &S) {
    let fd = tcp(s);
    assert_eq!(s.bind(fd, &local(1)), Ok(()));
    let name = s.getsockname(fd).unwrap();
    assert_eq!(s.connect(fd, &name), Err(Errno::EINPROGRESS));
    quiet(s);
    assert_eq!(s.connect(fd, &name), Ok(()));
    assert_eq!(s.getpeername(fd), Ok(name));
    assert_eq!(send(s, fd, b"echo"), Ok(4));
    assert_eq!(recv(s, fd, 9), Ok(b"echo".to_vec()));
}

pub(crate) fn a_bound_caller_may_call_the_same_place_again_at_once<S: Machine>(s: &S) {
    let (listener, addr) = listener(s, 5);
    let mut from = local(2);
    for _ in 0..3 {
        let fd = tcp(s);
        set(s, fd, SockOpt::ReuseAddr, 1);
        assert_eq!(s.bind(fd, &from), Ok(()));
        from = s.getsockname(fd).unwrap();
        assert_eq!(s.connect(fd, &addr), Err(Errno::EINPROGRESS));
        quiet(s);
        assert_eq!(s.connect(fd, &addr), Ok(()));
        let server = accept(s, listener).unwrap();
        assert_eq!(s.close(fd), Ok(()));
        quiet(s);
        assert_eq!(s.close(server), Ok(()));
        quiet(s);
    }
}
