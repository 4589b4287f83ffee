//! RESP 2, the protocol of Redis, as far as this service goes:
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
//!
//! A command is an array of bulk strings, `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`.

use core::fmt;

/// The longest bulk string, and the most of them in a command.
const BULK_MAX: usize = 64 * 1024;
const PARTS_MAX: usize = 16;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The value of a key.
    Get(String),
    /// A key's new value.
    Set(String, String),
    /// A key's number, or 0, is raised by one.
    Incr(String),
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+OK`.
    Ok,
    /// A number, `:7`.
    Integer(i64),
    /// A value, or none: `$5` and five bytes, or `$-1`.
    Bulk(Option<String>),
    /// What was wrong with the command, `-ERR …`.
    Error(String),
}

/// Bytes that are not of this protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolError(String);

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "protocol error: {}", self.0)
    }
}

impl std::error::Error for ProtocolError {}

impl Command {
    /// As bytes for the wire.
    pub fn encode(&self) -> Vec<u8> {
        let parts = match self {
            Command::Get(key) => vec!["GET", key],
            Command::Set(key, value) => vec!["SET", key, value],
            Command::Incr(key) => vec!["INCR", key],
        };
        let mut text = format!("*{}\r\n", parts.len());
        parts.iter().for_each(|part| text += &format!("${}\r\n{part}\r\n", part.len()));
        text.into_bytes()
    }

    /// The command that `parts` spell; otherwise what to answer.
    pub fn from_parts(parts: &[String]) -> Result<Command, Reply> {
        let [name, rest @ ..] = parts else { return Err(Reply::Error("ERR no command".to_owned())) };
        match (&*name.to_ascii_uppercase(), rest) {
            ("GET", [key]) => Ok(Command::Get(key.clone())),
            ("SET", [key, value]) => Ok(Command::Set(key.clone(), value.clone())),
            ("INCR", [key]) => Ok(Command::Incr(key.clone())),
            ("GET" | "SET" | "INCR", _) => {
                Err(Reply::Error(format!("ERR wrong number of arguments for '{name}'")))
            }
            _ => Err(Reply::Error(format!("ERR unknown command '{name}'"))),
        }
    }
}

impl Reply {
    /// As bytes for the wire.
    pub fn encode(&self) -> Vec<u8> {
        let text = match self {
            Reply::Ok => "+OK\r\n".to_owned(),
            Reply::Integer(number) => format!(":{number}\r\n"),
            Reply::Bulk(None) => "$-1\r\n".to_owned(),
            Reply::Bulk(Some(value)) => format!("${}\r\n{value}\r\n", value.len()),
            Reply::Error(text) => format!("-{text}\r\n"),
        };
        text.into_bytes()
    }
}

/// What has arrived and is not understood yet.
#[derive(Debug, Default)]
pub struct Inbox(Vec<u8>);

impl Inbox {
    /// More has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next command's parts, once they are all there.
    pub fn command(&mut self) -> Result<Option<Vec<String>>, ProtocolError> {
        self.take(|cursor| {
            let Some(header) = cursor.line()? else { return Ok(None) };
            let count = number(header, '*', PARTS_MAX)?;
            let mut parts = Vec::new();
            for _ in 0..count {
                let Some(header) = cursor.line()? else { return Ok(None) };
                let Some(part) = cursor.bulk(number(header, '$', BULK_MAX)?)? else { return Ok(None) };
                parts.push(part);
            }
            Ok(Some(parts))
        })
    }

    /// The next reply, once it is all there.
    pub fn reply(&mut self) -> Result<Option<Reply>, ProtocolError> {
        self.take(|cursor| {
            let Some(header) = cursor.line()? else { return Ok(None) };
            let reply = match header.split_at_checked(1) {
                Some(("+", "OK")) => Reply::Ok,
                Some(("-", text)) => Reply::Error(text.to_owned()),
                Some((":", digits)) => Reply::Integer(digits.parse().map_err(|_| unexpected(header))?),
                Some(("$", "-1")) => Reply::Bulk(None),
                Some(("$", _)) => match cursor.bulk(number(header, '$', BULK_MAX)?)? {
                    Some(value) => Reply::Bulk(Some(value)),
                    None => return Ok(None),
                },
                _ => return Err(unexpected(header)),
            };
            Ok(Some(reply))
        })
    }

    /// Takes what `parse` has understood out of the inbox.
    fn take<T>(
        &mut self,
        parse: impl FnOnce(&mut Cursor<'_>) -> Result<Option<T>, ProtocolError>,
    ) -> Result<Option<T>, ProtocolError> {
        let mut cursor = Cursor { bytes: &self.0, at: 0 };
        let parsed = parse(&mut cursor)?;
        if parsed.is_some() {
            let at = cursor.at;
            self.0.drain(..at);
        }
        Ok(parsed)
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next line, once it has its end.
    fn line(&mut self) -> Result<Option<&'a str>, ProtocolError> {
        let rest = &self.bytes[self.at..];
        let Some(len) = rest.windows(2).position(|end| end == b"\r\n") else {
            return if rest.len() > BULK_MAX { Err(unexpected("a line without end")) } else { Ok(None) };
        };
        self.at += len + 2;
        std::str::from_utf8(&rest[..len]).map(Some).map_err(|_| unexpected("a line that is not UTF-8"))
    }

    /// The next `len` bytes and the end of their line.
    fn bulk(&mut self, len: usize) -> Result<Option<String>, ProtocolError> {
        let Some(rest) = self.bytes.get(self.at..self.at + len + 2) else { return Ok(None) };
        if !rest.ends_with(b"\r\n") {
            return Err(unexpected("a bulk string of another length than it says"));
        }
        self.at += len + 2;
        let text = String::from_utf8(rest[..len].to_vec());
        text.map(Some).map_err(|_| unexpected("a bulk string that is not UTF-8"))
    }
}

/// The number after a line's first character.
fn number(line: &str, mark: char, most: usize) -> Result<usize, ProtocolError> {
    let number = line.strip_prefix(mark).and_then(|digits| digits.parse().ok());
    number.filter(|&number| number <= most).ok_or_else(|| unexpected(line))
}

fn unexpected(what: &str) -> ProtocolError {
    ProtocolError(format!("{what:?}"))
}
