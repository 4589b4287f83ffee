//! The simulated network.

use core::time::Duration;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use netcore::sys::{SockAddr, Threads};
use simnet::choice::{Rates, Seed};
use simnet::fabric::{Conntrack, Forgotten, Unreachable};
use simnet::kernel::host::RouteType;
use simnet::world::{Config, Source, run};
use simnet::{Host, Sim, World};

use crate::cases::{Outcome, PORT, Trouble, cases};
use crate::server::serve;

/// One case in a simulated room.
pub(crate) fn outcome(index: usize) -> Outcome {
    let outcome = Arc::new(Mutex::new(None));
    let inside = outcome.clone();
    let config = Config { rates: Rates::without_faults(), ..Config::new(Source::Seed(Seed(1))) };
    let report = run(&config, move |world| {
        let world: World = *world;
        let (here, there) = (world.host("client"), world.host("server"));
        let client = here.process("client");
        let addr = SocketAddr::from((there.addr(), PORT)).into();
        start(there, addr);
        world.sleep(Duration::from_millis(10));
        let body = cases::<Sim>()[index].body;
        let trouble = |trouble| apply(world, here, there, addr, trouble);
        *inside.lock().expect("nobody panics with it") = Some(body(&client, &addr, &trouble));
        there.crash();
        here.crash();
    });
    let outcome = outcome.lock().expect("nobody panics with it").take();
    outcome.unwrap_or_else(|| panic!("the run ended early: {:?}", report.finding))
}

fn start(there: Host, addr: SockAddr) {
    let server = there.process("server");
    server.spawn("server", Box::new(move || serve(server, addr))).expect("a thread");
}

fn apply(world: World, here: Host, there: Host, addr: SockAddr, trouble: Trouble) {
    world.heal(here, there);
    world.unreachable(here, there, None);
    world.conntrack(here, there, None);
    world.route(here, there, None);
    world.plug(here);
    match trouble {
        Trouble::None => {}
        Trouble::Silence => world.partition(here, there),
        Trouble::HostUnreachable => world.unreachable(here, there, Some(Unreachable::Host)),
        Trouble::NetUnreachable => world.unreachable(here, there, Some(Unreachable::Net)),
        Trouble::Prohibited => world.unreachable(here, there, Some(Unreachable::Prohibited)),
        Trouble::NoRoute => world.route(here, there, Some(RouteType::Throw)),
        Trouble::UnreachableRoute => world.route(here, there, Some(RouteType::Unreachable)),
        Trouble::BlackholeRoute => world.route(here, there, Some(RouteType::Blackhole)),
        Trouble::ProhibitRoute => world.route(here, there, Some(RouteType::Prohibit)),
        Trouble::LinkDown => world.unplug(here),
        Trouble::Resets => {
            let idle = Duration::from_secs(3600);
            world.conntrack(here, there, Some(Conntrack::new(idle, Forgotten::Reject)));
        }
        Trouble::Crashed => {
            // What is still under way is for the old one.
            world.partition(here, there);
            there.crash();
            world.sleep(Duration::from_millis(500));
            there.restart();
            start(there, addr);
            world.sleep(Duration::from_millis(10));
            world.heal(here, there);
        }
    }
}
