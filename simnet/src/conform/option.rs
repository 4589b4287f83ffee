//! Socket options by their names.

use core::fmt;
use core::time::Duration;

use netcore::sys::{SockOpt, SockOptValue};
use serde::{Deserialize, Serialize};

/// A socket option, in files by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Opt(u8);

const NAMES: [(SockOpt, &str); 27] = [
    (SockOpt::ReuseAddr, "SO_REUSEADDR"),
    (SockOpt::ReusePort, "SO_REUSEPORT"),
    (SockOpt::KeepAlive, "SO_KEEPALIVE"),
    (SockOpt::Broadcast, "SO_BROADCAST"),
    (SockOpt::Error, "SO_ERROR"),
    (SockOpt::Type, "SO_TYPE"),
    (SockOpt::Domain, "SO_DOMAIN"),
    (SockOpt::AcceptConn, "SO_ACCEPTCONN"),
    (SockOpt::SndBuf, "SO_SNDBUF"),
    (SockOpt::RcvBuf, "SO_RCVBUF"),
    (SockOpt::RcvLowat, "SO_RCVLOWAT"),
    (SockOpt::Linger, "SO_LINGER"),
    (SockOpt::RcvTimeo, "SO_RCVTIMEO"),
    (SockOpt::SndTimeo, "SO_SNDTIMEO"),
    (SockOpt::TcpNoDelay, "TCP_NODELAY"),
    (SockOpt::TcpCork, "TCP_CORK"),
    (SockOpt::TcpKeepIdle, "TCP_KEEPIDLE"),
    (SockOpt::TcpKeepIntvl, "TCP_KEEPINTVL"),
    (SockOpt::TcpKeepCnt, "TCP_KEEPCNT"),
    (SockOpt::TcpUserTimeout, "TCP_USER_TIMEOUT"),
    (SockOpt::TcpSynCnt, "TCP_SYNCNT"),
    (SockOpt::TcpLinger2, "TCP_LINGER2"),
    (SockOpt::TcpDeferAccept, "TCP_DEFER_ACCEPT"),
    (SockOpt::TcpMaxSeg, "TCP_MAXSEG"),
    (SockOpt::TcpQuickAck, "TCP_QUICKACK"),
    (SockOpt::TcpNotSentLowat, "TCP_NOTSENT_LOWAT"),
    (SockOpt::V6Only, "IPV6_V6ONLY"),
];

impl Opt {
    /// The option.
    pub fn sys(self) -> SockOpt {
        NAMES[usize::from(self.0)].0
    }

    /// A value for it: of `SO_LINGER` the seconds, negative is off; of a timeout milliseconds.
    pub(super) fn value(self, value: i32) -> SockOptValue {
        match self.sys() {
            SockOpt::Linger => SockOptValue::Linger(u16::try_from(value).ok()),
            SockOpt::RcvTimeo | SockOpt::SndTimeo => {
                SockOptValue::Time(Duration::from_millis(value.unsigned_abs().into()))
            }
            _ => SockOptValue::Int(value),
        }
    }
}

impl From<SockOpt> for Opt {
    fn from(option: SockOpt) -> Self {
        let index = NAMES.iter().position(|&(known, _)| known == option);
        Opt(index.expect("every option has a name") as u8)
    }
}

impl From<Opt> for String {
    fn from(option: Opt) -> Self {
        option.to_string()
    }
}

impl TryFrom<String> for Opt {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let index = NAMES.iter().position(|&(_, known)| known == name);
        index.map(|index| Opt(index as u8)).ok_or_else(|| format!("there is no socket option `{name}`"))
    }
}

impl fmt::Display for Opt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[usize::from(self.0)].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_in_the_table_of_what_is_modelled() {
        let table = include_str!("../../../docs/fidelity.md");
        for (_, name) in NAMES {
            assert!(table.contains(&format!("`{name}`")), "docs/fidelity.md does not tell of {name}");
        }
    }
}
