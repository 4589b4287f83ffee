//! Retransmissions: ever more slowly, and given up as Linux does.

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::{Errno, Files, MsgFlags, SockFlags, Sockets};
use simnet::fabric::PacketNote;
use simnet::kernel::tcp::Flags;
use simnet::world::run;

use crate::check::goes_out;
use crate::{PORT, config, listen, socket};

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
