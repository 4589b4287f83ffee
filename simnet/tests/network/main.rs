//! A network that fails, on both kernels: the real one between three network namespaces (a client, a router, a server),
//! where root allows, and the simulated one between two hosts.
//!
//! The test runs itself again for that: as the client in a namespace of its own, which makes the others and the links
//! with ip(8), and as the server in its.

mod cases;
mod real;
mod server;
mod simulated;

use std::env;

use netcore::os::Os;
use simnet::Sim;

use cases::cases;

#[test]
fn the_network_fails_as_it_does_on_linux() {
    match env::var(real::ROLE).as_deref() {
        Ok("server") => return server::serve(Os, real::server()),
        Ok("router") => return real::router(),
        Ok(_) => return real::client(),
        Err(_) => {}
    }
    let real = real::outcomes();
    if let Err(reason) = &real {
        println!("the real kernel was skipped: {reason}");
    }
    for (index, case) in cases::<Sim>().iter().enumerate() {
        let simulated = simulated::outcome(index);
        let real = real.as_ref().ok().and_then(|outcomes| outcomes.get(index));
        println!("{}: expected {:?}, Linux {real:?}, simulated {simulated:?}", case.name, case.expected);
        let (answer, after) = case.expected;
        assert_eq!(simulated.0, answer, "{}", case.name);
        assert!((simulated.1 - after).abs() < 0.02, "{}: {} s", case.name, simulated.1);
        if let Some(real) = real {
            assert_eq!(real.0, answer, "{}, on Linux", case.name);
            // Never early; a busy machine may be late.
            assert!((-0.1..0.9).contains(&(real.1 - after)), "{}, on Linux: {} s", case.name, real.1);
        }
    }
    if let Ok(outcomes) = real {
        assert_eq!(outcomes.len(), cases::<Os>().len(), "every case was made");
    }
}
