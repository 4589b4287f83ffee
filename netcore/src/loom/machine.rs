//! A machine without devices: threads, an epoll instance, an eventfd in it, and time that a model moves.

use core::time::Duration;
use std::io::{IoSlice, IoSliceMut};
use std::sync::{self, Arc};

use loom::sync::{Condvar, Mutex, MutexGuard, Notify};
use loom::thread::ThreadId;

use crate::netpoll::EpollPoller;
use crate::sys::*;

const EPOLL: Fd = Fd::raw(3);
const EVENTFD: Fd = Fd::raw(4);
const ENDED: &str = "a model ends with its first panic";

/// A platform for models. Calls that no model makes answer `ENOSYS`.
///
/// The kernel's memory is under a lock, as the kernel's is: what a call does is ordered before what later calls
/// on the same object see.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    kernel: Arc<Kernel>,
    /// What no thread waits for: it is no part of the model.
    books: Arc<sync::Mutex<Books>>,
}

#[derive(Debug)]
struct Kernel {
    /// The eventfd's counter.
    count: Mutex<u64>,
    /// The eventfd was written, or time has passed.
    news: Condvar,
}

#[derive(Debug, Default)]
struct Books {
    now: Instant,
    threads: Vec<Thread>,
    /// The eventfd's cookie in the epoll instance.
    cookie: u64,
    closed: Vec<Fd>,
}

#[derive(Clone, Debug)]
struct Thread {
    id: ThreadId,
    unparked: Arc<Notify>,
    slot: u64,
    /// When it last looked at the clock.
    looked: Instant,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let kernel = Kernel { count: Mutex::new(0), news: Condvar::new() };
        Machine { kernel: Arc::new(kernel), books: Arc::default() }
    }

    /// Time passes.
    pub(crate) fn pass(&self, until: Instant) {
        let count = self.kernel.count();
        self.books().now = until;
        self.kernel.news.notify_all();
        drop(count);
    }

    /// Every descriptor that has been closed.
    pub(crate) fn closed(&self) -> Vec<Fd> {
        self.books().closed.clone()
    }

    fn books(&self) -> sync::MutexGuard<'_, Books> {
        self.books.lock().expect(ENDED)
    }

    /// Something of the calling thread.
    fn this<T>(&self, look: impl FnOnce(&mut Thread) -> T) -> T {
        let id = loom::thread::current().id();
        let known = self.books().threads.iter().any(|thread| thread.id == id);
        if !known {
            let unparked = Arc::new(Notify::new());
            self.books().threads.push(Thread { id, unparked, slot: 0, looked: Instant::ZERO });
        }
        look(self.books().threads.iter_mut().find(|thread| thread.id == id).expect("it is known by now"))
    }
}

impl Kernel {
    fn count(&self) -> MutexGuard<'_, u64> {
        self.count.lock().expect(ENDED)
    }
}

impl Sys for Machine {
    type Poller = EpollPoller<Machine>;
}

/// loom preempts by itself.
impl Preempt for Machine {
    fn preempt(_access: Access) {}
    fn locked() {}
    fn unlocked() {}
}

impl Probe for Machine {
    fn probe(&self, _event: ProbeEvent) {}
}

impl Clock for Machine {
    fn now(&self) -> Instant {
        let now = self.books().now;
        self.this(|thread| thread.looked = now);
        now
    }
}

impl Entropy for Machine {
    fn getrandom(&self, buf: &mut [u8]) {
        buf.fill(0);
    }
}

impl Threads for Machine {
    type Thread = Arc<Notify>;
    type JoinHandle = loom::thread::JoinHandle<()>;

    fn spawn(&self, _name: &str, body: Box<dyn FnOnce() + Send>) -> Result<Self::JoinHandle> {
        Ok(loom::thread::spawn(body))
    }

    fn join(&self, thread: Self::JoinHandle) {
        thread.join().expect(ENDED);
    }

    fn current(&self) -> Self::Thread {
        self.this(|thread| thread.unparked.clone())
    }

    fn park(&self, _deadline: Option<Instant>) {
        self.current().wait();
    }

    fn unpark(&self, thread: &Self::Thread) {
        thread.notify();
    }

    fn slot(&self) -> u64 {
        self.this(|thread| thread.slot)
    }

    fn set_slot(&self, value: u64) {
        self.this(|thread| thread.slot = value);
    }

    fn parallelism(&self) -> usize {
        1
    }
}

impl Epoll for Machine {
    fn epoll_create1(&self, _flags: EpollCreateFlags) -> Result<Fd> {
        Ok(EPOLL)
    }

    fn eventfd(&self, _initval: u32, _flags: EventfdFlags) -> Result<Fd> {
        Ok(EVENTFD)
    }

    fn epoll_ctl(&self, _epfd: Fd, op: EpollOp, fd: Fd, event: EpollEvent) -> Result<()> {
        if op == EpollOp::Add && fd == EVENTFD {
            self.books().cookie = event.data;
        }
        Ok(())
    }

    /// Sleeps until the eventfd is written, or for so long since the caller looked at the clock: whether a thread is
    /// quick between the two is not what a model is about.
    fn epoll_wait(&self, _epfd: Fd, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize> {
        let until = timeout.map(|timeout| self.this(|thread| thread.looked) + timeout);
        let mut count = self.kernel.count();
        while *count == 0 {
            if until.is_some_and(|until| until <= self.books().now) {
                return Ok(0);
            }
            count = self.kernel.news.wait(count).expect(ENDED);
        }
        events[0] = EpollEvent { events: EpollEvents::IN, data: self.books().cookie };
        Ok(1)
    }
}

/// Calls that nothing here makes.
macro_rules! absent {
    ($($name:ident($($arg:ty),*) -> $answer:ty;)*) => {$(
        fn $name(&self, $(_: $arg),*) -> Result<$answer> {
            Err(Errno::ENOSYS)
        }
    )*};
}

impl Files for Machine {
    fn read(&self, fd: Fd, _buf: &mut [u8]) -> Result<usize> {
        assert_eq!(fd, EVENTFD);
        let mut count = self.kernel.count();
        if core::mem::take(&mut *count) > 0 { Ok(size_of::<u64>()) } else { Err(Errno::EAGAIN) }
    }

    fn write(&self, fd: Fd, buf: &[u8]) -> Result<usize> {
        assert_eq!(fd, EVENTFD);
        *self.kernel.count() += 1;
        self.kernel.news.notify_all();
        Ok(buf.len())
    }

    fn close(&self, fd: Fd) -> Result<()> {
        self.books().closed.push(fd);
        Ok(())
    }

    absent! {
        readv(Fd, &mut [IoSliceMut<'_>]) -> usize;
        writev(Fd, &[IoSlice<'_>]) -> usize;
        open(&str, OFlags) -> Fd;
        pipe2(OFlags) -> (Fd, Fd);
        dup(Fd) -> Fd;
        dup2(Fd, i32) -> Fd;
        dup3(Fd, i32, DupFlags) -> Fd;
        fcntl_dupfd_cloexec(Fd, i32) -> Fd;
        fcntl_getfd(Fd) -> FdFlags;
        fcntl_setfd(Fd, FdFlags) -> ();
        fcntl_getfl(Fd) -> OFlags;
        fcntl_setfl(Fd, OFlags) -> ();
        ioctl_fionread(Fd) -> usize;
        getrlimit_nofile() -> Rlimit;
        setrlimit_nofile(Rlimit) -> ();
    }
}

impl Sockets for Machine {
    absent! {
        socket(Domain, SockType, SockFlags) -> Fd;
        bind(Fd, &SockAddr) -> ();
        listen(Fd, i32) -> ();
        accept4(Fd, SockFlags) -> (Fd, SockAddr);
        connect(Fd, &SockAddr) -> ();
        shutdown(Fd, Shutdown) -> ();
        getsockname(Fd) -> SockAddr;
        getpeername(Fd) -> SockAddr;
        getsockopt(Fd, SockOpt) -> SockOptValue;
        setsockopt(Fd, SockOpt, SockOptValue) -> ();
        send(Fd, &[u8], MsgFlags) -> usize;
        sendmsg(Fd, &[IoSlice<'_>], MsgFlags) -> usize;
        recv(Fd, &mut [u8], MsgFlags) -> usize;
        sendto(Fd, &[u8], MsgFlags, &SockAddr) -> usize;
        recvfrom(Fd, &mut [u8], MsgFlags) -> Received;
    }
}
