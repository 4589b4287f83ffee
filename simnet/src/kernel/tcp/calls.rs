//! What a process asks of a connection (net/ipv4/tcp.c).

use core::net::SocketAddr;

use netcore::sys::Errno;

use super::congestion::Congestion;
use super::output::Nagle;
use super::timers::Deadlines;
use super::{Context, Halves, Seq, State, Tcp, window};

/// The addresses, first number and path of a new connection.
#[derive(Clone, Copy, Debug)]
pub struct Connect {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// ISS.
    pub iss: Seq,
    /// The MTU of the first hop.
    pub mtu: u32,
}

impl Tcp {
    /// Sends a SYN (`tcp_connect`).
    pub fn connect(&mut self, to: Connect, cx: &mut Context<'_>) {
        debug_assert_eq!(self.state, State::Closed);
        self.local = to.local;
        self.peer = to.peer;
        self.error = None;
        self.soft_error = None;
        self.is_done = false;
        self.fin = None;
        self.iss = to.iss;
        self.syn_is_out = true;
        self.snd_una = to.iss;
        self.snd_nxt = to.iss + 1;
        self.snd_max = self.snd_nxt;
        self.snd_small = to.iss;
        self.snd_wnd = 0;
        self.snd_wnd_max = 0;
        self.rcv_nxt = Seq(0);
        self.mss = window::offered_mss(to.mtu, to.peer, &self.options);
        self.rcv_scale = window::offered_scale(&self.options);
        self.congestion = Congestion::new(self.mss);
        self.deadlines = Deadlines::default();
        self.state = State::SynSent;
        self.deadlines.rtt.sent(self.snd_nxt, cx.now);
        // The user's timeout counts from the first SYN (`tcp_connect`).
        self.deadlines.retransmitted(cx.now);
        self.deadlines.arm_retransmission(cx.now, &self.options);
        self.send_syn(cx);
    }

    /// Appends octets to the send queue; [`Tcp::send_room`] says how many it takes. [`Tcp::flush`] is next.
    pub fn queue<'a>(&mut self, parts: impl Iterator<Item = &'a [u8]>, cx: &mut Context<'_>) {
        debug_assert!(self.fin.is_none(), "nothing is sent behind a FIN");
        for part in parts {
            cx.pool.append(&mut self.send_queue, part);
        }
    }

    /// Sends what was queued, as far as it may be (`tcp_push`); with `more` to come, whole segments only.
    pub fn flush(&mut self, more: bool, cx: &mut Context<'_>) {
        self.push(if more { Nagle::More } else { Nagle::Rule }, cx);
    }

    /// Ends this direction behind what is queued (`tcp_shutdown`).
    pub fn shutdown_send(&mut self, cx: &mut Context<'_>) {
        if self.state.can_send() {
            self.close_send(cx);
        }
    }

    /// `tcp_close_state`, `tcp_send_fin`.
    fn close_send(&mut self, cx: &mut Context<'_>) {
        let end = self.data_end();
        self.state = match self.state {
            State::Established | State::SynReceived => State::FinWait1,
            State::CloseWait => State::LastAck,
            State::SynSent | State::Listen => return self.finish(cx),
            _ => return,
        };
        self.fin = Some(end);
        self.push(Nagle::Push, cx);
    }

    /// The last descriptor is closed (`__tcp_close`, up to where it waits).
    pub fn close(&mut self, cx: &mut Context<'_>) {
        self.shutdown = Halves::all();
        let was_unread = !self.receive_queue.is_empty();
        self.receive_queue.clear();
        cx.pool.put_if_empty(&mut self.receive_queue);
        if self.state == State::Closed {
            return;
        }
        if was_unread {
            // RFC 2525 §2.17: tell the peer that data was lost.
            self.send_reset(cx);
            self.finish(cx);
        } else if self.options.linger == Some(0) {
            self.disconnect(cx);
        } else {
            self.close_send(cx);
        }
    }

    /// No descriptor is left: what is to be done is done without one (`__tcp_close`, from where it has
    /// waited).
    pub fn orphan(&mut self, cx: &mut Context<'_>) {
        self.is_orphan = true;
        if self.state == State::FinWait2 {
            self.orphan_in_fin_wait_2(None, cx);
        }
    }

    /// Aborts the connection, if there is one, and makes the socket new (`tcp_disconnect`). Who waits for it is told
    /// by the caller.
    pub fn disconnect(&mut self, cx: &mut Context<'_>) {
        let unsent = self.snd_max != self.write_end();
        let aborts =
            self.state.needs_reset() || (unsent && matches!(self.state, State::Closing | State::LastAck));
        if aborts {
            self.send_reset(cx);
        }
        if aborts || self.state == State::SynSent {
            self.error = Some(Errno::ECONNRESET);
        }
        self.state = State::Closed;
        self.syn_is_out = false;
        self.deadlines = Deadlines::default();
        self.clear_sending(cx);
        self.receive_queue.clear();
        cx.pool.put_if_empty(&mut self.receive_queue);
        self.shutdown = Halves::empty();
        self.is_done = false;
        self.fin = None;
        self.soft_error = None;
    }

    /// The host has crashed, and the connection is gone without a word.
    pub fn vanish(&mut self) {
        let fresh = Tcp::new(self.local, core::mem::take(&mut self.options));
        *self = Tcp { shutdown: Halves::all(), ..fresh };
    }
}
