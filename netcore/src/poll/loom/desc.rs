//! Readiness, deadlines and the waiters.

use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use loom::future::block_on;
use loom::sync::Mutex;
use loom::thread::{JoinHandle, spawn};

use crate::loom::{Machine, model};
use crate::netpoll::TimerKey;
use crate::poll::desc::{Desc, Start, Timer};
use crate::poll::{Error, Mode};
use crate::sys::Instant;

const NOW: Instant = Instant::from_nanos(10);
const SOON: Instant = Instant::from_nanos(20);

/// Readiness, and the kernel that it is about.
#[derive(Default)]
struct Socket {
    desc: Desc<Machine>,
    /// What arrived and was not read.
    arrived: Mutex<u32>,
}

impl Socket {
    /// Waits, without a system call.
    fn wait(&self, mode: Mode) -> Result<(), Error> {
        let mut parked = false;
        block_on(poll_fn(|cx| self.desc.poll_ready(mode, &mut parked, cx)))
    }

    /// Looks once, and stays parked if there is nothing.
    fn look(&self, parked: &mut bool) -> Poll<Result<(), Error>> {
        self.desc.poll_ready(Mode::Read, parked, &Context::from_waker(Waker::noop()))
    }

    /// Reads all there is, waiting until there is something, as operations do.
    fn read(&self) -> Result<u32, Error> {
        let mut start = self.desc.prepare(Mode::Read)?;
        loop {
            let taken =
                if start == Start::Try { core::mem::take(&mut *self.arrived.lock().unwrap()) } else { 0 };
            if taken > 0 {
                self.desc.drained();
                return Ok(taken);
            }
            self.wait(Mode::Read)?;
            start = Start::Try;
        }
    }

    /// Something arrives, and the poller reports it.
    fn arrive(&self) {
        *self.arrived.lock().unwrap() += 1;
        self.desc.ready(true, false, false, false);
    }

    /// The reading deadline passes, as by its timer.
    fn expire(&self) {
        let timer = TimerKey { at: SOON, id: 1 };
        if self.desc.timer_fired(Mode::Read, timer, SOON, timer) == Timer::Expired {
            self.desc.expire(Mode::Read);
        }
    }

    fn set_deadline(&self, at: Option<Instant>) {
        let fresh = TimerKey { at: at.unwrap_or_default(), id: 2 };
        if self.desc.set_deadline(Mode::Read, at, NOW, fresh) == Timer::Expired {
            self.desc.expire(Mode::Read);
        }
    }
}

/// Lets a thread do something with the socket.
fn with<T: 'static>(socket: &Arc<Socket>, act: impl FnOnce(&Socket) -> T + 'static) -> JoinHandle<T> {
    let socket = socket.clone();
    spawn(move || act(&socket))
}

#[test]
fn what_the_poller_reports_wakes_each_direction_once() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let reader = with(&socket, |socket| socket.wait(Mode::Read));
        let writer = with(&socket, |socket| socket.wait(Mode::Write));
        socket.desc.ready(true, true, false, false);
        assert_eq!(reader.join().unwrap(), Ok(()));
        assert_eq!(writer.join().unwrap(), Ok(()));
        assert_eq!(socket.look(&mut false), Poll::Pending, "it was reported once");
    });
}

#[test]
fn a_reader_gets_all_that_arrives() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let peer = with(&socket, |socket| {
            socket.arrive();
            socket.arrive();
        });
        let mut read = 0;
        while read < 2 {
            read += socket.read().unwrap();
        }
        peer.join().unwrap();
    });
}

#[test]
fn a_close_wakes_a_reader_and_a_writer() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let reader = with(&socket, |socket| socket.wait(Mode::Read));
        let writer = with(&socket, |socket| socket.wait(Mode::Write));
        socket.desc.evict();
        assert_eq!(reader.join().unwrap(), Err(Error::Closing));
        assert_eq!(writer.join().unwrap(), Err(Error::Closing));
    });
}

#[test]
fn a_deadline_that_passes_wakes_a_reader() {
    model(|| {
        let socket = Arc::new(Socket::default());
        socket.set_deadline(Some(SOON));
        let timer = with(&socket, Socket::expire);
        assert_eq!(socket.wait(Mode::Read), Err(Error::DeadlineExceeded));
        timer.join().unwrap();
    });
}

#[test]
fn a_deadline_in_the_past_wakes_a_reader() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let owner = with(&socket, |socket| socket.set_deadline(Some(NOW)));
        assert_eq!(socket.wait(Mode::Read), Err(Error::DeadlineExceeded));
        owner.join().unwrap();
    });
}

#[test]
fn a_reader_whose_deadline_is_taken_back_waits_on() {
    model(|| {
        let socket = Arc::new(Socket::default());
        socket.set_deadline(Some(SOON));
        let timer = with(&socket, Socket::expire);
        let peer = with(&socket, |socket| {
            socket.set_deadline(None);
            socket.arrive();
        });
        let read = socket.read();
        assert!(matches!(read, Ok(1) | Err(Error::DeadlineExceeded)), "{read:?}");
        timer.join().unwrap();
        peer.join().unwrap();
        assert!(read.is_ok() || socket.read() == Ok(1), "what arrived is there after a deadline, too");
    });
}

#[test]
fn a_report_and_a_close_at_once_wake_a_reader() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let peer = with(&socket, Socket::arrive);
        let closer = with(&socket, |socket| socket.desc.evict());
        let read = socket.read();
        assert!(matches!(read, Ok(1) | Err(Error::Closing)), "{read:?}");
        peer.join().unwrap();
        closer.join().unwrap();
    });
}

#[test]
fn a_report_outlives_the_waiter_that_goes() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let mut parked = false;
        assert_eq!(socket.look(&mut parked), Poll::Pending);
        let poller = with(&socket, |socket| socket.desc.ready(true, false, false, false));
        socket.desc.unpark(Mode::Read);
        poller.join().unwrap();
        assert_eq!(socket.look(&mut false), Poll::Ready(Ok(())));
    });
}

#[test]
fn a_waiter_that_goes_while_the_socket_closes_stays_away() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let mut parked = false;
        assert_eq!(socket.look(&mut parked), Poll::Pending);
        let closer = with(&socket, |socket| socket.desc.evict());
        socket.desc.unpark(Mode::Read);
        closer.join().unwrap();
        assert_eq!(socket.desc.waiting(), [false; 2]);
        assert_eq!(socket.look(&mut false), Poll::Ready(Err(Error::Closing)));
    });
}

#[test]
fn a_task_that_has_moved_is_woken_where_it_is() {
    model(|| {
        let socket = Arc::new(Socket::default());
        let mut parked = false;
        assert_eq!(socket.look(&mut parked), Poll::Pending);
        let poller = with(&socket, |socket| socket.desc.ready(true, false, false, false));
        let woken = block_on(poll_fn(|cx| socket.desc.poll_ready(Mode::Read, &mut parked, cx)));
        assert_eq!(woken, Ok(()));
        poller.join().unwrap();
    });
}
