//! A connection that a listener has been asked for, before it has a socket (`struct request_sock`).

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::Instant;

use super::congestion::Congestion;
use super::rtt::{RTO_INITIAL, RTO_MAX};
use super::{Context, Flags, Options, Segment, Seq, State, Tcp, window};

/// A SYN that has been answered, waiting for the third segment of the handshake.
#[derive(Clone, Debug)]
pub struct Request {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    iss: Seq,
    irs: Seq,
    mss: u32,
    snd_wnd: u32,
    snd_scale: u8,
    rcv_scale: u8,
    rcv_wnd: u32,
    peer_stamp: u32,
    retries: u8,
    /// The handshake is complete, but the listener wants data first (`TCP_DEFER_ACCEPT`).
    is_acknowledged: bool,
    /// When it was first answered.
    since: Instant,
}

/// What comes of a request whose answer has not been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It is answered again.
    Send,
    /// It waits for data.
    Wait,
    /// It is given up.
    Drop,
}

/// What a segment does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestVerdict {
    /// Nothing, or it has been answered.
    Ignore,
    /// The request is gone.
    Drop,
    /// The segment is for no connection: a reset answers it.
    Reset,
    /// The handshake is complete, if there is room for a connection.
    Open,
}

impl Request {
    /// The request that `syn` makes of a listener that is set to `options` (`tcp_conn_request`).
    pub fn new(syn: &Segment, iss: Seq, mtu: u32, options: &Options, now: Instant) -> Self {
        let own = window::offered_mss(mtu, syn.src, options);
        Request {
            local: syn.dst,
            peer: syn.src,
            iss,
            irs: syn.seq,
            mss: window::effective_mss(own, syn.mss.into()),
            snd_wnd: syn.window.into(),
            snd_scale: syn.scale,
            rcv_scale: window::offered_scale(options),
            rcv_wnd: window::initial_window(options),
            peer_stamp: syn.stamp,
            retries: 0,
            is_acknowledged: false,
            since: now,
        }
    }

    /// The SYN and ACK that answers the request.
    pub fn syn_ack(&self, mtu: u32, now: Instant, options: &Options) -> Segment {
        Segment {
            src: self.local,
            dst: self.peer,
            seq: self.iss,
            ack: self.irs + 1,
            flags: Flags::SYN | Flags::ACK,
            window: self.rcv_wnd as u16,
            mss: window::offered_mss(mtu, self.peer, options) as u16,
            scale: self.rcv_scale,
            stamp: (now.as_nanos() / 1_000_000) as u32,
            payload: Vec::new(),
        }
    }

    /// How long until the answer is sent again.
    pub fn timeout(&self) -> Duration {
        (RTO_INITIAL * (1 << u32::from(self.retries).min(20))).min(RTO_MAX)
    }

    /// The answer has waited long enough; `most` is net.ipv4.tcp_synack_retries, `defer` the listener's
    /// `TCP_DEFER_ACCEPT` (`reqsk_timer_handler`, `syn_ack_recalc`).
    pub fn retry(&mut self, most: u8, defer: u8) -> Retry {
        let had = self.retries;
        self.retries = had.saturating_add(1);
        if had >= most && !(self.is_acknowledged && had < defer) {
            Retry::Drop
        } else if self.is_acknowledged && had + 1 < defer {
            // The last time it is sent, so that its own acknowledgment makes the connection without data.
            Retry::Wait
        } else {
            Retry::Send
        }
    }

    /// `tcp_check_req`.
    pub fn on_segment(
        &mut self,
        defer: u8,
        segment: &Segment,
        replies: &mut Vec<Segment>,
        again: Segment,
    ) -> RequestVerdict {
        let is_syn = segment.flags & (Flags::SYN | Flags::RST | Flags::ACK) == Flags::SYN;
        if is_syn && segment.seq == self.irs {
            replies.push(again);
            return RequestVerdict::Ignore;
        }
        let next = self.irs + 1;
        if segment.has(Flags::ACK) && !segment.has(Flags::RST) && segment.ack != self.iss + 1 {
            return RequestVerdict::Reset;
        }
        let (seq, end) = (segment.seq, segment.end());
        let in_window = seq == next || end == next || (end.after(next) && seq.before(next + self.rcv_wnd));
        if !in_window {
            if !segment.has(Flags::RST) {
                let ack = Segment { flags: Flags::ACK, mss: 0, scale: 0, seq: self.iss + 1, ..again };
                replies.push(ack);
            }
            return RequestVerdict::Ignore;
        }
        if segment.has(Flags::RST) {
            return if seq == next { RequestVerdict::Drop } else { RequestVerdict::Ignore };
        }
        if segment.has(Flags::SYN) && !segment.has(Flags::ACK) {
            return RequestVerdict::Drop;
        }
        if !segment.has(Flags::ACK) {
            return RequestVerdict::Ignore;
        }
        if self.retries < defer && end == next {
            self.is_acknowledged = true;
            return RequestVerdict::Ignore;
        }
        RequestVerdict::Open
    }
}

impl Tcp {
    /// The connection that a completed request becomes (`tcp_create_openreq_child`), still in SYN-RECEIVED; the
    /// segment that completed it is to be processed next.
    pub fn open(request: &Request, options: Options, cx: &mut Context<'_>) -> Tcp {
        let mut tcp = Tcp::new(request.local, options);
        tcp.peer = request.peer;
        tcp.state = State::SynReceived;
        tcp.iss = request.iss;
        tcp.syn_is_out = true;
        tcp.snd_una = request.iss;
        tcp.snd_nxt = request.iss + 1;
        tcp.snd_max = tcp.snd_nxt;
        tcp.irs = request.irs;
        tcp.rcv_nxt = request.irs + 1;
        tcp.rcv_wup = tcp.rcv_nxt;
        tcp.rcv_wnd = request.rcv_wnd;
        tcp.snd_wl1 = request.irs;
        tcp.snd_wnd = request.snd_wnd;
        tcp.snd_wnd_max = request.snd_wnd;
        tcp.snd_scale = request.snd_scale;
        tcp.rcv_scale = request.rcv_scale;
        tcp.mss = request.mss;
        tcp.peer_stamp = request.peer_stamp;
        tcp.congestion = Congestion::new(tcp.mss);
        tcp.deadlines.heard = cx.now;
        if request.retries == 0 {
            tcp.deadlines.rtt.sent(tcp.snd_nxt, request.since);
        }
        tcp
    }
}
