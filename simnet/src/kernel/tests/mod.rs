//! Behaviour of the kernel, as statements: what needs several threads, a fault or an oracle. What one
//! thread sees is under `tests/conformance`, where the real kernel is asked the same.

mod faults;
mod lifetime;
mod oracle;
mod path;
mod pipe;
mod wakeups;

use core::time::Duration;
use std::collections::BTreeMap;

use netcore::sys::{
    EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, Instant, OFlags,
};

use super::ids::{HostId, Pid, Tid};
use super::{Answer, Attempt, Call, Kernel, Stop};
use crate::choice::{Choices, Rates, Tape};

/// A machine with one process, whose threads run in the order of their wakeups.
struct Machine {
    kernel: Kernel,
    process: Pid,
    blocked: BTreeMap<Tid, Blocked>,
    finished: BTreeMap<Tid, Result<Done, Errno>>,
    threads: u32,
}

struct Blocked {
    call: Call,
    body: Body,
}

type Body = Box<dyn FnMut(&mut Kernel, &mut Call) -> Answer<Done>>;

/// What a call brought.
#[derive(Clone, Debug, PartialEq)]
enum Done {
    Bytes(Vec<u8>),
    Count(usize),
    Events(Vec<(EpollEvents, u64)>),
}

const IN: EpollEvents = EpollEvents::IN;
const OUT: EpollEvents = EpollEvents::OUT;
const ET: EpollEvents = EpollEvents::ET;

impl Machine {
    /// One without faults.
    fn new() -> Self {
        Self::with(Choices::from_tape(Tape::default(), Rates::without_faults()))
    }

    fn with(choices: Choices) -> Self {
        let mut kernel = Kernel::new(choices);
        let process = kernel.add_process(HostId(0));
        let (blocked, finished) = (BTreeMap::new(), BTreeMap::new());
        Machine { kernel, process, blocked, finished, threads: 0 }
    }

    /// A call that must not block.
    fn call<T>(&mut self, body: impl FnOnce(&mut Kernel, &mut Call) -> Answer<T>) -> Result<T, Errno> {
        let mut call = self.kernel.begin(self.process, Tid(0));
        let answer = body(&mut self.kernel, &mut call);
        self.kernel.end_call(call);
        self.settle();
        match answer {
            Ok(value) => Ok(value),
            Err(Stop::Errno(errno)) => Err(errno),
            Err(stop) => panic!("the call has no answer: {stop:?}"),
        }
    }

    /// A thread that makes one call.
    fn thread(&mut self, body: impl FnMut(&mut Kernel, &mut Call) -> Answer<Done> + 'static) -> Tid {
        self.threads += 1;
        let thread = Tid(self.threads);
        let call = self.kernel.begin(self.process, thread);
        self.attempt(thread, Blocked { call, body: Box::new(body) });
        self.settle();
        thread
    }

    fn attempt(&mut self, thread: Tid, mut blocked: Blocked) {
        match (blocked.body)(&mut self.kernel, &mut blocked.call) {
            Err(Stop::Block) => drop(self.blocked.insert(thread, blocked)),
            Err(Stop::Errno(errno)) => self.finish(thread, blocked.call, Err(errno)),
            Ok(done) => self.finish(thread, blocked.call, Ok(done)),
            Err(Stop::Restart) => unreachable!("no signals come"),
        }
    }

    fn finish(&mut self, thread: Tid, call: Call, result: Result<Done, Errno>) {
        self.kernel.end_call(call);
        self.finished.insert(thread, result);
    }

    /// Lets everybody run who can.
    fn settle(&mut self) {
        while !self.kernel.woken.is_empty() {
            let thread = self.kernel.woken.remove(0);
            let mut blocked = self.blocked.remove(&thread).expect("only blocked threads are woken");
            blocked.call.attempt = Attempt::Woken;
            self.attempt(thread, blocked);
        }
    }

    /// Lets time pass, and deadlines with it.
    fn pass(&mut self, time: Duration) {
        self.kernel.now = self.kernel.now + time;
        let is_due = |blocked: &Blocked, now: Instant| blocked.call.deadline.is_some_and(|at| at <= now);
        while let Some((&thread, _)) =
            self.blocked.iter().find(|(_, blocked)| is_due(blocked, self.kernel.now))
        {
            let mut blocked = self.blocked.remove(&thread).expect("it was found there");
            blocked.call.attempt = Attempt::TimedOut;
            self.attempt(thread, blocked);
            self.settle();
        }
    }

    /// What the thread's call has answered, once.
    fn take(&mut self, thread: Tid) -> Option<Result<Done, Errno>> {
        self.finished.remove(&thread)
    }

    fn is_blocked(&self, thread: Tid) -> bool {
        self.blocked.contains_key(&thread)
    }

    fn pipe(&mut self) -> (Fd, Fd) {
        self.call(|k, call| k.pipe2(call, OFlags::empty())).expect("pipe2")
    }

    fn nonblocking_pipe(&mut self) -> (Fd, Fd) {
        self.call(|k, call| k.pipe2(call, OFlags::NONBLOCK)).expect("pipe2")
    }

    fn eventfd(&mut self) -> Fd {
        self.call(|k, call| k.eventfd(call, 0, EventfdFlags::empty())).expect("eventfd")
    }

    fn epoll(&mut self) -> Fd {
        self.call(|k, call| k.epoll_create1(call, EpollCreateFlags::CLOEXEC)).expect("epoll_create1")
    }

    fn control(&mut self, epfd: Fd, op: EpollOp, fd: Fd, events: EpollEvents) -> Result<(), Errno> {
        let event = EpollEvent { events, data: fd.number as u64 };
        self.call(|k, call| k.epoll_ctl(call, epfd, op, fd, event))
    }

    fn add(&mut self, epfd: Fd, fd: Fd, events: EpollEvents) {
        self.control(epfd, EpollOp::Add, fd, events).expect("EPOLL_CTL_ADD");
    }

    fn write(&mut self, fd: Fd, bytes: &[u8]) -> Result<usize, Errno> {
        self.call(|k, call| k.write(call, fd, bytes))
    }

    fn read(&mut self, fd: Fd, len: usize) -> Result<Vec<u8>, Errno> {
        let mut buf = vec![0; len];
        let len = self.call(|k, call| k.read(call, fd, &mut buf))?;
        buf.truncate(len);
        Ok(buf)
    }

    fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.call(|k, call| k.close(call, fd))
    }

    /// epoll_wait(2) with a timeout of zero: (events, data).
    fn ready(&mut self, epfd: Fd) -> Vec<(EpollEvents, u64)> {
        let mut events = [EpollEvent::default(); 8];
        let len = self.call(|k, call| k.epoll_wait(call, epfd, &mut events, Some(Duration::ZERO)));
        events[..len.expect("epoll_wait")].iter().map(|event| (event.events, event.data)).collect()
    }

    /// A thread in read(2).
    fn reader(&mut self, fd: Fd, len: usize) -> Tid {
        self.thread(move |kernel, call| {
            let mut buf = vec![0; len];
            let len = kernel.read(call, fd, &mut buf)?;
            buf.truncate(len);
            Ok(Done::Bytes(buf))
        })
    }

    /// A thread in write(2).
    fn writer(&mut self, fd: Fd, bytes: Vec<u8>) -> Tid {
        self.thread(move |kernel, call| kernel.write(call, fd, &bytes).map(Done::Count))
    }

    /// A thread in epoll_wait(2) for one event.
    fn waiter(&mut self, epfd: Fd, timeout: Option<Duration>) -> Tid {
        self.thread(move |kernel, call| {
            let mut events = [EpollEvent::default(); 1];
            let len = kernel.epoll_wait(call, epfd, &mut events, timeout)?;
            Ok(Done::Events(events[..len].iter().map(|event| (event.events, event.data)).collect()))
        })
    }
}

/// The numbers of the threads that have finished, of those given.
fn finished(machine: &Machine, threads: &[Tid]) -> Vec<Tid> {
    threads.iter().copied().filter(|&thread| !machine.is_blocked(thread)).collect()
}
