//! The server: a task for each connection.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use netcore::net::{Cause, OpError, TcpListener, TcpStream};
use netcore::rt::Handle;
use netcore::sys::Sys;

use crate::resp::{Command, Inbox, Reply};
use crate::store::Store;

/// How long accepting rests after a failure: the machine may be out of descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(5);

/// Accepts until the listener is closed.
pub async fn serve<S: Sys>(handle: Handle<S>, listener: Arc<TcpListener<S>>) {
    let store = Arc::new(Mutex::new(Store::default()));
    loop {
        match listener.accept().await {
            Ok(conn) => drop(handle.spawn(converse(conn, store.clone()))),
            Err(OpError { cause: Cause::Closed, .. }) => return,
            Err(_) => handle.sleep(ACCEPT_REST).await,
        }
    }
}

/// Answers a client until it has no more to ask, or the connection breaks.
async fn converse<S: Sys>(conn: TcpStream<S>, store: Arc<Mutex<Store>>) -> Result<(), OpError> {
    let mut inbox = Inbox::default();
    let mut buf = [0; 1024];
    loop {
        match inbox.command() {
            Ok(Some(parts)) => {
                let execute = |command| store.lock().expect("nobody panics with it").execute(&command);
                let reply = Command::from_parts(&parts).map_or_else(|error| error, execute);
                conn.write(&reply.encode()).await?;
            }
            Ok(None) => match conn.read(&mut buf).await? {
                0 => return Ok(()),
                read => inbox.push(&buf[..read]),
            },
            Err(error) => {
                conn.write(&Reply::Error(format!("ERR {error}")).encode()).await?;
                return Ok(());
            }
        }
    }
}
