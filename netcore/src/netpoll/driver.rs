//! A runtime's poller, registry and timers.

use core::time::Duration;
use std::sync::Arc;

use super::poller::{Event, Interest, Poller, Trigger};
use super::registry::{Cookie, Registry};
use super::timers::{TimerKey, TimerTarget, Timers};
use crate::poll::{Error, Inner};
use crate::sync::{AtomicBool, AtomicU64, Mutex};
use crate::sys::{Errno, Fd, Instant, ProbeEvent, Sys, What};

/// No timer; nobody sleeps.
const NEVER: u64 = u64::MAX;
const AWAKE: u64 = 0;

/// What the descriptors of a runtime have in common.
///
/// Two words keep the sleeper and the timers from missing each other: whoever adds a timer writes `next_timer` and
/// then reads `sleeping_until`; whoever goes to sleep writes `sleeping_until` and then reads `next_timer`.
pub struct Driver<S: Sys> {
    pub(crate) sys: S,
    poller: S::Poller,
    trigger: Trigger,
    registry: Registry<S>,
    timers: Mutex<S, Timers<S>>,
    timer_ids: AtomicU64<S>,
    /// When the first timer fires, in nanoseconds; [`NEVER`].
    next_timer: AtomicU64<S>,
    /// Until when somebody sleeps in the poller; [`AWAKE`].
    sleeping_until: AtomicU64<S>,
    /// Somebody is in the poller.
    polling: AtomicBool<S>,
    descriptors: AtomicU64<S>,
}

impl<S: Sys> Driver<S> {
    pub(crate) fn new(sys: S, trigger: Trigger) -> Result<Self, Errno> {
        Ok(Driver {
            poller: S::Poller::new(&sys, trigger)?,
            sys,
            trigger,
            registry: Registry::default(),
            timers: Mutex::new(Timers::default()),
            timer_ids: AtomicU64::new(0),
            next_timer: AtomicU64::new(NEVER),
            sleeping_until: AtomicU64::new(AWAKE),
            polling: AtomicBool::new(false),
            descriptors: AtomicU64::new(0),
        })
    }

    /// The platform.
    pub fn sys(&self) -> &S {
        &self.sys
    }

    /// Whether the kernel must be told whenever somebody waits.
    pub(crate) fn rearms(&self) -> bool {
        self.trigger != Trigger::Edge
    }

    pub(crate) fn register(&self, inner: &Arc<Inner<S>>) -> Result<Cookie, Error> {
        let cookie = self.registry.insert(inner.clone()).ok_or(Error::Shutdown)?;
        match self.poller.open(&self.sys, inner.fd, cookie) {
            Ok(()) => {
                self.sys.probe(ProbeEvent::fd(What::Open, inner.fd));
                Ok(cookie)
            }
            Err(errno) => {
                self.registry.remove(cookie);
                // The descriptor is open: it is the poller that has been shut since.
                Err(if errno == Errno::EBADF { Error::Shutdown } else { Error::Sys(errno) })
            }
        }
    }

    /// Deregisters a descriptor that is about to be closed. Its events are stale from here on. If it is the `sole`
    /// one of its file, the close will do for the kernel; copies would keep the registration (golang/go#5061).
    pub(crate) fn deregister(&self, fd: Fd, cookie: Cookie, sole: bool) {
        if !sole {
            let _ = self.poller.close(&self.sys, fd);
        }
        self.sys.probe(ProbeEvent::fd(What::Shut, fd));
        self.registry.remove(cookie);
    }

    pub(crate) fn arm(&self, fd: Fd, cookie: Cookie, was: Interest, want: Interest) -> Result<(), Errno> {
        self.poller.arm(&self.sys, fd, cookie, was, want)
    }

    pub(crate) fn count_descriptor(&self) {
        self.descriptors.fetch_add(1);
    }

    pub(crate) fn uncount_descriptor(&self) {
        self.descriptors.fetch_sub(1);
    }

    /// Descriptors with an owner.
    pub(crate) fn descriptors(&self) -> u64 {
        self.descriptors.load()
    }

    /// Descriptors that the poller watches.
    pub(crate) fn registrations(&self) -> u64 {
        self.registry.len() as u64
    }

    /// Timers that have not fired.
    pub(crate) fn timers(&self) -> u64 {
        self.timers.lock().len() as u64
    }

    /// A key for a timer at that time.
    pub(crate) fn timer_key(&self, at: Instant) -> TimerKey {
        TimerKey { at, id: self.timer_ids.fetch_add(1) }
    }

    /// Adds the timer, or changes what it does. If somebody sleeps past it, it wakes them. `false` if none fires any
    /// more.
    pub(crate) fn add_timer(&self, key: TimerKey, target: TimerTarget<S>) -> bool {
        let mut timers = self.timers.lock();
        if timers.is_closed() {
            return false;
        }
        let old = timers.insert(key, target);
        let first = timers.next() == Some(key.at);
        drop(timers);
        drop(old);
        if first {
            let next = self.publish_next();
            let until = self.sleeping_until.load();
            if until != AWAKE && until > next {
                self.poller.wake(&self.sys);
            }
        }
        true
    }

    pub(crate) fn remove_timer(&self, key: TimerKey) {
        let removed = self.timers.lock().remove(key);
        drop(removed);
    }

    /// Writes the time of the first timer, until it is still the first after having been written: that time. In
    /// between somebody may have gone to sleep until a later one, though an earlier one had been written before.
    fn publish_next(&self) -> u64 {
        loop {
            let next = self.timers.lock().next().map_or(NEVER, Instant::as_nanos);
            self.next_timer.store(next);
            if self.timers.lock().next().map_or(NEVER, Instant::as_nanos) == next {
                return next;
            }
        }
    }

    /// Whether somebody sleeps in the poller.
    pub(crate) fn is_asleep(&self) -> bool {
        self.sleeping_until.load() != AWAKE
    }

    /// Ends the sleep of whoever is in the poller, or the next one's.
    pub(crate) fn wake(&self) {
        self.poller.wake(&self.sys);
    }

    /// Takes the right to poll, if nobody has it.
    pub(crate) fn begin_poll(&self) -> bool {
        self.polling.compare_exchange(false, true)
    }

    pub(crate) fn end_poll(&self) {
        self.polling.store(false);
    }

    /// Publishes that the caller, who has the right to poll, will sleep. It then looks once more whether there
    /// is something to do, and calls [`Driver::poll`].
    pub(crate) fn fall_asleep(&self) {
        self.sleeping_until.store(NEVER);
    }

    /// The caller, who had announced to sleep, does not.
    pub(crate) fn stay_awake(&self) {
        self.sleeping_until.store(AWAKE);
    }

    /// Takes what the kernel has to report, sleeping until there is something if `block`, and fires the timers
    /// that are due. The caller has the right to poll.
    pub(crate) fn poll(&self, block: bool, events: &mut <S::Poller as Poller<S>>::Events) {
        let timeout = if block { self.sleep_time() } else { Some(Duration::ZERO) };
        let mut asleep = block;
        let result = self.poller.wait(&self.sys, timeout, events, |event| {
            // Whom the events make ready need not wake this worker: it will look for them itself.
            if core::mem::take(&mut asleep) {
                self.stay_awake();
            }
            self.deliver(event);
        });
        debug_assert!(matches!(result, Ok(()) | Err(Errno::EBADF)), "{result:?}");
        if asleep {
            self.stay_awake();
        }
        self.fire();
    }

    /// How long to sleep: until the first timer, as published.
    fn sleep_time(&self) -> Option<Duration> {
        loop {
            let next = self.next_timer.load();
            self.sleeping_until.store(next.max(AWAKE + 1));
            if self.next_timer.load() == next {
                return match next {
                    NEVER => None,
                    at => Some(Instant::from_nanos(at) - self.sys.now()),
                };
            }
        }
    }

    fn deliver(&self, event: Event) {
        let Some(inner) = self.registry.get(event.cookie) else {
            self.sys.probe(ProbeEvent::fd(What::Stale, Fd::NONE));
            return;
        };
        let what = match (event.readable, event.writable) {
            (true, true) => What::ReadyBoth,
            (true, false) => What::ReadyRead,
            _ => What::ReadyWrite,
        };
        self.sys.probe(ProbeEvent::fd(what, inner.fd));
        inner.ready(event.readable, event.writable, event.hung_up, event.error);
    }

    /// Fires what is due.
    fn fire(&self) {
        if self.next_timer.load() == NEVER {
            return;
        }
        let now = self.sys.now();
        if self.next_timer.load() > now.as_nanos() {
            return;
        }
        loop {
            let due = self.timers.lock().pop(now);
            match due {
                Some((_, TimerTarget::Wake(waker))) => waker.wake(),
                Some((key, TimerTarget::Deadline(inner, mode))) => inner.timer_fired(mode, key, now),
                None => break,
            }
        }
        self.publish_next();
    }

    /// Ends: no timer fires, no event comes, and who waits for one is woken to fail, as who comes later does at once.
    pub(crate) fn shut(&self) {
        self.registry.close().iter().for_each(|inner| inner.evict());
        let timers = self.timers.lock().close();
        for target in timers.into_values() {
            if let TimerTarget::Wake(waker) = target {
                waker.wake();
            }
        }
        self.poller.shut(&self.sys);
    }
}
