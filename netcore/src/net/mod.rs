//! What users see: connections, listeners, dialling.
//!
//! The semantics are those of Go's `net` package: operations take `&self`, one reader and one writer at a time
//! while others queue; deadlines are absolute and sticky; `close().await` returns when the descriptor's number is free;
//! dropping a connection starts the same close. Dropping the future of any operation is safe at any await, and
//! loses no data that was reported.
//!
//! ```no_run
//! use netcore::net::TcpListener;
//! use netcore::os::Os;
//! use netcore::rt::{Config, Runtime};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let runtime = Runtime::new(Os, Config::default())?;
//!     let handle = runtime.handle();
//!     runtime.block_on(async {
//!         let listener = TcpListener::listen(handle, "127.0.0.1:8080".parse()?)?;
//!         loop {
//!             let conn = listener.accept().await?;
//!             handle.spawn(async move {
//!                 let mut buf = [0; 4096];
//!                 while let Ok(n @ 1..) = conn.read(&mut buf).await {
//!                     if conn.write(&buf[..n]).await.is_err() {
//!                         break;
//!                     }
//!                 }
//!             });
//!         }
//!     })
//! }
//! ```

mod conn;
mod copy;
mod dial;
mod dial_any;
mod error;
mod futures;
mod listener;
mod socket;
mod stream;

pub use conn::{Conn, Listener};
pub use copy::{CopyError, copy};
pub use dial::Dialer;
pub use error::{Cause, OpError};
pub use listener::{ListenConfig, TcpListener};
pub use socket::KeepAlive;
pub use stream::TcpStream;
