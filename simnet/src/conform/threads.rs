//! The part of a program that is about threads that wait.
//!
//! What would be a race between woken threads is left out: nothing is both waited for and registered, no instance
//! watches another, and one thread at most receives from a connection, since data wakes all who do. What a thread waits for is not closed, since then nothing would end its wait.

use netcore::sys::{EpollEvents, MsgFlags, SockOpt};

use super::belief::{Belief, Kind, Thing};
use super::call::{Call, How, Op, Place, Var, Waiting};
use super::dice::Dice;

/// Threads of a program.
const THREADS_MAX: usize = 12;

/// Connections, the first of which threads receive from, the others may be registered.
const PAIRS: usize = 3;
const RECEIVED: usize = 2;

/// What the threads of a program share.
struct Stage {
    listener: Var,
    /// Connections: the end that threads wait at, and the other.
    pairs: Vec<[Var; 2]>,
    /// How many of them somebody receives from.
    received: usize,
    pipe: [Var; 2],
    counters: [Var; 3],
    instances: [Var; 2],
}

/// A program about threads.
pub(super) fn program(b: &mut Belief, dice: &mut Dice<'_>, calls: usize) {
    let mut stage = stage(b);
    let mut started = 0;
    while b.calls.len() < calls {
        if dice.below(5) < 2 && started < THREADS_MAX {
            started += 1;
            start(b, dice, &mut stage);
        } else {
            act(b, dice, &stage);
        }
        b.call(Call::Rest);
    }
}

fn stage(b: &mut Belief) -> Stage {
    let listener = socket(b);
    b.call(Call::Bind { fd: listener, to: Place::Host(0) });
    b.call(Call::Listen { fd: listener, backlog: 5 });
    let pair = |_| {
        let client = call(b, listener);
        let server = b.add(Thing::new(Kind::Connected));
        b.call(Call::Accept { makes: server, fd: listener, nonblock: true });
        b.call(Call::Setfl { fd: server, nonblock: false });
        [server, client]
    };
    let pairs = (0..PAIRS).map(pair).collect();
    b.call(Call::Setfl { fd: listener, nonblock: false });
    let pipe = [Kind::Reader, Kind::Writer].map(|kind| b.add(Thing::new(kind)));
    b.call(Call::Pipe { makes: pipe });
    b.call(Call::Setfl { fd: pipe[0], nonblock: false });
    let counters = [(); 3].map(|()| {
        let makes = b.add(Thing::new(Kind::Counter));
        b.call(Call::Eventfd { makes, initial: 0, semaphore: false });
        makes
    });
    let instances = [(); 2].map(|()| {
        let makes = b.add(Thing::new(Kind::Epoll));
        b.call(Call::EpollCreate { makes });
        makes
    });
    Stage { listener, pairs, received: 0, pipe, counters, instances }
}

fn socket(b: &mut Belief) -> Var {
    let makes = b.add(Thing::new(Kind::Fresh));
    b.call(Call::Socket { makes, v6: false });
    b.call(Call::Setsockopt { fd: makes, option: SockOpt::TcpNoDelay.into(), value: 1 });
    makes
}

fn call(b: &mut Belief, listener: Var) -> Var {
    let fd = socket(b);
    b.call(Call::Connect { fd, to: Place::Of(listener) });
    fd
}

fn start(b: &mut Belief, dice: &mut Dice<'_>, stage: &mut Stage) {
    let len = 1 + dice.below(3) as u32;
    let call = match dice.below(8) {
        0..2 => Waiting::Accept { fd: stage.listener },
        2..4 if stage.received < RECEIVED => {
            stage.received += 1;
            Waiting::Recv { fd: stage.pairs[stage.received - 1][0], len }
        }
        4 => Waiting::Read { fd: stage.pipe[0], len },
        _ => Waiting::EpollWait { epfd: dice.pick(&stage.instances), max: 1 + dice.below(2) as u8 },
    };
    b.call(Call::Start { call });
}

fn act(b: &mut Belief, dice: &mut Dice<'_>, stage: &Stage) {
    let len = 1 + dice.below(4) as u32;
    let act = match dice.below(24) {
        0..4 => {
            call(b, stage.listener);
            return;
        }
        4..10 => Call::Send { fd: stage.pairs[dice.below(PAIRS)][1], len, flags: MsgFlags::empty() },
        10..12 => Call::Write { fd: stage.pipe[1], len },
        12..17 => Call::Raise { fd: dice.pick(&stage.counters), value: 1 },
        17 => Call::Take { fd: dice.pick(&stage.counters) },
        18 if dice.one_in(3) => Call::Shutdown { fd: stage.listener, how: How::Read },
        18 => Call::Shutdown {
            fd: stage.pairs[dice.below(RECEIVED)][dice.below(2)],
            how: dice.pick(&[How::Read, How::Write, How::Both]),
        },
        19 if dice.one_in(3) => Call::Close { fd: stage.pairs[dice.below(PAIRS)][1] },
        _ => {
            let mut watched = stage.counters.to_vec();
            watched.push(stage.pairs[RECEIVED][0]);
            let how = dice.pick(&[
                EpollEvents::empty(),
                EpollEvents::ET,
                EpollEvents::ET,
                EpollEvents::ONESHOT,
                EpollEvents::EXCLUSIVE,
                EpollEvents::ET | EpollEvents::EXCLUSIVE,
            ]);
            Call::EpollCtl {
                epfd: dice.pick(&stage.instances),
                op: dice.pick(&[Op::Add, Op::Add, Op::Mod, Op::Del]),
                fd: dice.pick(&watched),
                events: EpollEvents::IN | how,
            }
        }
    };
    b.call(act);
}
