//! An arriving segment (net/ipv4/tcp_input.c: `tcp_rcv_state_process`, `tcp_validate_incoming`).

use netcore::sys::Errno;

use super::ack::Acknowledged;
use super::output::Nagle;
use super::{Context, Flags, Halves, Segment, Seq, State, Tcp, Wakes};
use crate::fabric::Unreachable;

impl Tcp {
    /// A segment has arrived for this connection.
    pub fn on_segment(&mut self, segment: Segment, cx: &mut Context<'_>) {
        match self.state {
            State::Closed | State::Listen => cx.pool.put(segment.payload),
            State::SynSent => self.on_handshake(segment, cx),
            _ => self.on_synchronized(segment, cx),
        }
    }

    /// RFC 9293 §3.10.7.4, in its order: sequence, RST, SYN, ACK, data, FIN.
    fn on_synchronized(&mut self, segment: Segment, cx: &mut Context<'_>) {
        if !self.is_acceptable(&segment, cx) || !segment.has(Flags::ACK) {
            return cx.pool.put(segment.payload);
        }
        let acknowledged = self.acknowledge(&segment, cx);
        if self.state == State::SynReceived {
            if acknowledged != Acknowledged::New {
                cx.effects.segments.extend(segment.reset());
                return cx.pool.put(segment.payload);
            }
            self.establish(&segment, cx);
        }
        if acknowledged == Acknowledged::Unsent {
            if self.state != State::Established {
                self.challenge(cx);
            }
            return cx.pool.put(segment.payload);
        }
        if self.is_fin_acknowledged() {
            self.on_fin_acknowledged(&segment, cx);
        }
        if segment.is_empty() || self.state == State::Closed {
            cx.pool.put(segment.payload);
        } else {
            self.on_data(segment, cx);
        }
        if self.state != State::Closed {
            self.push(Nagle::Rule, cx);
            self.check_space(cx);
            self.check_acknowledgment(cx);
        }
    }

    /// Whether the peer has acknowledged our FIN.
    fn is_fin_acknowledged(&self) -> bool {
        self.fin.is_some_and(|fin| self.snd_una.after(fin))
    }

    /// `tcp_validate_incoming`: the sequence number is in the window, and there is neither RST nor SYN.
    fn is_acceptable(&mut self, segment: &Segment, cx: &mut Context<'_>) -> bool {
        let closes = matches!(self.state, State::CloseWait | State::LastAck | State::Closing);
        let resets = segment.seq == self.rcv_nxt || (closes && segment.seq == self.rcv_nxt - 1);
        if segment.has(Flags::RST) && resets {
            self.on_reset(cx);
            return false;
        }
        // `tcp_sequence`.
        let in_window =
            !segment.end().before(self.rcv_wup) && !segment.seq.after(self.rcv_nxt + self.receive_window());
        if !in_window {
            let is_data = !segment.payload.is_empty() && !segment.has(Flags::SYN);
            if !segment.has(Flags::RST) && (is_data || self.deadlines.may_answer(cx.now)) {
                self.send_ack(cx);
            }
            return false;
        }
        if segment.has(Flags::RST) {
            self.challenge(cx);
            return false;
        }
        let crossed = self.state == State::SynReceived
            && segment.has(Flags::ACK)
            && segment.len() == 1
            && segment.end() == self.rcv_nxt
            && segment.ack == self.snd_nxt;
        if segment.has(Flags::SYN) && !crossed {
            self.challenge(cx);
            return false;
        }
        true
    }

    /// An acknowledgment by which a peer that means it finds out where we are (RFC 5961).
    fn challenge(&mut self, cx: &mut Context<'_>) {
        if self.deadlines.may_answer(cx.now) {
            self.send_ack(cx);
        }
    }

    /// `tcp_reset`.
    pub(super) fn on_reset(&mut self, cx: &mut Context<'_>) {
        let error = match self.state {
            State::SynSent => Errno::ECONNREFUSED,
            State::CloseWait => Errno::EPIPE,
            _ => Errno::ECONNRESET,
        };
        self.fail(error, cx);
    }

    /// ICMP says that the segment with this sequence number could not be delivered (`tcp_v4_err`): the end of a
    /// handshake, only a remark to a connection.
    pub fn on_unreachable(&mut self, seq: Seq, code: Unreachable, cx: &mut Context<'_>) {
        if seq.before(self.snd_una) || seq.after(self.snd_nxt) {
            return;
        }
        match self.state {
            State::SynSent | State::SynReceived => {
                self.has_queued_error = true;
                self.fail(code.errno(), cx);
            }
            State::Closed | State::Listen => {}
            _ => {
                self.soft_error = Some(code.errno());
                if seq == self.snd_una && code.may_pass() {
                    self.deadlines.revert_backoff(cx.now);
                }
            }
        }
    }

    /// The peer knows that this side has closed.
    fn on_fin_acknowledged(&mut self, segment: &Segment, cx: &mut Context<'_>) {
        match self.state {
            State::FinWait1 => {
                self.state = State::FinWait2;
                self.shutdown |= Halves::SEND;
                cx.effects.wakes |= Wakes::STATE;
                if self.is_orphan {
                    self.orphan_in_fin_wait_2(Some(segment), cx);
                }
            }
            State::Closing => self.enter_time_wait(cx),
            State::LastAck => self.finish(cx),
            _ => {}
        }
    }

    /// An orphan waits for the peer's FIN without its socket, if it need not wait long.
    pub(super) fn orphan_in_fin_wait_2(&mut self, by: Option<&Segment>, cx: &mut Context<'_>) {
        if self.options.linger2 < 0 {
            match by {
                Some(segment) => cx.effects.segments.extend(segment.reset()),
                None => self.send_reset(cx),
            }
            return self.finish(cx);
        }
        if let Some(segment) = by
            && !segment.payload.is_empty()
            && (segment.seq + segment.payload.len() as u32).after(self.rcv_nxt)
        {
            cx.effects.segments.extend(segment.reset());
            return self.finish(cx);
        }
        let wait = self.fin_time(cx);
        let socketless = super::time_wait::TIME_WAIT;
        if wait > socketless {
            self.deadlines.keep_after(cx.now, wait - socketless);
        } else if by.is_some_and(|segment| segment.has(Flags::FIN)) {
            self.deadlines.keep_after(cx.now, wait);
        } else {
            self.leave_time_wait(State::FinWait2, wait, cx);
        }
    }
}
