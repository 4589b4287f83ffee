//! The part of a program that is about TCP.

use netcore::sys::{MsgFlags, SockOpt};

use super::belief::{Belief, Flood, Kind, OPEN, SOCKETS, STREAMS, Thing};
use super::call::{Call, How, Place, Var};
use super::dice::Dice;
use super::generate::close;
use super::option::Opt;

/// The options that are set and read, and values for them.
const OPTIONS: &[(SockOpt, &[i32])] = &[
    (SockOpt::ReuseAddr, &[0, 1, 7]),
    (SockOpt::KeepAlive, &[0, 1, -1]),
    (SockOpt::Broadcast, &[0, 1]),
    (SockOpt::Error, &[0]),
    (SockOpt::Type, &[1]),
    (SockOpt::Domain, &[2]),
    (SockOpt::AcceptConn, &[1]),
    (SockOpt::SndBuf, &[]),
    (SockOpt::RcvBuf, &[]),
    (SockOpt::RcvLowat, &[]),
    (SockOpt::Linger, &[-1, 0]),
    (SockOpt::RcvTimeo, &[0, 20, 1500]),
    (SockOpt::SndTimeo, &[0, 20, 1500]),
    (SockOpt::TcpNoDelay, &[1, 5]),
    (SockOpt::TcpKeepIdle, &[-1, 0, 1, 32_767, 32_768]),
    (SockOpt::TcpKeepIntvl, &[-1, 0, 1, 32_767, 32_768]),
    (SockOpt::TcpKeepCnt, &[-1, 0, 1, 127, 128]),
    (SockOpt::TcpUserTimeout, &[-1, 0, 3_600_000]),
    (SockOpt::TcpSynCnt, &[0, 1, 127, 128]),
    (SockOpt::TcpLinger2, &[-1, 0, 60, 120, 121, 10_000]),
    (SockOpt::TcpNotSentLowat, &[]),
    (SockOpt::V6Only, &[0, 1]),
];

/// One step: a call, or the few that something takes.
pub(super) fn step(b: &mut Belief, dice: &mut Dice<'_>) {
    let listeners = b.of(&[Kind::Listener]);
    if listeners.is_empty() || dice.one_in(20) {
        return listener(b, dice);
    }
    if b.of(STREAMS).is_empty() || dice.one_in(10) {
        return connection(b, dice);
    }
    match dice.below(32) {
        0..3 => accept(b, dice),
        3..9 => send(b, dice),
        9..15 => receive(b, dice),
        15..17 => {
            let (fd, how) =
                (b.some(dice, SOCKETS), dice.pick(&[How::Read, How::Write, How::Write, How::Both]));
            if b.get(fd).flood == Flood::None {
                b.call(Call::Shutdown { fd, how });
            }
        }
        17..19 => {
            let fd = b.some(dice, SOCKETS);
            if dice.one_in(4) {
                b.call(Call::Setsockopt { fd, option: SockOpt::Linger.into(), value: 0 });
            }
            let call = close(b, fd);
            b.call(call);
        }
        19..24 => look(b, dice),
        24 => set(b, dice),
        25 => odd(b, dice),
        26 => {
            let fd = b.some(dice, SOCKETS);
            // What is far away the real kernel may have a route to.
            let to = Some(place(b, dice)).filter(|&to| to != Place::Foreign).unwrap_or(Place::Unspec);
            b.call(Call::Connect { fd, to });
        }
        27..29 => fill(b, dice),
        _ => {
            let fd = b.some(dice, SOCKETS);
            b.call(Call::Poll { fd });
        }
    }
}

fn socket(b: &mut Belief, dice: &mut Dice<'_>) -> Var {
    let v6 = dice.one_in(10);
    let makes = b.add(Thing { is_v6: v6, ..Thing::new(Kind::Fresh) });
    b.call(Call::Socket { makes, v6 });
    // What Nagle's algorithm holds back depends on when acknowledgements come.
    b.call(Call::Setsockopt { fd: makes, option: SockOpt::TcpNoDelay.into(), value: 1 });
    if dice.one_in(3) {
        b.call(Call::Setsockopt { fd: makes, option: SockOpt::ReuseAddr.into(), value: 1 });
    }
    if dice.one_in(4) {
        for option in [SockOpt::SndBuf, SockOpt::RcvBuf] {
            b.call(Call::Setsockopt { fd: makes, option: option.into(), value: 20_000 });
        }
        b.at(makes).is_small = true;
    }
    makes
}

fn listener(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = socket(b, dice);
    if !dice.one_in(12) {
        let to = if b.get(fd).is_v6 {
            dice.pick(&[Place::Any6, Place::Loopback6])
        } else {
            dice.pick(&[Place::Host(0), Place::Host(0), Place::Host(1), Place::Any])
        };
        b.call(Call::Bind { fd, to });
    }
    let backlog = dice.pick(&[0, 1, 2, 5, 128, -1]);
    b.call(Call::Listen { fd, backlog });
    b.at(fd).kind = Kind::Listener;
}

/// Somebody calls a listener, and is mostly answered.
fn connection(b: &mut Belief, dice: &mut Dice<'_>) {
    let listener = b.some(dice, &[Kind::Listener]);
    let fd = socket(b, dice);
    if dice.one_in(8) {
        b.call(Call::Bind { fd, to: Place::Host(dice.below(2) as u8) });
    }
    let to = if b.get(fd).is_v6 { Place::MappedOf(listener) } else { Place::Of(listener) };
    b.call(Call::Connect { fd, to });
    b.at(fd).kind = Kind::Connected;
    b.waiting.push((listener, fd));
    if !dice.one_in(4) {
        take(b, dice, listener);
    }
}

fn accept(b: &mut Belief, dice: &mut Dice<'_>) {
    let listener = b.some(dice, &[Kind::Listener]);
    take(b, dice, listener);
}

fn take(b: &mut Belief, dice: &mut Dice<'_>, listener: Var) {
    let caller = b.waiting.iter().position(|&(of, _)| of == listener);
    let caller = caller.map(|at| b.waiting.remove(at).1);
    let is_small = caller.is_some_and(|caller| b.get(caller).is_small) && b.get(listener).is_small;
    let kind = if caller.is_some() { Kind::Connected } else { Kind::Closed };
    let makes = b.add(Thing { peer: caller, is_small, ..Thing::new(kind) });
    if let Some(caller) = caller {
        b.at(caller).peer = Some(makes);
        b.at(caller).is_small = is_small;
    }
    b.call(Call::Accept { makes, fd: listener, nonblock: !dice.one_in(8) });
}

fn send(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, STREAMS);
    if b.get(fd).flood != Flood::None {
        return fill(b, dice);
    }
    let len = dice.pick(&[0, 1, 1, 10, 100, 100, 700]);
    let flags = dice.pick(&[MsgFlags::empty(), MsgFlags::empty(), MsgFlags::DONTWAIT]);
    let call = match dice.below(8) {
        0 => Call::Write { fd, len },
        1 => Call::Writev { fd, lens: (0..dice.below(4)).map(|_| dice.pick(&[0, 1, 300])).collect() },
        2 if dice.one_in(3) => Call::Sendto { fd, len, to: place(b, dice) },
        _ => Call::Send { fd, len, flags },
    };
    b.call(call);
}

fn receive(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, STREAMS);
    if b.get(fd).flood == Flood::In {
        b.call(Call::Drain { fd });
        return b.flood(fd, Flood::None, Flood::None);
    }
    let len = dice.pick(&[0, 1, 10, 50, 1000, 1000, 5000]);
    let flags = dice.pick(&[
        MsgFlags::empty(),
        MsgFlags::empty(),
        MsgFlags::empty(),
        MsgFlags::PEEK,
        MsgFlags::TRUNC,
        MsgFlags::WAITALL,
        MsgFlags::DONTWAIT,
    ]);
    let call = match dice.below(8) {
        0 => Call::Read { fd, len },
        1 => Call::Readv { fd, lens: (0..dice.below(4)).map(|_| dice.pick(&[0, 1, 300])).collect() },
        2 => Call::Drain { fd },
        _ => Call::Recv { fd, len, flags },
    };
    b.call(call);
}

fn fill(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, STREAMS);
    let thing = b.get(fd);
    if thing.is_small && thing.peer.is_some() && thing.flood != Flood::In {
        b.call(Call::Fill { fd });
        b.flood(fd, Flood::Out, Flood::In);
    } else {
        receive(b, dice);
    }
}

/// Names, options, and what there is to read.
fn look(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, SOCKETS);
    let call = match dice.below(5) {
        0 => Call::Getsockname { fd },
        1 => Call::Getpeername { fd },
        2 if b.get(fd).flood == Flood::None => Call::Fionread { fd },
        3 => Call::Getsockopt { fd, option: SockOpt::Error.into() },
        _ => Call::Getsockopt { fd, option: option(dice).0 },
    };
    b.call(call);
}

fn option(dice: &mut Dice<'_>) -> (Opt, &'static [i32]) {
    let (option, values) = dice.pick(OPTIONS);
    (option.into(), values)
}

fn set(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, SOCKETS);
    let (option, values) = option(dice);
    if values.is_empty() {
        b.call(Call::Getsockopt { fd, option });
    } else {
        b.call(Call::Setsockopt { fd, option, value: dice.pick(values) });
    }
}

/// bind and listen where they make little sense.
fn odd(b: &mut Belief, dice: &mut Dice<'_>) {
    let fd = b.some(dice, SOCKETS);
    if dice.one_in(3) {
        let backlog = dice.pick(&[0, 1, 3]);
        b.call(Call::Listen { fd, backlog });
        if b.of(OPEN).contains(&fd) && b.get(fd).kind != Kind::Connected {
            b.at(fd).kind = Kind::Listener;
        }
    } else {
        let to = place(b, dice);
        b.call(Call::Bind { fd, to });
    }
}

fn place(b: &mut Belief, dice: &mut Dice<'_>) -> Place {
    let of = b.some(dice, &[Kind::Listener, Kind::Listener, Kind::Bound, Kind::Connected]);
    match dice.below(16) {
        0..6 => Place::Of(of),
        6 => Place::PortOf(of, dice.below(2) as u8),
        7 => Place::AnyPortOf(of),
        8 => Place::MappedOf(of),
        9 => Place::Host(dice.below(2) as u8),
        10 => Place::Any,
        11 => Place::Loopback6,
        12 => Place::Foreign,
        13 => Place::Broadcast,
        14 => Place::Multicast,
        _ => Place::Unspec,
    }
}
