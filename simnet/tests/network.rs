//! A network that fails, on both kernels: the real one between two network namespaces, where root allows, and the
//! simulated one between two hosts.
//!
//! The test runs itself twice more for that: as the client in a namespace of its own, which makes the other namespace
//! and the link, and as the server in that. What the client sends is lost when the server's hardware address is
//! forgotten for a wrong one.

use core::time::Duration;
use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use netcore::os::Os;
use netcore::sys::{
    Clock, Domain, Errno, Fd, Files, MsgFlags, SockAddr, SockFlags, SockOpt, SockOptValue, SockType, Sockets,
    Threads,
};
use simnet::choice::{Rates, Seed};
use simnet::world::{Config, Source, run};
use simnet::{Sim, World};

/// Who this process is, if it is not the test itself.
const ROLE: &str = "SIMNET_NETWORK_ROLE";
const TEST: &str = "the_network_fails_as_it_does_on_linux";
const SERVER: &str = "10.9.0.2:80";
const RIGHT: &str = "02:00:00:00:00:02";
const WRONG: &str = "02:00:00:00:00:99";

/// A platform and its way to the server.
trait Machine: Sockets + Files + Clock + Threads {}

impl<S: Sockets + Files + Clock + Threads> Machine for S {}

fn rest<S: Machine>(s: &S, millis: u64) {
    let until = s.now() + Duration::from_millis(millis);
    while s.now() < until {
        s.park(Some(until));
    }
}

/// Cuts the way to the server, or mends it.
type Cut<'a> = &'a dyn Fn(bool);
/// What came of it, and after how many seconds.
type Outcome = (String, f64);

struct Case<S> {
    name: &'static str,
    /// What both answer, and about when.
    expected: (&'static str, f64),
    body: fn(&S, &SockAddr, Cut<'_>) -> Outcome,
}

fn cases<S: Machine>() -> Vec<Case<S>> {
    let case = |name, expected, body| Case { name, expected, body };
    vec![
        case("a SYN that nobody hears, one retry", ("ETIMEDOUT", 3.0), |s: &S, to, cut| {
            cut(true);
            let fd = socket(s, &[(SockOpt::TcpSynCnt, 1)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case("a SYN that nobody hears, two retries", ("ETIMEDOUT", 7.0), |s: &S, to, cut| {
            cut(true);
            let fd = socket(s, &[(SockOpt::TcpSynCnt, 2)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case("a SYN with a user timeout", ("ETIMEDOUT", 1.5), |s: &S, to, cut| {
            cut(true);
            let fd = socket(s, &[(SockOpt::TcpUserTimeout, 1500)]);
            timed(s, || s.connect(fd, to).err())
        }),
        case(
            "data into a partition, with a user timeout",
            ("ETIMEDOUT, then EPIPE", 1.4),
            |s: &S, to, cut| {
                let fd = connected(s, to, &[(SockOpt::TcpUserTimeout, 1000)]);
                cut(true);
                assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
                let (first, after) = timed(s, || recv(s, fd));
                assert_eq!(s.recv(fd, &mut [0], MsgFlags::empty()), Ok(0), "told once");
                let then = s.send(fd, b"x", MsgFlags::NOSIGNAL).expect_err("it is over");
                (format!("{first}, then {then:?}"), after)
            },
        ),
        case("keep-alive into a partition", ("ETIMEDOUT", 3.0), |s: &S, to, cut| {
            let fd = connected(s, to, &keep_alive());
            cut(true);
            timed(s, || recv(s, fd))
        }),
        case("keep-alive, capped by a user timeout", ("ETIMEDOUT", 2.0), |s: &S, to, cut| {
            let fd = connected(s, to, &keep_alive());
            set(s, fd, (SockOpt::TcpUserTimeout, 2000));
            cut(true);
            timed(s, || recv(s, fd))
        }),
        case("silence into a partition", ("EAGAIN", 4.0), |s: &S, to, cut| {
            let fd = connected(s, to, &[]);
            let patience = SockOptValue::Time(Duration::from_secs(4));
            s.setsockopt(fd, SockOpt::RcvTimeo, patience).expect("setsockopt");
            cut(true);
            timed(s, || recv(s, fd))
        }),
        case("data into a partition that heals", ("the echo", 1.6), |s: &S, to, cut| {
            let fd = connected(s, to, &[]);
            let patience = SockOptValue::Time(Duration::from_secs(1));
            s.setsockopt(fd, SockOpt::RcvTimeo, patience).expect("setsockopt");
            cut(true);
            assert_eq!(s.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (first, before) = timed(s, || recv(s, fd));
            assert_eq!(first, "EAGAIN");
            cut(false);
            let (answer, after) = timed(s, || recv(s, fd));
            (if answer == "nothing" { "the echo".to_owned() } else { answer }, before + after)
        }),
    ]
}

fn keep_alive() -> [(SockOpt, i32); 4] {
    [(SockOpt::KeepAlive, 1), (SockOpt::TcpKeepIdle, 1), (SockOpt::TcpKeepIntvl, 1), (SockOpt::TcpKeepCnt, 2)]
}

fn set<S: Machine>(s: &S, fd: Fd, (option, value): (SockOpt, i32)) {
    s.setsockopt(fd, option, SockOptValue::Int(value)).expect("setsockopt");
}

fn socket<S: Machine>(s: &S, options: &[(SockOpt, i32)]) -> Fd {
    let fd = s.socket(Domain::Inet, SockType::Stream, SockFlags::empty()).expect("socket");
    options.iter().for_each(|&option| set(s, fd, option));
    fd
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

fn timed<S: Machine>(s: &S, call: impl FnOnce() -> Option<Errno>) -> Outcome {
    let before = s.now();
    let answer = call().map_or("nothing".to_owned(), |errno| format!("{errno:?}"));
    (answer, s.now().saturating_since(before).as_secs_f64())
}

/// Sends back what comes, on any number of connections, for ever.
fn serve<S: Machine + Copy + Send + 'static>(s: S, addr: SockAddr) {
    let fd = socket(&s, &[(SockOpt::ReuseAddr, 1)]);
    while s.bind(fd, &addr).is_err() {
        // The address is not there yet.
        rest(&s, 10);
    }
    s.listen(fd, 16).expect("listen");
    while let Ok((conn, _)) = s.accept4(fd, SockFlags::empty()) {
        let echo = move || {
            let mut buf = [0; 16];
            while let Ok(len @ 1..) = s.recv(conn, &mut buf, MsgFlags::empty()) {
                let _ = s.send(conn, &buf[..len], MsgFlags::NOSIGNAL);
            }
            let _ = s.close(conn);
        };
        s.spawn("echo", Box::new(echo)).expect("a thread");
    }
    let _ = s.close(fd);
}

/// One case in a simulated room.
fn simulated(index: usize) -> Outcome {
    let outcome = Arc::new(Mutex::new(None));
    let inside = outcome.clone();
    let config = Config { rates: Rates::without_faults(), ..Config::new(Source::Seed(Seed(1))) };
    let report = run(&config, move |world| {
        let world: World = *world;
        let (here, there) = (world.host("client"), world.host("server"));
        let (client, server) = (here.process("client"), there.process("server"));
        let addr = SocketAddr::from((there.addr(), 80)).into();
        server.spawn("server", Box::new(move || serve(server, addr))).expect("a thread");
        world.sleep(Duration::from_millis(10));
        let cut = |is_cut| if is_cut { world.partition(here, there) } else { world.heal(here, there) };
        let body = cases::<Sim>()[index].body;
        *inside.lock().expect("nobody panics with it") = Some(body(&client, &addr, &cut));
        there.crash();
        here.crash();
    });
    let outcome = outcome.lock().expect("nobody panics with it").take();
    outcome.unwrap_or_else(|| panic!("the run ended early: {:?}", report.finding))
}

fn ip(args: &str) -> bool {
    let status = Command::new("ip").args(args.split(' ')).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn again(role: &str) -> Command {
    let mut command = Command::new("unshare");
    command.arg("-n").arg(env::current_exe().expect("the test's own binary"));
    command.args(["--exact", TEST, "--nocapture"]).env(ROLE, role).stdin(Stdio::null());
    command
}

/// Ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The client: makes the link, and every case on it. Each outcome is a line.
fn client() {
    let server = Ended(again("server").stdout(Stdio::null()).spawn().expect("a second namespace"));
    rest(&Os, 100);
    let pid = server.0.id();
    let made =
        ["link set lo up", "link add v0 type veth peer name v1", "link set v1 address 02:00:00:00:00:02"]
            .iter()
            .all(|args| ip(args))
            && ip(&format!("link set v1 netns {pid}"))
            && ["addr add 10.9.0.1/24 dev v0", "link set v0 up"].iter().all(|args| ip(args));
    let there = |args: &str| {
        let nsenter =
            Command::new("nsenter").args(["-t", &pid.to_string(), "-n", "ip"]).args(args.split(' ')).status();
        nsenter.is_ok_and(|status| status.success())
    };
    if !(made && there("addr add 10.9.0.2/24 dev v1") && there("link set v1 up")) {
        println!("skipped: no link between two namespaces can be made");
        return;
    }
    let cut = |is_cut: bool| {
        let lladdr = if is_cut { WRONG } else { RIGHT };
        assert!(ip(&format!("neigh replace 10.9.0.2 lladdr {lladdr} dev v0 nud permanent")));
    };
    let addr: SockAddr = SERVER.parse::<SocketAddr>().expect("an address").into();
    cut(false);
    rest(&Os, 300);
    for (index, case) in cases::<Os>().iter().enumerate() {
        let (answer, seconds) = (case.body)(&Os, &addr, &cut);
        cut(false);
        println!("case {index} {seconds} {answer}");
    }
}

/// What the real kernel says, case by case; nothing where it cannot be asked.
fn real() -> Result<Vec<Outcome>, String> {
    let child = again("client").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = Ended(child.map_err(|error| format!("unshare: {error}"))?);
    let lines = BufReader::new(child.0.stdout.take().expect("it is piped")).lines();
    let mut outcomes = Vec::new();
    for line in lines.map_while(Result::ok) {
        if let Some(reason) = line.strip_prefix("skipped: ") {
            return Err(reason.to_owned());
        }
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        if let ["case", _, seconds, answer] = words[..] {
            outcomes.push((answer.to_owned(), seconds.parse().expect("the client's own number")));
        }
    }
    if outcomes.is_empty() { Err("no namespace can be made here".to_owned()) } else { Ok(outcomes) }
}

#[test]
fn the_network_fails_as_it_does_on_linux() {
    match env::var(ROLE).as_deref() {
        Ok("server") => {
            let addr = SERVER.parse::<SocketAddr>().expect("an address").into();
            return serve(Os, addr);
        }
        Ok(_) => return client(),
        Err(_) => {}
    }
    let real = real();
    if let Err(reason) = &real {
        println!("the real kernel was skipped: {reason}");
    }
    for (index, case) in cases::<Sim>().iter().enumerate() {
        let simulated = simulated(index);
        let real = real.as_ref().ok().and_then(|outcomes| outcomes.get(index));
        println!("{}: expected {:?}, Linux {real:?}, simulated {simulated:?}", case.name, case.expected);
        let (answer, after) = case.expected;
        assert_eq!(simulated.0, answer, "{}", case.name);
        assert!((simulated.1 - after).abs() < 0.02, "{}: {} s", case.name, simulated.1);
        if let Some(real) = real {
            assert_eq!(real.0, answer, "{}, on Linux", case.name);
            // Never early; a busy machine may be late.
            assert!((-0.1..0.9).contains(&(real.1 - after)), "{}, on Linux: {} s", case.name, real.1);
        }
    }
    if let Ok(outcomes) = real {
        assert_eq!(outcomes.len(), cases::<Os>().len(), "every case was made");
    }
}
