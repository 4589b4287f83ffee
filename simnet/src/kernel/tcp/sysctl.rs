//! What a host's TCP is set to: net.ipv4.tcp_* of ip-sysctl.rst.

use core::time::Duration;

/// The settings of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysctl {
    /// net.core.somaxconn: the largest backlog.
    pub somaxconn: u32,
    /// tcp_syn_retries.
    pub syn_retries: u8,
    /// tcp_syn_linear_timeouts: how many retransmissions of a SYN come before the timeout is doubled, besides those,
    /// where `TCP_SYNCNT` is not set.
    pub syn_linear_timeouts: u8,
    /// tcp_synack_retries.
    pub synack_retries: u8,
    /// tcp_retries2: how long data is retransmitted, as the number of retransmissions from the shortest
    /// timeout that take as long.
    pub retries2: u8,
    /// tcp_orphan_retries, the same for connections that no process has any more.
    pub orphan_retries: u8,
    /// tcp_fin_timeout: how long an orphan stays in FIN-WAIT-2.
    pub fin_timeout: Duration,
    /// tcp_tw_reuse.
    pub tw_reuse: TwReuse,
    /// ip_local_port_range.
    pub port_range: (u16, u16),
}

/// Whether a connect without a bound port may take over a connection in TIME-WAIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwReuse {
    /// 0.
    Never,
    /// 1.
    Always,
    /// 2: on the loopback.
    Loopback,
}

impl Default for Sysctl {
    fn default() -> Self {
        Sysctl {
            somaxconn: 4096,
            syn_retries: 6,
            syn_linear_timeouts: 4,
            synack_retries: 5,
            retries2: 15,
            orphan_retries: 8,
            fin_timeout: Duration::from_secs(60),
            tw_reuse: TwReuse::Loopback,
            port_range: (32_768, 60_999),
        }
    }
}
