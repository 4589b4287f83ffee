//! epoll(7) as a poller: Go's runtime/netpoll_epoll.go.

use core::time::Duration;

use super::poller::{Event, Interest, Poller, Trigger};
use super::registry::Cookie;
use crate::poll::FdMutex;
use crate::sync::AtomicU64;
use crate::sys::{
    Epoll, EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, Preempt, ProbeEvent,
    Sys, What,
};

/// Events taken per call, as Go does.
const EVENTS_MAX: usize = 128;
/// The cookie of the eventfd that ends a wait.
const WAKE: u64 = u64::MAX;

/// An epoll instance, and an eventfd in it that ends its wait.
#[derive(Debug)]
pub struct EpollPoller<S: Preempt> {
    epfd: Fd,
    wake_fd: Fd,
    trigger: Trigger,
    /// 1 while a wake is written and not yet read: further ones need no call.
    wake_sig: AtomicU64<S>,
    /// Keeps both descriptors while somebody uses them.
    life: FdMutex<S>,
}

/// The buffer of epoll_wait.
#[derive(Debug)]
pub struct Events(Box<[EpollEvent; EVENTS_MAX]>);

impl Default for Events {
    fn default() -> Self {
        Events(Box::new([EpollEvent::default(); EVENTS_MAX]))
    }
}

impl<S: Sys + Epoll> Poller<S> for EpollPoller<S> {
    type Events = Events;

    fn new(sys: &S, trigger: Trigger) -> Result<Self, Errno> {
        let epfd = sys.epoll_create1(EpollCreateFlags::CLOEXEC)?;
        let wake_fd = match wake_fd(sys, epfd) {
            Ok(fd) => fd,
            Err(errno) => {
                let _ = sys.close(epfd);
                return Err(errno);
            }
        };
        let life = FdMutex::default();
        Ok(EpollPoller { epfd, wake_fd, trigger, wake_sig: AtomicU64::new(0), life })
    }

    fn open(&self, sys: &S, fd: Fd, cookie: Cookie) -> Result<(), Errno> {
        match self.trigger {
            Trigger::Edge => {
                let events = EpollEvents::IN | EpollEvents::OUT | EpollEvents::RDHUP | EpollEvents::ET;
                self.control(sys, EpollOp::Add, fd, cookie, events)
            }
            Trigger::OneShot | Trigger::Level => {
                self.control(sys, EpollOp::Add, fd, cookie, EpollEvents::ONESHOT)
            }
        }
    }

    fn arm(&self, sys: &S, fd: Fd, cookie: Cookie, was: Interest, want: Interest) -> Result<(), Errno> {
        let armed = match self.trigger {
            Trigger::Edge => true,
            // It may have fired since, whatever was told.
            Trigger::OneShot => want.is_empty(),
            Trigger::Level => was == want,
        };
        if armed {
            return Ok(());
        }
        let mut events = EpollEvents::empty();
        events.set(EpollEvents::IN | EpollEvents::RDHUP, want.read);
        events.set(EpollEvents::OUT, want.write);
        // A level-triggered registration reports a hang-up for as long as it lasts, asked or not: while
        // nobody waits, once is enough.
        events.set(EpollEvents::ONESHOT, self.trigger == Trigger::OneShot || want.is_empty());
        self.control(sys, EpollOp::Mod, fd, cookie, events)
    }

    fn close(&self, sys: &S, fd: Fd) -> Result<(), Errno> {
        self.control(sys, EpollOp::Del, fd, Cookie::default(), EpollEvents::empty())
    }

    fn wait(
        &self,
        sys: &S,
        timeout: Option<Duration>,
        events: &mut Events,
        mut each: impl FnMut(Event),
    ) -> Result<(), Errno> {
        if !self.life.incref() {
            return Err(Errno::EBADF);
        }
        let blocking = timeout != Some(Duration::ZERO);
        let count = loop {
            match sys.epoll_wait(self.epfd, &mut events.0[..], timeout) {
                // A timed wait is not begun anew: its caller knows how much is left of it.
                Err(Errno::EINTR) if timeout.is_some() => break Ok(0),
                Err(Errno::EINTR) => {}
                result => break result,
            }
        };
        for event in &events.0[..count.unwrap_or(0)] {
            match event.data {
                WAKE if blocking => self.drain(sys),
                // A look in passing leaves the wake to the wait that it is meant for.
                WAKE => {}
                data => each(decode(event.events, Cookie::from_bits(data))),
            }
        }
        self.release(sys);
        count.map(|_| ())
    }

    fn wake(&self, sys: &S) {
        if !self.life.incref() {
            return;
        }
        if self.wake_sig.compare_exchange(0, 1) {
            sys.probe(ProbeEvent::fd(What::Wake, self.wake_fd));
            // EAGAIN would say that the counter is full: then the wait ends anyway.
            while sys.write(self.wake_fd, &1_u64.to_ne_bytes()) == Err(Errno::EINTR) {}
        }
        self.release(sys);
    }

    fn shut(&self, sys: &S) {
        if self.life.incref_and_close() {
            self.release(sys);
        }
    }
}

impl<S: Sys + Epoll> EpollPoller<S> {
    fn control(
        &self,
        sys: &S,
        op: EpollOp,
        fd: Fd,
        cookie: Cookie,
        events: EpollEvents,
    ) -> Result<(), Errno> {
        if !self.life.incref() {
            return Err(Errno::EBADF);
        }
        let result = sys.epoll_ctl(self.epfd, op, fd, EpollEvent { events, data: cookie.bits() });
        self.release(sys);
        result
    }

    /// Takes the wake back, so that the next one is written again.
    fn drain(&self, sys: &S) {
        let mut count = [0; 8];
        while sys.read(self.wake_fd, &mut count) == Err(Errno::EINTR) {}
        self.wake_sig.store(0);
    }

    fn release(&self, sys: &S) {
        if self.life.decref() {
            let _ = sys.close(self.wake_fd);
            let _ = sys.close(self.epfd);
        }
    }
}

/// Makes the eventfd, level-triggered in the epoll instance.
fn wake_fd<S: Epoll>(sys: &S, epfd: Fd) -> Result<Fd, Errno> {
    let fd = sys.eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let event = EpollEvent { events: EpollEvents::IN, data: WAKE };
    match sys.epoll_ctl(epfd, EpollOp::Add, fd, event) {
        Ok(()) => Ok(fd),
        Err(errno) => {
            let _ = sys.close(fd);
            Err(errno)
        }
    }
}

/// Which directions an event is for. The end of a connection is news to both.
fn decode(events: EpollEvents, cookie: Cookie) -> Event {
    let end = EpollEvents::HUP | EpollEvents::ERR;
    Event {
        cookie,
        readable: events.intersects(end | EpollEvents::IN | EpollEvents::RDHUP),
        writable: events.intersects(end | EpollEvents::OUT),
        hung_up: events.intersects(end | EpollEvents::RDHUP),
        error: events == EpollEvents::ERR,
    }
}
