//! Two ends that end in every way: do they agree on it, and is nothing left?

use core::net::SocketAddr;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use netcore::sys::{
    Errno, Fd, Files, MsgFlags, Shutdown, SockFlags, SockOpt, SockOptValue, Sockets, Threads,
};
use proptest::prelude::*;
use simnet::fabric::{Fate, LinkConditions, PacketNote};
use simnet::kernel::tcp::Flags;
use simnet::world::{Report, run};
use simnet::{Sim, World};

use crate::check::check;
use crate::{PORT, cases, config, links, listen, socket};

/// What an end does when it has sent what it had to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Ends its direction, reads to the end, closes.
    Shutdown,
    /// Reads to the end, then closes.
    Last,
    /// Closes, whatever there may be to read.
    Close,
    /// Aborts: `SO_LINGER` of 0.
    Abort,
}

#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    /// Octets that each end sends, and how it ends.
    ends: [(usize, Ending); 2],
    link: LinkConditions,
}

fn plans() -> impl Strategy<Value = Plan> {
    let ending = prop_oneof![
        3 => Just(Ending::Shutdown),
        1 => Just(Ending::Last),
        2 => Just(Ending::Close),
        1 => Just(Ending::Abort),
    ];
    let end = (prop_oneof![Just(0_usize), 1..3000_usize, 3000..60_000_usize], ending);
    (any::<u64>(), [end.clone(), end], links())
        .prop_filter("somebody has to begin", |(_, ends, _)| ends.iter().any(|end| end.1 != Ending::Last))
        .prop_map(|(seed, ends, link)| Plan { seed, ends, link })
}

/// What one end has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Octets that its sends have taken, and that came.
    sent: usize,
    got: usize,
    /// The end of the stream; none if it closed before.
    end: Option<Result<(), Errno>>,
}

fn live(sim: Sim, fd: Fd, (total, ending): (usize, Ending)) -> Seen {
    let mut seen = Seen::default();
    while seen.sent < total {
        match sim.send(fd, &vec![7; (total - seen.sent).min(8192)], MsgFlags::NOSIGNAL) {
            Ok(sent) => seen.sent += sent,
            Err(errno) => {
                seen.end = Some(Err(errno));
                break;
            }
        }
    }
    match ending {
        Ending::Abort => {
            let _ = sim.setsockopt(fd, SockOpt::Linger, SockOptValue::Linger(Some(0)));
        }
        Ending::Shutdown => drop(sim.shutdown(fd, Shutdown::Write)),
        Ending::Close | Ending::Last => {}
    }
    if matches!(ending, Ending::Shutdown | Ending::Last) && seen.end.is_none() {
        let mut buf = [0; 4096];
        seen.end = loop {
            match sim.recv(fd, &mut buf, MsgFlags::empty()) {
                Ok(0) => break Some(Ok(())),
                Ok(len) => seen.got += len,
                Err(errno) => break Some(Err(errno)),
            }
        };
    }
    sim.close(fd).expect("it is open");
    seen
}

/// A peer that has gone without a word is found out.
fn keep_alive(sim: Sim, fd: Fd) {
    let options = [
        (SockOpt::KeepAlive, 1),
        (SockOpt::TcpKeepIdle, 5),
        (SockOpt::TcpKeepIntvl, 5),
        (SockOpt::TcpKeepCnt, 20),
    ];
    for (option, value) in options {
        sim.setsockopt(fd, option, SockOptValue::Int(value)).expect("setsockopt");
    }
}

/// The run, what both ends have seen, and what is left on both hosts an hour later.
fn end(plan: &Plan) -> (Report, [Seen; 2], Vec<String>) {
    let (seen, left) = (Arc::new(Mutex::new([Seen::default(); 2])), Arc::new(Mutex::new(Vec::new())));
    let (plan, seen_inside, left_inside) = (plan.clone(), seen.clone(), left.clone());
    let report = run(&config(plan.seed), move |world| {
        let world: World = *world;
        let hosts = ["a", "b"].map(|name| world.host(name));
        world.link(hosts[0], hosts[1], plan.link.clone());
        let [server, client] = [hosts[0].process("a"), hosts[1].process("b")];
        let listener = listen(server, hosts[0], None);
        keep_alive(server, listener);
        let called = socket(client, None);
        keep_alive(client, called);
        let connected = client.connect(called, &SocketAddr::from((hosts[0].addr(), PORT)).into());
        let (accepted, _) = server.accept4(listener, SockFlags::empty()).expect("accept4");
        connected.expect("connect");
        let (ends, there) = (plan.ends, seen_inside.clone());
        let calls = move || there.lock().expect("nobody panics with it")[1] = live(client, called, ends[1]);
        let calling = client.spawn("caller", Box::new(calls)).expect("a thread");
        let here = live(server, accepted, ends[0]);
        seen_inside.lock().expect("nobody panics with it")[0] = here;
        client.join(calling);
        server.close(listener).expect("it is open");
        world.sleep(Duration::from_secs(3600));
        let mut left = left_inside.lock().expect("nobody panics with it");
        left.extend(hosts.iter().flat_map(|&host| world.netstat(host)));
    });
    let seen = *seen.lock().expect("nobody panics with it");
    let left = core::mem::take(&mut *left.lock().expect("nobody panics with it"));
    (report, seen, left)
}

/// Whether a reset came to each end.
fn resets(packets: &[PacketNote]) -> [bool; 2] {
    let mut came = [false; 2];
    for packet in packets {
        if packet.fate == Fate::Delivered && packet.flags.contains(Flags::RST) {
            came[usize::from(packet.dst.port() != PORT)] = true;
        }
    }
    came
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn both_ends_agree_on_how_it_ended_and_nothing_is_left(plan in plans()) {
        let (report, seen, left) = end(&plan);
        prop_assert_eq!(&report.finding, &None);
        prop_assert_eq!(&left, &Vec::<String>::new(), "an hour later");
        prop_assert!(check(&report.packets) > 3);
        let reset = resets(&report.packets);
        for (here, there) in [(0, 1), (1, 0)] {
            let (own, other) = (seen[here], seen[there]);
            prop_assert!(own.got <= other.sent, "{:?}", seen);
            match own.end {
                // All that the other end has sent has come.
                Some(Ok(())) => prop_assert_eq!(own.got, other.sent, "{:?}", seen),
                Some(Err(Errno::ECONNRESET | Errno::EPIPE)) => prop_assert!(reset[here], "{:?}", seen),
                Some(Err(errno)) => prop_assert!(false, "{:?}: {:?}", errno, seen),
                None => {}
            }
        }
        for (here, there) in [(0, 1), (1, 0)] {
            // Who has been told nothing may believe that all it has sent was read.
            let is_content = seen[here].end == Some(Ok(())) && !reset[here];
            prop_assert!(!is_content || seen[there].got == seen[here].sent, "{:?}", seen);
        }
        // A late duplicate may still be answered with a reset, which finds nobody.
        let is_orderly = plan.ends.iter().all(|end| matches!(end.1, Ending::Shutdown | Ending::Last));
        prop_assert!(!is_orderly || seen.iter().all(|seen| seen.end == Some(Ok(()))), "{:?}", seen);
    }
}
