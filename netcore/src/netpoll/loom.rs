//! Who sleeps in the poller and who has news for it, under loom.

use core::task::Waker;
use std::sync::{Arc, OnceLock};
use std::task::Wake;

use loom::thread::spawn;

use super::{Driver, TimerTarget, Trigger};
use crate::loom::{Machine, model};
use crate::sync::AtomicBool;
use crate::sys::Instant;

const SOON: Instant = Instant::from_nanos(10);
const LATER: Instant = Instant::from_nanos(20);

/// A poller, and whether there is something else to do than to sleep in it.
struct Desk {
    driver: Driver<Machine>,
    work: AtomicBool<Machine>,
}

/// A timer that has fired says so.
#[derive(Default)]
struct Fired(OnceLock<()>);

impl Wake for Fired {
    fn wake(self: Arc<Self>) {
        self.0.get_or_init(|| ());
    }
}

impl Desk {
    fn new() -> Arc<Self> {
        let driver = Driver::new(Machine::new(), Trigger::Edge).unwrap();
        Arc::new(Desk { driver, work: AtomicBool::new(false) })
    }

    fn add_timer(&self, at: Instant, fired: &Arc<Fired>) {
        let target = TimerTarget::Wake(Waker::from(fired.clone()));
        self.driver.add_timer(self.driver.timer_key(at), target);
    }

    /// Sleeps in the poller until the timer fires.
    fn sleep_until(&self, fired: &Fired) {
        while fired.0.get().is_none() {
            self.driver.poll(true, &mut Default::default());
        }
    }

    /// Sleeps in the poller until there is work, as workers do.
    fn sleep_until_work(&self) {
        while !self.work.load() {
            assert!(self.driver.begin_poll());
            self.driver.fall_asleep();
            if self.work.load() {
                self.driver.stay_awake();
            } else {
                self.driver.poll(true, &mut Default::default());
            }
            self.driver.end_poll();
        }
    }
}

#[test]
fn a_timer_added_while_somebody_falls_asleep_fires() {
    model(|| {
        let (desk, fired) = (Desk::new(), Arc::new(Fired::default()));
        let sleeper = spawn({
            let (desk, fired) = (desk.clone(), fired.clone());
            move || desk.sleep_until(&fired)
        });
        desk.add_timer(SOON, &fired);
        desk.driver.sys().pass(SOON);
        sleeper.join().unwrap();
    });
}

#[test]
fn an_earlier_timer_shortens_a_sleep() {
    model(|| {
        let (desk, fired) = (Desk::new(), Arc::new(Fired::default()));
        desk.add_timer(LATER, &Arc::new(Fired::default()));
        let sleeper = spawn({
            let (desk, fired) = (desk.clone(), fired.clone());
            move || desk.sleep_until(&fired)
        });
        desk.add_timer(SOON, &fired);
        desk.driver.sys().pass(SOON);
        sleeper.join().unwrap();
    });
}

#[test]
fn the_earlier_of_two_timers_added_at_once_ends_a_sleep() {
    model(|| {
        let (desk, fired) = (Desk::new(), Arc::new(Fired::default()));
        let other = spawn({
            let desk = desk.clone();
            move || desk.add_timer(LATER, &Arc::new(Fired::default()))
        });
        let sleeper = spawn({
            let (desk, fired) = (desk.clone(), fired.clone());
            move || desk.sleep_until(&fired)
        });
        desk.add_timer(SOON, &fired);
        other.join().unwrap();
        desk.driver.sys().pass(SOON);
        sleeper.join().unwrap();
    });
}

#[test]
fn work_that_comes_while_somebody_falls_asleep_is_seen() {
    model(|| {
        let desk = Desk::new();
        let sleeper = spawn({
            let desk = desk.clone();
            move || desk.sleep_until_work()
        });
        desk.work.store(true);
        if desk.driver.is_asleep() {
            desk.driver.wake();
        }
        sleeper.join().unwrap();
    });
}

#[test]
fn a_wake_while_the_last_one_is_read_ends_the_next_sleep() {
    model(|| {
        let desk = Desk::new();
        let sleeper = spawn({
            let desk = desk.clone();
            move || desk.sleep_until_work()
        });
        desk.driver.wake();
        desk.driver.wake();
        desk.work.store(true);
        desk.driver.wake();
        sleeper.join().unwrap();
    });
}
