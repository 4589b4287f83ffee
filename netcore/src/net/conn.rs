//! What a connection and a listener are, for others to implement and to wrap.

use core::future::Future;
use std::net::SocketAddr;

use super::OpError;
use crate::sys::Instant;

/// A connection: a stream in both directions, with deadlines. Go's `net.Conn`.
///
/// A TLS or metered connection implements it around another one.
pub trait Conn: Send + Sync {
    /// Reads into the front of `buf`, at least one byte; 0 is the end of the stream, or an empty `buf`.
    fn read(&self, buf: &mut [u8]) -> impl Future<Output = Result<usize, OpError>> + Send;
    /// Writes all of `buf`. On failure [`OpError::written`] says how much.
    fn write(&self, buf: &[u8]) -> impl Future<Output = Result<usize, OpError>> + Send;
    /// Shuts the writing half down: the peer reads to the end of what was written.
    fn close_write(&self) -> Result<(), OpError>;
    /// Closes. Operations in progress fail; the descriptor's number is free when it returns.
    fn close(&self) -> impl Future<Output = Result<(), OpError>> + Send;
    /// The address of this end.
    fn local_addr(&self) -> Result<SocketAddr, OpError>;
    /// The address of the other end.
    fn peer_addr(&self) -> SocketAddr;
    /// Sets when reading and writing fail with a timeout, those in progress and those to come; `None` is
    /// never.
    fn set_deadline(&self, at: Option<Instant>) -> Result<(), OpError>;
    /// Sets when reading fails.
    fn set_read_deadline(&self, at: Option<Instant>) -> Result<(), OpError>;
    /// Sets when writing fails.
    fn set_write_deadline(&self, at: Option<Instant>) -> Result<(), OpError>;
}

/// A listener: a source of connections. Go's `net.Listener`.
pub trait Listener: Send + Sync {
    /// What it brings.
    type Conn: Conn;

    /// Waits for the next connection.
    fn accept(&self) -> impl Future<Output = Result<Self::Conn, OpError>> + Send;
    /// Closes. Accepts in progress fail; the address is free when it returns.
    fn close(&self) -> impl Future<Output = Result<(), OpError>> + Send;
    /// The address that it listens on.
    fn addr(&self) -> SocketAddr;
}
