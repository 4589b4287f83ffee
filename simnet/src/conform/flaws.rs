//! A simulated kernel with a small flaw, to see that the comparison finds it.

use core::time::Duration;
use std::io::{IoSlice, IoSliceMut};
use std::sync::{Arc, Mutex};

use netcore::sys::*;

use super::judge::next_block;
use super::machine::on_sim_as;
use super::{Pace, Program, Topic, compare, generate, judge, on_linux};
use crate::Sim;
use crate::choice::Seed;

/// Programs within which a flaw is found.
const PROGRAMS_MAX: u64 = 2000;

/// What is wrong with the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// getpeername(2) of what is not connected answers `EINVAL`.
    WrongErrno,
    /// epoll_wait(2) keeps `EPOLLHUP` to itself.
    LostHup,
    /// epoll_wait(2) keeps `EPOLLRDHUP` to itself.
    LostRdhup,
    /// An edge is lost where the same registration had one just before.
    LostEdge,
    /// The ready list is read from its end.
    WrongOrder,
    /// The accept queue holds one more.
    DeepQueue,
    /// An accepted socket has the flags of its listener.
    InheritedNonblock,
    /// dup(2) takes the second lowest number.
    SecondNumber,
    /// `MSG_PEEK` takes what it shows.
    EatenPeek,
    /// The error of a socket stays after `SO_ERROR` has told it: it is told as none at all.
    SilentError,
    /// `SO_LINGER` of 0 is an orderly end.
    PoliteLinger,
    /// shutdown(2) of one direction shuts both.
    ShutBoth,
    /// `EPOLL_CTL_MOD` does not arm again.
    UnarmedMod,
}

const FLAWS: [Flaw; 13] = [
    Flaw::WrongErrno,
    Flaw::LostHup,
    Flaw::LostRdhup,
    Flaw::LostEdge,
    Flaw::WrongOrder,
    Flaw::DeepQueue,
    Flaw::InheritedNonblock,
    Flaw::SecondNumber,
    Flaw::EatenPeek,
    Flaw::SilentError,
    Flaw::PoliteLinger,
    Flaw::ShutBoth,
    Flaw::UnarmedMod,
];

/// The kernel with the flaw.
#[derive(Clone)]
struct Flawed {
    sim: Sim,
    flaw: Flaw,
    /// The registration that was reported last.
    last: Arc<Mutex<Option<u64>>>,
}

impl Flawed {
    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// What is left of the events that the kernel has reported.
    fn spoil(&self, events: &mut [EpollEvent]) -> usize {
        if self.is(Flaw::WrongOrder) {
            events.reverse();
        }
        let mut last = self.last.lock().expect("nobody panics with it");
        let mut len = 0;
        for at in 0..events.len() {
            let mut event = events[at];
            let is_again = last.replace(event.data) == Some(event.data);
            match self.flaw {
                Flaw::LostHup => event.events -= EpollEvents::HUP,
                Flaw::LostRdhup => event.events -= EpollEvents::RDHUP,
                Flaw::LostEdge if is_again && event.data > 0 => event.events = EpollEvents::empty(),
                _ => {}
            }
            if !event.events.is_empty() {
                events[len] = event;
                len += 1;
            }
        }
        len
    }
}

macro_rules! as_it_is {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $ty),*) -> $answer { self.sim.$name($($arg),*) })*
    };
}

impl Files for Flawed {
    as_it_is! {
        read(fd: Fd, buf: &mut [u8]) -> Result<usize>;
        readv(fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Result<usize>;
        write(fd: Fd, buf: &[u8]) -> Result<usize>;
        writev(fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize>;
        close(fd: Fd) -> Result<()>;
        open(path: &str, flags: OFlags) -> Result<Fd>;
        pipe2(flags: OFlags) -> Result<(Fd, Fd)>;
        dup2(fd: Fd, number: i32) -> Result<Fd>;
        dup3(fd: Fd, number: i32, flags: DupFlags) -> Result<Fd>;
        fcntl_dupfd_cloexec(fd: Fd, min: i32) -> Result<Fd>;
        fcntl_getfd(fd: Fd) -> Result<FdFlags>;
        fcntl_setfd(fd: Fd, flags: FdFlags) -> Result<()>;
        fcntl_getfl(fd: Fd) -> Result<OFlags>;
        fcntl_setfl(fd: Fd, flags: OFlags) -> Result<()>;
        ioctl_fionread(fd: Fd) -> Result<usize>;
        getrlimit_nofile() -> Result<Rlimit>;
        setrlimit_nofile(limit: Rlimit) -> Result<()>;
    }

    fn dup(&self, fd: Fd) -> Result<Fd> {
        let first = self.sim.dup(fd)?;
        if !self.is(Flaw::SecondNumber) {
            return Ok(first);
        }
        let second = self.sim.dup(fd);
        self.sim.close(first)?;
        second
    }
}

impl Sockets for Flawed {
    as_it_is! {
        socket(domain: Domain, ty: SockType, flags: SockFlags) -> Result<Fd>;
        bind(fd: Fd, addr: &SockAddr) -> Result<()>;
        connect(fd: Fd, addr: &SockAddr) -> Result<()>;
        getsockname(fd: Fd) -> Result<SockAddr>;
        send(fd: Fd, buf: &[u8], flags: MsgFlags) -> Result<usize>;
        sendmsg(fd: Fd, bufs: &[IoSlice<'_>], flags: MsgFlags) -> Result<usize>;
        sendto(fd: Fd, buf: &[u8], flags: MsgFlags, to: &SockAddr) -> Result<usize>;
        recvfrom(fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<Received>;
    }

    fn listen(&self, fd: Fd, backlog: i32) -> Result<()> {
        let deeper = i32::from(self.is(Flaw::DeepQueue) && backlog >= 0);
        self.sim.listen(fd, backlog + deeper)
    }

    fn accept4(&self, fd: Fd, flags: SockFlags) -> Result<(Fd, SockAddr)> {
        let inherited =
            if self.is(Flaw::InheritedNonblock) { SockFlags::NONBLOCK } else { SockFlags::empty() };
        self.sim.accept4(fd, flags | inherited)
    }

    fn shutdown(&self, fd: Fd, how: Shutdown) -> Result<()> {
        self.sim.shutdown(fd, if self.is(Flaw::ShutBoth) { Shutdown::Both } else { how })
    }

    fn getpeername(&self, fd: Fd) -> Result<SockAddr> {
        self.sim.getpeername(fd).map_err(|errno| match errno {
            Errno::ENOTCONN if self.is(Flaw::WrongErrno) => Errno::EINVAL,
            other => other,
        })
    }

    fn getsockopt(&self, fd: Fd, option: SockOpt) -> Result<SockOptValue> {
        let value = self.sim.getsockopt(fd, option)?;
        let is_silent = self.is(Flaw::SilentError) && option == SockOpt::Error;
        Ok(if is_silent { SockOptValue::Error(None) } else { value })
    }

    fn setsockopt(&self, fd: Fd, option: SockOpt, value: SockOptValue) -> Result<()> {
        if self.is(Flaw::PoliteLinger) && value == SockOptValue::Linger(Some(0)) {
            return self.sim.setsockopt(fd, option, SockOptValue::Linger(None));
        }
        self.sim.setsockopt(fd, option, value)
    }

    fn recv(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<usize> {
        let flags = if self.is(Flaw::EatenPeek) { flags - MsgFlags::PEEK } else { flags };
        self.sim.recv(fd, buf, flags)
    }
}

impl Epoll for Flawed {
    as_it_is! {
        epoll_create1(flags: EpollCreateFlags) -> Result<Fd>;
        eventfd(initval: u32, flags: EventfdFlags) -> Result<Fd>;
    }

    fn epoll_ctl(&self, epfd: Fd, op: EpollOp, fd: Fd, event: EpollEvent) -> Result<()> {
        if self.is(Flaw::UnarmedMod) && op == EpollOp::Mod {
            // As `EPOLL_CTL_MOD` answers, but without an effect.
            return match self.sim.epoll_ctl(epfd, EpollOp::Add, fd, event) {
                Err(Errno::EEXIST) => Ok(()),
                Ok(()) => self.sim.epoll_ctl(epfd, EpollOp::Del, fd, event).and(Err(Errno::ENOENT)),
                other => other,
            };
        }
        self.sim.epoll_ctl(epfd, op, fd, event)
    }

    fn epoll_wait(&self, epfd: Fd, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize> {
        let len = self.sim.epoll_wait(epfd, events, timeout)?;
        Ok(self.spoil(&mut events[..len]))
    }
}

impl Clock for Flawed {
    as_it_is! { now() -> Instant; }
}

impl Threads for Flawed {
    type Thread = <Sim as Threads>::Thread;
    type JoinHandle = <Sim as Threads>::JoinHandle;

    as_it_is! {
        spawn(name: &str, body: Box<dyn FnOnce() + Send>) -> Result<Self::JoinHandle>;
        join(thread: Self::JoinHandle) -> ();
        current() -> Self::Thread;
        park(deadline: Option<Instant>) -> ();
        unpark(thread: &Self::Thread) -> ();
        slot() -> u64;
        set_slot(value: u64) -> ();
        parallelism() -> usize;
    }
}

/// Whether the kernels differ every time, as [`super::judge`] demands, where one of them has the flaw.
fn is_found(program: &Program, flaw: Flaw) -> bool {
    (0..3).all(|_| {
        let block = next_block();
        let real = on_linux(program, Pace::AtOnce, block);
        let with_flaw = move |sim| Flawed { sim, flaw, last: Arc::default() };
        on_sim_as(program, Pace::AtOnce, block, with_flaw)
            .is_ok_and(|flawed| compare(program, &real, &flawed).is_some())
    })
}

#[test]
fn every_flaw_is_found() {
    let mut survivors = Vec::new();
    for flaw in FLAWS {
        let mut programs = (0..PROGRAMS_MAX).map(|seed| generate(Seed(seed), &Topic::ALL, 30));
        match programs.position(|program| is_found(&program, flaw)) {
            Some(count) => println!("{flaw:?}: {} programs", count + 1),
            None => survivors.push(flaw),
        }
    }
    assert_eq!(survivors, [], "flaws that {PROGRAMS_MAX} programs do not find");
}

#[test]
fn without_a_flaw_nothing_is_found() {
    for seed in 0..PROGRAMS_MAX {
        let program = generate(Seed(seed), &Topic::ALL, 30);
        let verdict = judge(&program);
        assert_eq!(verdict, None, "program {seed}: {program:?}");
    }
}
