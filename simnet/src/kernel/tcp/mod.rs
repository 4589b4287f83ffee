//! TCP: the protocol, as a pure state machine over (segment or call, now).
//!
//! One [`Tcp`] is one end of a connection. It knows nothing of files, processes and links: what it wants done
//! it leaves in the [`Effects`]: segments to be sent, who is to be woken, what stays behind in TIME-WAIT. The
//! names are those of RFC 9293; the behaviour is that of net/ipv4/tcp*.c, cited by function.
//!
//! | module | what it is |
//! |---|---|
//! | [`sequence`], [`segment`], [`state`] | the words of the protocol |
//! | `calls` | connect, send, receive, shutdown, close |
//! | `input`, `handshake`, `ack`, `receive`, `reassembly` | an arriving segment, by part |
//! | `output`, `window` | segments to be sent |
//! | `timers`, `tail_probe`, `keep_alive`, `rtt`, `congestion` | retransmission, probes, keep-alive; how long and how much |
//! | `request`, `time_wait` | a connection before and after its socket |
//! | [`options`], `sysctl`, `pool` | what it is set to; storage |
//!
//! Not here: urgent data, selective acknowledgment, timestamps but for TIME-WAIT, ECN, fast open, path MTU
//! discovery, SYN cookies, pacing, receive buffer autotuning. Congestion control is NewReno (RFC 6582) from
//! a window of ten segments.

mod ack;
mod calls;
mod congestion;
mod handshake;
mod input;
mod keep_alive;
pub mod options;
mod output;
mod pool;
mod reassembly;
mod receive;
mod request;
mod rtt;
pub mod segment;
pub mod sequence;
pub mod state;
pub mod sysctl;
mod tail_probe;
mod time_wait;
mod timers;
mod transitions;
mod window;

pub use calls::Connect;
pub use options::Options;
pub use pool::Pool;
pub use request::{Request, RequestVerdict, Retry};
pub use segment::{Flags, Segment};
pub use sequence::Seq;
pub use state::State;
pub use sysctl::Sysctl;
pub use time_wait::{TimeWait, TimeWaitVerdict};
pub use transitions::Transitions;

pub(crate) use options::{RMEM, WMEM};
pub(crate) use rtt::RTO_MAX;

use core::net::SocketAddr;
use std::collections::VecDeque;

use bitflags::bitflags;
use netcore::sys::{Errno, Instant};

use congestion::Congestion;
use reassembly::Reassembly;
use timers::Deadlines;

bitflags! {
    /// Directions that have been shut (`sk_shutdown`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Halves: u8 {
        /// `RCV_SHUTDOWN`.
        const RECEIVE = 1;
        /// `SEND_SHUTDOWN`.
        const SEND = 2;
    }

    /// Who is to be woken, by Linux's callbacks on a socket.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct Wakes: u8 {
        /// `sk_state_change`: everybody.
        const STATE = 1;
        /// `sk_error_report`.
        const ERROR = 2;
        /// `sk_data_ready`.
        const DATA = 4;
        /// `sk_write_space`.
        const SPACE = 8;
    }
}

/// One end of a connection (`struct tcp_sock`).
#[derive(Debug)]
pub struct Tcp {
    /// This end; unspecified until bound or connected.
    pub local: SocketAddr,
    /// The other end; port 0 while there is none.
    pub peer: SocketAddr,
    /// The state.
    pub state: State,
    /// Which directions are shut.
    pub shutdown: Halves,
    /// `SOCK_DONE`: the peer's FIN has been read past.
    pub is_done: bool,
    /// `SOCK_DEAD`: no descriptor will ever use it again.
    pub is_orphan: bool,
    /// `SOCK_NOSPACE`: somebody was told that there is no room, and wants to hear of it.
    pub wants_space: bool,
    /// `sk_err`.
    pub error: Option<Errno>,
    /// `sk_err_soft`: what ICMP said, to be the error at give-up.
    pub soft_error: Option<Errno>,
    /// What ICMP said of its SYN is in its error queue (`sk_error_queue`), for recvmsg(2) with `MSG_ERRQUEUE`,
    /// which is not modelled: it stays there.
    pub has_queued_error: bool,
    /// What it is set to.
    pub options: Options,

    /// Octets from SND.UNA on.
    send_queue: VecDeque<u8>,
    /// Where the FIN stands, once this side has closed.
    fin: Option<Seq>,
    iss: Seq,
    /// Our SYN has not been acknowledged: SND.UNA stands before it.
    syn_is_out: bool,
    snd_una: Seq,
    /// The next to send; after a timeout it goes back to SND.UNA.
    snd_nxt: Seq,
    /// The highest ever sent.
    snd_max: Seq,
    snd_wnd: u32,
    /// The largest window that the peer ever offered.
    snd_wnd_max: u32,
    snd_wl1: Seq,
    /// The end of the last segment sent that was not full (`snd_sml`, for Nagle's rule).
    snd_small: Seq,
    /// The largest payload of a segment.
    mss: u32,
    snd_scale: u8,
    rcv_scale: u8,

    /// Octets not read yet, in front of RCV.NXT.
    receive_queue: VecDeque<u8>,
    reassembly: Reassembly,
    irs: Seq,
    rcv_nxt: Seq,
    /// RCV.NXT and RCV.WND as the peer was told last.
    rcv_wup: Seq,
    rcv_wnd: u32,
    /// The largest payload seen, an estimate of the peer's MSS (`rcv_mss`).
    rcv_mss: u32,
    /// The highest timestamp from the peer.
    peer_stamp: u32,

    congestion: Congestion,
    deadlines: Deadlines,
}

/// What a state machine is given to work with.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// Storage.
    pub pool: &'a mut Pool,
    /// What comes of it.
    pub effects: &'a mut Effects,
    /// The host's settings.
    pub sysctl: &'a Sysctl,
    /// Whether the host has a route to the peer. What cannot go out has not been sent.
    pub has_route: bool,
}

/// What a state machine wants done.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be sent, in order.
    pub segments: Vec<Segment>,
    /// To be woken.
    pub wakes: Wakes,
    /// What the connection leaves behind.
    pub time_wait: Option<TimeWait>,
}

impl Tcp {
    /// A socket without a connection.
    pub fn new(local: SocketAddr, options: Options) -> Self {
        let peer = SocketAddr::new(local.ip(), 0);
        Tcp {
            local,
            peer,
            state: State::Closed,
            shutdown: Halves::empty(),
            is_done: false,
            is_orphan: false,
            wants_space: false,
            error: None,
            soft_error: None,
            has_queued_error: false,
            options,
            send_queue: VecDeque::new(),
            fin: None,
            iss: Seq(0),
            syn_is_out: false,
            snd_una: Seq(0),
            snd_nxt: Seq(0),
            snd_max: Seq(0),
            snd_wnd: 0,
            snd_wnd_max: 0,
            snd_wl1: Seq(0),
            snd_small: Seq(0),
            mss: window::MSS_DEFAULT,
            snd_scale: 0,
            rcv_scale: 0,
            receive_queue: VecDeque::new(),
            reassembly: Reassembly::default(),
            irs: Seq(0),
            rcv_nxt: Seq(0),
            rcv_wup: Seq(0),
            rcv_wnd: 0,
            rcv_mss: window::MSS_DEFAULT,
            peer_stamp: 0,
            congestion: Congestion::default(),
            deadlines: Deadlines::default(),
        }
    }

    /// SND.UNA.
    pub fn snd_una(&self) -> Seq {
        self.snd_una
    }

    /// SND.NXT.
    pub fn snd_nxt(&self) -> Seq {
        self.snd_nxt
    }

    /// RCV.NXT.
    pub fn rcv_nxt(&self) -> Seq {
        self.rcv_nxt
    }

    /// Octets that wait to be read.
    pub fn readable(&self) -> usize {
        self.receive_queue.len()
    }

    /// Octets that have not been acknowledged, sent or not.
    pub fn unacknowledged(&self) -> usize {
        self.send_queue.len()
    }

    /// The sequence number of the first octet in the send queue: SND.UNA, behind a SYN that is still out.
    #[inline]
    fn queue_start(&self) -> Seq {
        self.snd_una + u32::from(self.syn_is_out)
    }

    /// The sequence number behind the last octet queued.
    #[inline]
    fn data_end(&self) -> Seq {
        match self.fin {
            Some(fin) => fin,
            None => self.queue_start() + self.send_queue.len() as u32,
        }
    }

    /// The sequence number behind all that is queued, FIN included (`write_seq`).
    #[inline]
    fn write_end(&self) -> Seq {
        self.data_end() + u32::from(self.fin.is_some())
    }

    /// Octets in flight, SYN and FIN included.
    #[inline]
    fn flight(&self) -> u32 {
        self.snd_nxt.since(self.snd_una)
    }

    /// The connection is over (`tcp_done`).
    fn finish(&mut self, cx: &mut Context<'_>) {
        self.state = State::Closed;
        self.shutdown = Halves::all();
        self.deadlines.clear();
        self.clear_sending(cx);
        cx.effects.wakes |= Wakes::STATE;
    }

    /// Ends the connection with an error (`tcp_done_with_error`).
    fn fail(&mut self, error: Errno, cx: &mut Context<'_>) {
        self.error = Some(error);
        self.finish(cx);
        cx.effects.wakes |= Wakes::ERROR;
    }

    /// Drops what was to be sent (`tcp_write_queue_purge`).
    fn clear_sending(&mut self, cx: &mut Context<'_>) {
        self.send_queue.clear();
        cx.pool.put_if_empty(&mut self.send_queue);
        self.reassembly.clear(cx.pool);
    }

    /// Takes the pending error (`sock_error`).
    pub fn take_error(&mut self) -> Option<Errno> {
        self.error.take()
    }
}
