//! Readiness and deadlines of a descriptor: Go's `pollDesc`.

use core::task::{Context, Poll, Waker};

use super::Error;
use crate::netpoll::TimerKey;
use crate::sync::{AtomicU64, Mutex};
use crate::sys::{Instant, Preempt};

pub use super::fd_mutex::Mode;

/// Nobody waits and nothing has happened.
const NIL: u64 = 0;
/// The poller has reported the direction since it was last reset.
const READY: u64 = 1;
/// A task waits; its waker is in the slot.
const WAITING: u64 = 2;

/// Who waits for which direction, until when.
///
/// One word per direction:
///
/// | from | to | by |
/// |---|---|---|
/// | nil, ready | ready | the poller |
/// | waiting | ready | the poller, which wakes the task |
/// | waiting | nil | a close or an expired deadline, which wakes the task |
/// | ready | nil | the task that takes the readiness, or resets it before a system call |
/// | nil | waiting | the task, before it looks at `info` for the last time |
/// | waiting | nil | the task, when it goes |
///
/// No wakeup is lost: whoever has news writes `info` first and unblocks the word after; whoever waits sets the
/// word first and reads `info` after. There is one waiter per direction, who holds the direction's lock.
///
/// It makes no system call and keeps no time: whoever has a clock, timers and a poller tells it of them, and does
/// what its answers say.
///
/// ```
/// use core::task::{Context, Poll, Waker};
///
/// use netcore::os::Os;
/// use netcore::poll::{Desc, Error, Mode, Start};
///
/// let desc = Desc::<Os>::default();
/// let mut parked = false;
/// let mut poll = || desc.poll_ready(Mode::Read, &mut parked, &Context::from_waker(Waker::noop()));
/// assert_eq!(desc.prepare(Mode::Read), Ok(Start::Try)); // …and the call answers EAGAIN.
/// assert_eq!(poll(), Poll::Pending);
/// desc.ready(true, false, false, false); // The poller reports it readable.
/// assert_eq!(poll(), Poll::Ready(Ok(())));
/// desc.evict(); // It is being closed.
/// assert_eq!(poll(), Poll::Ready(Err(Error::Closing)));
/// ```
#[derive(Debug)]
pub struct Desc<P> {
    words: [AtomicU64<P>; 2],
    info: Mutex<P, Info>,
}

#[derive(Debug, Default)]
struct Info {
    closing: bool,
    /// The poller reported an error and nothing else: it cannot watch the descriptor.
    event_err: bool,
    /// The peer has closed, or the connection is broken: a short read may hide the end behind it.
    hung_up: bool,
    /// The last read took all there was: the next one may wait before it reads.
    drained: bool,
    deadlines: [Deadline; 2],
    wakers: [Option<Waker>; 2],
}

#[derive(Debug, Default)]
struct Deadline {
    at: Option<Instant>,
    /// It has passed, and stays so until it is set anew.
    expired: bool,
    /// The entry among the runtime's timers: at `at` or before, since a later deadline leaves it alone.
    timer: Option<TimerKey>,
}

/// What is to be done about a deadline.
#[derive(Debug, PartialEq, Eq)]
pub enum Timer {
    /// Nothing: its timer fires early enough, or never mind.
    Keep,
    /// The key is its timer from now on; the one before is to be removed.
    Add(TimerKey, Option<TimerKey>),
    /// It has passed: wake who waits.
    Expired,
}

/// How a read begins.
#[derive(Debug, PartialEq, Eq)]
pub enum Start {
    /// With the system call.
    Try,
    /// With waiting: there is nothing to read, and nothing has been reported since that became known.
    Wait,
}

impl Info {
    fn check(&self, mode: Mode) -> Result<(), Error> {
        if self.closing {
            return Err(Error::Closing);
        }
        if self.deadlines[mode as usize].expired {
            return Err(Error::DeadlineExceeded);
        }
        if mode == Mode::Read && self.event_err {
            return Err(Error::NotPollable);
        }
        Ok(())
    }
}

impl<P: Preempt> Default for Desc<P> {
    fn default() -> Self {
        Desc { words: [AtomicU64::new(NIL), AtomicU64::new(NIL)], info: Mutex::new(Info::default()) }
    }
}

impl<P: Preempt> Desc<P> {
    /// Whether an operation may go on: not if closing, past its deadline, or unwatchable, in this order.
    ///
    /// # Errors
    ///
    /// [`Error::Closing`], [`Error::DeadlineExceeded`] or [`Error::NotPollable`].
    pub fn check(&self, mode: Mode) -> Result<(), Error> {
        self.info.lock().check(mode)
    }

    /// Before the first system call of an operation, whose caller holds the direction's lock. Forgetting
    /// what was reported is safe then: the call will see for itself.
    ///
    /// # Errors
    ///
    /// As [`Desc::check`].
    pub fn prepare(&self, mode: Mode) -> Result<Start, Error> {
        let mut info = self.info.lock();
        info.check(mode)?;
        let drained = mode == Mode::Read && core::mem::take(&mut info.drained) && !info.hung_up;
        drop(info);
        let word = &self.words[mode as usize];
        if drained && word.load() == NIL {
            return Ok(Start::Wait);
        }
        word.store(NIL);
        Ok(Start::Try)
    }

    /// A stream read brought less than was asked for: the buffer was empty then, and what comes later
    /// makes a new edge. Not so behind a hang-up, which may have been reported with the data.
    pub fn drained(&self) {
        let mut info = self.info.lock();
        info.drained = !info.hung_up;
    }

    /// Waits until the direction is reported, is closed, or its deadline passes. `parked` tells whether
    /// the caller is the one that waits; it is to be given back as it is.
    ///
    /// # Errors
    ///
    /// As [`Desc::check`].
    ///
    /// # Panics
    ///
    /// If another task waits for the direction already.
    pub fn poll_ready(&self, mode: Mode, parked: &mut bool, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        let word = &self.words[mode as usize];
        loop {
            if !*parked {
                self.check(mode)?;
                if word.compare_exchange(READY, NIL) {
                    return Poll::Ready(Ok(()));
                }
                self.set_waker(mode, Some(cx.waker().clone()));
                if !word.compare_exchange(NIL, WAITING) {
                    assert!(word.load() != WAITING, "double wait");
                    continue;
                }
                *parked = true;
                if let Err(error) = self.check(mode) {
                    *parked = false;
                    word.swap(NIL);
                    return Poll::Ready(Err(error));
                }
                return Poll::Pending;
            }
            match word.load() {
                WAITING => {
                    self.set_waker(mode, Some(cx.waker().clone()));
                    // The waker before may have been the one to be woken.
                    if word.load() == WAITING {
                        return Poll::Pending;
                    }
                }
                READY if word.compare_exchange(READY, NIL) => {
                    *parked = false;
                    return Poll::Ready(Ok(()));
                }
                READY => {}
                // Unblocked with nothing reported: closed or expired. Or the deadline that expired has been
                // set anew meanwhile, as if it had never happened: wait on.
                _ => *parked = false,
            }
        }
    }

    /// The waiter goes without having been woken. What was reported meanwhile stays reported.
    pub fn unpark(&self, mode: Mode) {
        let word = &self.words[mode as usize];
        if word.swap(NIL) == READY {
            word.compare_exchange(NIL, READY);
        }
        self.set_waker(mode, None);
    }

    /// The poller reports: which directions are ready, whether the peer has hung up, and whether it was an error and
    /// nothing else.
    pub fn ready(&self, readable: bool, writable: bool, hung_up: bool, error: bool) {
        if hung_up || error {
            let mut info = self.info.lock();
            info.hung_up |= hung_up;
            info.event_err |= error;
        }
        let reader = if readable { self.unblock(Mode::Read, true) } else { None };
        let writer = if writable { self.unblock(Mode::Write, true) } else { None };
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }

    /// The directions that somebody waits for.
    pub fn waiting(&self) -> [bool; 2] {
        [self.words[0].load() == WAITING, self.words[1].load() == WAITING]
    }

    /// Closing begins: whoever waits is woken to see it, and nobody waits any more. The timers are the
    /// caller's to remove.
    pub fn evict(&self) -> [Option<TimerKey>; 2] {
        let mut info = self.info.lock();
        info.closing = true;
        let timers = [info.deadlines[0].timer.take(), info.deadlines[1].timer.take()];
        drop(info);
        let reader = self.unblock(Mode::Read, false);
        let writer = self.unblock(Mode::Write, false);
        reader.into_iter().chain(writer).for_each(Waker::wake);
        timers
    }

    /// Sets a deadline, or clears it. One that has passed is expired from here on. `fresh` is a key that
    /// can be its timer's; a timer that fires before the deadline is as good, and stays.
    pub fn set_deadline(&self, mode: Mode, at: Option<Instant>, now: Instant, fresh: TimerKey) -> Timer {
        let mut info = self.info.lock();
        if info.closing {
            return Timer::Keep;
        }
        let deadline = &mut info.deadlines[mode as usize];
        deadline.at = at;
        deadline.expired = at.is_some_and(|at| at <= now);
        match at {
            Some(_) if deadline.expired => Timer::Expired,
            Some(at) if deadline.timer.is_none_or(|timer| timer.at > at) => {
                Timer::Add(fresh, deadline.timer.replace(fresh))
            }
            _ => Timer::Keep,
        }
    }

    /// The timer has fired: what is to be done now, the deadline being where it is.
    pub fn timer_fired(&self, mode: Mode, timer: TimerKey, now: Instant, fresh: TimerKey) -> Timer {
        let mut info = self.info.lock();
        let Info { closing, deadlines, .. } = &mut *info;
        let deadline = &mut deadlines[mode as usize];
        if deadline.timer == Some(timer) {
            deadline.timer = None;
        }
        // It was under way when the close took the timers: one that is added now nobody would remove.
        if *closing {
            return Timer::Keep;
        }
        match deadline.at {
            Some(at) if at <= now && !deadline.expired => {
                deadline.expired = true;
                Timer::Expired
            }
            Some(at) if at > now && deadline.timer.is_none() => {
                deadline.timer = Some(TimerKey { at, ..fresh });
                Timer::Add(TimerKey { at, ..fresh }, None)
            }
            _ => Timer::Keep,
        }
    }

    /// A timer of one direction has fired: if the deadline of the other has passed, too, it expires with it, as
    /// with Go's one timer for both, so that nobody who was woken by the one finds the other still open.
    pub fn expires_with(&self, mode: Mode, now: Instant) -> bool {
        let mut info = self.info.lock();
        let deadline = &mut info.deadlines[mode as usize];
        let passed = deadline.at.is_some_and(|at| at <= now) && !deadline.expired;
        deadline.expired |= passed;
        passed
    }

    /// Whether the key is still the deadline's timer.
    pub fn has_timer(&self, mode: Mode, timer: TimerKey) -> bool {
        self.info.lock().deadlines[mode as usize].timer == Some(timer)
    }

    /// Wakes who waits, since the deadline has passed.
    pub fn expire(&self, mode: Mode) {
        if let Some(waker) = self.unblock(mode, false) {
            waker.wake();
        }
    }

    /// The waker of the task to wake, if one waits.
    fn unblock(&self, mode: Mode, ready: bool) -> Option<Waker> {
        let word = &self.words[mode as usize];
        loop {
            let old = word.load();
            if old == READY || (old == NIL && !ready) {
                return None;
            }
            let new = if ready { READY } else { NIL };
            if word.compare_exchange(old, new) {
                return if old == WAITING { self.take_waker(mode) } else { None };
            }
        }
    }

    fn set_waker(&self, mode: Mode, waker: Option<Waker>) {
        let mut info = self.info.lock();
        let old = core::mem::replace(&mut info.wakers[mode as usize], waker);
        drop(info);
        drop(old);
    }

    fn take_waker(&self, mode: Mode) -> Option<Waker> {
        self.info.lock().wakers[mode as usize].take()
    }
}
