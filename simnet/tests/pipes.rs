//! The descriptor core and the runtime of netcore on the simulated kernel, with pipes.

use std::sync::Arc;

use netcore::poll::{Descriptor, Error, Kind, Mode};
use netcore::rt::{Config, Handle, Runtime, Trigger, yield_now};
use netcore::sys::{Access, Files, OFlags, Preempt};
use simnet::choice::Seed;
use simnet::fault::cancellable;
use simnet::world::{self, Source, run};
use simnet::{Oracle, Sim, World, check};

fn runtime(world: &World, sim: Sim) -> Runtime<Sim> {
    let trigger = [Trigger::Edge, Trigger::OneShot, Trigger::Level][world.choose(3) as usize];
    let workers = 1 + world.choose(3) as usize;
    // A machine that is out of descriptors for a moment is not what these tests are about.
    loop {
        if let Ok(runtime) = Runtime::new(sim, Config { workers, trigger }) {
            return runtime;
        }
    }
}

fn pipe(handle: &Handle<Sim>, sim: Sim) -> (Descriptor<Sim>, Descriptor<Sim>) {
    loop {
        let Ok((reader, writer)) = sim.pipe2(OFlags::NONBLOCK | OFlags::CLOEXEC) else { continue };
        let reader = Descriptor::new(handle.driver().clone(), reader, Kind::File);
        let writer = Descriptor::new(handle.driver().clone(), writer, Kind::File);
        if reader.init().is_ok() && writer.init().is_ok() {
            return (reader, writer);
        }
    }
}

#[test]
fn bytes_arrive_whole_and_in_order() {
    check("bytes_arrive_whole_and_in_order", |world| {
        let sim = world.host("h").process("p");
        let runtime = runtime(world, sim);
        let (reader, writer) = pipe(runtime.handle(), sim);
        let sent: Vec<u8> = (0..100_000_u32).map(|i| (i * 7 + i / 256) as u8).collect();
        let expected = sent.clone();
        let writing = runtime.spawn(async move { writer.write(&sent).await.map(|_| ()) });
        let reading = runtime.spawn(async move {
            let mut all = Vec::new();
            let mut buf = [0; 3000];
            loop {
                match reader.read(&mut buf).await {
                    Ok(0) => return all,
                    Ok(n) => all.extend_from_slice(&buf[..n]),
                    Err(error) => panic!("{error}"),
                }
            }
        });
        runtime.block_on(writing).unwrap().unwrap();
        let all = runtime.block_on(reading).unwrap();
        if all != expected {
            world.fail(Oracle::Data, "the bytes differ", all.len());
        }
        let metrics = runtime.shutdown();
        assert_eq!((metrics.tasks, metrics.descriptors), (0, 0));
    });
}

#[test]
fn a_close_wakes_readers_that_wait_and_those_that_queue() {
    check("a_close_wakes_readers_that_wait_and_those_that_queue", |world| {
        let sim = world.host("h").process("p");
        let runtime = runtime(world, sim);
        let (reader, writer) = pipe(runtime.handle(), sim);
        let reader = Arc::new(reader);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let reader = reader.clone();
                runtime.spawn(async move { reader.read(&mut [0; 8]).await })
            })
            .collect();
        let closing = reader.clone();
        runtime.block_on(async move { closing.close().await }).unwrap();
        for task in readers {
            assert_eq!(runtime.block_on(task).unwrap(), Err(Error::Closing));
        }
        assert_eq!(runtime.block_on(reader.read(&mut [0; 8])), Err(Error::Closing));
        drop((reader, writer));
        runtime.shutdown();
    });
}

#[test]
fn a_read_that_is_dropped_at_an_await_leaves_its_place_to_the_next() {
    check("a_read_that_is_dropped_at_an_await_leaves_its_place_to_the_next", |world| {
        let sim = world.host("h").process("p");
        let runtime = runtime(world, sim);
        let (reader, writer) = pipe(runtime.handle(), sim);
        let reader = Arc::new(reader);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let reader = reader.clone();
                runtime.spawn(async move {
                    let mut got = 0;
                    let mut buf = [0; 5];
                    while got < 20 {
                        if let Some(read) = cancellable(reader.read(&mut buf)).await {
                            got += read.unwrap();
                        }
                    }
                    got
                })
            })
            .collect();
        let total = 60 + 15;
        runtime.block_on(async {
            for _ in 0..total {
                writer.write(b"x").await.unwrap();
            }
        });
        for task in readers {
            assert!(runtime.block_on(task).unwrap() >= 20);
        }
        drop((reader, writer));
        runtime.shutdown();
    });
}

#[test]
fn a_deadline_ends_a_read_at_its_very_instant() {
    check("a_deadline_ends_a_read_at_its_very_instant", |world| {
        let sim = world.host("h").process("p");
        let runtime = runtime(world, sim);
        let handle = runtime.handle().clone();
        let (reader, writer) = pipe(&handle, sim);
        let wait = core::time::Duration::from_millis(1 + u64::from(world.choose(50)));
        let until = handle.now() + wait;
        reader.set_deadline(Mode::Read, Some(until)).unwrap();
        let result = runtime.block_on(reader.read(&mut [0; 8]));
        assert_eq!((result, handle.now()), (Err(Error::DeadlineExceeded), until));
        assert_eq!(runtime.block_on(reader.read(&mut [0; 8])), Err(Error::DeadlineExceeded), "sticky");
        reader.set_deadline(Mode::Read, None).unwrap();
        runtime.block_on(writer.write(b"ok")).unwrap();
        assert!(runtime.block_on(reader.read(&mut [0; 8])).is_ok());
        drop((reader, writer));
        runtime.shutdown();
    });
}

/// Takes its time to be dropped.
struct Slow;

impl Drop for Slow {
    fn drop(&mut self) {
        (0..10).for_each(|_| Sim::preempt(Access::Load));
    }
}

/// A run may end while a thread is in the middle of a waker or of the destructor of a future, out of which async-task
/// lets nothing unwind: it would abort the process.
#[test]
fn a_run_ends_wherever_its_threads_are() {
    for seed in 0..3000 {
        let config = world::Config::new(Source::Seed(Seed(seed)));
        let report = run(&config, |world| {
            let runtime = runtime(world, world.host("h").process("p"));
            let handle = runtime.handle().clone();
            runtime.spawn(async move {
                loop {
                    drop(handle.spawn(async { Slow }));
                    yield_now().await;
                }
            });
            for _ in 0..world.choose(200) {
                world.choose(2);
            }
            world.fail(Oracle::WrongAnswer, "enough", "");
        });
        assert!(report.finding.is_some_and(|finding| finding.place == "enough"));
    }
}
