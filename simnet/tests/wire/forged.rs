//! Segments that somebody else has made up (RFC 5961): what is not in the window changes nothing, and what is ends
//! nothing but by the exact number.

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::{Errno, Files, MsgFlags, SockFlags, Sockets};
use proptest::prelude::*;
use simnet::fabric::{Fate, LinkConditions, PacketNote};
use simnet::kernel::tcp::{Flags, Segment, Seq};
use simnet::world::{Report, run};
use simnet::{Oracle, World};

use crate::{PORT, cases, config, listen, socket};

/// Where the forged sequence number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before everything that is still open, so far.
    Before(u32),
    /// RCV.NXT.
    Next,
    /// So far behind RCV.NXT, in the window.
    Within(u32),
    /// So far behind the window.
    Behind(u32),
}

#[derive(Clone, Debug)]
struct Forgery {
    seed: u64,
    flags: Flags,
    place: Place,
    /// Whether the acknowledgment is one that there could be.
    knows_ack: bool,
    len: usize,
}

fn forgeries() -> impl Strategy<Value = Forgery> {
    let place = prop_oneof![
        (1..1_000_000_u32).prop_map(Place::Before),
        Just(Place::Next),
        (1..30_000_u32).prop_map(Place::Within),
        (1..1_000_000_u32).prop_map(Place::Behind),
    ];
    let flags = prop_oneof![
        Just(Flags::RST),
        Just(Flags::RST | Flags::ACK),
        Just(Flags::SYN),
        Just(Flags::SYN | Flags::ACK),
        Just(Flags::ACK),
        Just(Flags::FIN | Flags::ACK),
    ];
    (any::<u64>(), flags, place, any::<bool>(), prop_oneof![Just(0_usize), 1..500_usize])
        .prop_map(|(seed, flags, place, knows_ack, len)| Forgery { seed, flags, place, knows_ack, len })
        // What is in the window with an acknowledgment that could be is as good as real.
        .prop_filter("not to be told from real ones", |forgery| {
            let is_inside = matches!(forgery.place, Place::Next | Place::Within(_));
            let is_plain = !forgery.flags.intersects(Flags::SYN | Flags::RST);
            !(is_inside && is_plain && forgery.knows_ack)
        })
}

/// What the victim would take next from `peer`, and the end of its window, as the packets tell.
fn window(packets: &[PacketNote], peer: SocketAddr) -> (Seq, Seq, Seq) {
    let arrived = |packet: &&PacketNote| packet.fate == Fate::Delivered;
    let scale = packets.iter().find(|packet| packet.dst == peer).expect("the SYN's answer").scale;
    let last =
        packets.iter().rev().filter(arrived).find(|packet| packet.src == peer).expect("the peer's last");
    let own = packets.iter().rev().find(|packet| packet.dst == peer).expect("the victim's last");
    (last.seq + last.len, own.ack + (u32::from(own.window) << scale), own.seq + own.len)
}

/// A conversation into which a third host forges a segment of the client's. It has to go on, but after a reset with the
/// exact number.
fn attack(forgery: &Forgery) -> (Report, usize) {
    let forgery = forgery.clone();
    let at = std::sync::Arc::new(std::sync::Mutex::new(0));
    let inside = at.clone();
    let report = run(&config(forgery.seed), move |world| {
        let world: World = *world;
        let [a, b, mallory] = ["a", "b", "mallory"].map(|name| world.host(name));
        for pair in [(a, b), (a, mallory)] {
            world.link(pair.0, pair.1, LinkConditions::with_latency(Duration::from_millis(1)));
        }
        let (server, client) = (a.process("a"), b.process("b"));
        let listener = listen(server, a, None);
        let called = socket(client, None);
        client.connect(called, &SocketAddr::from((a.addr(), PORT)).into()).expect("connect");
        let (accepted, _) = server.accept4(listener, SockFlags::empty()).expect("accept4");
        let mut buf = [0; 1000];
        assert_eq!(client.send(called, b"before", MsgFlags::NOSIGNAL), Ok(6));
        assert_eq!(server.recv(accepted, &mut buf, MsgFlags::empty()), Ok(6));
        assert_eq!(server.send(accepted, b"yes", MsgFlags::NOSIGNAL), Ok(3));
        assert_eq!(client.recv(called, &mut buf, MsgFlags::empty()), Ok(3));
        world.sleep(Duration::from_secs(1));
        let peer = client.getsockname(called).expect("getsockname").ip().expect("an internet address");
        let packets = world.packets();
        *inside.lock().expect("nobody panics with it") = packets.len();
        world.forge(mallory, segment(&forgery, &packets, peer, (a.addr(), PORT).into()));
        world.sleep(Duration::from_secs(1));
        let is_reset = forgery.flags.contains(Flags::RST) && forgery.place == Place::Next;
        if is_reset {
            assert_eq!(server.recv(accepted, &mut buf, MsgFlags::empty()), Err(Errno::ECONNRESET));
        } else {
            assert_eq!(client.send(called, b"after", MsgFlags::NOSIGNAL), Ok(5));
            let got = server.recv(accepted, &mut buf, MsgFlags::empty());
            if got != Ok(5) || &buf[..5] != b"after" {
                world.fail(Oracle::Data, "a forged segment was accepted", format!("{got:?}"));
            }
            assert_eq!(server.send(accepted, b"yes", MsgFlags::NOSIGNAL), Ok(3));
            assert_eq!(client.recv(called, &mut buf, MsgFlags::empty()), Ok(3));
        }
        for (sim, fd) in [(client, called), (server, accepted), (server, listener)] {
            sim.close(fd).expect("it is open");
        }
    });
    let at = *at.lock().expect("nobody panics with it");
    (report, at)
}

fn segment(forgery: &Forgery, packets: &[PacketNote], peer: SocketAddr, victim: SocketAddr) -> Segment {
    let (next, end, own) = window(packets, peer);
    let seq = match forgery.place {
        // All of it, FIN and data too.
        Place::Before(by) => next - by - forgery.len as u32 - 2,
        Place::Next => next,
        Place::Within(by) => next + by,
        Place::Behind(by) => end + by,
    };
    let ack = if forgery.knows_ack { own } else { own + 100_000 };
    Segment {
        src: peer,
        dst: victim,
        seq,
        ack,
        flags: forgery.flags,
        window: 500,
        mss: 0,
        scale: 0,
        stamp: 0,
        payload: vec![b'!'; if forgery.flags.contains(Flags::RST) { 0 } else { forgery.len }],
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn what_is_out_of_the_window_changes_nothing(forgery in forgeries()) {
        let (report, at) = attack(&forgery);
        prop_assert_eq!(&report.finding, &None);
        // The second after it: what the victim has answered, to the one whose name was taken.
        let until = report.packets[at].at + Duration::from_millis(500);
        let answers = report.packets[at..].iter().filter(|packet| packet.at < until && packet.src.port() == PORT);
        let answers: Vec<&PacketNote> = answers.filter(|packet| packet.fate == Fate::Sent).collect();
        prop_assert!(answers.iter().all(|packet| packet.len == 0), "{:?}", answers);
        let is_inside = matches!(forgery.place, Place::Next | Place::Within(_));
        if forgery.flags.contains(Flags::RST) {
            // A challenge if it might have been meant (RFC 5961 §3.2).
            let challenged = matches!(forgery.place, Place::Within(_));
            prop_assert_eq!(!answers.is_empty(), challenged, "{:?}", answers);
        } else if forgery.flags.contains(Flags::SYN) || !is_inside {
            // An acknowledgment, so that a peer that means it finds out (RFC 5961 §4.2, RFC 9293 §3.10.7.4).
            prop_assert_eq!(answers.len(), 1, "{:?}", answers);
            prop_assert_eq!(answers[0].flags, Flags::ACK);
        }
    }
}
