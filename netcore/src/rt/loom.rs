//! Workers that go to sleep and who has something for them, under loom.

use std::sync::Arc;

use loom::thread::{JoinHandle, spawn};

use super::runtime::{Config, Runtime};
use super::shared::Shared;
use super::task::Meta;
use super::worker::Worker;
use crate::loom::{Machine, model};
use crate::netpoll::{Driver, Trigger};
use crate::sync::AtomicBool;

fn shared(workers: usize) -> Arc<Shared<Machine>> {
    let driver = Driver::new(Machine::new(), Trigger::Edge).unwrap();
    Arc::new(Shared::new(driver, workers))
}

fn work(shared: &Arc<Shared<Machine>>, index: usize) -> JoinHandle<()> {
    let shared = shared.clone();
    spawn(move || Worker::new(shared, index).run())
}

fn stop(shared: &Shared<Machine>) {
    shared.closed.swap(true);
    shared.wake_all();
}

/// Hands in a task that stops the workers.
fn schedule_a_stop(shared: &Arc<Shared<Machine>>) {
    let meta = Arc::new(Meta { id: 1, aborted: AtomicBool::new(false) });
    let (scheduler, stopped) = (shared.clone(), shared.clone());
    let (task, handle) = async_task::Builder::new()
        .metadata(meta)
        .spawn(move |_| async move { stop(&stopped) }, move |task| scheduler.schedule(task));
    handle.detach();
    task.schedule();
}

#[test]
fn a_worker_that_falls_asleep_in_the_poller_sees_the_stop() {
    model(|| {
        let shared = shared(1);
        let worker = work(&shared, 0);
        stop(&shared);
        worker.join().unwrap();
    });
}

#[test]
fn a_worker_that_falls_asleep_beside_the_poller_sees_the_stop() {
    model(|| {
        let shared = shared(1);
        assert!(shared.driver.begin_poll(), "the poller is taken");
        let worker = work(&shared, 0);
        stop(&shared);
        worker.join().unwrap();
    });
}

#[test]
fn a_task_from_outside_is_run_by_a_worker_that_falls_asleep_in_the_poller() {
    model(|| {
        let shared = shared(1);
        let worker = work(&shared, 0);
        schedule_a_stop(&shared);
        worker.join().unwrap();
    });
}

#[test]
fn a_task_from_outside_is_run_by_a_worker_that_falls_asleep_beside_the_poller() {
    model(|| {
        let shared = shared(1);
        assert!(shared.driver.begin_poll(), "the poller is taken");
        let worker = work(&shared, 0);
        schedule_a_stop(&shared);
        worker.join().unwrap();
    });
}

#[test]
fn one_of_two_workers_runs_a_task_from_outside() {
    model(|| {
        let shared = shared(2);
        let workers = [work(&shared, 0), work(&shared, 1)];
        schedule_a_stop(&shared);
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn a_runtime_runs_a_task_and_shuts_down() {
    model(|| {
        let runtime = Runtime::new(Machine::new(), Config { workers: 1, ..Config::default() }).unwrap();
        let task = runtime.spawn(async { 6 * 7 });
        assert_eq!(runtime.block_on(task).unwrap(), 42);
        assert_eq!(runtime.shutdown().tasks, 0);
    });
}
