//! Runtimes and handles to them.

use core::fmt;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;

use super::join::JoinHandle;
use super::shared::Shared;
use super::sleep::{Sleep, Timeout};
use super::task::{End, Life, Meta, live};
use super::worker::Worker;
use crate::netpoll::{Driver, Trigger};
use crate::os::Os;
use crate::sync::AtomicBool;
use crate::sys::{Instant, ProbeEvent, Result, Sys, What};

/// How a runtime is set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Threads that run tasks; 0 is as many as the platform runs at once.
    pub workers: usize,
    /// How the poller watches descriptors.
    pub trigger: Trigger,
}

/// A scheduler of tasks with its threads. Dropping it shuts it down.
///
/// ```
/// use netcore::os::Os;
/// use netcore::rt::{Config, Runtime};
///
/// let runtime = Runtime::new(Os, Config { workers: 2, ..Config::default() })?;
/// let task = runtime.spawn(async { 6 * 7 });
/// assert_eq!(runtime.block_on(task).unwrap(), 42);
/// runtime.shutdown();
/// # Ok::<(), netcore::sys::Errno>(())
/// ```
pub struct Runtime<S: Sys = Os> {
    handle: Handle<S>,
    threads: Vec<S::JoinHandle>,
}

/// A way to spawn and to sleep on a runtime, from anywhere. It does not keep the runtime's threads alive.
pub struct Handle<S: Sys = Os> {
    shared: Arc<Shared<S>>,
}

/// What a runtime holds at the moment. After a shutdown all of it is 0 but for the descriptors that their
/// owners keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Tasks that have not ended.
    pub tasks: u64,
    /// Timers that have not fired.
    pub timers: u64,
    /// Descriptors with an owner.
    pub descriptors: u64,
    /// Those of them that the poller watches.
    pub registrations: u64,
}

impl<S: Sys> Runtime<S> {
    /// Starts the workers.
    pub fn new(sys: S, config: Config) -> Result<Self> {
        let workers = if config.workers == 0 { sys.parallelism() } else { config.workers };
        let driver = Driver::new(sys, config.trigger)?;
        let shared = Arc::new(Shared::new(driver, workers));
        let mut runtime = Runtime { handle: Handle { shared: shared.clone() }, threads: Vec::new() };
        shared.driver.sys.probe(ProbeEvent::task(What::Start, workers as u64));
        for index in 0..workers {
            let worker = Worker::new(shared.clone(), index);
            let thread =
                shared.driver.sys.spawn(&format!("worker{index}"), Box::new(move || worker.run()))?;
            runtime.threads.push(thread);
        }
        Ok(runtime)
    }

    /// A handle to it.
    pub fn handle(&self) -> &Handle<S> {
        &self.handle
    }

    /// Starts a task; see [`Handle::spawn`].
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output, S>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Runs a future on the calling thread while the workers run the tasks.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let sys = &self.handle.shared.driver.sys;
        let waker = Waker::from(Arc::new(Unpark { sys: sys.clone(), thread: sys.current() }));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            sys.park(None);
        }
    }

    /// Stops the workers, drops every task, wakes whoever still waits on a descriptor to fail, and closes what
    /// the runtime itself has open. A task that runs is let run until it waits.
    ///
    /// # Panics
    ///
    /// From a task of the runtime itself, which cannot wait for its own end.
    pub fn shutdown(mut self) -> Metrics {
        self.stop();
        self.handle.shared.await_end();
        self.handle.metrics()
    }

    fn stop(&mut self) {
        let shared = &self.handle.shared;
        if shared.closed.swap(true) {
            return;
        }
        assert!(shared.this_worker().is_none(), "a runtime is shut down from outside of its tasks");
        let sys = &shared.driver.sys;
        shared.wake_all();
        for thread in self.threads.drain(..) {
            sys.join(thread);
        }
        shared.end_tasks();
        shared.driver.shut();
        sys.probe(ProbeEvent::task(What::Stop, 0));
    }
}

impl<S: Sys> Drop for Runtime<S> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<S: Sys> Handle<S> {
    /// Starts a task. On a runtime that has been shut down it is dropped at once.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output, S>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let shared = &self.shared;
        let id = shared.next_task_id();
        shared.driver.sys.probe(ProbeEvent::task(What::Spawn, id));
        let life = live(Life { future, end: End::new(shared.clone(), id) });
        let scheduler = shared.clone();
        let meta = Arc::new(Meta { id, aborted: AtomicBool::new(false) });
        let (runnable, task) = async_task::Builder::new()
            .metadata(meta)
            .spawn(move |_| life, move |runnable| scheduler.schedule(runnable));
        shared.enlist(id, runnable.waker());
        runnable.schedule();
        JoinHandle::new(task, shared.clone())
    }

    /// The time now.
    pub fn now(&self) -> Instant {
        self.shared.driver.sys.now()
    }

    /// Waits so long. If the runtime is shut down meanwhile, which takes a task of another one to see, the future panics.
    pub fn sleep(&self, duration: Duration) -> Sleep<S> {
        self.sleep_until(self.now() + duration)
    }

    /// Waits until then; see [`Handle::sleep`].
    pub fn sleep_until(&self, at: Instant) -> Sleep<S> {
        Sleep::new(self.shared.driver.clone(), at)
    }

    /// Gives a future so much time.
    pub fn timeout<F: Future>(&self, duration: Duration, future: F) -> Timeout<S, F> {
        Timeout::new(future, self.sleep(duration))
    }

    /// What the runtime holds at the moment.
    pub fn metrics(&self) -> Metrics {
        let driver = &self.shared.driver;
        Metrics {
            tasks: self.shared.tasks(),
            timers: driver.timers(),
            descriptors: driver.descriptors(),
            registrations: driver.registrations(),
        }
    }

    /// The poller's side, for descriptors.
    pub fn driver(&self) -> &Arc<Driver<S>> {
        &self.shared.driver
    }
}

impl<S: Sys> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Handle { shared: self.shared.clone() }
    }
}

/// Wakes a thread in [`Runtime::block_on`].
struct Unpark<S: Sys> {
    sys: S,
    thread: S::Thread,
}

impl<S: Sys> Wake for Unpark<S> {
    fn wake(self: Arc<Self>) {
        self.sys.unpark(&self.thread);
    }
}

impl<S: Sys> fmt::Debug for Runtime<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Runtime({} workers)", self.threads.len())
    }
}

impl<S: Sys> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}
