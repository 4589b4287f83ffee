//! Random programs of calls that do not wait, and everything that they answer.
//!
//! A program is made from a number. It opens, copies, closes, registers, reads, writes and waits (not at
//! all) on a dozen descriptor numbers without regard for what they are, so that errors, stale
//! registrations and reused numbers come about as often as successes. Two kernels that write the same log for
//! many programs agree in more than any list of statements says.

use core::fmt::Write;
use core::time::Duration;

use netcore::sys::{
    EpollCreateFlags, EpollEvent, EpollEvents, EpollOp, Errno, EventfdFlags, Fd, OFlags, Result,
};

use crate::verbs::*;

/// Numbers that a program uses.
const NUMBERS: usize = 16;
/// Calls of a program.
const STEPS: usize = 150;

/// Runs the program made from `seed` and tells what each call answered.
pub(crate) fn log<S: Machine>(s: &S, seed: u64) -> Vec<String> {
    let free = |number: &i32| s.fcntl_getfd(Fd::raw(*number)) == Err(Errno::EBADF);
    let numbers: Vec<i32> = (0..).filter(free).take(NUMBERS).collect();
    let kinds = vec![Kind::Closed; NUMBERS];
    let mut program = Program { s, numbers, kinds, dice: Dice(seed), registrations: 0 };
    let log = (0..STEPS).map(|_| program.step()).collect();
    for &number in &program.numbers {
        let _ = s.close(Fd::raw(number));
    }
    log
}

/// What the program believes a number to be.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Closed,
    Reader,
    Writer,
    Counter,
    Epoll,
}

const SOURCES: [Kind; 4] = [Kind::Reader, Kind::Writer, Kind::Counter, Kind::Epoll];

struct Program<'a, S> {
    s: &'a S,
    /// The numbers that were free at first, ascending. Logs speak of the positions in here.
    numbers: Vec<i32>,
    kinds: Vec<Kind>,
    dice: Dice,
    registrations: u64,
}

impl<S: Machine> Program<'_, S> {
    fn step(&mut self) -> String {
        match self.dice.below(100) {
            0..10 => self.make(),
            10..17 => self.copy(),
            17..20 => {
                let fd = self.any();
                let answer = self.s.close(Fd::raw(fd.number));
                self.learn(fd, Kind::Closed);
                format!("close {} = {answer:?}", self.place(fd))
            }
            20..33 => self.read(),
            33..50 => self.write(),
            50..72 => self.control(),
            72..97 => self.wait(),
            _ => {
                let fd = self.any();
                let (flags, left) = (self.s.fcntl_getfl(fd), self.s.ioctl_fionread(fd));
                format!("getfl, fionread {} = {flags:?}, {left:?}", self.place(fd))
            }
        }
    }

    fn make(&mut self) -> String {
        let s = self.s;
        match self.dice.below(3) {
            0 => match s.pipe2(OFlags::NONBLOCK) {
                Ok((r, w)) => {
                    format!("pipe2 = {:?}", [self.made(Ok(r), Kind::Reader), self.made(Ok(w), Kind::Writer)])
                }
                Err(errno) => format!("pipe2 = {errno:?}"),
            },
            1 => {
                let flags = [EventfdFlags::NONBLOCK, EventfdFlags::NONBLOCK | EventfdFlags::SEMAPHORE];
                let (initial, flags) = (self.dice.below(3) as u32, self.dice.pick(&flags));
                let made = self.made(s.eventfd(initial, flags), Kind::Counter);
                format!("eventfd {initial} {flags:?} = {made:?}")
            }
            _ => {
                let made = self.made(s.epoll_create1(EpollCreateFlags::CLOEXEC), Kind::Epoll);
                format!("epoll_create1 = {made:?}")
            }
        }
    }

    fn copy(&mut self) -> String {
        let (fd, onto) = (self.any(), self.any());
        let kind = self.kinds[self.place(fd)];
        if self.dice.below(2) == 0 {
            let made = self.made(self.s.dup(fd), kind);
            format!("dup {} = {made:?}", self.place(fd))
        } else {
            let made = self.made(self.s.dup2(fd, onto.number), kind);
            format!("dup2 {} {} = {made:?}", self.place(fd), self.place(onto))
        }
    }

    fn read(&mut self) -> String {
        let fd = self.one_of(&[Kind::Reader, Kind::Counter]);
        let len = self.dice.pick(&[0, 1, 7, 8, 8, 100, 4095, 4096, 70_000]);
        let got =
            read(self.s, fd, len).map(|got| (got.len(), got.iter().map(|&b| u64::from(b)).sum::<u64>()));
        format!("read {} {len} = {got:?}", self.place(fd))
    }

    fn write(&mut self) -> String {
        let fd = self.one_of(&[Kind::Writer, Kind::Counter]);
        let len = self.dice.pick(&[0, 1, 8, 8, 8, 8, 100, 4000, 4096, 5000, 40_000, 70_000]);
        let mut bytes = vec![0; len];
        if let Some(first) = bytes.first_mut() {
            *first = self.dice.below(3) as u8;
        }
        format!("write {} {len} = {:?}", self.place(fd), self.s.write(fd, &bytes))
    }

    fn control(&mut self) -> String {
        let (epfd, fd) = (self.one_of(&[Kind::Epoll]), self.one_of(&SOURCES));
        let op = self.dice.pick(&[EpollOp::Add, EpollOp::Add, EpollOp::Add, EpollOp::Mod, EpollOp::Del]);
        let mut events = EpollEvents::empty();
        let flags = [(IN, 2), (OUT, 3), (ET, 2), (ONESHOT, 8), (EXCLUSIVE, 12), (EpollEvents::RDHUP, 12)];
        for (flag, one_in) in flags {
            events.set(flag, self.dice.below(one_in) == 0);
        }
        self.registrations += 1;
        let data = self.registrations;
        let answer = self.s.epoll_ctl(epfd, op, fd, EpollEvent { events, data });
        format!("epoll_ctl {} {op:?} {} {events:?} #{data} = {answer:?}", self.place(epfd), self.place(fd))
    }

    fn wait(&mut self) -> String {
        let epfd = self.one_of(&[Kind::Epoll]);
        let max = self.dice.pick(&[0, 1, 1, 2, 2, 3, 10, 10, 10, 10]);
        let mut events = vec![EpollEvent::default(); max];
        let answer = self.s.epoll_wait(epfd, &mut events, Some(Duration::ZERO));
        let mut text = format!("epoll_wait {} {max} = {answer:?}", self.place(epfd));
        for event in events.iter().take(answer.unwrap_or(0)) {
            let _ = write!(text, " #{} {:?}", event.data, event.events);
        }
        text
    }

    /// A number that is open more often than not.
    fn any(&mut self) -> Fd {
        self.one_of(&SOURCES)
    }

    /// A number that is probably of one of these kinds.
    fn one_of(&mut self, kinds: &[Kind]) -> Fd {
        let of_kind = |place: &usize| kinds.contains(&self.kinds[*place]);
        let places: Vec<usize> = (0..NUMBERS).filter(of_kind).collect();
        let anything = places.is_empty() || self.dice.below(12) == 0;
        let place = if anything { self.dice.below(NUMBERS) } else { self.dice.pick(&places) };
        Fd::raw(self.numbers[place])
    }

    /// Notes what has been made, and closes it again if it is beyond the program's numbers.
    fn made(&mut self, fd: Result<Fd>, kind: Kind) -> Result<usize> {
        let fd = fd?;
        if self.place(fd) == NUMBERS {
            self.s.close(fd)?;
        } else {
            self.learn(fd, kind);
        }
        Ok(self.place(fd))
    }

    fn learn(&mut self, fd: Fd, kind: Kind) {
        let place = self.place(fd);
        self.kinds[place] = kind;
    }

    fn place(&self, fd: Fd) -> usize {
        self.numbers.iter().position(|&number| number == fd.number).unwrap_or(NUMBERS)
    }
}

/// Numbers from a number (the multiplier and the shift of PCG).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
