//! What is left of a connection that this side closed first (net/ipv4/tcp_minisocks.c): enough to answer what
//! still arrives, without a socket.

use core::net::SocketAddr;
use core::time::Duration;

use netcore::sys::Instant;

use super::{Context, Flags, Segment, Seq, State, Tcp};

/// `TCP_TIMEWAIT_LEN`.
pub(super) const TIME_WAIT: Duration = Duration::from_secs(60);
/// How far a new connection's first number is ahead of the old one's last.
const ISS_AHEAD: u32 = 65_535 + 2;

/// A connection without a socket (`struct tcp_timewait_sock`).
#[derive(Clone, Debug)]
pub struct TimeWait {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// [`State::FinWait2`] while the peer's FIN is to come, else [`State::TimeWait`].
    pub substate: State,
    /// When it ends.
    pub expires: Instant,
    /// When it last heard of the peer, in whole seconds as `tw_ts_recent_stamp`.
    pub heard: Instant,
    /// The flags that bind(2) looks at.
    pub reuse_addr: bool,
    /// The flags that bind(2) looks at.
    pub reuse_port: bool,
    snd_nxt: Seq,
    rcv_nxt: Seq,
    rcv_wnd: u32,
    window: u16,
    peer_stamp: u32,
}

/// What a segment does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeWaitVerdict {
    /// Nothing.
    Ignore,
    /// It is answered with an acknowledgment.
    Acknowledge,
    /// It ends silently.
    End,
    /// It ends, with a reset.
    Reset,
    /// It gives way to a new connection, whose numbers begin here.
    Renew(Seq),
}

impl TimeWait {
    /// `tcp_timewait_state_process`.
    pub fn on_segment(&mut self, segment: &Segment, now: Instant) -> TimeWaitVerdict {
        if self.substate == State::FinWait2 {
            return self.on_half_closed(segment, now);
        }
        let is_bare = segment.seq == segment.end();
        if segment.seq == self.rcv_nxt && (is_bare || segment.has(Flags::RST)) {
            if segment.has(Flags::RST) {
                return TimeWaitVerdict::End;
            }
            self.prolong(now);
            return TimeWaitVerdict::Ignore;
        }
        let is_newer = segment.seq.after(self.rcv_nxt) || Seq(self.peer_stamp).before(Seq(segment.stamp));
        if segment.flags & (Flags::SYN | Flags::RST | Flags::ACK) == Flags::SYN && is_newer {
            return TimeWaitVerdict::Renew(self.next_iss());
        }
        if segment.has(Flags::RST) {
            return TimeWaitVerdict::Ignore;
        }
        if segment.has(Flags::ACK) {
            self.prolong(now);
        }
        TimeWaitVerdict::Acknowledge
    }

    /// The same while the peer has not closed.
    fn on_half_closed(&mut self, segment: &Segment, now: Instant) -> TimeWaitVerdict {
        let (seq, end) = (segment.seq, segment.end());
        let in_window =
            seq == self.rcv_nxt || (end.after(self.rcv_nxt) && seq.before(self.rcv_nxt + self.rcv_wnd));
        if !in_window {
            return TimeWaitVerdict::Acknowledge;
        }
        if segment.has(Flags::RST) {
            return TimeWaitVerdict::End;
        }
        if segment.has(Flags::SYN) && !seq.before(self.rcv_nxt) {
            return TimeWaitVerdict::Reset;
        }
        if !segment.has(Flags::ACK) || !end.after(self.rcv_nxt) || end == seq {
            return TimeWaitVerdict::Ignore;
        }
        if !segment.has(Flags::FIN) || end != self.rcv_nxt + 1 {
            return TimeWaitVerdict::Reset;
        }
        self.substate = State::TimeWait;
        self.rcv_nxt = end;
        self.peer_stamp = segment.stamp;
        self.prolong(now);
        TimeWaitVerdict::Acknowledge
    }

    fn prolong(&mut self, now: Instant) {
        self.expires = now + TIME_WAIT;
        self.heard = now;
    }

    /// The acknowledgment that it answers with (`tcp_v4_timewait_ack`).
    pub fn acknowledgment(&self, to: &Segment) -> Segment {
        Segment {
            seq: self.snd_nxt,
            ack: self.rcv_nxt,
            flags: Flags::ACK,
            window: self.window,
            ..to.bare_reply()
        }
    }

    /// Where the numbers of a connection begin that takes over this one's addresses.
    pub fn next_iss(&self) -> Seq {
        self.snd_nxt + ISS_AHEAD
    }
}

impl Tcp {
    /// The connection goes on without its socket (`tcp_time_wait`): as `substate`, for `timeout` or until the
    /// FIN comes.
    pub(super) fn leave_time_wait(&mut self, substate: State, timeout: Duration, cx: &mut Context<'_>) {
        cx.effects.time_wait = Some(TimeWait {
            local: self.local,
            peer: self.peer,
            substate,
            expires: cx.now + timeout,
            heard: cx.now,
            reuse_addr: self.options.reuse_addr,
            reuse_port: self.options.reuse_port,
            snd_nxt: self.snd_nxt,
            rcv_nxt: self.rcv_nxt,
            rcv_wnd: self.receive_window(),
            window: (self.rcv_wnd >> self.rcv_scale) as u16,
            peer_stamp: self.peer_stamp,
        });
        self.finish(cx);
    }

    /// Both directions are closed.
    pub(super) fn enter_time_wait(&mut self, cx: &mut Context<'_>) {
        self.leave_time_wait(State::TimeWait, TIME_WAIT, cx);
    }

    /// How long an orphan waits for the peer's FIN (`tcp_fin_time`).
    pub(super) fn fin_time(&self, cx: &Context<'_>) -> Duration {
        let asked = match u64::try_from(self.options.linger2) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds),
            _ => cx.sysctl.fin_timeout,
        };
        asked.max(self.deadlines.rtt.timeout() * 7 / 2)
    }
}
