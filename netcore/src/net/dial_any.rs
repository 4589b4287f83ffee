//! Dialling a host that has several addresses: Go's `dialSerial` and `dialParallel`, after RFC 6555.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::net::SocketAddr;

use super::{Cause, Dialer, OpError, TcpStream};
use crate::rt::Handle;
use crate::sys::{Instant, Sys};

/// What an address gets of the time at least, if there is as much.
const SHARE_MIN: Duration = Duration::from_secs(2);

impl Dialer {
    /// Dials one of the addresses of a host, given in the order in which a resolver prefers them.
    ///
    /// They are tried one after the other, each for an equal share of the time that is left. If there are two families
    /// among them, those of the second one are tried beside those of the first address's, from
    /// [`Dialer::fallback_delay`] on, or as soon as all of the first have failed. The first connection wins; the other
    /// attempt is given up, and what it has open is closed. Addresses that are not of the family of
    /// [`Dialer::local_addr`] are left out.
    ///
    /// # Errors
    ///
    /// What the first address failed with, if all fail; [`Cause::MissingAddress`] and [`Cause::NoSuitableAddress`] if
    /// there is none to try.
    ///
    /// ```
    /// use netcore::net::{Dialer, TcpListener};
    /// use netcore::os::Os;
    /// use netcore::rt::{Config, Runtime};
    ///
    /// let runtime = Runtime::new(Os, Config::default())?;
    /// let handle = runtime.handle();
    /// runtime.block_on(async {
    ///     let listener = TcpListener::listen(handle, "127.0.0.1:0".parse()?)?;
    ///     let nobody = "[::1]:1".parse()?;
    ///     let conn = Dialer::default().dial_any(handle, &[nobody, listener.addr()]).await?;
    ///     assert_eq!(conn.peer_addr(), listener.addr());
    ///     Ok::<(), Box<dyn std::error::Error>>(())
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn dial_any<S: Sys>(
        &self,
        handle: &Handle<S>,
        addrs: &[SocketAddr],
    ) -> Result<TcpStream<S>, OpError> {
        let deadline = self.until(handle.now());
        let is_suitable = |addr: &SocketAddr| {
            self.local_addr
                .is_none_or(|local| local.ip().is_unspecified() || is_ipv4(local) == is_ipv4(*addr))
        };
        let suitable: Vec<SocketAddr> = addrs.iter().copied().filter(is_suitable).collect();
        let Some(&first) = suitable.first() else {
            let cause = if addrs.is_empty() { Cause::MissingAddress } else { Cause::NoSuitableAddress };
            return Err(self.error(None, cause));
        };
        let (primaries, fallbacks): (Vec<_>, Vec<_>) =
            suitable.iter().partition(|&&addr| is_ipv4(addr) == is_ipv4(first));
        match self.fallback_delay {
            Some(delay) if !fallbacks.is_empty() => {
                let primary = self.dial_serial(handle, &primaries, deadline);
                let fallback = self.dial_serial(handle, &fallbacks, deadline);
                race(primary, fallback, handle.sleep(delay)).await
            }
            _ => self.dial_serial(handle, &suitable, deadline).await,
        }
    }

    /// One after the other, until one connects or the time is up.
    async fn dial_serial<S: Sys>(
        &self,
        handle: &Handle<S>,
        addrs: &[SocketAddr],
        deadline: Option<Instant>,
    ) -> Result<TcpStream<S>, OpError> {
        let mut first_error = None;
        for (at, &addr) in addrs.iter().enumerate() {
            let now = handle.now();
            let until = deadline.map(|deadline| share(now, deadline, addrs.len() - at));
            match self.dial_by(handle, addr, until).await {
                Ok(stream) => return Ok(stream),
                Err(error) => drop(first_error.get_or_insert(error)),
            }
            if deadline.is_some_and(|deadline| deadline <= handle.now()) {
                break;
            }
        }
        Err(first_error.unwrap_or_else(|| self.error(None, Cause::MissingAddress)))
    }
}

/// Until when the first of `addrs` addresses may be tried, Go's `partialDeadline`.
fn share(now: Instant, deadline: Instant, addrs: usize) -> Instant {
    let left = deadline.saturating_since(now);
    let share = left / u32::try_from(addrs).unwrap_or(u32::MAX);
    now + share.max(SHARE_MIN.min(left))
}

/// Whether it is an address of IPv4, perhaps in IPv6's clothes.
fn is_ipv4(addr: SocketAddr) -> bool {
    addr.ip().to_canonical().is_ipv4()
}

/// What succeeds first of two attempts: `primary`, or `fallback`, which begins after `head_start`, or as soon as
/// `primary` has failed. The error is that of `primary`.
///
/// The loser is dropped, and gives up what it has. An attempt that has succeeded by the time the head start is over
/// has won: it is looked at first (python-trio/trio#632).
async fn race<T, E>(
    primary: impl Future<Output = Result<T, E>>,
    fallback: impl Future<Output = Result<T, E>>,
    head_start: impl Future<Output = ()>,
) -> Result<T, E> {
    let (mut primary, mut fallback, mut head_start) = (pin!(primary), pin!(fallback), pin!(head_start));
    let (mut primary_error, mut fallback_failed, mut begun) = (None, false, false);
    poll_fn(|cx| {
        if primary_error.is_none()
            && let Poll::Ready(result) = primary.as_mut().poll(cx)
        {
            match result {
                Ok(won) => return Poll::Ready(Ok(won)),
                Err(error) => primary_error = Some(error),
            }
        }
        begun = begun || primary_error.is_some() || head_start.as_mut().poll(cx).is_ready();
        if begun
            && !fallback_failed
            && let Poll::Ready(result) = fallback.as_mut().poll(cx)
        {
            match result {
                Ok(won) => return Poll::Ready(Ok(won)),
                Err(_) => fallback_failed = true,
            }
        }
        if fallback_failed && let Some(error) = primary_error.take() {
            return Poll::Ready(Err(error));
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use core::future::{pending, ready};
    use core::pin::Pin;
    use core::task::{Context, Waker};

    use super::*;

    type Attempt = Pin<Box<dyn Future<Output = Result<&'static str, &'static str>>>>;

    /// What comes of a race that is polled once; `None`: it goes on.
    fn once(
        primary: Attempt,
        fallback: Attempt,
        head_start_is_over: bool,
    ) -> Option<Result<&'static str, &'static str>> {
        let head_start = async {
            if !head_start_is_over {
                pending().await
            }
        };
        let mut race = pin!(race(primary, fallback, head_start));
        match race.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    fn waits() -> Attempt {
        Box::pin(pending())
    }

    fn ends(result: Result<&'static str, &'static str>) -> Attempt {
        Box::pin(ready(result))
    }

    fn unasked() -> Attempt {
        Box::pin(async { panic!("it must not begin") })
    }

    #[test]
    fn a_race_is_won_by_whoever_succeeds_first() {
        assert_eq!(
            once(ends(Ok("first")), unasked(), true),
            Some(Ok("first")),
            "in time at the very instant"
        );
        assert_eq!(once(waits(), unasked(), false), None, "the head start lasts");
        assert_eq!(once(waits(), ends(Ok("second")), true), Some(Ok("second")));
        assert_eq!(once(waits(), ends(Err("no")), true), None, "the first one goes on");
        assert_eq!(once(ends(Err("no")), ends(Ok("second")), false), Some(Ok("second")), "at once");
        assert_eq!(once(ends(Err("first")), ends(Err("second")), false), Some(Err("first")));
        assert_eq!(once(ends(Err("first")), waits(), true), None, "the second one goes on");
    }

    #[test]
    fn the_time_is_shared_out_but_not_in_slices_too_thin() {
        let at = |seconds: u64| Instant::from_nanos(seconds * 1_000_000_000);
        // From Go's TestDialerPartialDeadline.
        for (now, deadline, addrs, until) in [
            (0, 12, 1, 12),
            (0, 12, 2, 6),
            (0, 12, 3, 4),
            (0, 12, 12, 2),
            (6, 12, 2, 9),
            (11, 12, 1, 12),
            (11, 12, 2, 12),
            (12, 12, 1, 12),
            (13, 12, 1, 13),
        ] {
            assert_eq!(share(at(now), at(deadline), addrs), at(until), "{now} {deadline} {addrs}");
        }
    }
}
