//! Threads that each make one call and wait in it.

use std::sync::{Arc, Mutex, PoisonError};

use netcore::sys::{
    EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, MsgFlags, OFlags, Shutdown, SockFlags,
};

use super::answer::{Answer, Value};
use super::call::Waiting;
use super::machine::{Machine, Platform};
use super::perform::wait;

/// How often those that still wait at the end are given what they wait for.
const ROUNDS_MAX: usize = 50;

/// The threads of a program.
pub(super) struct Crew<S: Platform> {
    threads: Vec<S::JoinHandle>,
    ended: Arc<Mutex<Vec<(usize, Ending)>>>,
    /// How many have been told of.
    told: usize,
}

/// How a call ended: an accepted connection is told as its place, which only the director knows.
enum Ending {
    Accepted(Fd),
    Answered(Answer),
}

impl<S: Platform> Default for Crew<S> {
    fn default() -> Self {
        Crew { threads: Vec::new(), ended: Arc::default(), told: 0 }
    }
}

impl<S: Platform> Machine<'_, S> {
    /// The next thread makes a call.
    pub(super) fn start(&mut self, call: Waiting) -> Answer {
        let (s, ended, index) = (self.s.clone(), self.crew.ended.clone(), self.crew.threads.len());
        let fd = self.fd(match call {
            Waiting::Accept { fd } | Waiting::Recv { fd, .. } | Waiting::Read { fd, .. } => fd,
            Waiting::EpollWait { epfd, .. } => epfd,
        });
        let body = move || {
            let ending = make(&s, fd, call);
            ended.lock().unwrap_or_else(PoisonError::into_inner).push((index, ending));
        };
        self.crew.threads.push(self.s.spawn("crew", Box::new(body))?);
        Ok(Value::Done)
    }

    /// Which threads have ended since the last time, once everybody has come to rest. In what order those of one
    /// step did is not told.
    pub(super) fn ended(&mut self) -> Answer {
        self.rest();
        let endings = core::mem::take(&mut *self.crew.ended.lock().unwrap_or_else(PoisonError::into_inner));
        self.crew.told += endings.len();
        let mut ended: Vec<(usize, Answer)> = endings
            .into_iter()
            .map(|(thread, ending)| match ending {
                Ending::Accepted(fd) => (thread, Ok(Value::Made([self.place(fd), 0], 1))),
                Ending::Answered(answer) => (thread, answer),
            })
            .collect();
        ended.sort_by_key(|&(thread, _)| thread);
        Ok(Value::Ended(ended))
    }

    /// Gives everybody who still waits what ends it.
    pub(super) fn release(&mut self) {
        for _ in 0..ROUNDS_MAX {
            if self.crew.told == self.crew.threads.len() {
                break;
            }
            self.open().into_iter().for_each(|fd| self.rouse(fd));
            let _ = self.ended();
        }
        for thread in core::mem::take(&mut self.crew.threads) {
            self.s.join(thread);
        }
    }

    fn rouse(&self, fd: Fd) {
        let s = self.s;
        if s.shutdown(fd, Shutdown::Both) != Err(Errno::ENOTSOCK) {
            return;
        }
        if let Ok(flag) = s.eventfd(1, EventfdFlags::NONBLOCK) {
            let event = EpollEvent { events: EpollEvents::IN, data: 0 };
            if s.epoll_ctl(fd, EpollOp::Add, flag, event).is_ok() {
                self.rest();
            }
            let _ = s.close(flag);
        }
        let _ = s.fcntl_setfl(fd, OFlags::NONBLOCK);
        let _ = s.write(fd, &1_u64.to_ne_bytes());
    }
}

fn make<S: Platform>(s: &S, fd: Fd, call: Waiting) -> Ending {
    loop {
        let ending = match call {
            Waiting::Accept { .. } => match s.accept4(fd, SockFlags::NONBLOCK) {
                Ok((accepted, _)) => Ending::Accepted(accepted),
                Err(errno) => Ending::Answered(Err(errno)),
            },
            Waiting::Recv { len, .. } => {
                Ending::Answered(bytes(s.recv(fd, &mut vec![0; len as usize], MsgFlags::empty())))
            }
            Waiting::Read { len, .. } => Ending::Answered(bytes(s.read(fd, &mut vec![0; len as usize]))),
            Waiting::EpollWait { max, .. } => Ending::Answered(wait(s, fd, max.into(), None)),
        };
        if !matches!(ending, Ending::Answered(Err(Errno::EINTR))) {
            return ending;
        }
    }
}

fn bytes(got: Result<usize, Errno>) -> Answer {
    got.map(|len| Value::Bytes(len as u32, true))
}
