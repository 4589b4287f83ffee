//! What the bodies are built from.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use netcore::sys::{
    Clock, Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, OFlags,
    Result, Sockets,
};

use crate::signals::Signals;

/// A kernel that a body can be run on.
pub(crate) trait Machine: Epoll + Sockets + Signals + Clock + Clone + Send + Sync + 'static {}

impl<S: Epoll + Sockets + Signals + Clock + Clone + Send + Sync + 'static> Machine for S {}

pub(crate) const NONE: EpollEvents = EpollEvents::empty();
pub(crate) const IN: EpollEvents = EpollEvents::IN;
pub(crate) const OUT: EpollEvents = EpollEvents::OUT;
pub(crate) const ERR: EpollEvents = EpollEvents::ERR;
pub(crate) const HUP: EpollEvents = EpollEvents::HUP;
pub(crate) const ET: EpollEvents = EpollEvents::ET;
pub(crate) const ONESHOT: EpollEvents = EpollEvents::ONESHOT;
pub(crate) const EXCLUSIVE: EpollEvents = EpollEvents::EXCLUSIVE;

/// The value 1, as it is written to an eventfd.
pub(crate) const ONE: [u8; 8] = 1_u64.to_ne_bytes();

/// A pipe whose calls never wait.
pub(crate) fn pipe<S: Machine>(s: &S) -> (Fd, Fd) {
    s.pipe2(OFlags::NONBLOCK | OFlags::CLOEXEC).expect("pipe2")
}

/// A pipe whose calls wait.
pub(crate) fn blocking_pipe<S: Machine>(s: &S) -> (Fd, Fd) {
    s.pipe2(OFlags::CLOEXEC).expect("pipe2")
}

/// An eventfd whose calls never wait.
pub(crate) fn eventfd<S: Machine>(s: &S) -> Fd {
    s.eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).expect("eventfd")
}

/// Adds 1 to an eventfd.
pub(crate) fn raise<S: Machine>(s: &S, fd: Fd) {
    assert_eq!(s.write(fd, &ONE), Ok(8));
}

/// Takes the value of an eventfd.
pub(crate) fn drain<S: Machine>(s: &S, fd: Fd) -> Result<u64> {
    let mut value = [0; 8];
    assert_eq!(s.read(fd, &mut value)?, 8);
    Ok(u64::from_ne_bytes(value))
}

pub(crate) fn read<S: Machine>(s: &S, fd: Fd, len: usize) -> Result<Vec<u8>> {
    let mut buf = vec![0; len];
    let len = s.read(fd, &mut buf)?;
    buf.truncate(len);
    Ok(buf)
}

pub(crate) fn epoll<S: Machine>(s: &S) -> Fd {
    s.epoll_create1(EpollCreateFlags::CLOEXEC).expect("epoll_create1")
}

/// epoll_ctl(2) with the number as the data.
pub(crate) fn control<S: Machine>(s: &S, epfd: Fd, op: EpollOp, fd: Fd, events: EpollEvents) -> Result<()> {
    s.epoll_ctl(epfd, op, fd, EpollEvent { events, data: fd.number as u64 })
}

pub(crate) fn add<S: Machine>(s: &S, epfd: Fd, fd: Fd, events: EpollEvents) {
    assert_eq!(control(s, epfd, EpollOp::Add, fd, events), Ok(()));
}

pub(crate) fn modify<S: Machine>(s: &S, epfd: Fd, fd: Fd, events: EpollEvents) {
    assert_eq!(control(s, epfd, EpollOp::Mod, fd, events), Ok(()));
}

pub(crate) fn delete<S: Machine>(s: &S, epfd: Fd, fd: Fd) -> Result<()> {
    control(s, epfd, EpollOp::Del, fd, NONE)
}

/// Up to `max` of what epoll_wait(2) reports without waiting: events and data.
pub(crate) fn ready_up_to<S: Machine>(s: &S, epfd: Fd, max: usize) -> Vec<(EpollEvents, u64)> {
    let mut events = vec![EpollEvent::default(); max];
    let len = s.epoll_wait(epfd, &mut events, Some(Duration::ZERO)).expect("epoll_wait");
    events[..len].iter().map(|event| (event.events, event.data)).collect()
}

/// What epoll_wait(2) reports without waiting.
pub(crate) fn ready<S: Machine>(s: &S, epfd: Fd) -> Vec<(EpollEvents, u64)> {
    ready_up_to(s, epfd, 16)
}

/// The events of the only registration of an instance.
pub(crate) fn events<S: Machine>(s: &S, epfd: Fd) -> EpollEvents {
    match ready(s, epfd)[..] {
        [] => NONE,
        [(events, _)] => events,
        ref more => panic!("more than one event: {more:?}"),
    }
}

/// The descriptors that an instance reports, in order.
pub(crate) fn order<S: Machine>(s: &S, epfd: Fd, max: usize) -> Vec<i32> {
    ready_up_to(s, epfd, max).into_iter().map(|(_, number)| number as i32).collect()
}

/// The readiness of a descriptor: what a new registration for everything is told at once.
pub(crate) fn state<S: Machine>(s: &S, fd: Fd) -> EpollEvents {
    let epfd = epoll(s);
    add(s, epfd, fd, IN | OUT | EpollEvents::PRI | EpollEvents::RDHUP);
    let state = events(s, epfd);
    assert_eq!(s.close(epfd), Ok(()));
    state
}

/// Waits until everybody has come to rest.
pub(crate) fn settle<S: Machine>(s: &S) {
    later(s, 30);
}

/// Lets time pass.
pub(crate) fn later<S: Machine>(s: &S, millis: u64) {
    let until = s.now() + Duration::from_millis(millis);
    while s.now() < until {
        s.park(Some(until));
    }
}

/// Which thread got which answer, in the order of their coming.
type Answers<T> = Arc<Mutex<Vec<(usize, Result<T>)>>>;

/// Threads that each make one call and note its answer.
pub(crate) struct Crew<S: Machine, T> {
    s: S,
    answers: Answers<T>,
    threads: Vec<S::JoinHandle>,
}

impl<S: Machine, T: Send + 'static> Crew<S, T> {
    pub(crate) fn new(s: &S) -> Self {
        Crew { s: s.clone(), answers: Arc::default(), threads: Vec::new() }
    }

    /// Starts the next thread, the first being 0, and waits until it blocks or has ended.
    pub(crate) fn start(&mut self, call: impl FnOnce(&S) -> Result<T> + Send + 'static) {
        let (s, answers, index) = (self.s.clone(), self.answers.clone(), self.threads.len());
        let body = move || {
            let answer = call(&s);
            answers.lock().expect("nobody panics with it").push((index, answer));
        };
        self.threads.push(self.s.spawn("crew", Box::new(body)).expect("spawn"));
        settle(&self.s);
    }

    /// The answers since the last look, in the order of their coming, once everybody has come to rest.
    pub(crate) fn answers(&self) -> Vec<(usize, Result<T>)> {
        settle(&self.s);
        core::mem::take(&mut *self.answers.lock().expect("nobody panics with it"))
    }

    /// A signal comes to the thread of that number.
    pub(crate) fn signal(&self, index: usize, restarts: bool) {
        self.s.signal(&self.threads[index], restarts);
    }

    /// Which threads have ended since the last look.
    pub(crate) fn ended(&self) -> Vec<usize> {
        self.answers().into_iter().map(|(index, _)| index).collect()
    }

    /// Waits for the end of all.
    pub(crate) fn join(self) {
        for thread in self.threads {
            self.s.join(thread);
        }
    }
}

/// No thread of a crew.
pub(crate) const NOBODY: [usize; 0] = [];

/// A call that is made again after a signal.
pub(crate) fn again<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            answer => return answer,
        }
    }
}

/// epoll_wait(2) for one event without a timeout: its data.
pub(crate) fn wait_one<S: Machine>(s: &S, epfd: Fd) -> Result<u64> {
    let mut events = [EpollEvent::default(); 1];
    again(|| s.epoll_wait(epfd, &mut events, None))?;
    Ok(events[0].data)
}
