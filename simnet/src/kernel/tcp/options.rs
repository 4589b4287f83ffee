//! What a socket has been set to: socket(7) and tcp(7).

use core::time::Duration;

/// The options of one socket; inherited by the connections that a listener accepts (`sk_clone_lock`).
#[derive(Clone, Debug)]
pub struct Options {
    /// `SO_REUSEADDR`.
    pub reuse_addr: bool,
    /// `SO_REUSEPORT`.
    pub reuse_port: bool,
    /// `SO_KEEPALIVE`.
    pub keep_alive: bool,
    /// `SO_BROADCAST`, which TCP only remembers.
    pub broadcast: bool,
    /// `TCP_NODELAY`.
    pub no_delay: bool,
    /// `TCP_CORK`.
    pub cork: bool,
    /// `TCP_QUICKACK` has been set: never delay an acknowledgment until it is cleared.
    pub quick_ack: bool,
    /// `IPV6_V6ONLY`.
    pub v6_only: bool,
    /// `SO_SNDBUF` has been set: no autotuning (`SOCK_SNDBUF_LOCK`).
    pub send_buffer_locked: bool,
    /// `SO_RCVBUF` has been set (`SOCK_RCVBUF_LOCK`).
    pub receive_buffer_locked: bool,
    /// `SO_LINGER` in seconds.
    pub linger: Option<u16>,
    /// `SO_SNDBUF` as the kernel has it, doubled.
    pub send_buffer: u32,
    /// `SO_RCVBUF` as the kernel has it, doubled.
    pub receive_buffer: u32,
    /// `SO_RCVLOWAT`.
    pub receive_lowat: u32,
    /// `TCP_NOTSENT_LOWAT`; 0 is no limit.
    pub not_sent_lowat: u32,
    /// `TCP_USER_TIMEOUT` in milliseconds; 0 is none.
    pub user_timeout_ms: u32,
    /// `TCP_LINGER2` in seconds; negative: no FIN-WAIT-2 for orphans; 0 the default.
    pub linger2: i32,
    /// `TCP_KEEPIDLE` in seconds.
    pub keep_idle: u16,
    /// `TCP_KEEPINTVL` in seconds.
    pub keep_interval: u16,
    /// `TCP_KEEPCNT`.
    pub keep_count: u8,
    /// `TCP_SYNCNT`; 0 is the default.
    pub syn_count: u8,
    /// `TCP_DEFER_ACCEPT` in retransmissions of the answer to a SYN; 0 is off.
    pub defer_accept: u8,
    /// `TCP_MAXSEG`; 0 is none.
    pub max_segment: u16,
    /// `SO_RCVTIMEO`; zero is none.
    pub receive_timeout: Duration,
    /// `SO_SNDTIMEO`; zero is none.
    pub send_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            reuse_addr: false,
            reuse_port: false,
            keep_alive: false,
            broadcast: false,
            no_delay: false,
            cork: false,
            quick_ack: false,
            v6_only: false,
            send_buffer_locked: false,
            receive_buffer_locked: false,
            linger: None,
            send_buffer: WMEM.1,
            receive_buffer: RMEM.1,
            receive_lowat: 1,
            not_sent_lowat: 0,
            user_timeout_ms: 0,
            linger2: 0,
            keep_idle: 7200,
            keep_interval: 75,
            keep_count: 9,
            syn_count: 0,
            defer_accept: 0,
            max_segment: 0,
            receive_timeout: Duration::ZERO,
            send_timeout: Duration::ZERO,
        }
    }
}

/// net.ipv4.tcp_wmem: minimum, default, maximum.
pub(crate) const WMEM: (u32, u32, u32) = (4096, 16_384, 4_194_304);
/// net.ipv4.tcp_rmem: minimum, default, maximum.
pub(crate) const RMEM: (u32, u32, u32) = (4096, 131_072, 33_554_432);

impl Options {
    /// `keepalive_time_when`.
    pub(super) fn keep_idle(&self) -> Duration {
        Duration::from_secs(self.keep_idle.into())
    }

    /// `keepalive_intvl_when`.
    pub(super) fn keep_interval(&self) -> Duration {
        Duration::from_secs(self.keep_interval.into())
    }

    /// The user timeout, if there is one.
    pub(super) fn user_timeout(&self) -> Option<Duration> {
        (self.user_timeout_ms > 0).then(|| Duration::from_millis(self.user_timeout_ms.into()))
    }
}
