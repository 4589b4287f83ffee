//! Programs from seeds.

use core::fmt;
use core::str::FromStr;

use netcore::sys::EpollEvents;

use super::belief::{Belief, Kind, OPEN, Thing};
use super::call::{Call, Onto, Op, Var};
use super::dice::Dice;
use super::program::Program;
use super::sockets;
use crate::choice::Seed;

/// What programs are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as what they are about")]
pub enum Topic {
    Tcp,
    Epoll,
    Pipe,
    Eventfd,
    Fd,
    /// Calls that wait, in several threads: programs of their own.
    Threads,
}

impl Topic {
    /// Those of calls that do not wait.
    pub const ALL: [Topic; 5] = [Topic::Tcp, Topic::Epoll, Topic::Pipe, Topic::Eventfd, Topic::Fd];

    fn name(self) -> &'static str {
        match self {
            Topic::Tcp => "tcp",
            Topic::Epoll => "epoll",
            Topic::Pipe => "pipe",
            Topic::Eventfd => "eventfd",
            Topic::Fd => "fd",
            Topic::Threads => "threads",
        }
    }

    /// How often it has its turn, in parts of the sum.
    fn weight(self) -> usize {
        match self {
            Topic::Tcp => 12,
            Topic::Epoll => 6,
            Topic::Fd | Topic::Pipe | Topic::Eventfd => 2,
            Topic::Threads => 0,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = Topic::ALL.into_iter().chain([Topic::Threads]);
        all.clone().find(|topic| topic.name() == name).ok_or_else(|| {
            let names: Vec<&str> = all.map(Topic::name).collect();
            format!("there is no topic `{name}`; there are {}", names.join(", "))
        })
    }
}

/// A program of about `calls` calls about these topics; one about threads is about nothing else.
///
/// # Panics
///
/// Without a topic.
pub fn generate(seed: Seed, topics: &[Topic], calls: usize) -> Program {
    Program::new(Some(seed), make(Dice::from_seed(seed), topics, calls))
}

/// The same from a fuzzer's bytes: each is a decision.
///
/// # Panics
///
/// Without a topic.
pub fn generate_from_bytes(bytes: &[u8], topics: &[Topic], calls: usize) -> Program {
    Program::new(None, make(Dice::Bytes(bytes), topics, calls))
}

fn make(mut dice: Dice<'_>, topics: &[Topic], calls: usize) -> Vec<Call> {
    let mut belief = Belief::default();
    if topics.contains(&Topic::Threads) {
        super::threads::program(&mut belief, &mut dice, calls);
        return belief.calls;
    }
    let sum: usize = topics.iter().map(|topic| topic.weight()).sum();
    while belief.calls.len() < calls {
        let mut at = dice.below(sum);
        let topic = topics.iter().find(|topic| {
            let is_here = at < topic.weight();
            at = at.saturating_sub(topic.weight());
            is_here
        });
        match topic.expect("a program is about something") {
            Topic::Tcp => sockets::step(&mut belief, &mut dice),
            Topic::Epoll => epoll(&mut belief, &mut dice),
            Topic::Pipe => pipe(&mut belief, &mut dice),
            Topic::Eventfd => eventfd(&mut belief, &mut dice),
            Topic::Fd => descriptor(&mut belief, &mut dice),
            Topic::Threads => unreachable!("has programs of its own"),
        }
    }
    let calls = calls.max(1);
    belief.calls.truncate(calls);
    belief.calls
}

fn pipe(b: &mut Belief, dice: &mut Dice<'_>) {
    if b.of(&[Kind::Reader, Kind::Writer]).is_empty() || dice.one_in(8) {
        let makes = [Kind::Reader, Kind::Writer].map(|kind| b.add(Thing::new(kind)));
        (b.at(makes[0]).peer, b.at(makes[1]).peer) = (Some(makes[1]), Some(makes[0]));
        return b.call(Call::Pipe { makes });
    }
    let (reader, writer) = (b.some(dice, &[Kind::Reader]), b.some(dice, &[Kind::Writer]));
    let len = dice.pick(&[0, 1, 8, 100, 4000, 4096, 5000, 40_000, 65_536, 70_000]);
    let lens = |dice: &mut Dice<'_>| (0..dice.below(4)).map(|_| dice.pick(&[0, 1, 8, 5000])).collect();
    let call = match dice.below(11) {
        0..4 => Call::Write { fd: writer, len },
        4..7 => Call::Read { fd: reader, len },
        7 => Call::Writev { fd: writer, lens: lens(dice) },
        8 => Call::Readv { fd: reader, lens: lens(dice) },
        9 => Call::Fill { fd: writer },
        _ => Call::Drain { fd: reader },
    };
    b.call(call);
}

fn eventfd(b: &mut Belief, dice: &mut Dice<'_>) {
    if b.of(&[Kind::Counter]).is_empty() || dice.one_in(8) {
        let makes = b.add(Thing::new(Kind::Counter));
        return b.call(Call::Eventfd { makes, initial: dice.below(3) as u32, semaphore: dice.one_in(3) });
    }
    let fd = b.some(dice, &[Kind::Counter]);
    let call = match dice.below(8) {
        0..4 => Call::Raise { fd, value: dice.pick(&[0, 1, 1, 2, u64::MAX - 2, u64::MAX - 1, u64::MAX]) },
        4..7 => Call::Take { fd },
        _ => Call::Read { fd, len: dice.pick(&[0, 7]) },
    };
    b.call(call);
}

/// What is registered, by how often.
const WATCHED: &[Kind] =
    &[Kind::Fresh, Kind::Listener, Kind::Connected, Kind::Reader, Kind::Writer, Kind::Counter];

fn epoll(b: &mut Belief, dice: &mut Dice<'_>) {
    if b.of(&[Kind::Epoll]).is_empty() || dice.one_in(24) {
        let makes = b.add(Thing::new(Kind::Epoll));
        return b.call(Call::EpollCreate { makes });
    }
    let epfd = b.some(dice, &[Kind::Epoll]);
    if dice.below(5) < 3 {
        let max = dice.pick(&[0, 1, 1, 2, 2, 3, 10, 10, 10, 10]);
        return b.call(Call::EpollWait { epfd, max });
    }
    let op = dice.pick(&[Op::Add, Op::Add, Op::Add, Op::Mod, Op::Del]);
    let fd = if dice.one_in(12) { b.some(dice, &[Kind::Epoll]) } else { b.some(dice, WATCHED) };
    let mut events = EpollEvents::empty();
    let flags = [
        (EpollEvents::IN, 2),
        (EpollEvents::OUT, 3),
        (EpollEvents::RDHUP, 3),
        (EpollEvents::ET, 2),
        (EpollEvents::ONESHOT, 8),
        (EpollEvents::EXCLUSIVE, 16),
        (EpollEvents::PRI, 12),
    ];
    for (flag, one_in) in flags {
        events.set(flag, dice.one_in(one_in));
    }
    b.call(Call::EpollCtl { epfd, op, fd, events });
}

fn descriptor(b: &mut Belief, dice: &mut Dice<'_>) {
    if b.of(OPEN).is_empty() {
        return if dice.one_in(2) { pipe(b, dice) } else { eventfd(b, dice) };
    }
    let of = b.some(dice, OPEN);
    let onto = match dice.below(8) {
        0..4 => Onto::Var(b.some(dice, OPEN)),
        4..6 => Onto::Nth(dice.below(20) as u8),
        6 => Onto::Nothing,
        _ => Onto::Beyond,
    };
    let copy = |b: &mut Belief| {
        let makes = b.copy(of);
        if let Onto::Var(var) = onto
            && var != of
            && b.get(of).kind != Kind::Closed
        {
            b.at(var).kind = Kind::Closed;
        }
        makes
    };
    let call = match dice.below(20) {
        0..4 => Call::Dup { of, makes: b.copy(of) },
        4..8 => Call::Dup2 { of, onto, makes: copy(b) },
        8..10 => Call::Dup3 { of, onto, cloexec: dice.one_in(2), makes: copy(b) },
        10 => Call::Dupfd { of, min: Onto::Nth(dice.below(24) as u8), makes: b.copy(of) },
        11..14 => close(b, of),
        14 => Call::Getfd { fd: of },
        15 => Call::Setfd { fd: of, cloexec: dice.one_in(2) },
        16 => Call::Getfl { fd: of },
        17 => Call::Fionread { fd: of },
        18 => Call::Poll { fd: of },
        _ => Call::Rlimit { nth: dice.below(36) as u8 },
    };
    b.call(call);
}

pub(super) fn close(b: &mut Belief, fd: Var) -> Call {
    if !b.is_empty() {
        b.at(fd).kind = Kind::Closed;
    }
    Call::Close { fd }
}
