//! Two ends that talk and end in order.

use core::net::SocketAddr;

use netcore::sys::{Fd, Files, MsgFlags, Shutdown, SockFlags, Sockets, Threads};
use proptest::prelude::*;
use simnet::fabric::LinkConditions;
use simnet::kernel::tcp::Flags;
use simnet::world::{Report, run};
use simnet::{Oracle, Sim, World};

use crate::check::check;
use crate::{PORT, cases, config, links, listen, socket};

/// Two ends, what they send each other, and the link between them.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    /// Octets that each end sends, and how many it reads at once.
    ends: [(usize, usize); 2],
    /// `SO_RCVBUF` of both, if it is set.
    buffer: Option<i32>,
    link: LinkConditions,
}

fn plans() -> impl Strategy<Value = Plan> {
    let end = || (prop_oneof![Just(0_usize), 1..5000_usize, 5000..150_000_usize], 1000..40_000_usize);
    let buffer = prop_oneof![Just(None), (1000..60_000_i32).prop_map(Some)];
    (any::<u64>(), [end(), end()], buffer, links()).prop_map(|(seed, ends, buffer, link)| Plan {
        seed,
        ends,
        buffer,
        link,
    })
}

fn byte(of: usize, at: usize) -> u8 {
    (at.wrapping_mul(31) >> 3) as u8 ^ (of as u8) << 7
}

/// One end's two threads: one sends everything and ends, the other reads to the end.
fn talk(world: World, sim: Sim, fd: Fd, which: usize, plan: &Plan) {
    let ((total, _), (expected, piece)) = (plan.ends[which], (plan.ends[1 - which].0, plan.ends[which].1));
    let writes = move || {
        let bytes: Vec<u8> = (0..total).map(|at| byte(which, at)).collect();
        let sent = sim.send(fd, &bytes, MsgFlags::NOSIGNAL);
        if sent != Ok(total) || sim.shutdown(fd, Shutdown::Write).is_err() {
            world.fail(Oracle::WrongAnswer, "the stream was not sent", format!("{sent:?} of {total}"));
        }
    };
    let writer = sim.spawn("writer", Box::new(writes)).expect("a thread");
    let (mut got, mut buf) = (0, vec![0; piece]);
    loop {
        match sim.recv(fd, &mut buf, MsgFlags::empty()) {
            Ok(0) => break,
            Ok(len) => {
                let right = buf[..len].iter().enumerate().all(|(at, &b)| b == byte(1 - which, got + at));
                if !right {
                    world.fail(Oracle::Data, "another octet arrived than was sent", got);
                }
                got += len;
            }
            Err(errno) => world.fail(Oracle::WrongAnswer, "recv failed", errno),
        }
    }
    if got != expected {
        world.fail(Oracle::Data, "the stream is not whole", format!("{got} of {expected}"));
    }
    sim.join(writer);
}

fn converse(plan: &Plan) -> Report {
    let plan = plan.clone();
    run(&config(plan.seed), move |world| {
        let world = *world;
        let [a, b] = ["a", "b"].map(|name| world.host(name));
        world.link(a, b, plan.link.clone());
        let (server, client) = (a.process("a"), b.process("b"));
        let listener = listen(server, a, plan.buffer);
        let called = socket(client, plan.buffer);
        if let Err(errno) = client.connect(called, &SocketAddr::from((a.addr(), PORT)).into()) {
            world.fail(Oracle::WrongAnswer, "connect failed", errno);
        }
        let (accepted, _) = server.accept4(listener, SockFlags::empty()).expect("accept4");
        let there = plan.clone();
        let calling = client.spawn("caller", Box::new(move || talk(world, client, called, 1, &there)));
        talk(world, server, accepted, 0, &plan);
        client.join(calling.expect("a thread"));
        // Only now: an end that is closed gives up before the other one does.
        for (sim, fd) in [(client, called), (server, accepted), (server, listener)] {
            sim.close(fd).expect("it is open");
        }
    })
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn streams_arrive_whole_and_every_segment_obeys(plan in plans()) {
        let report = converse(&plan);
        prop_assert_eq!(&report.finding, &None);
        prop_assert!(check(&report.packets) > 6);
        let reset = report.packets.iter().find(|packet| packet.flags.contains(Flags::RST));
        prop_assert!(reset.is_none(), "an orderly end: {}", reset.expect("one"));
    }
}
