//! Dialling: from an address to a connection. Go's `Dialer`, for one address.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::net::SocketAddr;

use super::socket::{inet, local_addr, set_defaults, stream_socket};
use super::{Cause, KeepAlive, OpError, TcpStream};
use crate::poll::{Descriptor, Error, Kind, Mode};
use crate::rt::Handle;
use crate::sys::{Errno, Instant, ProbeEvent, SockOpt, SockOptValue, Sys, What};

/// Attempts beyond the first that end in a connection to oneself, or without a free port.
const RETRIES_MAX: u32 = 2;

/// How long the second family waits for the first, RFC 8305's "Connection Attempt Delay" as Go has it.
const FALLBACK_DELAY: Duration = Duration::from_millis(300);

/// How to dial. The default has no time limit, any local address and Go's keep-alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialer {
    /// How long it may take; zero has expired already.
    pub timeout: Option<Duration>,
    /// Until when it may take; with a timeout too, the earlier of both.
    pub deadline: Option<Instant>,
    /// Where to dial from; port 0 is any.
    pub local_addr: Option<SocketAddr>,
    /// Keep-alive probes; `None` is none.
    pub keep_alive: Option<KeepAlive>,
    /// How much later [`Dialer::dial_any`] tries the addresses of the second family, if the first ones neither connect
    /// nor fail; `None` is after them.
    pub fallback_delay: Option<Duration>,
    /// `SO_SNDBUF` and `SO_RCVBUF`; `None` leaves them to the kernel.
    pub buffers: Option<i32>,
}

impl Default for Dialer {
    fn default() -> Self {
        Dialer {
            timeout: None,
            deadline: None,
            local_addr: None,
            keep_alive: Some(KeepAlive::default()),
            fallback_delay: Some(FALLBACK_DELAY),
            buffers: None,
        }
    }
}

impl Dialer {
    /// Dials. Dropping the future gives the attempt up.
    pub async fn dial<S: Sys>(&self, handle: &Handle<S>, addr: SocketAddr) -> Result<TcpStream<S>, OpError> {
        self.dial_by(handle, addr, self.until(handle.now())).await
    }

    pub(super) async fn dial_by<S: Sys>(
        &self,
        handle: &Handle<S>,
        addr: SocketAddr,
        deadline: Option<Instant>,
    ) -> Result<TcpStream<S>, OpError> {
        let mut tries = 0;
        loop {
            let result = self.dial_once(handle, addr, deadline).await;
            let again = self.local_addr.is_none_or(|local| local.port() == 0) && is_spurious(&result);
            if !again || tries == RETRIES_MAX {
                return result.map_err(|cause| self.error(Some(addr), cause));
            }
            tries += 1;
        }
    }

    /// Dials unless `cancel` is ready first: then it fails with [`Cause::Cancelled`], even if the connection has
    /// been made at the same time.
    pub async fn dial_until<S: Sys>(
        &self,
        handle: &Handle<S>,
        addr: SocketAddr,
        cancel: impl Future<Output = ()>,
    ) -> Result<TcpStream<S>, OpError> {
        let mut cancel = pin!(cancel);
        let mut dial = pin!(self.dial(handle, addr));
        poll_fn(|cx| {
            if cancel.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(self.error(Some(addr), Cause::Cancelled)));
            }
            dial.as_mut().poll(cx)
        })
        .await
    }

    pub(super) fn error(&self, addr: Option<SocketAddr>, cause: Cause) -> OpError {
        OpError { op: "dial", net: "tcp", source: self.local_addr, addr, cause, written: 0 }
    }

    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        let timeout = self.timeout.map(|timeout| now + timeout);
        match (timeout, self.deadline) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    async fn dial_once<S: Sys>(
        &self,
        handle: &Handle<S>,
        addr: SocketAddr,
        deadline: Option<Instant>,
    ) -> Result<TcpStream<S>, Cause> {
        let sys = handle.driver().sys();
        if deadline.is_some_and(|deadline| deadline <= sys.now()) {
            return Err(Cause::DeadlineExceeded);
        }
        let fd = stream_socket(sys, addr).map_err(|errno| Cause::Sys("socket", errno))?;
        sys.probe(ProbeEvent::fd(What::Dial, fd));
        let descriptor = Descriptor::new(handle.driver().clone(), fd, Kind::Stream);
        descriptor.set_sole(true);
        let set = |result: Result<(), Errno>| result.map_err(|errno| Cause::Sys("setsockopt", errno));
        if let Some(bytes) = self.buffers {
            set(sys.setsockopt(fd, SockOpt::SndBuf, SockOptValue::Int(bytes)))?;
            set(sys.setsockopt(fd, SockOpt::RcvBuf, SockOptValue::Int(bytes)))?;
        }
        if let Some(local) = self.local_addr {
            sys.bind(fd, &local.into()).map_err(|errno| Cause::Sys("bind", errno))?;
        }
        connect(&descriptor, addr, deadline).await?;
        set(set_defaults(sys, fd, self.keep_alive))?;
        let local = local_addr(sys, fd).ok();
        let peer = sys.getpeername(fd).and_then(inet).unwrap_or(addr);
        Ok(TcpStream::new(descriptor, local, peer))
    }
}

/// Connects, then registers: a socket that is not connecting yet is reported as ready (golang/go#8276).
async fn connect<S: Sys>(
    descriptor: &Descriptor<S>,
    addr: SocketAddr,
    deadline: Option<Instant>,
) -> Result<(), Cause> {
    let begun = descriptor.control(|sys, fd| Ok(sys.connect(fd, &addr.into())?));
    let in_progress = match begun {
        Ok(()) | Err(Error::Sys(Errno::EISCONN)) => false,
        Err(Error::Sys(Errno::EINPROGRESS | Errno::EALREADY | Errno::EINTR)) => true,
        Err(error) => return Err(Cause::of("connect", error)),
    };
    descriptor.init().map_err(|error| Cause::of("epoll_ctl", error))?;
    if !in_progress {
        return Ok(());
    }
    let connecting = |error| Cause::of("connect", error);
    descriptor.set_deadline(Mode::Write, deadline).map_err(connecting)?;
    while !connected(descriptor).await.map_err(connecting)? {}
    descriptor.set_deadline(Mode::Write, None).map_err(connecting)
}

/// Waits for a report, and says whether it was about the connection: a report can be meant for the number's
/// previous user, and then the attempt has neither failed nor ended (golang/go#14548, golang/go#19289).
async fn connected<S: Sys>(descriptor: &Descriptor<S>) -> Result<bool, Error> {
    descriptor.wait(Mode::Write).await?;
    let error = descriptor.control(|sys, fd| Ok(sys.getsockopt(fd, SockOpt::Error)?))?;
    match error {
        SockOptValue::Error(Some(Errno::EINPROGRESS | Errno::EALREADY | Errno::EINTR)) => Ok(false),
        SockOptValue::Error(Some(errno)) if errno != Errno::EISCONN => Err(Error::Sys(errno)),
        _ => Ok(descriptor.control(|sys, fd| Ok(sys.getpeername(fd)?)).is_ok()),
    }
}

/// Whether an attempt went wrong for reasons that another would not meet: it connected to itself, which a
/// dial to a free local port can (golang/go#2690), or found no port (golang/go#6785).
fn is_spurious<S: Sys>(result: &Result<TcpStream<S>, Cause>) -> bool {
    match result {
        Ok(stream) => stream.local_addr().ok() == Some(stream.peer_addr()),
        Err(cause) => matches!(cause, Cause::Sys(_, Errno::EADDRNOTAVAIL)),
    }
}
