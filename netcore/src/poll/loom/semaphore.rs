//! Permits, and who waits for them.

use core::future::poll_fn;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use loom::future::block_on;
use loom::thread::spawn;

use crate::loom::{Machine, model};
use crate::poll::semaphore::{Semaphore, Ticket};

type Permits = Semaphore<Machine>;

fn acquire(permits: &Permits) {
    let mut ticket = Ticket::default();
    block_on(poll_fn(|cx| permits.poll_acquire(&mut ticket, cx)));
}

/// Looks for a permit, once.
fn try_acquire(permits: &Permits, ticket: &mut Ticket) -> bool {
    permits.poll_acquire(ticket, &Context::from_waker(Waker::noop())) == Poll::Ready(())
}

#[test]
fn a_permit_reaches_who_waits() {
    model(|| {
        let permits = Arc::new(Permits::default());
        let waiter = spawn({
            let permits = permits.clone();
            move || acquire(&permits)
        });
        permits.release(1);
        waiter.join().unwrap();
        assert!(!try_acquire(&permits, &mut Ticket::default()), "it is taken");
    });
}

#[test]
fn as_many_pass_as_there_are_permits() {
    model(|| {
        let permits = Arc::new(Permits::default());
        let waiters = [permits.clone(), permits.clone()].map(|permits| spawn(move || acquire(&permits)));
        permits.release(2);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert!(!try_acquire(&permits, &mut Ticket::default()), "both are taken");
    });
}

#[test]
fn who_leaves_is_told_of_the_permit_that_it_was_given() {
    model(|| {
        let permits = Arc::new(Permits::default());
        let leaver = spawn({
            let permits = permits.clone();
            move || {
                let mut ticket = Ticket::default();
                try_acquire(&permits, &mut ticket) || permits.forget(&mut ticket)
            }
        });
        permits.release(1);
        let given = leaver.join().unwrap();
        assert_ne!(given, try_acquire(&permits, &mut Ticket::default()), "there is one permit");
    });
}

#[test]
fn a_permit_passed_on_reaches_the_next() {
    model(|| {
        let permits = Arc::new(Permits::default());
        let leaver = spawn({
            let permits = permits.clone();
            move || {
                let mut ticket = Ticket::default();
                if try_acquire(&permits, &mut ticket) || permits.forget(&mut ticket) {
                    permits.release(1);
                }
            }
        });
        let waiter = spawn({
            let permits = permits.clone();
            move || acquire(&permits)
        });
        permits.release(1);
        leaver.join().unwrap();
        waiter.join().unwrap();
    });
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    model(|| {
        let permits = Arc::new(Permits::default());
        let mut ticket = Ticket::default();
        assert!(!try_acquire(&permits, &mut ticket));
        let giver = spawn({
            let permits = permits.clone();
            move || permits.release(1)
        });
        block_on(poll_fn(|cx| permits.poll_acquire(&mut ticket, cx)));
        giver.join().unwrap();
    });
}
