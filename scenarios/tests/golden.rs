//! Golden traces: what one connection does, how one read passes through every layer, what states a descriptor
//! has. `cargo insta review` shows a change.

use core::fmt::Write;
use core::time::Duration;

use netcore::net::{Dialer, TcpListener, TcpStream};
use netcore::os::Os;
use netcore::rt::{Config as RuntimeConfig, Runtime};
use netcore::sys::{
    Domain, Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Fd, FdFlags, MsgFlags, OFlags,
    Shutdown, SockFlags, SockType, Sys,
};
use simnet::choice::{Rates, Tape};
use simnet::trace::{Kind, Record};
use simnet::world::{Config, Report, Source, run};
use simnet::{Sim, World};

/// Compares with the file of that name in `snapshots/`.
fn golden(name: &str, text: &str) {
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Runs `body` with every decision dull: no preemption, no fault, no jitter.
fn dull(body: impl FnOnce(&World) + Send + 'static) -> Report {
    let source = Source::Tape(Tape::default());
    let report = run(&Config { trace: true, rates: Rates::without_faults(), ..Config::new(source) }, body);
    assert!(report.finding.is_none(), "{:?}", report.finding);
    report
}

fn text(records: &[Record]) -> String {
    records.iter().fold(String::new(), |mut text, record| {
        let _ = writeln!(text, "{}", record.to_string().trim_end());
        text
    })
}

/// A runtime with one worker in a process of its own on a new host.
fn machine(world: &World, name: &str) -> (Runtime<Sim>, std::net::IpAddr) {
    let host = world.host(name);
    let config = RuntimeConfig { workers: 1, ..RuntimeConfig::default() };
    (Runtime::new(host.process(name), config).expect("a dull run has no faults"), host.addr())
}

/// One connection, one exchange.
fn exchange(world: &World) {
    let ((server, addr), (client, _)) = (machine(world, "server"), machine(world, "client"));
    let listener = TcpListener::listen(server.handle(), (addr, 80).into()).expect("a free port");
    let echo = server.spawn(async move {
        let conn = listener.accept().await.expect("a connection");
        let mut buf = [0; 64];
        let read = conn.read(&mut buf).await.expect("a request");
        conn.write(&buf[..read]).await.expect("an open connection");
        conn.close().await.expect("the first close");
    });
    client.block_on(async {
        let conn = Dialer::default().dial(client.handle(), (addr, 80).into()).await.expect("a server");
        conn.write(b"hello").await.expect("an open connection");
        let mut buf = [0; 64];
        assert_eq!(conn.read(&mut buf).await, Ok(5));
        assert_eq!(conn.read(&mut buf).await, Ok(0), "the server closes");
    });
    client.block_on(echo).expect("the server's task ends");
}

#[test]
fn one_connection() {
    golden("one-connection-echo", &text(&dull(exchange).trace));
}

/// The server's read waits, since the client takes its time: what every layer does about it.
fn patient(world: &World) {
    let ((server, addr), (client, _)) = (machine(world, "server"), machine(world, "client"));
    let listener = TcpListener::listen(server.handle(), (addr, 80).into()).expect("a free port");
    let world = *world;
    let reading = server.spawn(async move {
        let conn: TcpStream<Sim> = listener.accept().await.expect("a connection");
        world.note("Conn::read begins");
        assert_eq!(conn.read(&mut [0; 64]).await, Ok(5));
        world.note("Conn::read ends");
    });
    client.block_on(async {
        let conn = Dialer::default().dial(client.handle(), (addr, 80).into()).await.expect("a server");
        client.handle().sleep(Duration::from_millis(20)).await;
        conn.write(b"hello").await.expect("an open connection");
        reading.await.expect("the server's task ends");
    });
}

#[test]
fn the_walk_of_a_read_that_waits() {
    let trace = dull(patient).trace;
    let note = |text: &str| trace.iter().position(|record| record.kind == Kind::Note && record.text == text);
    let (begin, end) = (note("Conn::read begins").expect("noted"), note("Conn::read ends").expect("noted"));
    let walk: Vec<Record> =
        trace[begin..=end].iter().filter(|record| &*record.host == "server").cloned().collect();
    let text = text(&walk);
    for layer in ["net:", "fd_mutex:", "poll_desc:", "netpoll:", "rt:"] {
        assert!(text.contains(layer), "{layer} is missing:\n{text}");
    }
    golden("walk-of-a-read", &text);
}

/// One line per state: what fcntl(2) and epoll(7) say of the descriptor.
fn states<S: Sys + Epoll>(sys: &S, ip: std::net::IpAddr) -> String {
    let mut table = format!("{:<34} {:<10} {:<10} readiness\n", "state", "F_GETFD", "F_GETFL");
    let flags = SockFlags::NONBLOCK | SockFlags::CLOEXEC;
    let epoll = sys.epoll_create1(EpollCreateFlags::CLOEXEC).expect("a descriptor");
    let tcp = || sys.socket(Domain::Inet, SockType::Stream, flags).expect("a descriptor");
    let mut row = |state: &str, fd: Fd| {
        let cloexec = sys.fcntl_getfd(fd).expect("open").contains(FdFlags::CLOEXEC);
        let nonblock = sys.fcntl_getfl(fd).expect("open").contains(OFlags::NONBLOCK);
        let (cloexec, nonblock) =
            (if cloexec { "CLOEXEC" } else { "" }, if nonblock { "NONBLOCK" } else { "" });
        let ready = readiness(sys, epoll, fd);
        let _ = writeln!(table, "{state:<34} {cloexec:<10} {nonblock:<10} {ready}");
    };
    let listener = tcp();
    row("socket", listener);
    sys.bind(listener, &std::net::SocketAddr::new(ip, 0).into()).expect("a free port");
    row("bound", listener);
    sys.listen(listener, 8).expect("a bound socket");
    row("listening", listener);
    let addr = sys.getsockname(listener).expect("a bound socket");
    let client = tcp();
    let _ = sys.connect(client, &addr);
    row("connected", client);
    row("listening, one to accept", listener);
    let (accepted, _) = sys.accept4(listener, flags).expect("a connection");
    row("accepted", accepted);
    row("listening, accepted", listener);
    sys.send(client, b"x", MsgFlags::empty()).expect("an open connection");
    row("data to read", accepted);
    let copy = sys.dup(accepted).expect("a descriptor");
    row("a copy by dup", copy);
    sys.shutdown(client, Shutdown::Write).expect("an open connection");
    row("data, and the peer's end", accepted);
    row("after shutdown(SHUT_WR)", client);
    sys.shutdown(accepted, Shutdown::Write).expect("an open connection");
    row("both ends shut", accepted);
    sys.close(accepted).expect("open");
    row("the copy, after the close", copy);
    for fd in [copy, client, listener] {
        sys.close(fd).expect("open");
    }
    sys.close(epoll).expect("open");
    table
}

/// What a level-triggered registration reports at once.
fn readiness<S: Sys + Epoll>(sys: &S, epoll: Fd, fd: Fd) -> String {
    let wanted = EpollEvents::IN | EpollEvents::OUT | EpollEvents::RDHUP;
    let event = EpollEvent { events: wanted, data: 0 };
    sys.epoll_ctl(epoll, EpollOp::Add, fd, event).expect("an open descriptor");
    let mut events = [event];
    let count = sys.epoll_wait(epoll, &mut events, Some(Duration::from_millis(1))).expect("an epoll");
    sys.epoll_ctl(epoll, EpollOp::Del, fd, event).expect("a registered descriptor");
    let names: Vec<&str> =
        events[..count].iter().flat_map(|event| event.events.iter_names()).map(|(name, _)| name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join("|") }
}

#[test]
fn the_states_of_a_descriptor_are_those_of_the_real_kernel() {
    let simulated = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let into = simulated.clone();
    dull(move |world| {
        let host = world.host("host");
        *into.lock().expect("one run") = states(&host.process("main"), [127, 0, 0, 1].into());
    });
    let simulated = simulated.lock().expect("one run").clone();
    let real = states(&Os, [127, 0, 0, 1].into());
    assert_eq!(simulated, real);
    golden("descriptor-states", &simulated);
}

#[test]
fn the_commands_help() {
    let mut text = String::new();
    for command in ["", "hunt", "replay", "shrink", "show", "promote", "explain", "list", "mutants"] {
        let args = [command, "--help"];
        let args = args.iter().filter(|arg| !arg.is_empty());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_simnet"))
            .args(args)
            .env("COLUMNS", "100")
            .output()
            .expect("the command can be started");
        let _ = writeln!(text, "$ simnet {command}{}--help", if command.is_empty() { "" } else { " " });
        let _ = writeln!(text, "{}", String::from_utf8_lossy(&output.stdout));
    }
    golden("help", &text);
}
