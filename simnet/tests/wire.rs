//! TCP on the wire: what every segment has to obey, under loss, reordering, duplication and damage (RFC 9293).

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use netcore::sys::{
    Domain, Errno, Fd, Files, MsgFlags, Shutdown, SockFlags, SockOpt, SockOptValue, SockType, Sockets,
    Threads,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simnet::choice::{Rates, Seed};
use simnet::fabric::{Fate, LinkConditions, PacketNote};
use simnet::kernel::tcp::{Flags, Seq};
use simnet::world::{Config, Report, Source, run};
use simnet::{Host, Oracle, Sim, World};

const PORT: u16 = 80;

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
    let rate = || prop_oneof![2 => Just(0_u32), 3 => 10..60_u32];
    let link = (rate(), rate(), rate(), rate(), 10..30_000_u64, prop_oneof![Just(1500_u32), Just(576)]);
    let link = link.prop_map(|(loss, reorder, duplicate, corrupt, micros, mtu)| LinkConditions {
        latency: Duration::from_micros(micros),
        jitter: Duration::from_micros(micros / 2),
        loss_one_in: loss,
        reorder_one_in: reorder,
        duplicate_one_in: duplicate,
        corrupt_one_in: corrupt,
        mtu,
        ..LinkConditions::default()
    });
    let buffer = prop_oneof![Just(None), (1000..60_000_i32).prop_map(Some)];
    (any::<u64>(), [end(), end()], buffer, link).prop_map(|(seed, ends, buffer, link)| Plan {
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

fn socket(sim: Sim, buffer: Option<i32>) -> Fd {
    let fd = sim.socket(Domain::Inet, SockType::Stream, SockFlags::empty()).expect("socket");
    if let Some(buffer) = buffer {
        sim.setsockopt(fd, SockOpt::RcvBuf, SockOptValue::Int(buffer)).expect("setsockopt");
    }
    fd
}

fn listen(sim: Sim, host: Host, buffer: Option<i32>) -> Fd {
    let fd = socket(sim, buffer);
    sim.bind(fd, &SocketAddr::from((host.addr(), PORT)).into()).expect("bind");
    sim.listen(fd, 5).expect("listen");
    fd
}

fn config(seed: u64) -> Config {
    Config { rates: Rates::without_faults(), trace: true, ..Config::new(Source::Seed(Seed(seed))) }
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

/// One direction, as its sender and the network have it.
#[derive(Default)]
struct Direction {
    scale: u8,
    /// The end of what was sent, and of what arrived.
    sent: Option<Seq>,
    arrived: Option<Seq>,
    /// SEG.ACK of the last segment, and the right edge of the window that it gave.
    ack: Option<Seq>,
    edge: Option<Seq>,
    /// The right edge that the other end has been told.
    told: Option<Seq>,
    fin: Option<Seq>,
}

/// Whether it is the note of a segment that leaves its sender, whatever the network then makes of it.
fn goes_out(fate: Fate) -> bool {
    matches!(fate, Fate::Sent | Fate::Delayed | Fate::Lost | Fate::Corrupted | Fate::Cut)
}

/// Checks every segment against what was there before it. Panics with the first that breaks a rule.
fn check(packets: &[PacketNote]) -> usize {
    let mut directions: BTreeMap<(SocketAddr, SocketAddr), Direction> = BTreeMap::new();
    for packet in packets {
        let (here, there) = ((packet.src, packet.dst), (packet.dst, packet.src));
        let end = packet.seq + packet.len + u32::from(packet.flags.intersects(Flags::SYN | Flags::FIN));
        let scale = if packet.flags.contains(Flags::SYN) {
            0
        } else {
            directions.get(&here).map_or(0, |direction| direction.scale)
        };
        let edge = packet.ack + (u32::from(packet.window) << scale);
        match packet.fate {
            fate if goes_out(fate) => {
                let told = directions.get(&there).and_then(|direction| direction.told);
                let received = directions.get(&there).and_then(|direction| direction.arrived);
                let direction = directions.entry(here).or_default();
                sent(direction, packet, end, edge, told, received);
            }
            Fate::Delivered => {
                let direction = directions.entry(here).or_default();
                direction.arrived = Some(direction.arrived.map_or(end, |arrived| arrived.max(end)));
                if packet.flags.contains(Flags::ACK) {
                    direction.told = Some(direction.told.map_or(edge, |told| told.max(edge)));
                }
            }
            _ => {}
        }
    }
    packets.len()
}

/// A segment goes out: `told` is the right edge that its sender knows of, `received` the end of what has come to it.
fn sent(
    direction: &mut Direction,
    packet: &PacketNote,
    end: Seq,
    edge: Seq,
    told: Option<Seq>,
    received: Option<Seq>,
) {
    if packet.flags.contains(Flags::SYN) {
        direction.scale = packet.scale;
    }
    if packet.flags.contains(Flags::ACK) && !packet.flags.contains(Flags::RST) {
        let received = received.unwrap_or_else(|| panic!("{packet}: acknowledges before anything came"));
        assert!(!packet.ack.after(received), "{packet}: acknowledges what has not come ({received:?})");
        let before = direction.ack.unwrap_or(packet.ack);
        assert!(!packet.ack.before(before), "{packet}: the acknowledgment goes back, from {before:?}");
        let before = direction.edge.unwrap_or(edge);
        assert!(!edge.before(before), "{packet}: the window's right edge moves left, from {before:?}");
        (direction.ack, direction.edge) = (Some(packet.ack), Some(edge));
    }
    if let Some(told) = told.filter(|_| packet.len > 1) {
        assert!(
            !(packet.seq + packet.len).after(told),
            "{packet}: beyond the window, which ends at {told:?}"
        );
    }
    if let Some(fin) = direction.fin.filter(|_| packet.len > 0) {
        assert!(!(packet.seq + packet.len).after(fin), "{packet}: data behind the FIN at {fin:?}");
    }
    if packet.flags.contains(Flags::FIN) {
        let fin = packet.seq + packet.len;
        assert_eq!(direction.fin.unwrap_or(fin), fin, "{packet}: another FIN than before");
        direction.fin = Some(fin);
    }
    let before = direction.sent.unwrap_or(packet.seq);
    if !packet.flags.contains(Flags::RST) {
        assert!(!packet.seq.after(before), "{packet}: a gap behind {before:?}");
    }
    direction.sent = Some(before.max(end));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn streams_arrive_whole_and_every_segment_obeys(plan in plans()) {
        let report = converse(&plan);
        prop_assert_eq!(&report.finding, &None);
        prop_assert!(check(&report.packets) > 6);
        let reset = report.packets.iter().find(|packet| packet.flags.contains(Flags::RST));
        prop_assert!(reset.is_none(), "an orderly end: {}", reset.expect("one"));
    }
}

/// When the segments of one sender went out that are not the first of their kind: seconds.
fn times(packets: &[PacketNote], wanted: impl Fn(&PacketNote) -> bool) -> Vec<f64> {
    let sent = packets.iter().filter(|packet| goes_out(packet.fate) && wanted(packet));
    sent.map(|packet| packet.at.as_nanos() as f64 / 1e9).collect()
}

fn gaps(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn a_call_into_a_blackout_is_repeated_ever_more_slowly_and_given_up() {
    let report = run(&config(7), |world| {
        let [a, b] = ["a", "b"].map(|name| world.host(name));
        world.partition(a, b);
        let sim = a.process("a");
        let fd = socket(sim, None);
        let answer = sim.connect(fd, &SocketAddr::from((b.addr(), PORT)).into());
        assert_eq!(answer, Err(Errno::ETIMEDOUT));
        let _ = sim.close(fd);
    });
    assert_eq!(report.finding, None);
    let gaps = gaps(&times(&report.packets, |packet| packet.flags.contains(Flags::SYN)));
    assert_eq!(gaps, [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0], "tcp_syn_linear_timeouts");
    assert!((131.0..132.0).contains(&report.virtual_time.as_secs_f64()), "{:?}", report.virtual_time);
}

#[test]
fn data_into_a_blackout_is_repeated_ever_more_slowly_and_given_up() {
    let report = run(&config(8), |world| {
        let [a, b] = ["a", "b"].map(|name| world.host(name));
        let server = a.process("a");
        let listener = listen(server, a, None);
        let client = b.process("b");
        let fd = socket(client, None);
        client.connect(fd, &SocketAddr::from((a.addr(), PORT)).into()).expect("connect");
        let (accepted, _) = server.accept4(listener, SockFlags::empty()).expect("accept4");
        world.sleep(Duration::from_secs(1));
        world.partition(a, b);
        world.partition(b, a);
        assert_eq!(client.send(fd, b"x", MsgFlags::NOSIGNAL), Ok(1));
        assert_eq!(client.recv(fd, &mut [0], MsgFlags::empty()), Err(Errno::ETIMEDOUT));
        assert_eq!(client.recv(fd, &mut [0], MsgFlags::empty()), Ok(0), "told once");
        for (sim, fd) in [(client, fd), (server, accepted), (server, listener)] {
            sim.close(fd).expect("it is open");
        }
    });
    assert_eq!(report.finding, None);
    let times = times(&report.packets, |packet| packet.len == 1);
    let gaps = gaps(&times);
    let (probe, gaps) = gaps.split_first().expect("a tail loss probe");
    assert_eq!(gaps.len(), 15, "tcp_retries2: {gaps:?}");
    assert!((0.19..0.45).contains(probe) && (0.19..0.45).contains(&gaps[0]), "{probe} {gaps:?}");
    for pair in gaps.windows(2) {
        let doubled = (pair[0] * 2.0).min(120.0);
        assert!((pair[1] - doubled).abs() < 0.02 * doubled + 0.01, "{gaps:?}");
    }
}
