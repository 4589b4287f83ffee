//! What is done to the network, and what the client is told of it.

use core::time::Duration;

use netcore::sys::{
    Clock, Domain, Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, Fd, Files, MsgFlags,
    OFlags, Shutdown, SockAddr, SockFlags, SockOpt, SockOptValue, SockType, Sockets, Threads,
};

use crate::server::{LATER, ask, port};

/// Where the server listens.
pub(crate) const PORT: u16 = 80;

/// A platform and its way to the server.
pub(crate) trait Machine: Epoll + Sockets + Files + Clock + Threads {}

impl<S: Epoll + Sockets + Files + Clock + Threads> Machine for S {}

/// What is wrong from now on with the way from the client to the server. What was wrong before is not, any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// What is sent is lost.
    Silence,
    /// A router answers with ICMP: host unreachable.
    HostUnreachable,
    /// A router answers with ICMP: net unreachable.
    NetUnreachable,
    /// A router answers with ICMP: prohibited.
    Prohibited,
    /// The client's own table has no route.
    NoRoute,
    /// The client's own table has a route of that type.
    UnreachableRoute,
    BlackholeRoute,
    ProhibitRoute,
    /// The client's interface is down.
    LinkDown,
    /// Something on the way answers with resets.
    Resets,
    /// The server crashes and comes back; then the way is as it was.
    Crashed,
}

/// What came of a case, and after how many seconds.
pub(crate) type Outcome = (String, f64);
type Net<'a> = &'a dyn Fn(Trouble);
type Body<S> = fn(&S, &SockAddr, Net<'_>) -> Outcome;

pub(crate) struct Case<S> {
    pub(crate) name: &'static str,
    /// What both answer, and about when.
    pub(crate) expected: (&'static str, f64),
    pub(crate) body: Body<S>,
}

/// Every case.
pub(crate) fn cases<S: Machine>() -> Vec<Case<S>> {
    let mut cases = calls();
    cases.extend(answered_calls());
    cases.extend(silences());
    cases.extend(patient());
    cases.extend(ends());
    cases.extend(crashes());
    cases.extend(links());
    cases
}

fn case<S>(name: &'static str, expected: (&'static str, f64), body: Body<S>) -> Case<S> {
    Case { name, expected, body }
}

/// A call that nothing answers, or this host's own table.
fn calls<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("a SYN that nobody hears, one retry", ("ETIMEDOUT", 3.0), |s: &S, to, net| {
            net(Trouble::Silence);
            let fd = socket(s, &[(SockOpt::TcpSynCnt, 1)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case("a SYN that nobody hears, two retries", ("ETIMEDOUT", 7.0), |s: &S, to, net| {
            net(Trouble::Silence);
            let fd = socket(s, &[(SockOpt::TcpSynCnt, 2)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case("a SYN with a user timeout", ("ETIMEDOUT", 1.5), |s: &S, to, net| {
            net(Trouble::Silence);
            let fd = socket(s, &[(SockOpt::TcpUserTimeout, 1500)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case("a SYN that is heard late, where nobody listens", ("ECONNREFUSED", 1.0), |s: &S, to, net| {
            net(Trouble::Silence);
            let fd = socket(s, &[]);
            let nobody = with_port(to, PORT + 1);
            begin(s, fd, &nobody);
            let since = s.now();
            rest(s, 500);
            net(Trouble::None);
            let events = wait(s, fd, 3000);
            assert_eq!(events, FAILED);
            (error(s, fd), s.now().saturating_since(since).as_secs_f64())
        }),
        case("no route", ("ENETUNREACH", 0.0), |s: &S, to, net| refused(s, to, net, Trouble::NoRoute)),
        case("a route of type unreachable", ("EHOSTUNREACH", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::UnreachableRoute)
        }),
        case("a route of type blackhole", ("EINVAL", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::BlackholeRoute)
        }),
        case("a route of type prohibit", ("EACCES", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::ProhibitRoute)
        }),
    ]
}

/// A call that a router answers.
fn answered_calls<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("a SYN, answered with host unreachable", ("EHOSTUNREACH", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::HostUnreachable)
        }),
        case("a SYN, answered with net unreachable", ("ENETUNREACH", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::NetUnreachable)
        }),
        case("a SYN, answered with prohibited", ("EHOSTUNREACH", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::Prohibited)
        }),
        case(
            "a SYN, answered with host unreachable, to one that waits",
            ("EHOSTUNREACH", 0.1),
            |s: &S, to, net| {
                net(Trouble::HostUnreachable);
                let fd = socket(s, &[]);
                begin(s, fd, to);
                let since = s.now();
                rest(s, 100);
                assert_eq!(wait(s, fd, 0), FAILED);
                let told = error(s, fd);
                assert_eq!(error(s, fd), "Ok(Error(None))", "told once");
                assert_eq!(wait(s, fd, 0), FAILED, "the message is still in the error queue");
                (told, s.now().saturating_since(since).as_secs_f64())
            },
        ),
    ]
}

/// A connection into silence.
fn silences<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("data into silence, with a user timeout", ("ETIMEDOUT, then EPIPE", 1.4), |s: &S, to, net| {
            let fd = connected(s, to, &[(SockOpt::TcpUserTimeout, 1000)]);
            net(Trouble::Silence);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (first, after) = timed(s, || recv(s, fd));
            assert_eq!(s.recv(fd, &mut [0], MsgFlags::empty()), Ok(0), "told once");
            let then = s.send(fd, b"x", MsgFlags::NOSIGNAL).expect_err("it is over");
            (format!("{first}, then {then:?}"), after)
        }),
        case("keep-alive into silence", ("ETIMEDOUT", 3.0), |s: &S, to, net| {
            let fd = connected(s, to, &keep_alive());
            net(Trouble::Silence);
            timed(s, || recv(s, fd))
        }),
        case("keep-alive into silence, capped by a user timeout", ("ETIMEDOUT", 2.0), |s: &S, to, net| {
            let fd = connected(s, to, &keep_alive());
            set(s, fd, (SockOpt::TcpUserTimeout, 2000));
            net(Trouble::Silence);
            timed(s, || recv(s, fd))
        }),
    ]
}

/// A connection whose silence is borne, or ends.
fn patient<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("nothing into silence", ("EAGAIN", 4.0), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            patience(s, fd, 4);
            net(Trouble::Silence);
            timed(s, || recv(s, fd))
        }),
        case("data into silence that ends", ("the echo", 1.6), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            patience(s, fd, 1);
            net(Trouble::Silence);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (first, before) = timed(s, || recv(s, fd));
            assert_eq!(first, "EAGAIN");
            net(Trouble::None);
            let (answer, after) = timed(s, || recv(s, fd));
            (if answer == "nothing" { "the echo".to_owned() } else { answer }, before + after)
        }),
        case(
            "the end of a connection that the other end is not told of",
            ("open, then reset", 1.4),
            |s: &S, to, net| {
                let fd = connected(s, to, &[(SockOpt::TcpUserTimeout, 1000)]);
                let port = port(&s.getsockname(fd).expect("getsockname"));
                assert_eq!(s.send(fd, &[LATER], MsgFlags::NOSIGNAL), Ok(1));
                rest(s, 300);
                net(Trouble::Silence);
                assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
                let (answer, after) = timed(s, || recv(s, fd));
                assert_eq!(answer, "ETIMEDOUT");
                net(Trouble::None);
                let before = ask(s, to, port);
                rest(s, 3000);
                (format!("{before}, then {}", ask(s, to, port)), after)
            },
        ),
    ]
}

/// A connection that something on the way speaks about.
fn ends<S: Machine>() -> Vec<Case<S>> {
    vec![
        case(
            "data, answered with host unreachable",
            ("EHOSTUNREACH, then EHOSTUNREACH", 1.4),
            |s: &S, to, net| {
                let fd = connected(s, to, &[(SockOpt::TcpUserTimeout, 1000)]);
                net(Trouble::HostUnreachable);
                let since = s.now();
                assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
                rest(s, 100);
                assert_eq!(wait(s, fd, 0), EpollEvents::OUT, "no event");
                let remark = error(s, fd);
                let (answer, _) = timed(s, || recv(s, fd));
                (format!("{remark}, then {answer}"), s.now().saturating_since(since).as_secs_f64())
            },
        ),
        case("a reset by something on the way", ("ECONNRESET, there open", 0.0), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            let port = port(&s.getsockname(fd).expect("getsockname"));
            net(Trouble::Resets);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (answer, after) = timed(s, || recv(s, fd));
            net(Trouble::None);
            (format!("{answer}, there {}", ask(s, to, port)), after)
        }),
    ]
}

/// A connection whose other end is gone.
fn crashes<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("data to a server that has crashed", ("ECONNRESET, then EPIPE", 0.0), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            net(Trouble::Crashed);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (answer, after) = timed(s, || recv(s, fd));
            let then = s.send(fd, b"x", MsgFlags::NOSIGNAL).expect_err("it is over");
            (format!("{answer}, then {then:?}"), after)
        }),
        case("keep-alive to a server that has crashed", ("ECONNRESET", 0.0), |s: &S, to, net| {
            let fd = connected(s, to, &[(SockOpt::KeepAlive, 1), (SockOpt::TcpKeepIntvl, 1)]);
            net(Trouble::Crashed);
            let since = s.now();
            // Whatever the crash has taken, the next probe goes out a second from here.
            set(s, fd, (SockOpt::TcpKeepIdle, 1));
            let (answer, _) = timed(s, || recv(s, fd));
            let after = s.now().saturating_since(since).as_secs_f64();
            (answer, if after < 1.2 { 0.0 } else { after })
        }),
        case("a FIN to a server that has crashed", ("ECONNRESET", 0.0), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            net(Trouble::Crashed);
            s.shutdown(fd, Shutdown::Write).expect("shutdown");
            timed(s, || recv(s, fd))
        }),
        case("silence from a server that has crashed", ("EAGAIN", 1.0), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            net(Trouble::Crashed);
            patience(s, fd, 1);
            timed(s, || recv(s, fd))
        }),
    ]
}

/// A link that is down, and routes that go.
fn links<S: Machine>() -> Vec<Case<S>> {
    vec![
        case("a call while the link is down", ("ENETUNREACH", 0.0), |s: &S, to, net| {
            refused(s, to, net, Trouble::LinkDown)
        }),
        case("data while the link is down for a second", ("the echo", 1.4), |s: &S, to, net| {
            let fd = connected(s, to, &[]);
            let since = s.now();
            net(Trouble::LinkDown);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            assert_eq!(wait(s, fd, 0), EpollEvents::OUT, "no event");
            rest(s, 1000);
            net(Trouble::None);
            let (answer, _) = timed(s, || recv(s, fd));
            let after = s.now().saturating_since(since).as_secs_f64();
            (if answer == "nothing" { "the echo".to_owned() } else { answer }, after)
        }),
        case("data while there is no route, with a user timeout", ("ETIMEDOUT", 1.2), |s: &S, to, net| {
            let fd = connected(s, to, &[(SockOpt::TcpUserTimeout, 1000)]);
            net(Trouble::NoRoute);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            timed(s, || recv(s, fd))
        }),
    ]
}

/// The readiness of a connection that has failed.
const FAILED: EpollEvents = EpollEvents::IN
    .union(EpollEvents::OUT)
    .union(EpollEvents::ERR)
    .union(EpollEvents::HUP)
    .union(EpollEvents::RDHUP);

/// What connect(2) says to a trouble.
fn refused<S: Machine>(s: &S, to: &SockAddr, net: Net<'_>, trouble: Trouble) -> Outcome {
    net(trouble);
    let fd = socket(s, &[]);
    timed(s, || s.connect(fd, to).err())
}

fn keep_alive() -> [(SockOpt, i32); 4] {
    [(SockOpt::KeepAlive, 1), (SockOpt::TcpKeepIdle, 1), (SockOpt::TcpKeepIntvl, 1), (SockOpt::TcpKeepCnt, 2)]
}

pub(crate) fn rest<S: Machine>(s: &S, millis: u64) {
    let until = s.now() + Duration::from_millis(millis);
    while s.now() < until {
        s.park(Some(until));
    }
}

fn set<S: Machine>(s: &S, fd: Fd, (option, value): (SockOpt, i32)) {
    s.setsockopt(fd, option, SockOptValue::Int(value)).expect("setsockopt");
}

/// recv(2) waits no longer than so many seconds.
fn patience<S: Machine>(s: &S, fd: Fd, seconds: u64) {
    let patience = SockOptValue::Time(Duration::from_secs(seconds));
    s.setsockopt(fd, SockOpt::RcvTimeo, patience).expect("setsockopt");
}

pub(crate) fn socket<S: Machine>(s: &S, options: &[(SockOpt, i32)]) -> Fd {
    let fd = s.socket(Domain::Inet, SockType::Stream, SockFlags::empty()).expect("socket");
    options.iter().for_each(|&option| set(s, fd, option));
    fd
}

fn with_port(addr: &SockAddr, port: u16) -> SockAddr {
    let mut addr = addr.ip().expect("an internet address");
    addr.set_port(port);
    addr.into()
}

/// Starts a connection and does not wait for it.
fn begin<S: Machine>(s: &S, fd: Fd, to: &SockAddr) {
    s.fcntl_setfl(fd, OFlags::NONBLOCK).expect("fcntl");
    assert_eq!(s.connect(fd, to), Err(Errno::EINPROGRESS));
}

/// A connection over which an octet has gone and come back.
fn connected<S: Machine>(s: &S, to: &SockAddr, options: &[(SockOpt, i32)]) -> Fd {
    let fd = socket(s, options);
    s.connect(fd, to).expect("connect");
    assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
    assert_eq!(s.recv(fd, &mut [0], MsgFlags::empty()), Ok(1));
    fd
}

fn recv<S: Machine>(s: &S, fd: Fd) -> Option<Errno> {
    s.recv(fd, &mut [0], MsgFlags::empty()).err()
}

/// `SO_ERROR`.
fn error<S: Machine>(s: &S, fd: Fd) -> String {
    match s.getsockopt(fd, SockOpt::Error) {
        Ok(SockOptValue::Error(Some(errno))) => format!("{errno:?}"),
        other => format!("{other:?}"),
    }
}

/// What a connection is ready for, once it is ready for anything.
fn wait<S: Machine>(s: &S, fd: Fd, millis: u64) -> EpollEvents {
    let epfd = s.epoll_create1(EpollCreateFlags::CLOEXEC).expect("epoll_create1");
    let wanted = EpollEvents::IN | EpollEvents::OUT | EpollEvents::RDHUP;
    s.epoll_ctl(epfd, EpollOp::Add, fd, EpollEvent { events: wanted, data: 0 }).expect("epoll_ctl");
    let mut events = [EpollEvent::default(); 1];
    s.epoll_wait(epfd, &mut events, Some(Duration::from_millis(millis))).expect("epoll_wait");
    s.close(epfd).expect("it is open");
    events[0].events
}

fn timed<S: Machine>(s: &S, call: impl FnOnce() -> Option<Errno>) -> Outcome {
    let before = s.now();
    let answer = call().map_or("nothing".to_owned(), |errno| format!("{errno:?}"));
    (answer, s.now().saturating_since(before).as_secs_f64())
}
