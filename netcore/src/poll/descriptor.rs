//! A descriptor with an owner: Go's `poll.FD`.

use core::future::poll_fn;
use core::task::{Poll, Waker};
use std::sync::Arc;

use super::Error;
use super::desc::{Desc, Timer};
use super::fd_mutex::{FdMutex, Mode};
use super::op::Op;
use crate::netpoll::{Cookie, Driver, Interest, TimerKey, TimerTarget};
use crate::sync::{AtomicBool, Mutex};
use crate::sys::{Fd, Instant, ProbeEvent, Shutdown, Sys, What};

/// What kind of file a descriptor is, as far as reading and writing differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A connected stream socket: reading nothing is the end.
    Stream,
    /// A listening socket.
    Listener,
    /// A pipe or another file that is read(2) and write(2).
    File,
}

/// A descriptor, shared by the operations on it.
///
/// Dropping it starts the close that [`Descriptor::close`] waits for: whoever waits is woken and fails, and
/// the last operation to leave closes the number.
#[derive(Debug)]
pub struct Descriptor<S: Sys> {
    pub(super) inner: Arc<Inner<S>>,
}

/// What the operations, the poller and the timers share.
pub(crate) struct Inner<S: Sys> {
    pub(crate) fd: Fd,
    pub(super) kind: Kind,
    pub(super) mutex: FdMutex<S>,
    pub(crate) desc: Desc<S>,
    pub(super) driver: Arc<Driver<S>>,
    registration: Mutex<S, Registration>,
    /// No other descriptor is open on the same file; see [`Descriptor::set_sole`].
    sole: AtomicBool<S>,
    destroyed: AtomicBool<S>,
    end: Mutex<S, End>,
}

/// What the poller knows of the descriptor.
#[derive(Debug, Default)]
struct Registration {
    cookie: Option<Cookie>,
    /// What the kernel was last told to watch for.
    applied: Interest,
    /// Counts the changes of who waits.
    version: u64,
    /// Somebody is telling the kernel, and will look at `version` again.
    arming: bool,
}

#[derive(Debug, Default)]
struct End {
    closer: Option<Waker>,
    result: Option<Error>,
}

impl<S: Sys> Descriptor<S> {
    /// Takes over `fd`, which must be non-blocking. The poller is told by [`Descriptor::init`].
    pub fn new(driver: Arc<Driver<S>>, fd: Fd, kind: Kind) -> Self {
        let inner = Inner {
            fd,
            kind,
            mutex: FdMutex::default(),
            desc: Desc::default(),
            driver,
            registration: Mutex::new(Registration::default()),
            sole: AtomicBool::new(false),
            destroyed: AtomicBool::new(false),
            end: Mutex::new(End::default()),
        };
        inner.driver.count_descriptor();
        Descriptor { inner: Arc::new(inner) }
    }

    /// Registers with the poller, for life. On failure the descriptor stays unregistered: operations that
    /// would wait answer `EAGAIN`, and its close deregisters nothing.
    pub fn init(&self) -> Result<(), Error> {
        let cookie = self.inner.driver.register(&self.inner)?;
        self.inner.registration.lock().cookie = Some(cookie);
        Ok(())
    }

    /// Says whether no other descriptor is open on the same file, which nobody assumes unsaid. The close of a sole
    /// descriptor deregisters it as well, which saves a call.
    pub fn set_sole(&self, sole: bool) {
        self.inner.sole.store(sole);
    }

    /// The number, for messages: it may be closed.
    pub fn number(&self) -> Fd {
        self.inner.fd
    }

    /// The runtime's side of it.
    pub fn driver(&self) -> &Arc<Driver<S>> {
        &self.inner.driver
    }

    /// Calls `f` with the descriptor, which stays open meanwhile: options, names, dup(2).
    pub fn control<T>(&self, f: impl FnOnce(&S, Fd) -> Result<T, Error>) -> Result<T, Error> {
        if !self.inner.mutex.incref() {
            return Err(Error::Closing);
        }
        let result = f(&self.inner.driver.sys, self.inner.fd);
        self.inner.decref();
        result
    }

    /// shutdown(2). Who waits is woken by what the kernel then reports.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.control(|sys, fd| Ok(sys.shutdown(fd, how)?))
    }

    /// Sets the deadline of a direction: operations fail with [`Error::DeadlineExceeded`] from then on, those that
    /// wait and those to come, until it is set anew. `None` is no deadline; one that has passed expires now.
    pub fn set_deadline(&self, mode: Mode, at: Option<Instant>) -> Result<(), Error> {
        if !self.inner.mutex.incref() {
            return Err(Error::Closing);
        }
        self.inner.set_deadline(mode, at);
        self.inner.decref();
        Ok(())
    }

    /// Closes: operations in progress are woken and fail with [`Error::Closing`], and when this returns the number is
    /// free. A second close fails with [`Error::Closing`] at once.
    ///
    /// Dropping the future does not stop the close.
    pub async fn close(&self) -> Result<(), Error> {
        let inner = &self.inner;
        if !inner.start_close() {
            return Err(Error::Closing);
        }
        poll_fn(|cx| {
            let old = inner.end.lock().closer.replace(cx.waker().clone());
            drop(old);
            if inner.destroyed.load() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        inner.end.lock().result.take().map_or(Ok(()), Err)
    }

    /// Gives back what an operation holds that will not be polled again.
    pub fn abandon(&self, mode: Mode, op: &mut Op) {
        self.inner.end(mode, op);
    }
}

impl<S: Sys> Drop for Descriptor<S> {
    fn drop(&mut self) {
        self.inner.start_close();
    }
}

impl<S: Sys> Inner<S> {
    /// Begins to close; `false` if somebody else has.
    fn start_close(&self) -> bool {
        if !self.mutex.incref_and_close() {
            return false;
        }
        self.probe(What::IncrefAndClose);
        self.evict();
        self.decref();
        true
    }

    /// Wakes whoever waits, to fail.
    pub(crate) fn evict(&self) {
        let timers = self.desc.evict();
        self.probe(What::Evict);
        timers.into_iter().flatten().for_each(|timer| self.driver.remove_timer(timer));
    }

    pub(super) fn decref(&self) {
        if self.mutex.decref() {
            self.destroy();
        }
    }

    /// The last reference is gone: deregisters, then closes the number, once, whatever close(2) answers.
    pub(super) fn destroy(&self) {
        self.probe(What::Destroy);
        let cookie = self.registration.lock().cookie.take();
        if let Some(cookie) = cookie {
            self.driver.deregister(self.fd, cookie, self.sole.load());
        }
        let result = self.driver.sys.close(self.fd);
        self.driver.uncount_descriptor();
        self.end.lock().result = result.err().map(Error::Sys);
        self.destroyed.store(true);
        let closer = self.end.lock().closer.take();
        if let Some(closer) = closer {
            closer.wake();
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.registration.lock().cookie.is_some()
    }

    fn set_deadline(self: &Arc<Self>, mode: Mode, at: Option<Instant>) {
        let fresh = self.driver.timer_key(at.unwrap_or_default());
        let timer = self.desc.set_deadline(mode, at, self.driver.sys.now(), fresh);
        let what = match mode {
            Mode::Read => What::ReadDeadline,
            Mode::Write => What::WriteDeadline,
        };
        self.driver.sys.probe(ProbeEvent::deadline(what, self.fd, at));
        self.act_on(mode, timer);
    }

    /// A timer of a deadline has fired.
    pub(crate) fn timer_fired(self: &Arc<Self>, mode: Mode, timer: TimerKey, now: Instant) {
        let fresh = self.driver.timer_key(now);
        let next = self.desc.timer_fired(mode, timer, now, fresh);
        let other = match mode {
            Mode::Read => Mode::Write,
            Mode::Write => Mode::Read,
        };
        let both = next == Timer::Expired && self.desc.expires_with(other, now);
        self.act_on(mode, next);
        if both {
            self.act_on(other, Timer::Expired);
        }
    }

    fn act_on(self: &Arc<Self>, mode: Mode, timer: Timer) {
        match timer {
            Timer::Keep => {}
            Timer::Expired => {
                self.probe(match mode {
                    Mode::Read => What::ReadExpired,
                    Mode::Write => What::WriteExpired,
                });
                self.desc.expire(mode);
            }
            Timer::Add(key, old) => {
                if let Some(old) = old {
                    self.driver.remove_timer(old);
                }
                self.driver.add_timer(key, TimerTarget::Deadline(self.clone(), mode));
                // It may have been replaced, or the descriptor closed, before it was there to be removed.
                if !self.desc.has_timer(mode, key) {
                    self.driver.remove_timer(key);
                }
            }
        }
    }

    /// The poller reports.
    pub(crate) fn ready(&self, readable: bool, writable: bool, hung_up: bool, error: bool) {
        self.desc.ready(readable, writable, hung_up, error);
        self.arm();
    }

    /// Tells the kernel which directions somebody waits for, where it needs telling: not with edges, and not
    /// once closing, since the number may be another's by then.
    #[inline]
    pub(super) fn arm(&self) {
        if self.driver.rearms() {
            self.rearm();
        }
    }

    #[inline(never)]
    fn rearm(&self) {
        if self.mutex.incref() {
            self.arm_referenced();
            self.decref();
        }
    }

    /// Whoever finds another one at it leaves it to that one, who goes on until nothing has changed: so the
    /// last word that the kernel hears is the latest.
    fn arm_referenced(&self) {
        {
            let mut registration = self.registration.lock();
            registration.version += 1;
            if core::mem::replace(&mut registration.arming, true) {
                return;
            }
        }
        loop {
            let (cookie, was, version) = {
                let registration = self.registration.lock();
                (registration.cookie, registration.applied, registration.version)
            };
            let want = Interest::of(self.desc.waiting());
            let failed = cookie.is_some_and(|cookie| self.driver.arm(self.fd, cookie, was, want).is_err());
            let mut registration = self.registration.lock();
            registration.applied = want;
            if registration.version == version {
                registration.arming = false;
                drop(registration);
                if failed {
                    self.desc.ready(true, true, true, true);
                }
                return;
            }
        }
    }
}

impl<S: Sys> core::fmt::Debug for Inner<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Descriptor({:?}, {:?})", self.fd, self.kind)
    }
}
