//! The same echo server by hand: one thread, edge-triggered epoll, nothing that it can do without.
//!
//! It is the baseline: what `echo` costs beyond it is what netcore costs.

mod args;
mod epoll;

use core::num::NonZeroU32;
use core::ops::Range;
use core::ptr::null_mut;
use core::str::FromStr;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd};

use args::{Args, fail};
use epoll::{Epoll, Events};

const USAGE: &str = "An echo server by hand: one thread and epoll.

  --port PORT   the port on 127.0.0.1; 0 is a free one (8080)
  --mode MODE   echo: until the client ends; churn: once, then close (echo)
  --buf BYTES   the buffer of a connection (1024)";

/// The token of the listener; a connection's is its descriptor.
const LISTENER: usize = usize::MAX;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

fn main() {
    let options = Options::parse();
    let addr = (Ipv4Addr::LOCALHOST, options.port);
    let listener = TcpListener::bind(addr)
        .unwrap_or_else(|error| fail(1, format_args!("port {}: {error}; choose another", options.port)));
    let error = serve(&listener, &options).expect_err("serves until it fails");
    fail(1, error);
}

fn serve(listener: &TcpListener, options: &Options) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    set_up(listener)?;
    println!("listening on {}", listener.local_addr()?);
    let epoll = Epoll::new()?;
    epoll.add(listener, LISTENER)?;
    let mut conns: Vec<Option<Conn>> = Vec::new();
    let mut events = Events::new();
    loop {
        epoll.wait(&mut events)?;
        for (token, ended) in events.iter() {
            if token == LISTENER {
                accept_all(listener, &epoll, &mut conns, options.buf)?;
            } else if let Some(conn) = &mut conns[token] {
                let served = conn.serve(ended, options.mode == Mode::Churn);
                if !served.is_ok_and(|open| open) {
                    conns[token] = None;
                }
            }
        }
    }
}

/// Accepts until nobody waits. Out of descriptors, it leaves the rest to the next edge.
fn accept_all(
    listener: &TcpListener,
    epoll: &Epoll,
    conns: &mut Vec<Option<Conn>>,
    buf: usize,
) -> io::Result<()> {
    while let Some(stream) = accept(listener) {
        let token = stream.as_raw_fd() as usize;
        epoll.add(&stream, token)?;
        if conns.len() <= token {
            conns.resize_with(token + 1, || None);
        }
        conns[token] = Some(Conn { stream, buf: vec![0; buf].into(), unsent: 0..0 });
    }
    Ok(())
}

/// Lets more connections wait than std does, and has all of them send at once.
#[expect(unsafe_code, reason = "std has no backlog, and sets options on each connection only")]
fn set_up(listener: &TcpListener) -> io::Result<()> {
    let (on, len) = (1_i32, size_of::<i32>() as libc::socklen_t);
    let value = (&raw const on).cast();
    let fd = listener.as_raw_fd();
    // SAFETY: takes numbers only.
    epoll::check(unsafe { libc::listen(fd, BACKLOG) })?;
    // SAFETY: `value` is one int, which the call reads.
    epoll::check(unsafe { libc::setsockopt(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, value, len) }).map(drop)
}

/// accept4(2): a connection that does not block from birth, in one call.
#[expect(unsafe_code, reason = "std's accept leaves O_NONBLOCK to another call")]
fn accept(listener: &TcpListener) -> Option<TcpStream> {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: no address is asked for.
    let fd = unsafe { libc::accept4(listener.as_raw_fd(), null_mut(), null_mut(), flags) };
    if fd < 0 {
        return None;
    }
    // SAFETY: the descriptor is new, so nobody else owns it.
    Some(unsafe { TcpStream::from_raw_fd(fd) })
}

struct Conn {
    stream: TcpStream,
    buf: Box<[u8]>,
    /// What of `buf` is still to be written back.
    unsent: Range<usize>,
}

impl Conn {
    /// Reads and writes back until it would wait; says whether the connection goes on.
    ///
    /// A read that leaves room in the buffer has emptied the socket: the next edge is to come, unless the last
    /// one, the end, has.
    fn serve(&mut self, ended: bool, once: bool) -> io::Result<bool> {
        loop {
            while !self.unsent.is_empty() {
                match self.stream.write(&self.buf[self.unsent.clone()]) {
                    Ok(written) => self.unsent.start += written,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                    Err(error) => return Err(error),
                }
                if self.unsent.is_empty() && once {
                    return Ok(false);
                }
                if self.unsent.is_empty() && self.unsent.end < self.buf.len() && !ended {
                    return Ok(true);
                }
            }
            match self.stream.read(&mut self.buf) {
                Ok(0) => return Ok(false),
                Ok(read) => self.unsent = 0..read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Echo,
    Churn,
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "echo" => Ok(Mode::Echo),
            "churn" => Ok(Mode::Churn),
            _ => Err(()),
        }
    }
}

struct Options {
    port: u16,
    mode: Mode,
    buf: usize,
}

impl Options {
    fn parse() -> Self {
        let mut options = Options { port: 8080, mode: Mode::Echo, buf: 1024 };
        let mut args = Args::new(USAGE);
        while let Some(option) = args.option() {
            match option.as_str() {
                "--port" => options.port = args.value("a port, 0 to 65535"),
                "--mode" => options.mode = args.value("echo or churn"),
                "--buf" => {
                    options.buf = args.value::<NonZeroU32>("a number of bytes, at least 1").get() as usize
                }
                _ => args.unknown(),
            }
        }
        options
    }
}
