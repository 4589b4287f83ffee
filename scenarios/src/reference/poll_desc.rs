//! [`Desc`] against what it promises.
//!
//! The model has two directions, each with what was reported, who waits, and a deadline; and a clock, whose timers fire
//! when they are told to: in time, late, or after they were removed.

use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
use std::sync::Arc;

use netcore::netpoll::TimerKey;
use netcore::os::Os;
use netcore::poll::{Desc, Error, Mode, Start, Timer};
use netcore::sys::Instant;

use super::{Bytes, Sleeper};

const MODES: [Mode; 2] = [Mode::Read, Mode::Write];

/// Does what `bytes` say, three for an operation: what, to which direction, and how.
///
/// # Panics
///
/// When the descriptor does what it may not.
pub fn run(bytes: &[u8]) {
    let mut room = Room::default();
    let mut bytes = Bytes::new(bytes);
    while let (Some(what), Some(mode), Some(how)) = (bytes.below(10), bytes.below(2), bytes.below(16)) {
        let mode = MODES[mode];
        match what {
            0 => room.prepare(mode),
            1 | 2 => room.poll(mode, how),
            3 => room.unpark(mode),
            4 => room.ready(how),
            5 | 6 => room.set_deadline(mode, how),
            7 => room.now = Instant::from_nanos(room.now.as_nanos() + how as u64),
            8 => room.fire(how),
            _ if how == 0 => room.evict(),
            _ => room.drained(),
        }
        room.check();
    }
}

#[derive(Default)]
struct Room {
    desc: Desc<Os>,
    sides: [Side; 2],
    now: Instant,
    is_closing: bool,
    cannot_be_watched: bool,
    has_hung_up: bool,
    /// Reading begins with waiting.
    is_drained: bool,
    keys: u64,
    timers: BTreeMap<TimerKey, Mode>,
    /// One that has been removed; its firing may have been under way.
    removed: Option<(TimerKey, Mode)>,
}

/// A direction.
struct Side {
    is_ready: bool,
    /// What [`Desc::poll_ready`] knows of the task.
    parked: bool,
    /// It is parked and nothing has ended its wait.
    waits: bool,
    deadline: Option<Instant>,
    is_expired: bool,
    tasks: [(Arc<Sleeper>, Waker); 2],
    /// Which of the two has polled last, and how often both should have been woken.
    last: usize,
    wakes: [u64; 2],
}

impl Default for Side {
    fn default() -> Self {
        Side {
            is_ready: false,
            parked: false,
            waits: false,
            deadline: None,
            is_expired: false,
            tasks: [Sleeper::new(), Sleeper::new()],
            last: 0,
            wakes: [0; 2],
        }
    }
}

impl Side {
    /// Its wait is over: the task that polled last is woken.
    fn wake(&mut self) {
        if core::mem::take(&mut self.waits) {
            self.wakes[self.last] += 1;
        }
    }
}

impl Room {
    fn side(&mut self, mode: Mode) -> &mut Side {
        &mut self.sides[mode as usize]
    }

    fn may_go_on(&self, mode: Mode) -> Result<(), Error> {
        match mode {
            _ if self.is_closing => Err(Error::Closing),
            mode if self.sides[mode as usize].is_expired => Err(Error::DeadlineExceeded),
            Mode::Read if self.cannot_be_watched => Err(Error::NotPollable),
            _ => Ok(()),
        }
    }

    /// An operation begins, unless one waits.
    fn prepare(&mut self, mode: Mode) {
        if self.sides[mode as usize].parked {
            return;
        }
        let expected = self.may_go_on(mode).map(|()| {
            let knows_better = mode == Mode::Read
                && core::mem::take(&mut self.is_drained)
                && !self.has_hung_up
                && !self.sides[0].is_ready;
            if knows_better { Start::Wait } else { Start::Try }
        });
        assert_eq!(self.desc.prepare(mode), expected, "prepare {mode:?}");
        if expected == Ok(Start::Try) {
            self.side(mode).is_ready = false;
        }
    }

    fn poll(&mut self, mode: Mode, how: usize) {
        let may_go_on = self.may_go_on(mode);
        let Self { desc, sides, .. } = self;
        let side = &mut sides[mode as usize];
        let task = how % 2;
        let was_parked = side.parked;
        let context = Context::from_waker(&side.tasks[task].1);
        let answer = desc.poll_ready(mode, &mut side.parked, &context);
        let expected = match may_go_on {
            // What was reported to who waits is his, whatever has happened since.
            _ if side.waits => Poll::Pending,
            Err(error) if !(side.is_ready && was_parked) => Poll::Ready(Err(error)),
            _ if side.is_ready => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        };
        assert_eq!(answer, expected, "poll {mode:?}");
        assert_eq!(side.parked, expected.is_pending(), "who waits is parked: {mode:?}");
        match expected {
            Poll::Pending => (side.waits, side.last) = (true, task),
            Poll::Ready(Ok(())) => side.is_ready = false,
            Poll::Ready(Err(_)) => {}
        }
    }

    fn unpark(&mut self, mode: Mode) {
        let Self { desc, sides, .. } = self;
        let side = &mut sides[mode as usize];
        if core::mem::take(&mut side.parked) {
            desc.unpark(mode);
            side.waits = false;
        }
    }

    /// The poller reports; an error and nothing else goes to both directions.
    fn ready(&mut self, how: usize) {
        let error = how & 12 == 12;
        let (readable, writable, hung_up) = (how & 1 != 0 || error, how & 2 != 0 || error, how & 12 == 4);
        self.desc.ready(readable, writable, hung_up, error);
        self.has_hung_up |= hung_up;
        self.cannot_be_watched |= error;
        for (mode, is_ready) in MODES.into_iter().zip([readable, writable]) {
            let side = self.side(mode);
            side.is_ready |= is_ready;
            if is_ready {
                side.wake();
            }
        }
    }

    fn drained(&mut self) {
        if !self.sides[0].parked {
            self.desc.drained();
            self.is_drained = !self.has_hung_up;
        }
    }

    fn key(&mut self, at: Instant) -> TimerKey {
        self.keys += 1;
        TimerKey { at, id: self.keys }
    }

    fn set_deadline(&mut self, mode: Mode, how: usize) {
        let now = self.now;
        let at = (how > 0).then(|| Instant::from_nanos((now.as_nanos() + 2 * how as u64).saturating_sub(8)));
        let fresh = self.key(at.unwrap_or_default());
        let timer = self.desc.set_deadline(mode, at, now, fresh);
        if !self.is_closing {
            let side = self.side(mode);
            side.deadline = at;
            side.is_expired = at.is_some_and(|at| at <= now);
            assert_eq!(timer == Timer::Expired, side.is_expired, "set {mode:?} to {at:?} at {now:?}");
        } else {
            assert_eq!(timer, Timer::Keep, "a deadline of what is being closed");
        }
        self.act_on(mode, timer);
    }

    /// A timer fires that is due, if any; or one that has been removed.
    fn fire(&mut self, how: usize) {
        let due = self.timers.first_key_value().filter(|(key, _)| key.at <= self.now);
        let due = due.map(|(&key, &mode)| (key, mode));
        let stale = self.removed.filter(|(key, _)| how == 0 && key.at <= self.now);
        let Some((key, mode)) = stale.or(due) else { return };
        self.timers.remove(&key);
        let now = self.now;
        let fresh = self.key(now);
        let timer = self.desc.timer_fired(mode, key, now, fresh);
        let is_closing = self.is_closing;
        let has_passed = |side: &Side| {
            !is_closing && !side.is_expired && side.deadline.is_some_and(|deadline| deadline <= now)
        };
        let expires = has_passed(self.side(mode));
        assert_eq!(timer == Timer::Expired, expires, "fired at {now:?}: {mode:?}");
        self.act_on(mode, timer);
        if expires {
            self.side(mode).is_expired = true;
            let other = MODES[1 - mode as usize];
            let both = has_passed(self.side(other));
            assert_eq!(self.desc.expires_with(other, now), both, "the deadline of {other:?} at {now:?}");
            self.side(other).is_expired |= both;
            if both {
                self.act_on(other, Timer::Expired);
            }
        }
    }

    fn act_on(&mut self, mode: Mode, timer: Timer) {
        match timer {
            Timer::Keep => {}
            Timer::Add(key, old) => {
                if let Some(old) = old {
                    let of = self.timers.remove(&old);
                    assert_eq!(of, Some(mode), "the timer that is replaced");
                    self.removed = Some((old, mode));
                }
                self.timers.insert(key, mode);
            }
            Timer::Expired => {
                self.desc.expire(mode);
                self.side(mode).wake();
            }
        }
    }

    fn evict(&mut self) {
        let timers = self.desc.evict();
        for (timer, mode) in timers.into_iter().zip(MODES) {
            if let Some(timer) = timer {
                assert_eq!(self.timers.remove(&timer), Some(mode), "a timer of the descriptor");
                self.removed = Some((timer, mode));
            }
        }
        self.is_closing = true;
        self.sides.iter_mut().for_each(Side::wake);
    }

    /// What holds between any two operations.
    fn check(&self) {
        let waiting = [self.sides[0].waits, self.sides[1].waits];
        assert_eq!(self.desc.waiting(), waiting, "who waits");
        assert!(!self.is_closing || self.timers.is_empty(), "a timer of what is being closed");
        for mode in MODES {
            let side = &self.sides[mode as usize];
            assert_eq!(self.desc.check(mode), self.may_go_on(mode), "{mode:?}");
            let woken = side.tasks.each_ref().map(|(sleeper, _)| sleeper.wakes());
            assert_eq!(woken, side.wakes, "wakeups: {mode:?}");
            let timers: Vec<&TimerKey> =
                self.timers.iter().filter(|(_, of)| **of == mode).map(|(key, _)| key).collect();
            assert!(
                timers.iter().all(|key| self.desc.has_timer(mode, **key)),
                "a timer is forgotten: {mode:?}"
            );
            let deadline = side.deadline.filter(|_| !self.is_closing && !side.is_expired);
            if let Some(at) = deadline {
                assert!(timers.iter().any(|key| key.at <= at), "no timer for {at:?}: {mode:?}");
            }
        }
    }
}
