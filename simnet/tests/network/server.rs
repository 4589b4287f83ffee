//! The other end: it sends back what comes, and does what some octets ask for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use netcore::sys::{Errno, Fd, MsgFlags, SockAddr, SockFlags, SockOpt};

use crate::cases::{Machine, rest, socket};

/// Asks how another connection fares: its port on the client follows.
const HOW_IS: u8 = b'?';
/// Asks for an octet three seconds later, whatever happens meanwhile.
pub(crate) const LATER: u8 = b'l';

/// How connections fare, by the client's port.
type Known = Arc<Mutex<BTreeMap<u16, &'static str>>>;

/// Serves any number of connections, for ever.
pub(crate) fn serve<S: Machine + Copy + Send + 'static>(s: S, addr: SockAddr) {
    let fd = socket(&s, &[(SockOpt::ReuseAddr, 1)]);
    while s.bind(fd, &addr).is_err() {
        // The address is not there yet.
        rest(&s, 10);
    }
    s.listen(fd, 16).expect("listen");
    let known = Known::default();
    while let Ok((conn, peer)) = s.accept4(fd, SockFlags::empty()) {
        let (known, port) = (known.clone(), port(&peer));
        s.spawn("echo", Box::new(move || echo(s, conn, port, &known))).expect("a thread");
    }
    let _ = s.close(fd);
}

fn echo<S: Machine>(s: S, conn: Fd, port: u16, known: &Known) {
    let know = |how| {
        known.lock().expect("nobody panics with it").insert(port, how);
    };
    know("open");
    let mut buf = [0; 16];
    let end = loop {
        let len = match s.recv(conn, &mut buf, MsgFlags::empty()) {
            Ok(0) => break "closed",
            Ok(len) => len,
            Err(Errno::ECONNRESET) => break "reset",
            Err(_) => break "failed",
        };
        if buf[0] == LATER {
            rest(&s, 3000);
        }
        let answer = match buf[..len] {
            [HOW_IS, high, low] => {
                let known = known.lock().expect("nobody panics with it");
                known.get(&u16::from_be_bytes([high, low])).unwrap_or(&"unknown").as_bytes()
            }
            ref octets => octets,
        };
        let _ = s.send(conn, answer, MsgFlags::NOSIGNAL);
    };
    know(end);
    let _ = s.close(conn);
}

/// How the connection from that port fares, in the eyes of the server at `to`.
pub(crate) fn ask<S: Machine>(s: &S, to: &SockAddr, port: u16) -> String {
    let fd = socket(s, &[]);
    s.connect(fd, to).expect("connect");
    let [high, low] = port.to_be_bytes();
    assert_eq!(s.send(fd, &[HOW_IS, high, low], MsgFlags::NOSIGNAL), Ok(3));
    let mut buf = [0; 16];
    let len = s.recv(fd, &mut buf, MsgFlags::empty()).expect("an answer");
    s.close(fd).expect("it is open");
    String::from_utf8_lossy(&buf[..len]).into_owned()
}

/// The port of an address.
pub(crate) fn port(addr: &SockAddr) -> u16 {
    addr.ip().expect("an internet address").port()
}
