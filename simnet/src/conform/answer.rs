//! What calls answer.

use core::fmt;
use core::net::IpAddr;

use netcore::sys::{EpollEvents, Errno, OFlags, SockOptValue};

use crate::sim::Bits;

/// What a call answered.
pub type Answer = Result<Value, Errno>;

/// What a call brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Success, and nothing else.
    Done,
    /// New descriptors, as places among the numbers that were free at the program's begin.
    Made([u32; 2], u8),
    /// An accepted connection, who called, and `F_GETFL` if it was asked for.
    Accepted(u32, Name, Option<OFlags>),
    /// A count or a flag.
    Int(i64),
    /// So many bytes; whether they are the next ones of the stream.
    Bytes(u32, bool),
    /// The end of [`Call::Fill`] or [`Call::Drain`]: whether anything went, how it ended, whether the bytes were right.
    ///
    /// [`Call::Fill`]: super::Call::Fill
    /// [`Call::Drain`]: super::Call::Drain
    Until(bool, Option<Errno>, bool),
    /// An address.
    Name(Name),
    /// An option's value.
    Option(SockOptValue),
    /// Flags of an open file.
    Flags(OFlags),
    /// Which threads have ended, and with what.
    Ended(Vec<(usize, Answer)>),
    /// What epoll_wait(2) reported, in its order: which registration (by the call that made it), which events.
    Events(Vec<(u64, EpollEvents)>),
}

/// An address as a kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The address.
    pub ip: IpAddr,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.ip, self.port)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Done => f.write_str("0"),
            Value::Made(places, 2) => write!(f, "[first + {}, first + {}]", places[0], places[1]),
            Value::Made(places, _) => write!(f, "first + {}", places[0]),
            Value::Accepted(place, name, flags) => {
                write!(f, "first + {place}, {name}")?;
                flags.map_or(Ok(()), |flags| write!(f, ", {}", Bits(flags)))
            }
            Value::Int(value) => value.fmt(f),
            Value::Bytes(len, true) => len.fmt(f),
            Value::Bytes(len, false) => write!(f, "{len}, not the stream's next bytes"),
            Value::Until(any, errno, right) => {
                let end = errno.map_or("0".to_owned(), |errno| format!("{errno:?}"));
                write!(f, "{}then {end}", if *any { "some, " } else { "" })?;
                if *right { Ok(()) } else { f.write_str(", not the stream's next bytes") }
            }
            Value::Name(name) => name.fmt(f),
            Value::Option(SockOptValue::Int(value)) => value.fmt(f),
            Value::Option(value) => write!(f, "{value:?}"),
            Value::Flags(flags) => Bits(*flags).fmt(f),
            Value::Ended(ended) => {
                f.write_str("[")?;
                for (at, (thread, answer)) in ended.iter().enumerate() {
                    write!(f, "{}thread {thread}: ", if at > 0 { ", " } else { "" })?;
                    match answer {
                        Ok(value) => value.fmt(f)?,
                        Err(errno) => write!(f, "{errno:?}")?,
                    }
                }
                f.write_str("]")
            }
            Value::Events(events) => {
                f.write_str("[")?;
                for (at, (of, events)) in events.iter().enumerate() {
                    write!(f, "{}#{of} {}", if at > 0 { ", " } else { "" }, Bits(*events))?;
                }
                f.write_str("]")
            }
        }
    }
}
