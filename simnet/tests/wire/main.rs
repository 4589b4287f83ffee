//! TCP on the wire: what every segment has to obey, under loss, reordering, duplication and damage (RFC 9293).

mod check;
mod conversation;
mod endings;
mod figure;
mod forged;
mod timeouts;

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::{Domain, Fd, SockFlags, SockOpt, SockOptValue, SockType, Sockets};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simnet::choice::{Rates, Seed};
use simnet::fabric::LinkConditions;
use simnet::world::{Config, Source};
use simnet::{Host, Sim};

const PORT: u16 = 80;

/// So many cases, the same every time.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A link, mostly a bad one.
fn links() -> impl Strategy<Value = LinkConditions> {
    let rate = || prop_oneof![2 => Just(0_u32), 3 => 10..60_u32];
    let link = (rate(), rate(), rate(), rate(), 10..30_000_u64, prop_oneof![Just(1500_u32), Just(576)]);
    link.prop_map(|(loss, reorder, duplicate, corrupt, micros, mtu)| LinkConditions {
        latency: Duration::from_micros(micros),
        jitter: Duration::from_micros(micros / 2),
        loss_one_in: loss,
        reorder_one_in: reorder,
        duplicate_one_in: duplicate,
        corrupt_one_in: corrupt,
        mtu,
        ..LinkConditions::default()
    })
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
