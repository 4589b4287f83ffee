//! An echo server on netcore, for any client to talk to.
//!
//! ```text
//! cargo run --release -p netcore --example echo -- --port 8080
//! ```

mod args;

use core::num::{NonZeroU16, NonZeroU32};
use core::str::FromStr;
use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use args::{Args, fail};
use netcore::net::{OpError, TcpListener, TcpStream};
use netcore::os::Os;
use netcore::rt::{Config, Handle, Runtime};

const USAGE: &str = "An echo server.

  --addr ADDRESS   where to listen (127.0.0.1)
  --port PORT      the port; 0 is a free one (8080)
  --mode MODE      echo: until the client ends; churn: once, then close;
                   deadline: like echo, each read in 30 seconds (echo)
  --buf BYTES      the buffer of a connection (1024)
  --workers COUNT  threads (2)";

/// How long a client may be silent with `--mode deadline`.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long accepting rests after a failure.
const ACCEPT_REST: Duration = Duration::from_millis(5);

fn main() {
    let options = Options::parse();
    let config = Config { workers: options.workers, ..Config::default() };
    let runtime = Runtime::new(Os, config)
        .unwrap_or_else(|errno| fail(1, format_args!("{} workers do not start: {errno}", options.workers)));
    let listener = TcpListener::listen(runtime.handle(), options.addr)
        .unwrap_or_else(|error| fail(1, format_args!("{error}; choose another --addr or --port")));
    println!("listening on {}", listener.addr());
    let serving = runtime.spawn(serve(runtime.handle().clone(), listener, options));
    let _ = runtime.block_on(serving);
}

/// Accepts for ever. Nothing that accept4(2) answers is a reason to stop: not even being out of descriptors.
async fn serve(handle: Handle, listener: TcpListener, options: Options) {
    loop {
        match listener.accept().await {
            Ok(conn) => {
                // The connection goes on by itself, and its end, whichever, is nobody else's business.
                handle.spawn(converse(handle.clone(), conn, options));
            }
            Err(_) => handle.sleep(ACCEPT_REST).await,
        }
    }
}

/// Serves one connection, which is closed by being dropped.
async fn converse(handle: Handle, conn: TcpStream, options: Options) -> Result<(), OpError> {
    let mut buf = vec![0; options.buf];
    loop {
        if options.mode == Mode::Deadline {
            conn.set_read_deadline(Some(handle.now() + SILENCE_MAX))?;
        }
        let read = conn.read(&mut buf).await?;
        if read == 0 {
            return Ok(());
        }
        conn.write(&buf[..read]).await?;
        if options.mode == Mode::Churn {
            return Ok(());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Echo,
    Churn,
    Deadline,
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "echo" => Ok(Mode::Echo),
            "churn" => Ok(Mode::Churn),
            "deadline" => Ok(Mode::Deadline),
            _ => Err(()),
        }
    }
}

#[derive(Clone, Copy)]
struct Options {
    addr: SocketAddr,
    mode: Mode,
    buf: usize,
    workers: usize,
}

impl Options {
    fn parse() -> Self {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let mut options = Options { addr, mode: Mode::Echo, buf: 1024, workers: 2 };
        let mut args = Args::new(USAGE);
        while let Some(option) = args.option() {
            match option.as_str() {
                "--addr" => {
                    options.addr.set_ip(args.value::<IpAddr>("an IP address, such as 0.0.0.0 or ::1"))
                }
                "--port" => options.addr.set_port(args.value("a port, 0 to 65535")),
                "--mode" => options.mode = args.value("echo, churn or deadline"),
                "--buf" => {
                    options.buf = args.value::<NonZeroU32>("a number of bytes, at least 1").get() as usize
                }
                "--workers" => options.workers = args.value::<NonZeroU16>("1 to 65535").get().into(),
                _ => args.unknown(),
            }
        }
        options
    }
}
