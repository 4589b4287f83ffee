//! send(2) and recv(2) (`tcp_sendmsg_locked`, `tcp_recvmsg_locked`).

use core::time::Duration;
use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{EpollEvents, Errno, Fd, MsgFlags, Received, SockAddr};

use super::drive::DATA_KEY;
use crate::choice::Point;
use crate::kernel::ids::SocketId;
use crate::kernel::io::{total_of, total_of_mut, window};
use crate::kernel::tcp::{Halves, State};
use crate::kernel::{Answer, Attempt, Call, Kernel, Stop};

impl Kernel {
    /// send(2) and sendmsg(2).
    pub fn send(&mut self, call: &mut Call, fd: Fd, bufs: &[IoSlice<'_>], flags: MsgFlags) -> Answer<usize> {
        let socket = self.resolve_socket(call, fd)?;
        self.socket_write(call, socket, bufs, flags)
    }

    /// sendto(2): TCP ignores the address.
    pub fn sendto(
        &mut self,
        call: &mut Call,
        fd: Fd,
        buf: &[u8],
        flags: MsgFlags,
        _to: &SockAddr,
    ) -> Answer<usize> {
        self.send(call, fd, &[IoSlice::new(buf)], flags)
    }

    /// recv(2).
    pub fn recv(&mut self, call: &mut Call, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Answer<usize> {
        let socket = self.resolve_socket(call, fd)?;
        self.socket_read(call, socket, &mut [IoSliceMut::new(buf)], flags)
    }

    /// recvfrom(2): TCP tells no address.
    pub fn recvfrom(&mut self, call: &mut Call, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Answer<Received> {
        let len = self.recv(call, fd, buf, flags)?;
        Ok(Received { len, from: None, flags: MsgFlags::empty() })
    }

    /// read(2) of at least one byte, readv(2) and recv(2); `call.file` is the socket's file.
    pub fn socket_read(
        &mut self,
        call: &mut Call,
        socket: SocketId,
        bufs: &mut [IoSliceMut<'_>],
        flags: MsgFlags,
    ) -> Answer<usize> {
        let tcp = &self.sockets[socket].tcp;
        if tcp.state == State::Listen {
            return Err(Errno::ENOTCONN.into());
        }
        if flags.contains(MsgFlags::OOB) {
            // There never is any.
            self.unmodelled = Some("recv: MSG_OOB".to_owned());
            return Err(Errno::EINVAL.into());
        }
        let wanted = total_of_mut(bufs);
        let available = tcp.readable();
        if wanted == 0 && available > 0 {
            return Ok(0);
        }
        let enough = if flags.contains(MsgFlags::WAITALL) {
            wanted
        } else {
            wanted.min(tcp.options.receive_lowat as usize)
        };
        let copied = self.copy_out(call, socket, bufs, flags);
        if copied >= enough.max(1) {
            return Ok(copied);
        }
        if let Some(answer) = self.read_stops(call, socket, copied, flags) {
            return Ok(answer?);
        }
        let timeout = self.sockets[socket].tcp.options.receive_timeout;
        self.set_deadline(call, timeout);
        Err(self.wait_on(call, EpollEvents::empty(), false))
    }

    /// Copies what is there; says how much this call has brought so far.
    fn copy_out(
        &mut self,
        call: &mut Call,
        socket: SocketId,
        bufs: &mut [IoSliceMut<'_>],
        flags: MsgFlags,
    ) -> usize {
        let wanted = total_of_mut(bufs) - call.done;
        let mut len = wanted.min(self.sockets[socket].tcp.readable());
        if len == 0 {
            return call.done;
        }
        let available = len;
        if !flags.contains(MsgFlags::WAITALL) {
            len = self.shorten(Point::ShortRead, len);
        }
        let was_shortened = len < available;
        if !flags.contains(MsgFlags::TRUNC) {
            self.sockets[socket].tcp.peek(bufs, call.done, len);
        }
        if flags.contains(MsgFlags::PEEK) {
            return len;
        }
        self.drive(socket, |tcp, cx| tcp.consume(len, cx));
        if was_shortened && let Some(file) = call.file {
            // To the caller the rest is data that has only just come.
            self.notify(file, DATA_KEY);
        }
        self.settle();
        call.done += len;
        call.done
    }

    /// Whether a read that has brought less than enough ends here, and with what.
    fn read_stops(
        &mut self,
        call: &Call,
        socket: SocketId,
        copied: usize,
        flags: MsgFlags,
    ) -> Option<Result<usize, Errno>> {
        let is_impatient = self.is_impatient(call, flags);
        let tcp = &mut self.sockets[socket].tcp;
        let is_over = tcp.state == State::Closed || tcp.shutdown.contains(Halves::RECEIVE);
        if copied > 0 {
            return (is_impatient || call.is_over() || tcp.error.is_some() || is_over).then_some(Ok(copied));
        }
        if tcp.is_done {
            return Some(Ok(0));
        }
        if let Some(errno) = tcp.take_error() {
            return Some(Err(errno));
        }
        if tcp.shutdown.contains(Halves::RECEIVE) {
            return Some(Ok(0));
        }
        if tcp.state == State::Closed {
            return Some(Err(Errno::ENOTCONN));
        }
        is_impatient.then_some(Err(Errno::EAGAIN))
    }

    /// write(2), writev(2) and send(2); `call.file` is the socket's file.
    pub fn socket_write(
        &mut self,
        call: &mut Call,
        socket: SocketId,
        bufs: &[IoSlice<'_>],
        flags: MsgFlags,
    ) -> Answer<usize> {
        if flags.contains(MsgFlags::OOB) {
            self.unmodelled = Some("send: MSG_OOB".to_owned());
            return Err(Errno::EOPNOTSUPP.into());
        }
        if call.done == 0 && !self.sockets[socket].tcp.state.can_send() {
            self.wait_connected(call, socket, flags)?;
        }
        let mut total = total_of(bufs);
        if call.attempt == Attempt::First && self.is_impatient(call, flags) && total > 1 {
            total = self.shorten(Point::ShortWrite, total);
        }
        loop {
            let tcp = &mut self.sockets[socket].tcp;
            if tcp.error.is_some() || tcp.shutdown.contains(Halves::SEND) {
                return match call.done {
                    0 => Err(tcp.take_error().unwrap_or(Errno::EPIPE).into()),
                    done => Ok(done),
                };
            }
            if call.done == total {
                return Ok(total);
            }
            let len = tcp.send_room().min(total - call.done);
            if len == 0 {
                break;
            }
            let (done, more) = (call.done, flags.contains(MsgFlags::MORE) || call.done + len < total);
            self.drive(socket, |tcp, cx| {
                tcp.queue(window(bufs, done, len), cx);
                tcp.flush(more, cx);
            });
            call.done += len;
            self.settle();
        }
        self.sockets[socket].tcp.wants_space = true;
        if call.done > 0 && (call.is_over() || self.is_impatient(call, flags)) {
            return Ok(call.done);
        }
        if self.is_impatient(call, flags) {
            return Err(Errno::EAGAIN.into());
        }
        let timeout = self.sockets[socket].tcp.options.send_timeout;
        self.set_deadline(call, timeout);
        Err(self.wait_on(call, EpollEvents::empty(), false))
    }

    /// `sk_stream_wait_connect`.
    fn wait_connected(&mut self, call: &mut Call, socket: SocketId, flags: MsgFlags) -> Result<(), Stop> {
        let tcp = &mut self.sockets[socket].tcp;
        if let Some(errno) = tcp.take_error() {
            return Err(errno.into());
        }
        if !tcp.state.is_connecting() {
            return Err(Errno::EPIPE.into());
        }
        let timeout = tcp.options.send_timeout;
        if self.is_impatient(call, flags) {
            return Err(Errno::EAGAIN.into());
        }
        self.set_deadline(call, timeout);
        Err(self.wait_on(call, EpollEvents::empty(), false))
    }

    /// Whether the call answers rather than waits (any longer).
    fn is_impatient(&self, call: &Call, flags: MsgFlags) -> bool {
        flags.contains(MsgFlags::DONTWAIT)
            || call.attempt == Attempt::TimedOut
            || call.file.is_some_and(|file| self.is_nonblocking(file))
    }

    /// The call waits at most so long, counted from its first attempt; zero is without limit.
    pub(super) fn set_deadline(&self, call: &mut Call, timeout: Duration) {
        if call.deadline.is_none() && !timeout.is_zero() {
            call.deadline = Some(self.now + timeout);
        }
    }
}
