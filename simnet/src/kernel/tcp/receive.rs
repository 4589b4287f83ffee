//! Data and FIN (`tcp_data_queue`, `tcp_fin`), and when they are acknowledged.

use std::io::IoSliceMut;

use super::{Context, Flags, Halves, Segment, Seq, State, Tcp, Wakes};

impl Tcp {
    /// The part of a segment that takes sequence space.
    pub(super) fn on_data(&mut self, segment: Segment, cx: &mut Context<'_>) {
        let octets_end = segment.seq + segment.payload.len() as u32;
        match self.state {
            State::CloseWait | State::Closing | State::LastAck if !segment.seq.before(self.rcv_nxt) => {
                return cx.pool.put(segment.payload);
            }
            // "RFC 793 says to queue data in these states, RFC 1122 says we MUST send a reset."
            State::FinWait1 | State::FinWait2 => {
                let is_new = !segment.payload.is_empty() && octets_end.after(self.rcv_nxt);
                if self.shutdown.contains(Halves::RECEIVE) && is_new {
                    cx.effects.segments.extend(segment.reset());
                    cx.pool.put(segment.payload);
                    return self.on_reset(cx);
                }
            }
            _ => {}
        }
        self.queue_data(segment, cx);
    }

    /// `tcp_data_queue`.
    fn queue_data(&mut self, segment: Segment, cx: &mut Context<'_>) {
        let window = self.receive_window();
        let (seq, end) = (segment.seq, segment.end());
        self.deadlines.delay_acknowledgment(cx.now);
        let is_bare_fin = segment.payload.is_empty();
        let is_old = !end.after(self.rcv_nxt);
        let is_within = seq.before(self.rcv_nxt + window) || (seq == self.rcv_nxt && is_bare_fin);
        if is_old || !is_within {
            self.deadlines.be_quick();
            return cx.pool.put(segment.payload);
        }
        if seq.after(self.rcv_nxt) {
            return self.queue_early(segment, window, cx);
        }
        let has_fin = segment.has(Flags::FIN);
        let old = self.rcv_nxt.since(seq) as usize;
        let has_all = self.accept(segment.payload, old, window, cx);
        self.deadlines.data_arrived(cx.now);
        if has_fin && has_all {
            self.on_fin(cx);
        } else if !self.reassembly.is_empty() {
            self.queue_late(cx);
        }
        if self.is_done || self.is_readable() {
            cx.effects.wakes |= Wakes::DATA;
        }
    }

    /// Appends what is new and fits the window to the receive queue; says whether that was all.
    fn accept(&mut self, payload: Vec<u8>, old: usize, window: u32, cx: &mut Context<'_>) -> bool {
        let new = payload.len().saturating_sub(old);
        let taken = new.min(window as usize);
        self.rcv_mss = self.rcv_mss.max((payload.len() as u32).min(self.mss));
        self.rcv_nxt += taken as u32;
        if old == 0 && taken == payload.len() && self.receive_queue.is_empty() && taken > 0 {
            cx.pool.put(core::mem::take(&mut self.receive_queue).into());
            self.receive_queue = payload.into();
        } else {
            cx.pool.append(&mut self.receive_queue, &payload[payload.len() - new..][..taken]);
            cx.pool.put(payload);
        }
        taken == new
    }

    /// What came before its turn is kept, and its sender told at once (`tcp_data_queue_ofo`).
    fn queue_early(&mut self, segment: Segment, window: u32, cx: &mut Context<'_>) {
        self.deadlines.be_quick();
        let mut payload = segment.payload;
        let room = (self.rcv_nxt + window).since(segment.seq) as usize;
        if segment.flags.contains(Flags::FIN) && payload.len() < room {
            self.reassembly.insert_fin(segment.seq + payload.len() as u32);
        }
        payload.truncate(room);
        self.reassembly.insert(segment.seq, payload, cx.pool);
    }

    /// A gap is closed (`tcp_ofo_queue`).
    fn queue_late(&mut self, cx: &mut Context<'_>) {
        self.deadlines.be_quick();
        while let Some((old, piece)) = self.reassembly.pop(self.rcv_nxt) {
            let window = self.receive_window().max((piece.len() - old) as u32);
            self.accept(piece, old, window, cx);
        }
        if self.reassembly.take_fin(self.rcv_nxt) {
            self.on_fin(cx);
        }
    }

    /// `tcp_fin`.
    fn on_fin(&mut self, cx: &mut Context<'_>) {
        self.rcv_nxt += 1;
        self.shutdown |= Halves::RECEIVE;
        self.is_done = true;
        self.reassembly.clear(cx.pool);
        cx.effects.wakes |= Wakes::STATE;
        match self.state {
            State::Established => {
                self.state = State::CloseWait;
                self.deadlines.enter_pingpong();
            }
            State::FinWait1 => {
                self.send_ack(cx);
                self.state = State::Closing;
            }
            State::FinWait2 => {
                self.send_ack(cx);
                self.enter_time_wait(cx);
            }
            _ => {}
        }
    }

    /// Whether a reader that waits has enough (`tcp_epollin_ready`).
    pub fn is_readable(&self) -> bool {
        let available = self.receive_queue.len();
        let lowat = (self.options.receive_lowat as usize).max(1);
        available >= lowat || (available > 0 && self.receive_window() <= self.rcv_mss)
    }

    /// `__tcp_ack_snd_check`: whether what is held back goes out now.
    pub(super) fn check_acknowledgment(&mut self, cx: &mut Context<'_>) {
        if !self.deadlines.owes_acknowledgment() {
            return;
        }
        let unacknowledged = self.rcv_nxt.since(self.rcv_wup);
        let is_full = unacknowledged > self.rcv_mss && self.fresh_window() >= self.receive_window();
        if is_full || self.deadlines.is_quick() || self.options.quick_ack {
            self.send_ack(cx);
        }
    }

    /// Copies `len` octets into the buffers from `skip` on, and keeps them in the queue.
    pub fn peek(&self, bufs: &mut [IoSliceMut<'_>], skip: usize, len: usize) {
        let (front, back) = self.receive_queue.as_slices();
        let split = len.min(front.len());
        copy_into(bufs, skip, &front[..split]);
        copy_into(bufs, skip + split, &back[..len - split]);
    }

    /// Takes `len` octets out of the queue (`tcp_cleanup_rbuf`): the peer may be told of the room.
    pub fn consume(&mut self, len: usize, cx: &mut Context<'_>) {
        if len == self.receive_queue.len() {
            self.receive_queue.clear();
        } else {
            self.receive_queue.drain(..len);
        }
        cx.pool.put_if_empty(&mut self.receive_queue);
        if len > 0 {
            self.after_read(cx);
        }
    }

    fn after_read(&mut self, cx: &mut Context<'_>) {
        if self.state == State::Closed || self.state.is_connecting() {
            return;
        }
        let unacknowledged = self.rcv_nxt.since(self.rcv_wup);
        let mut now = self.deadlines.owes_acknowledgment() && unacknowledged > self.rcv_mss;
        if !now && !self.shutdown.contains(Halves::RECEIVE) {
            let current = self.receive_window();
            let fresh = self.fresh_window();
            now = 2 * u64::from(current) <= u64::from(self.options.receive_buffer / 2)
                && fresh > 0
                && fresh >= 2 * current;
        }
        if now {
            self.send_ack(cx);
        }
    }

    /// The sequence number of the next octet to be read (`copied_seq`).
    pub fn copied(&self) -> Seq {
        self.rcv_nxt - self.receive_queue.len() as u32 - u32::from(self.is_done)
    }
}

/// Copies octets into the buffers, from the `skip`-th octet of them on.
fn copy_into(bufs: &mut [IoSliceMut<'_>], mut skip: usize, mut octets: &[u8]) {
    for buf in bufs {
        let from = skip.min(buf.len());
        skip -= from;
        let len = octets.len().min(buf.len() - from);
        buf[from..from + len].copy_from_slice(&octets[..len]);
        octets = &octets[len..];
    }
}
