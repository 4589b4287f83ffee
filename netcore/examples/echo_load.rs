//! A load for the echo servers: one thread, and on each connection one request after the other.

mod args;
mod epoll;

use core::num::{NonZeroU16, NonZeroU32, NonZeroU64};
use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use args::{Args, fail};
use epoll::{Epoll, Events};
use netcore::os::Os;
use netcore::sys::{Clock, Instant};

const USAGE: &str = "A load for an echo server, and what it saw.

  --port PORT          the server's, on 127.0.0.1 (8080)
  --connections COUNT  how many at once (64)
  --requests COUNT     how many in all
  --seconds SECONDS    or for how long (3)
  --size BYTES         of a request (64)
  --churn              a connection for each request, which the server closes";

fn main() {
    let load = Load::parse();
    let (mut latencies, time) =
        load.run().unwrap_or_else(|error| fail(1, format_args!("port {}: {error}", load.port)));
    let seconds = time.as_secs_f64();
    latencies.sort_unstable();
    let requests = latencies.len();
    let percentile = |percent| latencies.get(requests * percent / 100).copied().unwrap_or_default();
    println!(
        "{requests} requests in {seconds:.3} s: {:.0} requests/s, p50 {:.1} us, p99 {:.1} us",
        requests as f64 / seconds,
        percentile(50).as_secs_f64() * 1e6,
        percentile(99).as_secs_f64() * 1e6,
    );
}

struct Load {
    port: u16,
    connections: usize,
    requests: u64,
    duration: Duration,
    size: usize,
    churn: bool,
}

impl Load {
    fn parse() -> Self {
        let duration = Duration::from_secs(3);
        let mut load =
            Load { port: 8080, connections: 64, requests: u64::MAX, duration, size: 64, churn: false };
        let mut args = Args::new(USAGE);
        while let Some(option) = args.option() {
            match option.as_str() {
                "--port" => load.port = args.value::<NonZeroU16>("a port, 1 to 65535").get(),
                "--connections" => load.connections = args.value::<NonZeroU16>("1 to 65535").get().into(),
                "--requests" => {
                    load.requests = args.value::<NonZeroU64>("a number, at least 1").get();
                    load.duration = Duration::MAX;
                }
                "--seconds" => {
                    load.duration =
                        Duration::from_secs(args.value::<NonZeroU32>("a number, at least 1").get().into());
                    load.requests = u64::MAX;
                }
                "--size" => {
                    load.size = args.value::<NonZeroU32>("a number of bytes, at least 1").get() as usize
                }
                "--churn" => load.churn = true,
                _ => args.unknown(),
            }
        }
        load
    }

    /// Connects, then puts the load on the server: how long each request took, and all of them together.
    fn run(&self) -> io::Result<(Vec<Duration>, Duration)> {
        let mut client = Client {
            load: self,
            epoll: Epoll::new()?,
            end: Instant::MAX,
            issued: 0,
            latencies: Vec::new(),
            request: vec![b'.'; self.size],
            buf: vec![0; self.size],
        };
        let streams = (0..self.connections).map(|token| client.connect(token));
        let streams = streams.collect::<io::Result<Vec<_>>>()?;
        let begin = Os.now();
        client.end = begin + self.duration;
        let mut conns = Vec::new();
        for (token, stream) in streams.into_iter().enumerate() {
            conns.push(client.issue(Some(stream), token)?);
        }
        let mut events = Events::new();
        while (client.latencies.len() as u64) < client.issued {
            client.epoll.wait(&mut events)?;
            for (token, _) in events.iter() {
                if let Some(conn) = conns[token].take() {
                    conns[token] = client.take_answer(conn, token)?;
                }
            }
        }
        Ok((client.latencies, Os.now() - begin))
    }
}

/// A load on its way.
struct Client<'a> {
    load: &'a Load,
    epoll: Epoll,
    end: Instant,
    issued: u64,
    latencies: Vec<Duration>,
    request: Vec<u8>,
    buf: Vec<u8>,
}

/// A connection, with a request on its way.
struct Conn {
    stream: TcpStream,
    asked_at: Instant,
    sent: usize,
    answered: usize,
}

impl Client<'_> {
    /// Sends the next request, on a new connection if there is none; nothing when the load is over.
    fn issue(&mut self, stream: Option<TcpStream>, token: usize) -> io::Result<Option<Conn>> {
        let asked_at = Os.now();
        if self.issued == self.load.requests || asked_at >= self.end {
            return Ok(None);
        }
        self.issued += 1;
        let stream = match stream {
            Some(stream) => stream,
            None => self.connect(token)?,
        };
        let mut conn = Conn { stream, asked_at, sent: 0, answered: 0 };
        conn.send(&self.request)?;
        Ok(Some(conn))
    }

    fn connect(&self, token: usize) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.load.port))?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        self.epoll.add(&stream, token)?;
        Ok(stream)
    }

    /// Reads what is there. When that is all of the answer, the next request follows.
    fn take_answer(&mut self, mut conn: Conn, token: usize) -> io::Result<Option<Conn>> {
        if !conn.receive(&self.request, &mut self.buf, self.load.churn)? {
            return Ok(Some(conn));
        }
        self.latencies.push(Os.now() - conn.asked_at);
        self.issue((!self.load.churn).then_some(conn.stream), token)
    }
}

impl Conn {
    /// Sends as much of the request as there is room for.
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the answer is complete; with `churn`, whether the connection has ended, too.
    fn receive(&mut self, request: &[u8], buf: &mut [u8], churn: bool) -> io::Result<bool> {
        loop {
            self.send(request)?;
            match self.stream.read(buf) {
                Ok(0) if churn && self.answered == request.len() => return Ok(true),
                Ok(0) => return Err(io::Error::other("a connection ended before its answer")),
                Ok(read) => self.answered += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if self.answered == request.len() && !churn {
                return Ok(true);
            }
        }
    }
}
