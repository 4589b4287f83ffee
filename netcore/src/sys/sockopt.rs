//! Socket options.

use core::time::Duration;

use super::Errno;

/// The name of a socket option: socket(7), tcp(7), ip(7), ipv6(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SockOpt {
    /// `SO_REUSEADDR`.
    ReuseAddr,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `SO_KEEPALIVE`.
    KeepAlive,
    /// `SO_BROADCAST`.
    Broadcast,
    /// `SO_ERROR`: the pending error, read once.
    Error,
    /// `SO_TYPE`.
    Type,
    /// `SO_DOMAIN`.
    Domain,
    /// `SO_ACCEPTCONN`: whether listen(2) has been called.
    AcceptConn,
    /// `SO_SNDBUF`, bytes; the kernel doubles what is set.
    SndBuf,
    /// `SO_RCVBUF`, bytes; the kernel doubles what is set.
    RcvBuf,
    /// `SO_RCVLOWAT`, bytes.
    RcvLowat,
    /// `SO_LINGER`.
    Linger,
    /// `SO_RCVTIMEO`.
    RcvTimeo,
    /// `SO_SNDTIMEO`.
    SndTimeo,
    /// `TCP_NODELAY`.
    TcpNoDelay,
    /// `TCP_CORK`.
    TcpCork,
    /// `TCP_KEEPIDLE`, seconds.
    TcpKeepIdle,
    /// `TCP_KEEPINTVL`, seconds.
    TcpKeepIntvl,
    /// `TCP_KEEPCNT`, probes.
    TcpKeepCnt,
    /// `TCP_USER_TIMEOUT`, milliseconds; 0 is the system's default.
    TcpUserTimeout,
    /// `TCP_SYNCNT`, retransmissions.
    TcpSynCnt,
    /// `TCP_LINGER2`, seconds.
    TcpLinger2,
    /// `TCP_DEFER_ACCEPT`, seconds.
    TcpDeferAccept,
    /// `TCP_MAXSEG`, bytes.
    TcpMaxSeg,
    /// `TCP_QUICKACK`.
    TcpQuickAck,
    /// `TCP_NOTSENT_LOWAT`, bytes.
    TcpNotSentLowat,
    /// `IPV6_V6ONLY`.
    V6Only,
}

/// The value of a socket option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SockOptValue {
    /// An `int`; booleans are 0 and 1.
    Int(i32),
    /// `SO_LINGER`: `None` is off, else seconds.
    Linger(Option<u16>),
    /// A `struct timeval`; zero is no timeout.
    Time(Duration),
    /// `SO_ERROR`: the pending error, if any.
    Error(Option<Errno>),
}

impl SockOptValue {
    /// The integer, if it is one.
    pub fn int(self) -> Option<i32> {
        match self {
            SockOptValue::Int(v) => Some(v),
            _ => None,
        }
    }
}

impl From<bool> for SockOptValue {
    fn from(on: bool) -> Self {
        SockOptValue::Int(i32::from(on))
    }
}
