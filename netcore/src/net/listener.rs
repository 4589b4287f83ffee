//! TCP listeners.

use core::fmt;
use std::net::SocketAddr;

use super::socket::{failed, inet, local_addr, set_defaults, somaxconn, stream_socket};
use super::{Cause, Conn, KeepAlive, Listener, OpError, TcpStream};
use crate::poll::{Descriptor, Kind, Mode};
use crate::rt::Handle;
use crate::sys::{Fd, Instant, ProbeEvent, SockOpt, SockOptValue, Sys, What};

/// How to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    /// Keep-alive probes of the connections; `None` is none.
    pub keep_alive: Option<KeepAlive>,
    /// Connections that may wait to be accepted; `None` is the kernel's limit.
    pub backlog: Option<i32>,
    /// `SO_SNDBUF` and `SO_RCVBUF` of the connections; `None` leaves them to the kernel.
    pub buffers: Option<i32>,
}

impl Default for ListenConfig {
    fn default() -> Self {
        ListenConfig { keep_alive: Some(KeepAlive::default()), backlog: None, buffers: None }
    }
}

impl ListenConfig {
    /// Listens on `addr`; port 0 is a free one. An IPv6 wildcard takes IPv4 connections too.
    pub fn listen<S: Sys>(&self, handle: &Handle<S>, addr: SocketAddr) -> Result<TcpListener<S>, OpError> {
        let failed_to_listen =
            |cause| OpError { op: "listen", net: "tcp", source: None, addr: Some(addr), cause, written: 0 };
        let sys = handle.driver().sys();
        let fd = stream_socket(sys, addr).map_err(|errno| failed_to_listen(Cause::Sys("socket", errno)))?;
        let descriptor = Descriptor::new(handle.driver().clone(), fd, Kind::Listener);
        let bound = self.set_up(sys, fd, addr).map_err(failed_to_listen)?;
        descriptor.init().map_err(|error| failed_to_listen(Cause::of("epoll_ctl", error)))?;
        Ok(TcpListener { fd: descriptor, addr: bound })
    }

    /// The options are set here once: connections inherit them on Linux.
    fn set_up<S: Sys>(&self, sys: &S, fd: Fd, addr: SocketAddr) -> Result<SocketAddr, Cause> {
        let option = |option, value| sys.setsockopt(fd, option, value).map_err(failed("setsockopt"));
        option(SockOpt::ReuseAddr, true.into())?;
        if let SocketAddr::V6(v6) = addr {
            option(SockOpt::V6Only, (!v6.ip().is_unspecified()).into())?;
        }
        if let Some(bytes) = self.buffers {
            option(SockOpt::SndBuf, SockOptValue::Int(bytes))?;
            option(SockOpt::RcvBuf, SockOptValue::Int(bytes))?;
        }
        set_defaults(sys, fd, self.keep_alive).map_err(failed("setsockopt"))?;
        sys.bind(fd, &addr.into()).map_err(failed("bind"))?;
        sys.listen(fd, self.backlog.unwrap_or_else(|| somaxconn(sys))).map_err(failed("listen"))?;
        local_addr(sys, fd).map_err(failed("getsockname"))
    }
}

/// A TCP listener.
pub struct TcpListener<S: Sys = crate::os::Os> {
    fd: Descriptor<S>,
    addr: SocketAddr,
}

impl<S: Sys> TcpListener<S> {
    /// Listens on `addr` with Go's defaults; see [`ListenConfig::listen`].
    pub fn listen(handle: &Handle<S>, addr: SocketAddr) -> Result<Self, OpError> {
        ListenConfig::default().listen(handle, addr)
    }

    /// See [`Listener::accept`]. A connection that was aborted before is passed over; running out of
    /// descriptors is the caller's to handle ([`OpError::is_temporary`]).
    pub async fn accept(&self) -> Result<TcpStream<S>, OpError> {
        self.probe(What::Accept);
        let (fd, peer) =
            self.fd.accept().await.map_err(|error| self.error("accept", Cause::of("accept", error)))?;
        let descriptor = Descriptor::new(self.fd.driver().clone(), fd, Kind::Stream);
        descriptor.set_sole(true);
        let peer = inet(peer).map_err(|errno| self.error("accept", Cause::Sys("accept", errno)))?;
        // On failure it is the new descriptor that goes, not the listener's (golang/go#34392).
        descriptor.init().map_err(|error| self.error("accept", Cause::of("epoll_ctl", error)))?;
        let local = (!self.addr.ip().is_unspecified()).then_some(self.addr);
        Ok(TcpStream::new(descriptor, local, peer))
    }

    /// See [`Listener::close`].
    pub async fn close(&self) -> Result<(), OpError> {
        self.probe(What::Close);
        self.fd.close().await.map_err(|error| self.error("close", Cause::of("close", error)))
    }

    /// See [`Listener::addr`].
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sets when accepting fails; see [`Conn::set_deadline`].
    pub fn set_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        let result = self.fd.set_deadline(Mode::Read, at);
        result.map_err(|error| self.error("set", Cause::of("deadline", error)))
    }

    /// A second listener on the same socket, with a descriptor of its own; see [`TcpStream::duplicate`].
    pub fn duplicate(&self) -> Result<Self, OpError> {
        let copy = |sys: &S, fd| Ok(sys.fcntl_dupfd_cloexec(fd, 0)?);
        let fd = self.fd.control(copy).map_err(|error| self.error("file", Cause::of("dup", error)))?;
        let descriptor = Descriptor::new(self.fd.driver().clone(), fd, Kind::Listener);
        descriptor.init().map_err(|error| self.error("file", Cause::of("epoll_ctl", error)))?;
        Ok(TcpListener { fd: descriptor, addr: self.addr })
    }

    fn error(&self, op: &'static str, cause: Cause) -> OpError {
        OpError { op, net: "tcp", source: None, addr: Some(self.addr), cause, written: 0 }
    }

    fn probe(&self, what: What) {
        self.fd.driver().sys().probe(ProbeEvent::fd(what, self.fd.number()));
    }
}

impl<S: Sys> Listener for TcpListener<S>
where
    TcpStream<S>: Conn,
{
    type Conn = TcpStream<S>;

    async fn accept(&self) -> Result<TcpStream<S>, OpError> {
        self.accept().await
    }

    async fn close(&self) -> Result<(), OpError> {
        self.close().await
    }

    fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl<S: Sys> fmt::Debug for TcpListener<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpListener({}, on {})", self.fd.number(), self.addr)
    }
}
