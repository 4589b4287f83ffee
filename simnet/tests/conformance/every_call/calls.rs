//! Every call, and its answer in words.

use core::fmt::Debug;
use core::time::Duration;
use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{
    DupFlags, EpollEvent, EpollOp, Fd, FdFlags, MsgFlags, OFlags, Result, Shutdown, SockAddr, SockOpt,
    SockOptValue,
};

use crate::tcp_verbs::*;
use crate::verbs::*;

/// Makes the call on a descriptor and says what it answers, without the numbers that chance gives.
pub(super) type Call<S> = fn(&S, Fd) -> String;

/// Every call.
pub(super) fn calls<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    let mut calls = file_calls::<S>();
    calls.extend(descriptor_calls::<S>());
    calls.extend(socket_calls::<S>());
    calls.extend(transfers::<S>());
    calls.extend(options::<S>());
    calls
}

fn file_calls<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    vec![
        ("read(4)", |s, fd| bytes(read(s, fd, 4))),
        ("read(0)", |s, fd| bytes(read(s, fd, 0))),
        ("readv([2, 2])", |s, fd| {
            let (mut front, mut back) = ([0; 2], [0; 2]);
            text(s.readv(fd, &mut [IoSliceMut::new(&mut front), IoSliceMut::new(&mut back)]))
        }),
        ("readv([])", |s, fd| text(s.readv(fd, &mut []))),
        ("write(x)", |s, fd| text(s.write(fd, b"x"))),
        ("write(8 octets)", |s, fd| text(s.write(fd, &ONE))),
        ("write()", |s, fd| text(s.write(fd, b""))),
        ("writev([x, y])", |s, fd| text(s.writev(fd, &[IoSlice::new(b"x"), IoSlice::new(b"y")]))),
        ("writev([])", |s, fd| text(s.writev(fd, &[]))),
        ("ioctl(FIONREAD)", |s, fd| text(s.ioctl_fionread(fd))),
    ]
}

fn descriptor_calls<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    vec![
        ("close", |s, fd| text(s.close(fd))),
        ("dup", |s, fd| text(s.dup(fd).map(drop))),
        ("dup2 onto itself", |s, fd| text(s.dup2(fd, fd.number).map(drop))),
        ("dup2 onto another", |s, fd| text(s.dup2(fd, 110).map(drop))),
        ("dup3 onto itself", |s, fd| text(s.dup3(fd, fd.number, DupFlags::CLOEXEC).map(drop))),
        ("fcntl(F_DUPFD_CLOEXEC, 90)", |s, fd| text(s.fcntl_dupfd_cloexec(fd, 90).map(drop))),
        ("fcntl(F_GETFD)", |s, fd| text(s.fcntl_getfd(fd))),
        ("fcntl(F_SETFD)", |s, fd| text(s.fcntl_setfd(fd, FdFlags::empty()))),
        ("fcntl(F_GETFL)", |s, fd| text(s.fcntl_getfl(fd))),
        ("fcntl(F_SETFL)", |s, fd| text(s.fcntl_setfl(fd, OFlags::empty()))),
        ("epoll_ctl(it, ADD, eventfd)", |s, fd| text(control(s, fd, EpollOp::Add, eventfd(s), IN))),
        ("epoll_ctl(it, MOD, eventfd)", |s, fd| text(control(s, fd, EpollOp::Mod, eventfd(s), IN))),
        ("epoll_ctl(it, DEL, eventfd)", |s, fd| text(control(s, fd, EpollOp::Del, eventfd(s), IN))),
        ("epoll_ctl(it, ADD, it)", |s, fd| text(control(s, fd, EpollOp::Add, fd, IN))),
        ("epoll_ctl(epoll, ADD, it)", |s, fd| text(control(s, epoll(s), EpollOp::Add, fd, IN))),
        ("epoll_ctl(epoll, MOD, it)", |s, fd| text(control(s, epoll(s), EpollOp::Mod, fd, IN))),
        ("epoll_ctl(epoll, DEL, it)", |s, fd| text(control(s, epoll(s), EpollOp::Del, fd, IN))),
        ("epoll_wait(1, 0)", |s, fd| {
            text(s.epoll_wait(fd, &mut [EpollEvent::default(); 1], Some(Duration::ZERO)))
        }),
        ("epoll_wait(0, 0)", |s, fd| text(s.epoll_wait(fd, &mut [], Some(Duration::ZERO)))),
        ("as EPOLLET, events", |s, fd| {
            let epfd = epoll(s);
            let added = control(s, epfd, EpollOp::Add, fd, IN | OUT | RDHUP | ET);
            format!("{} {} {}", text(added), names(events(s, epfd)), names(events(s, epfd)))
        }),
    ]
}

fn socket_calls<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    vec![
        ("bind", |s, fd| text(s.bind(fd, &local(1)))),
        ("bind(AF_UNSPEC)", |s, fd| text(s.bind(fd, &SockAddr::Unspec))),
        ("listen(1)", |s, fd| text(s.listen(fd, 1))),
        ("accept4", |s, fd| text(accept(s, fd).map(drop))),
        ("connect", |s, fd| {
            let (_, addr) = listener(s, 5);
            let first = text(s.connect(fd, &addr));
            quiet(s);
            format!("{first} {}", text(s.connect(fd, &addr)))
        }),
        ("connect to nobody", |s, fd| {
            let addr = nobody(s);
            let first = text(s.connect(fd, &addr));
            quiet(s);
            format!("{first} {}", text(s.connect(fd, &addr)))
        }),
        ("connect(AF_UNSPEC)", |s, fd| text(s.connect(fd, &SockAddr::Unspec))),
        ("shutdown(SHUT_RD)", |s, fd| text(s.shutdown(fd, Shutdown::Read))),
        ("shutdown(SHUT_WR)", |s, fd| text(s.shutdown(fd, Shutdown::Write))),
        ("shutdown(SHUT_RDWR)", |s, fd| text(s.shutdown(fd, Shutdown::Both))),
        ("getsockname", |s, fd| name(s.getsockname(fd))),
        ("getpeername", |s, fd| name(s.getpeername(fd))),
    ]
}

fn transfers<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    vec![
        ("send(x)", |s, fd| text(s.send(fd, b"x", MsgFlags::NOSIGNAL))),
        ("send()", |s, fd| text(s.send(fd, b"", MsgFlags::NOSIGNAL))),
        ("send(x, MSG_MORE)", |s, fd| text(s.send(fd, b"x", MsgFlags::NOSIGNAL | MsgFlags::MORE))),
        ("send(x), twice", |s, fd| {
            let first = text(send(s, fd, b"x"));
            format!("{first} {}", text(send(s, fd, b"x")))
        }),
        ("sendto(x)", |s, fd| text(s.sendto(fd, b"x", MsgFlags::NOSIGNAL, &local(1)))),
        ("sendmsg([x, y])", |s, fd| {
            text(s.sendmsg(fd, &[IoSlice::new(b"x"), IoSlice::new(b"y")], MsgFlags::NOSIGNAL))
        }),
        ("recv(4)", |s, fd| bytes(recv(s, fd, 4))),
        ("recv(0)", |s, fd| bytes(recv(s, fd, 0))),
        ("recv(4, MSG_PEEK)", |s, fd| bytes(recv_with(s, fd, 4, PEEK))),
        ("recv(4, MSG_TRUNC)", |s, fd| text(s.recv(fd, &mut [0; 4], MsgFlags::TRUNC))),
        ("recv(4, MSG_WAITALL | MSG_DONTWAIT)", |s, fd| {
            bytes(recv_with(s, fd, 4, MsgFlags::WAITALL | MsgFlags::DONTWAIT))
        }),
        ("recv(4), three times", |s, fd| {
            let answers = [0; 3].map(|_| bytes(recv(s, fd, 4)));
            answers.join(" ")
        }),
        ("recvfrom(4)", |s, fd| {
            text(s.recvfrom(fd, &mut [0; 4], MsgFlags::empty()).map(|received| received.len))
        }),
        ("recv(4), then send(x)", |s, fd| {
            let first = bytes(recv(s, fd, 4));
            format!("{first} {}", text(send(s, fd, b"x")))
        }),
        ("send(x), then recv(4)", |s, fd| {
            let first = text(send(s, fd, b"x"));
            format!("{first} {}", bytes(recv(s, fd, 4)))
        }),
    ]
}

fn options<S: Machine>() -> Vec<(&'static str, Call<S>)> {
    vec![
        ("getsockopt(SO_ERROR), twice", |s, fd| {
            let [first, second] = [0; 2].map(|_| option(s.getsockopt(fd, SockOpt::Error)));
            format!("{first} {second}")
        }),
        ("getsockopt(SO_TYPE)", |s, fd| option(s.getsockopt(fd, SockOpt::Type))),
        ("getsockopt(SO_DOMAIN)", |s, fd| option(s.getsockopt(fd, SockOpt::Domain))),
        ("getsockopt(SO_ACCEPTCONN)", |s, fd| option(s.getsockopt(fd, SockOpt::AcceptConn))),
        ("getsockopt(SO_LINGER)", |s, fd| option(s.getsockopt(fd, SockOpt::Linger))),
        ("getsockopt(SO_REUSEADDR)", |s, fd| option(s.getsockopt(fd, SockOpt::ReuseAddr))),
        ("getsockopt(SO_KEEPALIVE)", |s, fd| option(s.getsockopt(fd, SockOpt::KeepAlive))),
        ("setsockopt(SO_KEEPALIVE, 5)", |s, fd| {
            let set = text(s.setsockopt(fd, SockOpt::KeepAlive, SockOptValue::Int(5)));
            format!("{set} {}", option(s.getsockopt(fd, SockOpt::KeepAlive)))
        }),
        ("setsockopt(TCP_KEEPIDLE, 0)", |s, fd| {
            text(s.setsockopt(fd, SockOpt::TcpKeepIdle, SockOptValue::Int(0)))
        }),
        ("setsockopt(TCP_USER_TIMEOUT, 5)", |s, fd| {
            let set = text(s.setsockopt(fd, SockOpt::TcpUserTimeout, SockOptValue::Int(5)));
            format!("{set} {}", option(s.getsockopt(fd, SockOpt::TcpUserTimeout)))
        }),
        ("setsockopt(SO_LINGER, 7)", |s, fd| {
            let set = text(s.setsockopt(fd, SockOpt::Linger, SockOptValue::Linger(Some(7))));
            format!("{set} {}", option(s.getsockopt(fd, SockOpt::Linger)))
        }),
        ("setsockopt(SO_RCVLOWAT, 2)", |s, fd| {
            let set = text(s.setsockopt(fd, SockOpt::RcvLowat, SockOptValue::Int(2)));
            format!("{set} {}", option(s.getsockopt(fd, SockOpt::RcvLowat)))
        }),
        ("setsockopt(IPV6_V6ONLY, 1)", |s, fd| text(s.setsockopt(fd, SockOpt::V6Only, SockOptValue::Int(1)))),
    ]
}

fn text<T: Debug>(answer: Result<T>) -> String {
    answer.map_or_else(|errno| format!("{errno:?}"), |value| format!("{value:?}").replace("()", "ok"))
}

fn bytes(answer: Result<Vec<u8>>) -> String {
    answer.map_or_else(
        |errno| format!("{errno:?}"),
        |bytes| format!("{:?}", String::from_utf8_lossy(&bytes).escape_debug().to_string()),
    )
}

fn option(answer: Result<SockOptValue>) -> String {
    text(answer).replace(' ', "")
}

/// An address, whose port is 0 or not.
fn name(answer: Result<SockAddr>) -> String {
    answer.map_or_else(
        |errno| format!("{errno:?}"),
        |addr| {
            let addr = addr.ip().expect("an internet address");
            format!("{} {}", addr.ip(), if addr.port() == 0 { "no port" } else { "a port" })
        },
    )
}

/// Events by name.
pub(super) fn names(events: netcore::sys::EpollEvents) -> String {
    let names: Vec<&str> = events.iter_names().map(|(name, _)| name).collect();
    if names.is_empty() { "-".to_owned() } else { names.join("|") }
}
