//! References, locks and the close of a descriptor.

use core::cell::Cell;
use core::future::poll_fn;
use core::task::{Context, Waker};

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread::{JoinHandle, spawn};

use crate::loom::{Machine, model};
use crate::poll::Mode;
use crate::poll::fd_mutex::{FdMutex, Locked};
use crate::poll::semaphore::Ticket;

/// A descriptor, as far as its life goes. loom reports accesses to a cell that nothing orders.
#[derive(Default)]
struct File {
    mutex: FdMutex<Machine>,
    /// Read by who uses the descriptor, written by who destroys it.
    number: UnsafeCell<()>,
    /// Written by who has the lock of the direction.
    positions: [UnsafeCell<()>; 2],
    destroyed: Cell<u32>,
}

impl File {
    /// Uses it, if it is open.
    fn touch(&self) -> bool {
        let open = self.mutex.incref();
        if open {
            self.number.with(|_| ());
            self.left(self.mutex.decref());
        }
        open
    }

    fn close(&self) -> bool {
        let first = self.mutex.incref_and_close();
        if first {
            self.left(self.mutex.decref());
        }
        first
    }

    /// Waits for the lock of a direction, as operations do; `false` once closed.
    async fn lock(&self, mode: Mode) -> bool {
        loop {
            match self.mutex.try_lock(mode) {
                Locked::Yes => return true,
                Locked::Closed => return false,
                Locked::Wait(mut ticket) => {
                    poll_fn(|cx| self.mutex.poll_chosen(mode, &mut ticket, cx)).await;
                }
            }
        }
    }

    fn unlock(&self, mode: Mode) {
        self.number.with(|_| ());
        self.positions[mode as usize].with_mut(|_| ());
        self.left(self.mutex.unlock(mode));
    }

    /// Waits for the lock, uses the descriptor, and gives it back; `false` once closed.
    fn operate(&self, mode: Mode) -> bool {
        let locked = block_on(self.lock(mode));
        if locked {
            self.unlock(mode);
        }
        locked
    }

    /// Begins to wait for a lock that somebody has.
    fn queue(&self, mode: Mode) -> Ticket {
        let Locked::Wait(mut ticket) = self.mutex.try_lock(mode) else { panic!("nobody has the lock") };
        assert!(!self.is_let_go(mode, &mut ticket));
        ticket
    }

    /// Whether who waits may try again.
    fn is_let_go(&self, mode: Mode, ticket: &mut Ticket) -> bool {
        let cx = Context::from_waker(Waker::noop());
        self.mutex.poll_chosen(mode, ticket, &cx).is_ready()
    }

    fn left(&self, last: bool) {
        if last {
            self.number.with_mut(|_| ());
            self.destroyed.set(self.destroyed.get() + 1);
        }
    }
}

/// Lets a thread do something with the file.
fn with<T: 'static>(file: &Arc<File>, act: impl FnOnce(&File) -> T + 'static) -> JoinHandle<T> {
    let file = file.clone();
    spawn(move || act(&file))
}

#[test]
fn the_last_of_users_and_closer_destroys() {
    model(|| {
        let file = Arc::new(File::default());
        let one = with(&file, File::touch);
        let other = with(&file, File::touch);
        assert!(file.close());
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(file.destroyed.get(), 1);
        assert!(!file.touch());
    });
}

#[test]
fn one_of_two_closes_is_the_first() {
    model(|| {
        let file = Arc::new(File::default());
        let closer = with(&file, File::close);
        let user = with(&file, File::touch);
        let first = file.close();
        assert_ne!(first, closer.join().unwrap());
        user.join().unwrap();
        assert_eq!(file.destroyed.get(), 1);
    });
}

#[test]
fn a_lock_has_one_holder_and_passes_to_who_waits() {
    model(|| {
        let file = Arc::new(File::default());
        let one = with(&file, |file| file.operate(Mode::Read));
        let other = with(&file, |file| file.operate(Mode::Read));
        assert!(file.operate(Mode::Read));
        assert!(one.join().unwrap());
        assert!(other.join().unwrap());
        assert_eq!(file.destroyed.get(), 0);
    });
}

#[test]
fn a_close_lets_go_who_waits_for_either_lock() {
    model(|| {
        let file = Arc::new(File::default());
        assert!(block_on(file.lock(Mode::Read)));
        assert!(block_on(file.lock(Mode::Write)));
        let reader = with(&file, |file| file.operate(Mode::Read));
        let writer = with(&file, |file| file.operate(Mode::Write));
        assert!(file.close());
        assert!(!reader.join().unwrap());
        assert!(!writer.join().unwrap());
        assert_eq!(file.destroyed.get(), 0);
        file.unlock(Mode::Read);
        file.unlock(Mode::Write);
        assert_eq!(file.destroyed.get(), 1);
    });
}

#[test]
fn a_close_among_operations_leaves_nobody_asleep() {
    model(|| {
        let file = Arc::new(File::default());
        let one = with(&file, |file| file.operate(Mode::Write));
        let other = with(&file, |file| file.operate(Mode::Write));
        assert!(file.close());
        one.join().unwrap();
        other.join().unwrap();
        assert_eq!(file.destroyed.get(), 1);
    });
}

#[test]
fn who_goes_without_the_lock_passes_on_what_it_was_given() {
    model(|| {
        let file = Arc::new(File::default());
        assert!(block_on(file.lock(Mode::Read)));
        let mut goes = file.queue(Mode::Read);
        let stays = with(&file, |file| file.operate(Mode::Read));
        let holder = with(&file, |file| file.unlock(Mode::Read));
        file.mutex.abandon(Mode::Read, &mut goes);
        holder.join().unwrap();
        assert!(stays.join().unwrap());
    });
}

#[test]
fn who_goes_without_the_lock_at_a_close_takes_nothing_along() {
    model(|| {
        let file = Arc::new(File::default());
        assert!(block_on(file.lock(Mode::Read)));
        let [mut goes, mut stays] = [(); 2].map(|()| file.queue(Mode::Read));
        let holder = with(&file, |file| file.unlock(Mode::Read));
        let closer = with(&file, File::close);
        file.mutex.abandon(Mode::Read, &mut goes);
        holder.join().unwrap();
        closer.join().unwrap();
        assert!(file.is_let_go(Mode::Read, &mut stays));
        assert_eq!(file.destroyed.get(), 1);
    });
}
