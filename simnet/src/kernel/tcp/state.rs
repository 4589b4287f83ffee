//! The states of a connection (RFC 9293 §3.3.2).

/// The state of a connection.
///
/// | state | on | becomes |
/// |---|---|---|
/// | CLOSED | listen; connect | LISTEN; SYN-SENT |
/// | LISTEN | SYN | a request of its own, see [`super::Request`] |
/// | SYN-SENT | SYN and ACK; SYN alone | ESTABLISHED; SYN-RECEIVED |
/// | SYN-RECEIVED | ACK | ESTABLISHED |
/// | ESTABLISHED | shutdown or close; FIN | FIN-WAIT-1; CLOSE-WAIT |
/// | FIN-WAIT-1 | ACK of FIN; FIN; both | FIN-WAIT-2; CLOSING; TIME-WAIT |
/// | FIN-WAIT-2 | FIN | TIME-WAIT |
/// | CLOSE-WAIT | shutdown or close | LAST-ACK |
/// | CLOSING, LAST-ACK | ACK of FIN | TIME-WAIT, CLOSED |
/// | any | RST, give up, abort | CLOSED |
///
/// TIME-WAIT has no socket: what is left of the connection is a [`super::TimeWait`], and the socket itself is
/// CLOSED (`tcp_time_wait`). An orphan may spend the end of FIN-WAIT-2 so too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// No connection.
    #[default]
    Closed,
    /// Waiting for connections.
    Listen,
    /// A SYN has been sent.
    SynSent,
    /// SYNs have crossed.
    SynReceived,
    /// Open in both directions.
    Established,
    /// Closed by this side, not acknowledged.
    FinWait1,
    /// Closed by this side, acknowledged.
    FinWait2,
    /// Closed by the peer.
    CloseWait,
    /// Closed by both at once.
    Closing,
    /// Closed by the peer, then by this side.
    LastAck,
    /// Closed by both, this side first; never a socket's.
    TimeWait,
}

impl State {
    /// Every state, in the order of RFC 9293 §3.3.2 but for CLOSED, which is first.
    pub const ALL: [State; 11] = {
        use State::*;
        [
            Closed,
            Listen,
            SynSent,
            SynReceived,
            Established,
            FinWait1,
            FinWait2,
            CloseWait,
            Closing,
            LastAck,
            TimeWait,
        ]
    };

    /// The name in RFC 9293.
    pub const fn name(self) -> &'static str {
        match self {
            State::Closed => "CLOSED",
            State::Listen => "LISTEN",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        }
    }

    /// Whether data can be sent (`TCPF_ESTABLISHED | TCPF_CLOSE_WAIT`).
    pub(crate) const fn can_send(self) -> bool {
        matches!(self, State::Established | State::CloseWait)
    }

    /// Whether an abort tells the peer (`tcp_need_reset`).
    pub(super) const fn needs_reset(self) -> bool {
        use State::{CloseWait, Established, FinWait1, FinWait2, SynReceived};
        matches!(self, Established | CloseWait | FinWait1 | FinWait2 | SynReceived)
    }

    /// Whether a lingering close still waits for the peer (`sk_stream_closing`).
    pub(crate) const fn is_closing(self) -> bool {
        matches!(self, State::FinWait1 | State::Closing | State::LastAck)
    }

    /// Whether the handshake is in progress.
    pub(crate) const fn is_connecting(self) -> bool {
        matches!(self, State::SynSent | State::SynReceived)
    }
}
