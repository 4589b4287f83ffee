//! The client: requests over pooled connections.

use core::fmt;
use core::time::Duration;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use netcore::net::{Dialer, OpError, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Sys;

use crate::resp::{Command, Inbox, ProtocolError, Reply};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// A client of one server, for any number of tasks.
#[derive(Debug)]
pub struct Client<S: Sys> {
    handle: Handle<S>,
    server: SocketAddr,
    idle: Mutex<Vec<Connection<S>>>,
}

/// Why a request has no reply.
#[derive(Debug)]
pub enum Error {
    /// There is no connection: nobody has heard the request.
    Dial(OpError),
    /// The connection broke; the request may have been carried out.
    Broken(OpError),
    /// The connection ended; the request may have been carried out.
    Ended,
    /// The server does not speak the protocol.
    Protocol(ProtocolError),
    /// It took too long; the request may have been carried out, or may yet be.
    TimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Dial(error) | Error::Broken(error) => error.fmt(f),
            Error::Ended => f.write_str("the server has ended the connection"),
            Error::Protocol(error) => error.fmt(f),
            Error::TimedOut => write!(f, "no reply within {PATIENCE:?}"),
        }
    }
}

impl std::error::Error for Error {}

impl<S: Sys> Client<S> {
    /// A client that has no connection yet.
    pub fn new(handle: Handle<S>, server: SocketAddr) -> Self {
        Client { handle, server, idle: Mutex::default() }
    }

    /// Asks, and waits for the reply.
    ///
    /// # Errors
    ///
    /// After [`Error::Dial`] the request was not carried out; after any other it may have been.
    pub async fn request(&self, command: &Command) -> Result<Reply, Error> {
        let mut lease = self.connection().await?;
        let exchanged = self.handle.timeout(PATIENCE, lease.connection().exchange(command)).await;
        match exchanged {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => {
                lease.discard();
                Err(error)
            }
            Err(_) => Err(Error::TimedOut),
        }
    }

    /// A connection that is idle, or a new one.
    async fn connection(&self) -> Result<Lease<'_, S>, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let dialer = Dialer { timeout: Some(PATIENCE), ..Dialer::default() };
                let conn = dialer.dial(&self.handle, self.server).await.map_err(Error::Dial)?;
                Connection { conn, inbox: Inbox::default() }
            }
        };
        Ok(Lease { client: self, connection: Some(connection) })
    }
}

/// A connection for one request at a time.
#[derive(Debug)]
struct Connection<S: Sys> {
    conn: TcpStream<S>,
    inbox: Inbox,
}

impl<S: Sys> Connection<S> {
    async fn exchange(&mut self, command: &Command) -> Result<Reply, Error> {
        self.conn.write(&command.encode()).await.map_err(Error::Broken)?;
        let mut buf = [0; 1024];
        loop {
            if let Some(reply) = self.inbox.reply().map_err(Error::Protocol)? {
                return Ok(reply);
            }
            match self.conn.read(&mut buf).await.map_err(Error::Broken)? {
                0 => return Err(Error::Ended),
                read => self.inbox.push(&buf[..read]),
            }
        }
    }
}

/// A connection on loan: it goes back to the pool at the end, however that comes.
struct Lease<'a, S: Sys> {
    client: &'a Client<S>,
    connection: Option<Connection<S>>,
}

impl<S: Sys> Lease<'_, S> {
    fn connection(&mut self) -> &mut Connection<S> {
        self.connection.as_mut().expect("it is on loan until the end")
    }

    /// The connection is of no more use: it is closed.
    fn discard(mut self) {
        self.connection = None;
    }
}

impl<S: Sys> Drop for Lease<'_, S> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.client.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
