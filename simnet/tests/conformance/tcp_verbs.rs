//! What the bodies about TCP are built from. Sockets do not wait unless they are made to.

use std::net::{Ipv4Addr, SocketAddr};

use netcore::sys::{
    Domain, EpollEvents, Errno, Fd, MsgFlags, OFlags, Result, Shutdown, SockAddr, SockFlags, SockOpt,
    SockOptValue, SockType,
};

use crate::verbs::*;

pub(crate) const RDHUP: EpollEvents = EpollEvents::RDHUP;
pub(crate) const PEEK: MsgFlags = MsgFlags::PEEK;

/// An address in words.
pub(crate) fn addr(text: &str) -> SockAddr {
    text.parse::<SocketAddr>().expect("an address").into()
}

/// 127.0.0.`host`, any port.
pub(crate) fn local(host: u8) -> SockAddr {
    SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)).into()
}

/// The same address with another port.
pub(crate) fn with_port(addr: SockAddr, port: u16) -> SockAddr {
    let mut addr = addr.ip().expect("an internet address");
    addr.set_port(port);
    addr.into()
}

pub(crate) fn port(addr: SockAddr) -> u16 {
    addr.ip().expect("an internet address").port()
}

/// A TCP socket that is neither bound nor connected.
pub(crate) fn tcp<S: Machine>(s: &S) -> Fd {
    s.socket(Domain::Inet, SockType::Stream, SockFlags::NONBLOCK).expect("socket")
}

/// A socket that listens on a port of its own, and its address.
pub(crate) fn listener<S: Machine>(s: &S, backlog: i32) -> (Fd, SockAddr) {
    let fd = tcp(s);
    assert_eq!(s.bind(fd, &local(1)), Ok(()));
    assert_eq!(s.listen(fd, backlog), Ok(()));
    (fd, s.getsockname(fd).expect("getsockname"))
}

/// A socket that has called there.
pub(crate) fn call<S: Machine>(s: &S, addr: SockAddr) -> Fd {
    let fd = tcp(s);
    assert_eq!(s.connect(fd, &addr), Err(Errno::EINPROGRESS));
    quiet(s);
    fd
}

pub(crate) fn accept<S: Machine>(s: &S, listener: Fd) -> Result<Fd> {
    s.accept4(listener, SockFlags::NONBLOCK).map(|(fd, _)| fd)
}

/// A connection: the end that called, the one that was accepted. Nothing is held back by Nagle's algorithm.
pub(crate) fn pair<S: Machine>(s: &S) -> [Fd; 2] {
    let (listener, addr) = listener(s, 5);
    let client = call(s, addr);
    let server = accept(s, listener).expect("it has called");
    assert_eq!(s.close(listener), Ok(()));
    for fd in [client, server] {
        set(s, fd, SockOpt::TcpNoDelay, 1);
    }
    [client, server]
}

/// A port of 127.0.0.1 that nobody has.
pub(crate) fn nobody<S: Machine>(s: &S) -> SockAddr {
    let fd = tcp(s);
    assert_eq!(s.bind(fd, &local(1)), Ok(()));
    let addr = s.getsockname(fd).expect("getsockname");
    assert_eq!(s.close(fd), Ok(()));
    addr
}

/// A connection that was refused, its error still pending.
pub(crate) fn refused<S: Machine>(s: &S) -> Fd {
    let addr = nobody(s);
    call(s, addr)
}

/// A connection that the peer has reset, the error still pending.
pub(crate) fn reset<S: Machine>(s: &S) -> Fd {
    let [a, b] = pair(s);
    abort(s, b);
    a
}

/// Closes with a reset.
pub(crate) fn abort<S: Machine>(s: &S, fd: Fd) {
    assert_eq!(s.setsockopt(fd, SockOpt::Linger, SockOptValue::Linger(Some(0))), Ok(()));
    assert_eq!(s.close(fd), Ok(()));
    quiet(s);
}

pub(crate) fn send<S: Machine>(s: &S, fd: Fd, bytes: &[u8]) -> Result<usize> {
    let sent = s.send(fd, bytes, MsgFlags::NOSIGNAL);
    quiet(s);
    sent
}

pub(crate) fn recv<S: Machine>(s: &S, fd: Fd, len: usize) -> Result<Vec<u8>> {
    recv_with(s, fd, len, MsgFlags::empty())
}

pub(crate) fn recv_with<S: Machine>(s: &S, fd: Fd, len: usize, flags: MsgFlags) -> Result<Vec<u8>> {
    let mut buf = vec![0; len];
    let len = s.recv(fd, &mut buf, flags)?;
    buf.truncate(len);
    Ok(buf)
}

/// The end of a stream.
pub(crate) const END: Result<Vec<u8>> = Ok(Vec::new());

pub(crate) fn shut<S: Machine>(s: &S, fd: Fd, how: Shutdown) {
    assert_eq!(s.shutdown(fd, how), Ok(()));
    quiet(s);
}

pub(crate) fn set<S: Machine>(s: &S, fd: Fd, option: SockOpt, value: i32) {
    assert_eq!(s.setsockopt(fd, option, SockOptValue::Int(value)), Ok(()), "{option:?} {value}");
}

pub(crate) fn get<S: Machine>(s: &S, fd: Fd, option: SockOpt) -> i32 {
    s.getsockopt(fd, option).expect("getsockopt").int().expect("an int")
}

/// `SO_ERROR`.
pub(crate) fn error<S: Machine>(s: &S, fd: Fd) -> Option<Errno> {
    match s.getsockopt(fd, SockOpt::Error) {
        Ok(SockOptValue::Error(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Makes its calls wait.
pub(crate) fn block<S: Machine>(s: &S, fd: Fd) {
    assert_eq!(s.fcntl_setfl(fd, OFlags::empty()), Ok(()));
}

/// Sends until there is no room; how much.
pub(crate) fn fill<S: Machine>(s: &S, fd: Fd) -> usize {
    let mut total = 0;
    while let Ok(sent) = s.send(fd, &[7; 16_384], MsgFlags::NOSIGNAL) {
        total += sent;
    }
    total
}

/// Receives until there is nothing; how much.
pub(crate) fn drain_all<S: Machine>(s: &S, fd: Fd) -> usize {
    let mut total = 0;
    while let Ok(read @ 1..) = s.recv(fd, &mut [0; 16_384], MsgFlags::empty()) {
        total += read;
    }
    total
}

/// The network has come to rest.
pub(crate) fn quiet<S: Machine>(s: &S) {
    let until = s.now() + core::time::Duration::from_millis(2);
    while s.now() < until {
        s.park(Some(until));
    }
}
