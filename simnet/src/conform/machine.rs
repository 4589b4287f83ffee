//! A program on a kernel.

use core::time::Duration;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use netcore::os::Os;
use netcore::sys::{Clock, Epoll, Errno, Fd, Rlimit, SockAddr, SockOpt, SockOptValue, Sockets, Threads};

use super::answer::{Answer, Name};
use super::call::{Onto, Place, Var};
use super::crew::Crew;
use super::program::Program;
use crate::Sim;
use crate::choice::{Point, Rates, Seed};
use crate::oracle::Finding;
use crate::world::{Config, Source, run};

/// Numbers that a program names itself: what it copies onto, and where its limit is.
const NUMBERS: usize = 40;
/// After how many bytes the bytes of a stream repeat. Prime, so that no size of a transfer divides it.
const PERIOD: usize = 4093;
/// The largest transfer.
pub(super) const TRANSFER_MAX: usize = 1 << 17;
/// The largest transfer to a socket that is not to fill it.
const SMALL: usize = 1024;
/// How long everybody comes to rest after a call, where that is asked for: longer than a delayed acknowledgement.
const REST: Duration = Duration::from_millis(45);

/// The bytes of every stream: byte `n` is at `n % PERIOD`, and what follows it after it.
static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let byte = |at: usize| ((at % PERIOD) as u32).wrapping_mul(2_654_435_761).to_be_bytes()[1];
    (0..PERIOD + TRANSFER_MAX).map(byte).collect()
});

/// The descriptor table is the process's: one program at a time.
static TABLE: Mutex<()> = Mutex::new(());

/// When the next call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// At once: what the network does by itself may still be under way.
    AtOnce,
    /// After everybody has come to rest.
    Settled,
}

/// What the real kernel answers. `block` says which of the loopback addresses are the program's: programs with
/// different ones do not meet, even in TIME-WAIT.
pub fn on_linux(program: &Program, pace: Pace, block: u16) -> Vec<Answer> {
    let _table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    answers(&Os, program, pace, block)
}

/// What the simulated kernel answers, or what an oracle says.
///
/// # Errors
///
/// When the run ended with a finding: a panic of the simulated kernel is one.
pub fn on_sim(program: &Program, pace: Pace, block: u16) -> Result<Vec<Answer>, Finding> {
    on_sim_as(program, pace, block, |sim| sim)
}

/// The same of what `wrap` makes of the simulated kernel.
pub(super) fn on_sim_as<S: Platform>(
    program: &Program,
    pace: Pace,
    block: u16,
    wrap: impl FnOnce(Sim) -> S + Send + 'static,
) -> Result<Vec<Answer>, Finding> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (inside, program) = (told.clone(), program.clone());
    // Ports are drawn anew each time; nothing else is left to chance.
    let rates = Point::ALL.into_iter().fold(Rates::default(), |rates, point| rates.with(point, 0));
    let config = Config { rates, ..Config::new(Source::Seed(Seed(block.into()))) };
    let report = run(&config, move |world| {
        let answers = answers(&wrap(world.host("machine").process("program")), &program, pace, block);
        *inside.lock().expect("nobody panics with it") = answers;
    });
    match report.finding {
        Some(finding) => Err(finding),
        None => Ok(core::mem::take(&mut *told.lock().expect("nobody panics with it"))),
    }
}

/// What a machine has to have.
pub(super) trait Platform: Epoll + Sockets + Threads + Clock + Clone + Send + Sync + 'static {}

impl<S: Epoll + Sockets + Threads + Clock + Clone + Send + Sync + 'static> Platform for S {}

fn answers<S: Platform>(s: &S, program: &Program, pace: Pace, block: u16) -> Vec<Answer> {
    let mut machine = Machine::new(s, block, program.calls.len());
    let answers = program.calls.iter().enumerate().map(|(at, call)| {
        let answer = machine.call(at as u64, call);
        if pace == Pace::Settled {
            machine.rest();
        }
        answer
    });
    let answers = answers.collect();
    machine.close_all();
    answers
}

/// A kernel while a program runs on it.
pub(super) struct Machine<'a, S: Platform> {
    pub(super) s: &'a S,
    /// The numbers that were free at first, ascending. Answers speak of the places in here.
    free: Vec<i32>,
    /// What the variables are.
    numbers: Vec<i32>,
    names: Vec<Option<SockAddr>>,
    /// Which stream each place reads and writes.
    streams: Vec<usize>,
    /// How much was sent and received of each.
    offsets: Vec<[usize; 2]>,
    /// Which streams are sockets'.
    sockets: Vec<bool>,
    limit: Option<Rlimit>,
    block: u16,
    pub(super) crew: Crew<S>,
}

/// The directions of a stream.
pub(super) const SENT: usize = 0;
pub(super) const RECEIVED: usize = 1;

impl<'a, S: Platform> Machine<'a, S> {
    /// For a program of so many calls.
    fn new(s: &'a S, block: u16, calls: usize) -> Self {
        // A call makes two descriptors at most.
        let places = NUMBERS.max(2 * calls);
        let is_free = |number: &i32| s.fcntl_getfd(Fd::raw(*number)) == Err(Errno::EBADF);
        Machine {
            s,
            free: (0..).filter(is_free).take(places).collect(),
            numbers: Vec::new(),
            names: Vec::new(),
            streams: vec![0; places],
            offsets: vec![[0; 2]],
            sockets: vec![false],
            limit: None,
            block,
            crew: Crew::default(),
        }
    }

    /// The descriptor that a variable names.
    pub(super) fn fd(&self, var: Var) -> Fd {
        Fd::raw(self.numbers.get(usize::from(var.0)).copied().unwrap_or(-1))
    }

    pub(super) fn onto(&self, onto: Onto) -> i32 {
        match onto {
            Onto::Var(var) => self.fd(var).number,
            Onto::Nth(nth) => self.free[usize::from(nth) % NUMBERS],
            Onto::Nothing => -1,
            Onto::Beyond => 1 << 20,
        }
    }

    /// The place of a number among those that were free.
    pub(super) fn place(&self, fd: Fd) -> u32 {
        self.free.iter().position(|&number| number == fd.number).unwrap_or(self.free.len()) as u32
    }

    /// A variable gets its value; with a stream of its own, or with that of `like`.
    pub(super) fn learn(&mut self, var: Var, fd: Fd, like: Option<Fd>) -> u32 {
        let index = usize::from(var.0);
        if self.numbers.len() <= index {
            self.numbers.resize(index + 1, -1);
            self.names.resize(index + 1, None);
        }
        self.numbers[index] = fd.number;
        let place = self.place(fd);
        let stream = like.and_then(|like| self.streams.get(self.place(like) as usize).copied());
        let stream = stream.unwrap_or_else(|| {
            self.offsets.push([0; 2]);
            self.sockets.push(false);
            self.offsets.len() - 1
        });
        if let Some(slot) = self.streams.get_mut(place as usize) {
            *slot = stream;
        }
        place
    }

    /// A number has become a socket's.
    pub(super) fn is_socket(&mut self, place: u32) {
        if let Some(&stream) = self.streams.get(place as usize) {
            self.sockets[stream] = true;
        }
    }

    /// The next bytes of the stream of a descriptor. To sockets only so many go at once that no buffer comes to its
    /// limits, since what then happens is each kernel's own affair.
    pub(super) fn few_bytes(&self, fd: Fd, len: usize) -> &'static [u8] {
        let stream = self.streams.get(self.place(fd) as usize).copied().unwrap_or(0);
        self.next_bytes(fd, SENT, if self.sockets[stream] { len.min(SMALL) } else { len })
    }

    /// The next bytes of the stream of a descriptor.
    pub(super) fn next_bytes(&self, fd: Fd, direction: usize, len: usize) -> &'static [u8] {
        let place = self.place(fd) as usize;
        let stream = self.streams.get(place).copied().unwrap_or(0);
        &BYTES[self.offsets[stream][direction] % PERIOD..][..len.min(TRANSFER_MAX)]
    }

    /// So many of them have gone.
    pub(super) fn advance(&mut self, fd: Fd, direction: usize, by: usize) {
        let place = self.place(fd) as usize;
        if let Some(&stream) = self.streams.get(place) {
            self.offsets[stream][direction] += by;
        }
    }

    /// Notes what a descriptor is called, for others to connect to.
    pub(super) fn note_name(&mut self, var: Var) {
        if let Ok(name) = self.s.getsockname(self.fd(var))
            && let Some(slot) = self.names.get_mut(usize::from(var.0))
        {
            *slot = Some(name);
        }
    }

    pub(super) fn addr(&self, place: Place) -> SockAddr {
        let [high, low] = self.block.to_be_bytes();
        let host = |nth: u8| Ipv4Addr::new(127, high, low, 1 + nth % 4);
        let v4 = |ip: Ipv4Addr, port: u16| SocketAddr::from((ip, port)).into();
        let name = |var: Var| self.names.get(usize::from(var.0)).copied().flatten();
        let port = |var: Var| name(var).and_then(|name| name.ip()).map_or(0, |addr| addr.port());
        match place {
            Place::Host(nth) => v4(host(nth), 0),
            Place::Any => v4(Ipv4Addr::UNSPECIFIED, 0),
            Place::Loopback6 => SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into(),
            Place::Any6 => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into(),
            Place::Of(var) => name(var).unwrap_or_else(|| v4(host(0), 0)),
            Place::PortOf(var, nth) => v4(host(nth), port(var)),
            Place::AnyPortOf(var) => v4(Ipv4Addr::UNSPECIFIED, port(var)),
            Place::MappedOf(var) => match name(var) {
                Some(SockAddr::Inet(addr)) => {
                    SockAddr::Inet6(SocketAddrV6::new(addr.ip().to_ipv6_mapped(), addr.port(), 0, 0))
                }
                other => other.unwrap_or_else(|| v4(host(0), 0)),
            },
            Place::Foreign => v4(Ipv4Addr::new(192, 0, 2, 1), 9),
            Place::Broadcast => v4(Ipv4Addr::BROADCAST, 9),
            Place::Multicast => v4(Ipv4Addr::new(224, 0, 0, 1), 9),
            Place::Unspec => SockAddr::Unspec,
        }
    }

    /// Numbers from here on are beyond the limit.
    pub(super) fn limit(&mut self, nth: u8) -> Answer {
        let limit = self.s.getrlimit_nofile()?;
        self.limit.get_or_insert(limit);
        let soft = self.free[usize::from(nth) % NUMBERS] as u64;
        self.s.setrlimit_nofile(Rlimit { soft, ..limit })?;
        Ok(super::Value::Done)
    }

    pub(super) fn rest(&self) {
        let until = self.s.now() + REST;
        while self.s.now() < until {
            self.s.park(Some(until));
        }
    }

    /// The numbers of the program that are open.
    pub(super) fn open(&self) -> Vec<Fd> {
        let all = self.free.iter().map(|&number| Fd::raw(number));
        all.filter(|&fd| self.s.fcntl_getfd(fd).is_ok()).collect()
    }

    /// Leaves nothing behind: connections that are still there end with a reset.
    fn close_all(&mut self) {
        if let Some(limit) = self.limit {
            self.s.setrlimit_nofile(limit).expect("the limit was this before");
        }
        self.release();
        for fd in self.open() {
            let _ = self.s.setsockopt(fd, SockOpt::Linger, SockOptValue::Linger(Some(0)));
            let _ = self.s.close(fd);
        }
    }
}

/// An internet address as it is compared.
pub(super) fn name(addr: SockAddr) -> Name {
    addr.ip().map_or(Name { ip: Ipv4Addr::UNSPECIFIED.into(), port: 0 }, |addr| Name {
        ip: addr.ip(),
        port: addr.port(),
    })
}
