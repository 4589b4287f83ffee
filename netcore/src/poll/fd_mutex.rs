//! Who may use a descriptor, and when it dies: Go's `fdMutex`.

use core::task::{Context, Poll};

use super::semaphore::{Semaphore, Ticket};
use crate::sync::AtomicU64;
use crate::sys::Preempt;

const CLOSED: u64 = 1;
const READ_LOCK: u64 = 1 << 1;
const WRITE_LOCK: u64 = 1 << 2;
const REF: u64 = 1 << 3;
const REF_MASK: u64 = ((1 << 20) - 1) << 3;
const READ_WAIT: u64 = 1 << 23;
const READ_MASK: u64 = ((1 << 20) - 1) << 23;
const WRITE_WAIT: u64 = 1 << 43;
const WRITE_MASK: u64 = ((1 << 20) - 1) << 43;

const OVERFLOW: &str = "too many concurrent operations on a single file or socket (max 1048575)";
const INCONSISTENT: &str = "inconsistent poll.fdMutex";

/// A direction of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Reading and accepting.
    Read,
    /// Writing and connecting.
    Write,
}

/// A reference count, a read lock and a write lock, which all fail once it is closed.
///
/// | bits | field |
/// |---|---|
/// | 0 | closed |
/// | 1 | read lock |
/// | 2 | write lock |
/// | 3–22 | references: one per operation, one until the close |
/// | 23–42 | operations that wait for the read lock |
/// | 43–62 | operations that wait for the write lock |
///
/// Every change is one compare-and-swap of the whole word. A closed word without references is final: whoever
/// brings it about (`true` from `decref` or `unlock`) destroys the descriptor. Waiters hold no
/// reference; each unlock takes one off the count and lets it try again, in no order with newcomers. A close
/// lets all of them go, to see that it is closed.
///
/// ```
/// use netcore::os::Os;
/// use netcore::poll::{FdMutex, Locked, Mode};
///
/// let mutex = FdMutex::<Os>::default();
/// assert_eq!(mutex.try_lock(Mode::Read), Locked::Yes);
/// assert_eq!(mutex.try_lock(Mode::Write), Locked::Yes, "the directions do not know each other");
/// assert!(mutex.incref_and_close());
/// assert_eq!(mutex.try_lock(Mode::Read), Locked::Closed);
/// assert!(!mutex.decref() && !mutex.unlock(Mode::Write));
/// assert!(mutex.unlock(Mode::Read), "the last one destroys the descriptor");
/// ```
#[derive(Debug)]
pub struct FdMutex<P> {
    state: AtomicU64<P>,
    read_waiters: Semaphore<P>,
    write_waiters: Semaphore<P>,
}

/// What came of an attempt to lock.
#[derive(Debug, PartialEq, Eq)]
pub enum Locked {
    /// The lock is the caller's.
    Yes,
    /// Somebody has it; the ticket says when to try again.
    Wait(Ticket),
    /// There is nothing to lock any more.
    Closed,
}

struct Lock {
    bit: u64,
    wait: u64,
    mask: u64,
}

const fn lock_of(mode: Mode) -> Lock {
    match mode {
        Mode::Read => Lock { bit: READ_LOCK, wait: READ_WAIT, mask: READ_MASK },
        Mode::Write => Lock { bit: WRITE_LOCK, wait: WRITE_WAIT, mask: WRITE_MASK },
    }
}

impl<P: Preempt> Default for FdMutex<P> {
    /// Open, with the reference that the close will drop.
    fn default() -> Self {
        FdMutex {
            state: AtomicU64::new(0),
            read_waiters: Semaphore::default(),
            write_waiters: Semaphore::default(),
        }
    }
}

impl<P: Preempt> FdMutex<P> {
    /// Takes a reference; `false` once closed.
    ///
    /// # Panics
    ///
    /// With 1048575 references held, as Go does.
    pub fn incref(&self) -> bool {
        loop {
            let old = self.state.load();
            if old & CLOSED != 0 {
                return false;
            }
            let new = old + REF;
            assert!(new & REF_MASK != 0, "{OVERFLOW}");
            if self.state.compare_exchange(old, new) {
                return true;
            }
        }
    }

    /// Closes, takes a reference and lets all waiters go; `false` if it was closed already.
    pub fn incref_and_close(&self) -> bool {
        loop {
            let old = self.state.load();
            if old & CLOSED != 0 {
                return false;
            }
            let referenced = (old | CLOSED) + REF;
            assert!(referenced & REF_MASK != 0, "{OVERFLOW}");
            let new = referenced & !(READ_MASK | WRITE_MASK);
            if self.state.compare_exchange(old, new) {
                self.read_waiters.release((old & READ_MASK) / READ_WAIT);
                self.write_waiters.release((old & WRITE_MASK) / WRITE_WAIT);
                return true;
            }
        }
    }

    /// Gives a reference back. `true`: it was the last one of a closed descriptor, which the caller
    /// now destroys.
    ///
    /// # Panics
    ///
    /// Without a reference to give back.
    pub fn decref(&self) -> bool {
        loop {
            let old = self.state.load();
            assert!(old & REF_MASK != 0, "{INCONSISTENT}");
            let new = old - REF;
            if self.state.compare_exchange(old, new) {
                return new & (CLOSED | REF_MASK) == CLOSED;
            }
        }
    }

    /// Takes the lock of a direction, and a reference with it, unless somebody has it. Who is told to wait either does
    /// so with [`FdMutex::poll_chosen`] and tries again, or goes with [`FdMutex::abandon`].
    ///
    /// # Panics
    ///
    /// With 1048575 references held or tasks waiting, as Go does.
    pub fn try_lock(&self, mode: Mode) -> Locked {
        let Lock { bit, wait, mask } = lock_of(mode);
        loop {
            let old = self.state.load();
            if old & CLOSED != 0 {
                return Locked::Closed;
            }
            let free = old & bit == 0;
            let new = if free { (old | bit) + REF } else { old + wait };
            assert!(new & if free { REF_MASK } else { mask } != 0, "{OVERFLOW}");
            if self.state.compare_exchange(old, new) {
                return if free { Locked::Yes } else { Locked::Wait(Ticket::default()) };
            }
        }
    }

    /// Gives the lock and its reference back, and lets one waiter try. `true` as for [`FdMutex::decref`].
    ///
    /// # Panics
    ///
    /// If the direction is not locked.
    pub fn unlock(&self, mode: Mode) -> bool {
        let Lock { bit, wait, mask } = lock_of(mode);
        loop {
            let old = self.state.load();
            assert!(old & bit != 0 && old & REF_MASK != 0, "{INCONSISTENT}");
            let waiting = old & mask != 0;
            let new = (old & !bit) - REF - if waiting { wait } else { 0 };
            if self.state.compare_exchange(old, new) {
                if waiting {
                    self.waiters(mode).release(1);
                }
                return new & (CLOSED | REF_MASK) == CLOSED;
            }
        }
    }

    /// Waits until it is worth to try again: an unlock has chosen the ticket, or a close has let everybody go. The ticket
    /// is used up then.
    pub fn poll_chosen(&self, mode: Mode, ticket: &mut Ticket, cx: &Context<'_>) -> Poll<()> {
        self.waiters(mode).poll_acquire(ticket, cx)
    }

    /// A waiter goes without having been served. If an unlock had already chosen it, another one is.
    pub fn abandon(&self, mode: Mode, ticket: &mut Ticket) {
        let Lock { bit, wait, mask } = lock_of(mode);
        let chosen = self.waiters(mode).forget(ticket);
        loop {
            let old = self.state.load();
            // Nobody waits, or the holder's unlock will choose: nothing to pass on. A waiter that was not
            // chosen takes itself off the count; if an unlock has just done so, its release goes to
            // the next that waits, who tries once for nothing.
            if old & mask == 0 || (chosen && old & bit != 0) {
                return;
            }
            if self.state.compare_exchange(old, old - wait) {
                if chosen {
                    self.waiters(mode).release(1);
                }
                return;
            }
        }
    }

    fn waiters(&self, mode: Mode) -> &Semaphore<P> {
        match mode {
            Mode::Read => &self.read_waiters,
            Mode::Write => &self.write_waiters,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;

    use super::*;
    use crate::os::Os;

    #[test]
    fn whoever_waits_is_counted_and_leaves_nothing_behind() {
        let cx = Context::from_waker(Waker::noop());
        for (mode, bit) in [(Mode::Read, READ_LOCK), (Mode::Write, WRITE_LOCK)] {
            let mutex = FdMutex::<Os>::default();
            let contend = || {
                assert_eq!(mutex.try_lock(mode), Locked::Yes);
                let Locked::Wait(ticket) = mutex.try_lock(mode) else { panic!("it is locked") };
                ticket
            };
            let mut served = contend();
            assert!(!mutex.unlock(mode));
            assert_eq!(mutex.state.load(), 0);
            assert!(mutex.poll_chosen(mode, &mut served, &cx).is_ready());

            let mut leaving = contend();
            assert!(mutex.poll_chosen(mode, &mut leaving, &cx).is_pending());
            mutex.abandon(mode, &mut leaving);
            assert_eq!(mutex.state.load(), bit | REF);
            assert!(!mutex.unlock(mode));
            assert_eq!(mutex.state.load(), 0);

            let mut late = contend();
            assert!(mutex.incref_and_close());
            assert_eq!(mutex.state.load(), CLOSED | bit | (2 * REF));
            assert!(mutex.poll_chosen(mode, &mut late, &cx).is_ready());
        }
    }
}
