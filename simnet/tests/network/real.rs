//! The real network: three namespaces, and what ip(8) makes of the router between them.

use std::cell::RefCell;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};

use netcore::os::Os;
use netcore::sys::SockAddr;

use crate::cases::{Outcome, PORT, Trouble, cases, rest};

/// Who this process is, if it is not the test itself.
pub(crate) const ROLE: &str = "SIMNET_NETWORK_ROLE";
const TEST: &str = "the_network_fails_as_it_does_on_linux";
const SERVER: &str = "10.9.2.2";
const CLIENT: &str = "10.9.1.1";
/// Another address of the client.
const OTHER: &str = "10.9.1.3";

/// The server's address.
pub(crate) fn server() -> SockAddr {
    SocketAddr::new(SERVER.parse().expect("an address"), PORT).into()
}

/// Ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This test once more, in a namespace of its own.
fn again(role: &str) -> Command {
    let mut command = Command::new("unshare");
    command.arg("-n").arg(env::current_exe().expect("the test's own binary"));
    command.args(["--exact", TEST, "--nocapture"]).env(ROLE, role);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn succeeds(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// ip(8) in this namespace.
fn ip(args: &str) -> bool {
    succeeds(Command::new("ip").args(args.split(' ')))
}

/// The same in the namespace of another process.
fn ip_of(of: &Ended, args: &str) -> bool {
    command_of(of, &format!("ip {args}"))
}

fn command_of(of: &Ended, line: &str) -> bool {
    let pid = of.0.id().to_string();
    succeeds(Command::new("nsenter").args(["-t", &pid, "-n"]).args(line.split(' ')))
}

/// The way from here to the server, and the server.
struct Net {
    router: Ended,
    server: RefCell<Ended>,
}

impl Net {
    fn new() -> Option<Net> {
        let router = Ended(again("router").spawn().ok()?);
        let server = Ended(again("server").spawn().ok()?);
        rest(&Os, 200);
        let net = Net { router, server: RefCell::new(server) };
        let pid = net.router.0.id();
        let made = ip("link set lo up")
            && ip("link add c0 type veth peer name r0")
            && ip(&format!("link set r0 netns {pid}"))
            && ip(&format!("addr add {CLIENT}/24 dev c0"))
            && ip(&format!("addr add {OTHER}/24 dev c0"))
            && net.plug()
            && ip_of(&net.router, "link set lo up")
            && ip_of(&net.router, "addr add 10.9.1.254/24 dev r0")
            && ip_of(&net.router, "link set r0 up")
            && net.attach()
            && net.slow()
            && net.fast();
        rest(&Os, 300);
        made.then_some(net)
    }

    /// Links the router to the server.
    fn attach(&self) -> bool {
        let server = self.server.borrow();
        ip_of(&self.router, "link add r1 type veth peer name s0")
            && ip_of(&self.router, &format!("link set s0 netns {}", server.0.id()))
            && ip_of(&self.router, "addr add 10.9.2.254/24 dev r1")
            && ip_of(&self.router, "link set r1 up")
            && ip_of(&server, "link set lo up")
            && ip_of(&server, &format!("addr add {SERVER}/24 dev s0"))
            && ip_of(&server, "link set s0 up")
            && ip_of(&server, "route add default via 10.9.2.254")
    }

    fn plug(&self) -> bool {
        ip("link set c0 up") && ip("route replace default via 10.9.1.254")
    }

    /// The router's answers take their time. Over a link that takes none they would come while connect(2) still holds
    /// the socket, which then hears half of them (`sock_owned_by_user` in `tcp_v4_err`).
    fn slow(&self) -> bool {
        let made =
            command_of(&self.router, "tc qdisc replace dev r0 root tbf rate 16kbit burst 128 latency 10s");
        // The first packet would still pass at once. It is not the client's, of which the router answers five, and
        // then one in a second (net.ipv4.route.error_burst).
        let socket = UdpSocket::bind((OTHER, 0));
        let _ = socket.and_then(|socket| socket.send_to(&[0; 40], (SERVER, PORT)));
        made
    }

    fn fast(&self) -> bool {
        command_of(&self.router, "tc qdisc del dev r0 root")
    }

    fn apply(&self, trouble: Trouble) {
        let here = |args: &str| assert!(ip(args), "ip {args}");
        let router = |args: &str| assert!(ip_of(&self.router, args), "router: ip {args}");
        // What there was before, whatever it was.
        let _ = ip(&format!("route del {SERVER}/32"));
        for args in [
            format!("route del {SERVER}/32"),
            format!("route del {CLIENT}/32"),
            format!("addr del {SERVER}/32 dev lo"),
        ] {
            let _ = ip_of(&self.router, &args);
        }
        let _ = (self.plug(), self.fast());
        match trouble {
            Trouble::None => {}
            Trouble::Silence => router(&format!("route add blackhole {SERVER}/32")),
            Trouble::HostUnreachable => router(&format!("route add unreachable {SERVER}/32")),
            Trouble::NetUnreachable => router(&format!("route add throw {SERVER}/32")),
            Trouble::Prohibited => router(&format!("route add prohibit {SERVER}/32")),
            Trouble::NoRoute => here(&format!("route add throw {SERVER}/32")),
            Trouble::UnreachableRoute => here(&format!("route add unreachable {SERVER}/32")),
            Trouble::BlackholeRoute => here(&format!("route add blackhole {SERVER}/32")),
            Trouble::ProhibitRoute => here(&format!("route add prohibit {SERVER}/32")),
            Trouble::LinkDown => here("link set c0 down"),
            // The router has the server's address itself, and knows none of its connections.
            Trouble::Resets => router(&format!("addr add {SERVER}/32 dev lo")),
            Trouble::Crashed => self.crash(),
        }
        if matches!(trouble, Trouble::HostUnreachable | Trouble::NetUnreachable | Trouble::Prohibited) {
            self.slow();
        }
    }

    /// The server goes without a word, and another one comes in its place.
    fn crash(&self) {
        for addr in [SERVER, CLIENT] {
            assert!(ip_of(&self.router, &format!("route add blackhole {addr}/32")));
        }
        let next = Ended(again("server").spawn().expect("another namespace"));
        drop(self.server.replace(next));
        // Its namespace lives on until its orphans have given up: it is the link that goes.
        assert!(ip_of(&self.router, "link del r1"));
        rest(&Os, 200);
        assert!(self.attach(), "a link to the new server");
        for addr in [SERVER, CLIENT] {
            assert!(ip_of(&self.router, &format!("route del {addr}/32")));
        }
        rest(&Os, 300);
    }
}

/// The router only waits: its kernel does everything.
pub(crate) fn router() {
    let set = |name: &str, value| fs::write(format!("/proc/sys/net/ipv4/{name}"), value).is_ok();
    if set("ip_forward", "1") && set("icmp_ratelimit", "0") {
        rest(&Os, 3_600_000);
    }
}

/// The client: makes the network, and every case on it. Each outcome is a line.
pub(crate) fn client() {
    let Some(net) = Net::new() else {
        return println!("skipped: no links between namespaces can be made");
    };
    let addr = server();
    let trouble = |trouble| net.apply(trouble);
    for (index, case) in cases::<Os>().iter().enumerate() {
        let (answer, seconds) = (case.body)(&Os, &addr, &trouble);
        net.apply(Trouble::None);
        println!("case {index} {seconds} {answer}");
    }
}

/// What the real kernel says, case by case; why not, where it cannot be asked.
pub(crate) fn outcomes() -> Result<Vec<Outcome>, String> {
    let child = again("client").stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
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
