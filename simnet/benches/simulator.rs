//! What a step of a simulation costs: `cargo bench -p simnet --bench simulator`.

mod room;

use core::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use netcore::sync::AtomicU64;
use netcore::sys::{Files as _, OFlags};
use simnet::Sim;

/// Steps in one run, so that the run's own beginning and end do not count.
const STEPS: u64 = 100_000;

/// A preemption point, with its share of decisions and switches: two threads on one counter.
fn points(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(STEPS));
    let mut seed = 0;
    group.bench_function("preemption point", |bencher| {
        bencher.iter(|| {
            seed += 1;
            room::run(seed, |world| {
                let counter = std::sync::Arc::new(AtomicU64::<Sim>::new(0));
                let host = world.host("host");
                let threads = ["a", "b"].map(|name| {
                    let counter = counter.clone();
                    host.start(name, move |_| {
                        for _ in 0..STEPS / 2 {
                            counter.fetch_add(1);
                        }
                    })
                });
                threads.into_iter().for_each(|thread| thread.join());
                assert_eq!(black_box(counter.load()), STEPS);
            })
        });
    });
    group.bench_function("system call", |bencher| {
        bencher.iter(|| {
            seed += 1;
            room::run(seed, |world| {
                let host = world.host("host");
                let threads = ["a", "b"].map(|name| host.start(name, calls));
                threads.into_iter().for_each(|thread| thread.join());
            })
        });
    });
    group.finish();
}

fn calls(sim: Sim) {
    let (reader, writer) = sim.pipe2(OFlags::NONBLOCK).expect("a run without faults");
    for _ in 0..STEPS / 4 {
        sim.write(writer, &[1]).expect("room for a byte");
        sim.read(reader, &mut [0]).expect("the byte");
    }
    sim.close(reader).expect("open");
    sim.close(writer).expect("open");
}

/// Whole runs: a connection with ten exchanges of 64 bytes, through netcore, between two hosts.
fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run");
    group.throughput(Throughput::Elements(1));
    let mut seed = 0;
    group.bench_function("one connection, ten round trips", |bencher| {
        bencher.iter(|| {
            seed += 1;
            room::run(seed, |world| room::exchanges(world, 1, 10))
        });
    });
    group.finish();
}

criterion_group!(benches, points, runs);
criterion_main!(benches);
