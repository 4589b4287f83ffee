//! Waiting for time to pass.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use crate::netpoll::{Driver, TimerKey, TimerTarget};
use crate::sys::{Instant, ProbeEvent, Sys, What};

/// A future that is ready at an instant, and not before. It panics if its runtime is shut down before.
pub struct Sleep<S: Sys> {
    driver: Arc<Driver<S>>,
    at: Instant,
    timer: Option<TimerKey>,
}

impl<S: Sys> Sleep<S> {
    pub(super) fn new(driver: Arc<Driver<S>>, at: Instant) -> Self {
        Sleep { driver, at, timer: None }
    }

    /// When it is ready.
    pub fn deadline(&self) -> Instant {
        self.at
    }
}

impl<S: Sys> Future for Sleep<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.driver.sys.now() >= self.at {
            return Poll::Ready(());
        }
        let key = match self.timer {
            Some(key) => key,
            None => {
                let event = ProbeEvent { arg: self.at.as_nanos(), ..ProbeEvent::task(What::Sleep, 0) };
                self.driver.sys.probe(event);
                self.driver.timer_key(self.at)
            }
        };
        self.timer = Some(key);
        let added = self.driver.add_timer(key, TimerTarget::Wake(cx.waker().clone()));
        assert!(added, "who sleeps on a runtime that is shut down would never wake");
        Poll::Pending
    }
}

impl<S: Sys> Drop for Sleep<S> {
    fn drop(&mut self) {
        if let Some(key) = self.timer {
            self.driver.remove_timer(key);
        }
    }
}

impl<S: Sys> fmt::Debug for Sleep<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sleep({:?})", self.at)
    }
}

/// The time was up before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

/// A future that has until an instant: then it is dropped with the [`Timeout`]. A future that is ready at the very
/// instant is in time.
#[derive(Debug)]
pub struct Timeout<S: Sys, F> {
    future: Pin<Box<F>>,
    sleep: Sleep<S>,
}

impl<S: Sys, F> Timeout<S, F> {
    pub(super) fn new(future: F, sleep: Sleep<S>) -> Self {
        Timeout { future: Box::pin(future), sleep }
    }
}

impl<S: Sys, F: Future> Future for Timeout<S, F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut self.sleep).poll(cx).map(|()| Err(Elapsed))
    }
}

/// Lets the other tasks that are ready go first.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if core::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use crate::os::Os;
    use crate::rt::{Config, JoinError, Runtime};

    #[test]
    fn who_sleeps_on_a_runtime_that_is_shut_down_is_told() {
        let [mortal, other] =
            [(); 2].map(|()| Runtime::new(Os, Config { workers: 1, ..Config::default() }).unwrap());
        let handle = mortal.handle().clone();
        let early = other.spawn(handle.sleep(Duration::from_secs(3600)));
        other.block_on(other.handle().sleep(Duration::from_millis(5)));
        mortal.shutdown();
        let late = other.spawn(async move { handle.sleep(Duration::from_secs(3600)).await });
        for task in [early, late] {
            let told = other.block_on(other.handle().timeout(Duration::from_secs(10), task));
            assert!(matches!(told, Ok(Err(JoinError::Panicked(_)))), "not told");
        }
    }
}
