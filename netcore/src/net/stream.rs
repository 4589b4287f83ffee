//! TCP connections.

use core::fmt;
use std::net::SocketAddr;

use super::socket::{self, inet, local_addr};
use super::{Cause, Conn, KeepAlive, OpError};
use crate::poll::{Descriptor, Error, Kind, Mode, Op};
use crate::rt::Handle;
use crate::sys::{Fd, Instant, ProbeEvent, Shutdown, SockOpt, SockOptValue, Sys, What};

/// A TCP connection.
///
/// All operations take `&self`, so that a connection can be shared: one task reads while another writes and a third
/// closes. It is also a stream of futures-io, for one task.
pub struct TcpStream<S: Sys = crate::os::Os> {
    pub(super) fd: Descriptor<S>,
    /// Where it is known without asking.
    local: Option<SocketAddr>,
    peer: SocketAddr,
    pub(super) read_op: Op,
    pub(super) write_op: Op,
}

impl<S: Sys> TcpStream<S> {
    pub(super) fn new(fd: Descriptor<S>, local: Option<SocketAddr>, peer: SocketAddr) -> Self {
        TcpStream { fd, local, peer, read_op: Op::default(), write_op: Op::default() }
    }

    /// Takes over a connected, non-blocking socket.
    pub fn from_fd(handle: &Handle<S>, fd: Fd) -> Result<Self, OpError> {
        let descriptor = Descriptor::new(handle.driver().clone(), fd, Kind::Stream);
        let sys = handle.driver().sys();
        let failed = |cause| OpError { op: "file", net: "tcp", source: None, addr: None, cause, written: 0 };
        let name = sys.getpeername(fd).and_then(inet).map_err(socket::failed("getpeername"));
        let peer = name.map_err(failed)?;
        descriptor.init().map_err(|error| failed(Cause::of("epoll_ctl", error)))?;
        Ok(TcpStream::new(descriptor, None, peer))
    }

    /// A second connection to the same socket, with a descriptor of its own: Go's `File` and `FileConn` in
    /// one. The socket lives until both are closed.
    pub fn duplicate(&self) -> Result<Self, OpError> {
        self.fd.set_sole(false);
        let copy = |sys: &S, fd| Ok(sys.fcntl_dupfd_cloexec(fd, 0)?);
        let fd = self.fd.control(copy).map_err(|error| self.error("file", Cause::of("dup", error)))?;
        let descriptor = Descriptor::new(self.fd.driver().clone(), fd, Kind::Stream);
        descriptor.init().map_err(|error| self.error("file", Cause::of("epoll_ctl", error)))?;
        Ok(TcpStream::new(descriptor, self.local, self.peer))
    }

    /// See [`Conn::read`].
    pub async fn read(&self, buf: &mut [u8]) -> Result<usize, OpError> {
        self.probe(What::Read, buf.len() as u64);
        let result = self.fd.read(buf).await;
        self.answered(&result.map(|read| read as u64));
        result.map_err(|error| self.error("read", Cause::of("read", error)))
    }

    /// See [`Conn::write`].
    pub async fn write(&self, buf: &[u8]) -> Result<usize, OpError> {
        self.probe(What::Write, buf.len() as u64);
        let result = self.fd.write(buf).await;
        self.answered(&result.map(|written| written as u64).map_err(|partial| partial.error));
        result.map_err(|partial| OpError {
            written: partial.written,
            ..self.error("write", Cause::of("write", partial.error))
        })
    }

    /// Writes all of the buffers, in order, in as few system calls as the kernel allows.
    pub async fn write_vectored(&self, bufs: &[&[u8]]) -> Result<usize, OpError> {
        self.probe(What::Write, bufs.iter().map(|buf| buf.len() as u64).sum());
        let result = self.fd.writev(bufs).await;
        self.answered(&result.map(|written| written as u64).map_err(|partial| partial.error));
        result.map_err(|partial| OpError {
            written: partial.written,
            ..self.error("write", Cause::of("writev", partial.error))
        })
    }

    /// Shuts the reading half down. What has arrived can still be read; then reads see the end.
    pub fn close_read(&self) -> Result<(), OpError> {
        self.probe(What::CloseRead, 0);
        self.check("close", "shutdown", self.fd.shutdown(Shutdown::Read))
    }

    /// See [`Conn::close_write`].
    pub fn close_write(&self) -> Result<(), OpError> {
        self.probe(What::CloseWrite, 0);
        self.check("close", "shutdown", self.fd.shutdown(Shutdown::Write))
    }

    /// See [`Conn::close`]. The second close fails.
    pub async fn close(&self) -> Result<(), OpError> {
        self.probe(What::Close, 0);
        let result = self.fd.close().await;
        self.check("close", "close", result)
    }

    /// See [`Conn::local_addr`].
    pub fn local_addr(&self) -> Result<SocketAddr, OpError> {
        match self.local {
            Some(addr) => Ok(addr),
            None => {
                let result = self.fd.control(|sys, fd| Ok(local_addr(sys, fd)?));
                self.check("get", "getsockname", result)
            }
        }
    }

    /// See [`Conn::peer_addr`].
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// See [`Conn::set_deadline`].
    pub fn set_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.set_read_deadline(at)?;
        self.set_write_deadline(at)
    }

    /// See [`Conn::set_read_deadline`].
    pub fn set_read_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.check("set", "deadline", self.fd.set_deadline(Mode::Read, at))
    }

    /// See [`Conn::set_write_deadline`].
    pub fn set_write_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.check("set", "deadline", self.fd.set_deadline(Mode::Write, at))
    }

    /// `TCP_NODELAY`: whether small writes go out at once. On unless switched off.
    pub fn set_nodelay(&self, on: bool) -> Result<(), OpError> {
        self.set(SockOpt::TcpNoDelay, on.into())
    }

    /// Keep-alive probes; `None` is none. [`KeepAlive::default`] unless changed.
    pub fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<(), OpError> {
        let result = self.fd.control(|sys, fd| Ok(socket::set_keep_alive(sys, fd, keep_alive)?));
        self.check("set", "setsockopt", result)
    }

    /// `SO_LINGER`: with `Some(0)` a close discards what is unsent and resets the connection.
    pub fn set_linger(&self, seconds: Option<u16>) -> Result<(), OpError> {
        self.set(SockOpt::Linger, SockOptValue::Linger(seconds))
    }

    /// Sets an option of the socket.
    pub fn set(&self, option: SockOpt, value: SockOptValue) -> Result<(), OpError> {
        let result = self.fd.control(|sys, fd| Ok(sys.setsockopt(fd, option, value)?));
        self.check("set", "setsockopt", result)
    }

    pub(super) fn error(&self, op: &'static str, cause: Cause) -> OpError {
        OpError { op, net: "tcp", source: self.local, addr: Some(self.peer), cause, written: 0 }
    }

    fn check<T>(&self, op: &'static str, call: &'static str, result: Result<T, Error>) -> Result<T, OpError> {
        result.map_err(|error| self.error(op, Cause::of(call, error)))
    }

    fn probe(&self, what: What, arg: u64) {
        self.fd.driver().sys().probe(ProbeEvent { arg, ..ProbeEvent::fd(what, self.fd.number()) });
    }

    fn answered(&self, result: &Result<u64, Error>) {
        match result {
            Ok(count) => self.probe(What::Returned, *count),
            Err(_) => self.probe(What::Failed, 0),
        }
    }
}

impl<S: Sys> Drop for TcpStream<S> {
    fn drop(&mut self) {
        self.fd.abandon(Mode::Read, &mut self.read_op);
        self.fd.abandon(Mode::Write, &mut self.write_op);
        self.probe(What::Dropped, 0);
    }
}

impl<S: Sys> Conn for TcpStream<S> {
    async fn read(&self, buf: &mut [u8]) -> Result<usize, OpError> {
        self.read(buf).await
    }

    async fn write(&self, buf: &[u8]) -> Result<usize, OpError> {
        self.write(buf).await
    }

    fn close_write(&self) -> Result<(), OpError> {
        self.close_write()
    }

    async fn close(&self) -> Result<(), OpError> {
        self.close().await
    }

    fn local_addr(&self) -> Result<SocketAddr, OpError> {
        self.local_addr()
    }

    fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    fn set_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.set_deadline(at)
    }

    fn set_read_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.set_read_deadline(at)
    }

    fn set_write_deadline(&self, at: Option<Instant>) -> Result<(), OpError> {
        self.set_write_deadline(at)
    }
}

impl<S: Sys> fmt::Debug for TcpStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpStream({}, to {})", self.fd.number(), self.peer)
    }
}
