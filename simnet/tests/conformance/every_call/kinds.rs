//! What a descriptor can be.

use netcore::sys::{Domain, Errno, EventfdFlags, Fd, Shutdown, SockAddr, SockFlags, SockType};

use crate::tcp_verbs::*;
use crate::verbs::*;

/// Makes one.
pub(super) type Make<S> = fn(&S) -> Fd;

/// Every kind.
pub(super) fn kinds<S: Machine>() -> Vec<(&'static str, Make<S>)> {
    let mut kinds = plain::<S>();
    kinds.extend(unconnected::<S>());
    kinds.extend(connected::<S>());
    kinds.extend(ended::<S>());
    kinds
}

fn plain<S: Machine>() -> Vec<(&'static str, Make<S>)> {
    vec![
        ("a number that is not open", |_| Fd::raw(100)),
        ("pipe reader", |s| pipe(s).0),
        ("pipe reader, data", |s| {
            let (r, w) = pipe(s);
            assert_eq!(s.write(w, b"abc"), Ok(3));
            r
        }),
        ("pipe reader, data, writer gone", |s| {
            let (r, w) = pipe(s);
            assert_eq!(s.write(w, b"abc"), Ok(3));
            assert_eq!(s.close(w), Ok(()));
            r
        }),
        ("pipe reader, writer gone", |s| {
            let (r, w) = pipe(s);
            assert_eq!(s.close(w), Ok(()));
            r
        }),
        ("pipe writer", |s| pipe(s).1),
        ("pipe writer, full", |s| {
            let (_, w) = pipe(s);
            assert_eq!(s.write(w, &[7; 65_536]), Ok(65_536));
            w
        }),
        ("pipe writer, reader gone", |s| {
            let (r, w) = pipe(s);
            assert_eq!(s.close(r), Ok(()));
            w
        }),
        ("eventfd, 0", |s| eventfd(s)),
        ("eventfd, 1", |s| {
            let fd = eventfd(s);
            raise(s, fd);
            fd
        }),
        ("eventfd, full", |s| {
            let fd = eventfd(s);
            assert_eq!(s.write(fd, &(u64::MAX - 1).to_ne_bytes()), Ok(8));
            fd
        }),
        ("eventfd, semaphore, 2", |s| {
            s.eventfd(2, EventfdFlags::NONBLOCK | EventfdFlags::SEMAPHORE).expect("eventfd")
        }),
        ("epoll", |s| epoll(s)),
        ("epoll, one ready", |s| {
            let (epfd, fd) = (epoll(s), eventfd(s));
            add(s, epfd, fd, OUT);
            epfd
        }),
    ]
}

fn unconnected<S: Machine>() -> Vec<(&'static str, Make<S>)> {
    vec![
        ("tcp", |s| tcp(s)),
        ("tcp over IPv6", |s| {
            s.socket(Domain::Inet6, SockType::Stream, SockFlags::NONBLOCK).expect("socket")
        }),
        ("tcp, bound", |s| {
            let fd = tcp(s);
            assert_eq!(s.bind(fd, &local(1)), Ok(()));
            fd
        }),
        ("tcp, listening", |s| listener(s, 5).0),
        ("tcp, listening, one to accept", |s| {
            let (fd, addr) = listener(s, 5);
            call(s, addr);
            fd
        }),
        ("tcp, listened, then shut", |s| {
            let (fd, _) = listener(s, 5);
            shut(s, fd, Shutdown::Read);
            fd
        }),
        ("tcp, shut before anything", |s| {
            let fd = tcp(s);
            assert_eq!(s.shutdown(fd, Shutdown::Both), Err(Errno::ENOTCONN));
            fd
        }),
        ("tcp, connecting", |s| connecting(s)),
        ("tcp, connecting, then shut", |s| {
            let fd = connecting(s);
            shut(s, fd, Shutdown::Write);
            fd
        }),
        ("tcp, refused", |s| refused(s)),
        ("tcp, refused, told", |s| {
            let fd = refused(s);
            assert_eq!(error(s, fd), Some(Errno::ECONNREFUSED));
            fd
        }),
        ("tcp, refused, told by connect", |s| {
            let fd = refused(s);
            assert_eq!(s.connect(fd, &nobody(s)), Err(Errno::ECONNREFUSED));
            fd
        }),
    ]
}

/// A connection to a listener that has no room.
fn connecting<S: Machine>(s: &S) -> Fd {
    let (_, addr) = listener(s, 0);
    call(s, addr);
    call(s, addr)
}

fn connected<S: Machine>() -> Vec<(&'static str, Make<S>)> {
    vec![
        ("tcp, connected", |s| pair(s)[0]),
        ("tcp, connected, told", |s| {
            let (_, addr) = listener(s, 5);
            let fd = call(s, addr);
            assert_eq!(s.connect(fd, &addr), Ok(()));
            fd
        }),
        ("tcp, accepted", |s| pair(s)[1]),
        ("tcp, connected to itself", |s| {
            let fd = tcp(s);
            assert_eq!(s.bind(fd, &local(1)), Ok(()));
            let own = s.getsockname(fd).expect("getsockname");
            assert_eq!(s.connect(fd, &own), Err(Errno::EINPROGRESS));
            quiet(s);
            fd
        }),
        ("tcp, data", |s| {
            let [a, b] = pair(s);
            assert_eq!(send(s, b, b"abc"), Ok(3));
            a
        }),
        ("tcp, full", |s| {
            let [a, _] = pair(s);
            fill(s, a);
            later(s, 5);
            fill(s, a);
            a
        }),
        ("tcp, shut for reading", |s| {
            let [a, _] = pair(s);
            shut(s, a, Shutdown::Read);
            a
        }),
        ("tcp, shut for reading, data", |s| {
            let [a, b] = pair(s);
            shut(s, a, Shutdown::Read);
            assert_eq!(send(s, b, b"abc"), Ok(3));
            a
        }),
        ("tcp, shut for writing", |s| {
            let [a, _] = pair(s);
            shut(s, a, Shutdown::Write);
            a
        }),
        ("tcp, shut for both", |s| {
            let [a, _] = pair(s);
            shut(s, a, Shutdown::Both);
            a
        }),
        ("tcp, the peer shut", |s| {
            let [a, b] = pair(s);
            shut(s, b, Shutdown::Write);
            a
        }),
        ("tcp, the peer shut, data", |s| {
            let [a, b] = pair(s);
            assert_eq!(send(s, b, b"abc"), Ok(3));
            shut(s, b, Shutdown::Write);
            a
        }),
        ("tcp, the peer closed", |s| {
            let [a, b] = pair(s);
            assert_eq!(s.close(b), Ok(()));
            quiet(s);
            a
        }),
    ]
}

fn ended<S: Machine>() -> Vec<(&'static str, Make<S>)> {
    vec![
        ("tcp, both shut", |s| {
            let [a, b] = pair(s);
            shut(s, b, Shutdown::Write);
            shut(s, a, Shutdown::Write);
            a
        }),
        ("tcp, both shut, data", |s| {
            let [a, b] = pair(s);
            assert_eq!(send(s, b, b"abc"), Ok(3));
            shut(s, b, Shutdown::Write);
            shut(s, a, Shutdown::Write);
            a
        }),
        ("tcp, reset", |s| reset(s)),
        ("tcp, reset, data", |s| {
            let [a, b] = pair(s);
            assert_eq!(send(s, b, b"abc"), Ok(3));
            abort(s, b);
            a
        }),
        ("tcp, reset, told", |s| {
            let fd = reset(s);
            assert_eq!(error(s, fd), Some(Errno::ECONNRESET));
            fd
        }),
        ("tcp, reset after the peer had shut", |s| {
            let [a, b] = pair(s);
            shut(s, b, Shutdown::Write);
            abort(s, b);
            a
        }),
        ("tcp, sent to a peer that has closed", |s| {
            let [a, b] = pair(s);
            assert_eq!(s.close(b), Ok(()));
            assert_eq!(send(s, a, b"x"), Ok(1));
            a
        }),
        ("tcp, disconnected", |s| {
            let [a, _] = pair(s);
            assert_eq!(s.connect(a, &SockAddr::Unspec), Ok(()));
            quiet(s);
            a
        }),
    ]
}
