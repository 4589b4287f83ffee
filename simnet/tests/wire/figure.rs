//! The state machine: which arrows of RFC 9293, figure 5, were gone, and that no others were.

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::{Errno, Fd, Files, MsgFlags, OFlags, SockFlags, SockOpt, SockOptValue, Sockets};
use simnet::fabric::LinkConditions;
use simnet::kernel::tcp::State::{
    self, CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent,
    TimeWait,
};
use simnet::kernel::tcp::Transitions;
use simnet::world::run;
use simnet::{Host, Sim, World};

use crate::{PORT, config, listen, socket};

/// The arrows of the figure.
const FIGURE: [(State, State, &str); 20] = [
    (Closed, Listen, "passive OPEN"),
    (Closed, SynSent, "active OPEN, snd SYN"),
    (Listen, Closed, "CLOSE"),
    (Listen, SynReceived, "rcv SYN, snd SYN,ACK"),
    (Listen, SynSent, "SEND, snd SYN"),
    (SynSent, Closed, "CLOSE"),
    (SynSent, SynReceived, "rcv SYN, snd SYN,ACK"),
    (SynSent, Established, "rcv SYN,ACK, snd ACK"),
    (SynReceived, Listen, "rcv RST"),
    (SynReceived, Established, "rcv ACK of SYN"),
    (SynReceived, FinWait1, "CLOSE, snd FIN"),
    (Established, FinWait1, "CLOSE, snd FIN"),
    (Established, CloseWait, "rcv FIN, snd ACK"),
    (FinWait1, FinWait2, "rcv ACK of FIN"),
    (FinWait1, Closing, "rcv FIN, snd ACK"),
    (FinWait1, TimeWait, "rcv FIN,ACK of FIN, snd ACK"),
    (FinWait2, TimeWait, "rcv FIN, snd ACK"),
    (CloseWait, LastAck, "CLOSE, snd FIN"),
    (Closing, TimeWait, "rcv ACK of FIN"),
    (TimeWait, Closed, "Timeout=2MSL"),
];

/// That of LAST-ACK; like every abort it ends in CLOSED.
const LAST: (State, State) = (LastAck, Closed);

struct Room {
    world: World,
    hosts: [Host; 2],
    sims: [Sim; 2],
}

impl Room {
    fn addr(&self, which: usize) -> SocketAddr {
        (self.hosts[which].addr(), PORT).into()
    }

    /// A connection from the second host to the first.
    fn pair(&self) -> [Fd; 2] {
        let listener = listen(self.sims[0], self.hosts[0], None);
        let called = socket(self.sims[1], None);
        self.sims[1].connect(called, &self.addr(0).into()).expect("connect");
        let (accepted, _) = self.sims[0].accept4(listener, SockFlags::empty()).expect("accept4");
        self.close(0, listener);
        [accepted, called]
    }

    /// A socket that is connecting.
    fn begin(&self, which: usize) -> Fd {
        let (sim, fd) = (self.sims[which], socket(self.sims[which], None));
        sim.setsockopt(fd, SockOpt::ReuseAddr, SockOptValue::Int(1)).expect("setsockopt");
        sim.bind(fd, &self.addr(which).into()).expect("bind");
        sim.fcntl_setfl(fd, OFlags::NONBLOCK).expect("fcntl");
        assert_eq!(sim.connect(fd, &self.addr(1 - which).into()), Err(Errno::EINPROGRESS));
        fd
    }

    fn close(&self, which: usize, fd: Fd) {
        self.sims[which].close(fd).expect("it is open");
    }

    fn wait(&self, millis: u64) {
        self.world.sleep(Duration::from_millis(millis));
    }
}

/// Ways through the figure; a packet takes 10 ms.
const WAYS: [fn(&Room); 6] = [
    // One end closes, then the other.
    |room| {
        let [a, b] = room.pair();
        room.close(0, a);
        room.wait(1000);
        assert_eq!(room.sims[1].recv(b, &mut [0], MsgFlags::empty()), Ok(0));
        room.close(1, b);
    },
    // The other closes as soon as it hears of it, and answers with its own FIN.
    |room| {
        let [a, b] = room.pair();
        // A conversation: acknowledgments wait for data to ride on.
        for (which, fd) in [(1, b), (0, a), (1, b), (0, a)] {
            assert_eq!(room.sims[which].send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
            let (other, there) = if which == 0 { (1, b) } else { (0, a) };
            assert_eq!(room.sims[other].recv(there, &mut [0], MsgFlags::empty()), Ok(1));
        }
        room.close(0, a);
        assert_eq!(room.sims[1].recv(b, &mut [0], MsgFlags::empty()), Ok(0));
        room.close(1, b);
    },
    // Both close at once.
    |room| {
        let [a, b] = room.pair();
        room.wait(100);
        room.close(0, a);
        room.close(1, b);
    },
    // Both call each other at once.
    |room| {
        let [a, b] = [room.begin(0), room.begin(1)];
        room.wait(100);
        assert_eq!(room.sims[0].send(a, b"x", MsgFlags::NOSIGNAL), Ok(1));
        room.close(1, b);
        room.close(0, a);
    },
    // The same, but one closes before it has been answered.
    |room| {
        let [a, b] = [room.begin(0), room.begin(1)];
        room.wait(15);
        room.close(0, a);
        room.wait(100);
        room.close(1, b);
    },
    // One calls and changes its mind.
    |room| {
        let listener = listen(room.sims[0], room.hosts[0], None);
        let called = room.begin(1);
        room.close(1, called);
        room.wait(100);
        room.close(0, listener);
    },
];

fn go(way: fn(&Room)) -> Transitions {
    let report = run(&config(1), move |world| {
        let world: World = *world;
        let hosts = ["a", "b"].map(|name| world.host(name));
        world.link(hosts[0], hosts[1], LinkConditions::with_latency(Duration::from_millis(10)));
        let room = Room { world, hosts, sims: [hosts[0].process("a"), hosts[1].process("b")] };
        way(&room);
        world.sleep(Duration::from_secs(3600));
        for host in hosts {
            assert_eq!(world.netstat(host), Vec::<String>::new());
        }
    });
    assert_eq!(report.finding, None);
    report.transitions
}

#[test]
fn every_arrow_of_the_figure_is_gone_and_no_other() {
    let mut all = Transitions::default();
    WAYS.iter().for_each(|&way| all.merge(&go(way)));
    println!("{all}");
    for (from, to, what) in FIGURE {
        let count = all.count(from, to);
        if (from, to) == (Listen, SynSent) {
            // There is no call for it: connect(2) of a listener is EISCONN.
            assert_eq!(count, 0);
        } else {
            assert!(count > 0, "{} > {} ({what}) was never gone", from.name(), to.name());
        }
    }
    assert!(all.count(LAST.0, LAST.1) > 0);
    let is_arrow =
        |from, to| FIGURE.iter().any(|arrow| (arrow.0, arrow.1) == (from, to)) || (from, to) == LAST;
    for from in State::ALL {
        for to in State::ALL {
            // One segment may take a connection two steps on.
            let two = State::ALL.iter().any(|&between| is_arrow(from, between) && is_arrow(between, to));
            assert!(
                all.count(from, to) == 0 || is_arrow(from, to) || two,
                "{} > {} is no arrow of the figure",
                from.name(),
                to.name()
            );
        }
    }
}
