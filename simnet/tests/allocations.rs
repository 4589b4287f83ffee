//! Nothing is allocated per step while no trace is kept: a run of four times as many steps allocates no more.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use netcore::net::{Dialer, TcpListener};
use netcore::rt::{Config as RuntimeConfig, Runtime};
use simnet::World;
use simnet::choice::{Rates, Seed};
use simnet::world::{Config, Source, run};

/// The system's allocator, counting the allocations of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
// SAFETY: everything is the system allocator's; counting allocates nothing, the cell being const and without a
// destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` was allocated by `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One connection with so many exchanges, through netcore: every layer, two hosts, segments and acknowledgments.
fn exchanges(world: &World, rounds: u32) {
    let machine = |name| {
        let host = world.host(name);
        let config = RuntimeConfig { workers: 1, ..RuntimeConfig::default() };
        (Runtime::new(host.process(name), config).expect("a run without faults"), host.addr())
    };
    let ((server, addr), (client, _)) = (machine("server"), machine("client"));
    let listener = TcpListener::listen(server.handle(), (addr, 80).into()).expect("a free port");
    let echo = server.spawn(async move {
        let conn = listener.accept().await.expect("a connection");
        let mut buf = [0; 64];
        while let Ok(read @ 1..) = conn.read(&mut buf).await {
            conn.write(&buf[..read]).await.expect("an open connection");
        }
    });
    client.block_on(async {
        let conn = Dialer::default().dial(client.handle(), (addr, 80).into()).await.expect("a server");
        for _ in 0..rounds {
            conn.write(&[1; 64]).await.expect("an open connection");
            let mut got = 0;
            while got < 64 {
                got += conn.read(&mut [0; 64][got..]).await.expect("an open connection");
            }
        }
        conn.close().await.expect("the first close");
        echo.await.expect("the server's task ends");
    });
}

/// Allocations and steps of one run.
fn cost(rounds: u32) -> (u64, u64) {
    let config = Config { rates: Rates::without_faults(), ..Config::new(Source::Seed(Seed(1))) };
    let before = COUNT.get();
    let report = run(&config, move |world| exchanges(world, rounds));
    assert_eq!(report.finding, None);
    (COUNT.get() - before, report.steps)
}

#[test]
fn a_longer_run_allocates_no_more() {
    // Buffers grow to their size in the first run, and in the first exchanges of each.
    cost(400);
    let (short, few) = cost(100);
    let (long, many) = cost(400);
    assert!(many > 3 * few, "{many} steps after {few}");
    let more = long.saturating_sub(short);
    assert!(more <= 8, "{more} more allocations in {} more steps", many - few);
}
