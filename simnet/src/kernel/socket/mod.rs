//! Sockets.

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{EpollEvents, Errno, MsgFlags};

use super::ids::SocketId;
use super::{Answer, Call, Kernel};

impl Kernel {
    /// Readiness of a socket.
    pub fn socket_poll(&self, _socket: SocketId) -> EpollEvents {
        EpollEvents::empty()
    }

    /// read(2), readv(2) and recv(2) of at least one byte; `call.file` is the socket's file.
    pub fn socket_read(
        &mut self,
        _call: &mut Call,
        _socket: SocketId,
        _bufs: &mut [IoSliceMut<'_>],
        _flags: MsgFlags,
    ) -> Answer<usize> {
        Err(Errno::ENOTCONN.into())
    }

    /// write(2), writev(2) and send(2); `call.file` is the socket's file.
    pub fn socket_write(
        &mut self,
        _call: &mut Call,
        _socket: SocketId,
        _bufs: &[IoSlice<'_>],
        _flags: MsgFlags,
    ) -> Answer<usize> {
        Err(Errno::EPIPE.into())
    }

    /// The last reference to the socket's file is gone; the file goes when this answers. With a `call` it
    /// may block for `SO_LINGER` (queued on `call.file`, and is then called again); without one, because
    /// a process ends or the call that held the last reference was interrupted, it may not.
    pub fn socket_release(&mut self, _call: Option<&mut Call>, _socket: SocketId) -> Answer<()> {
        Ok(())
    }

    /// ioctl(2) `FIONREAD`.
    pub fn socket_fionread(&self, _socket: SocketId) -> Result<usize, Errno> {
        Ok(0)
    }

    /// The socket in a few words, for state tables.
    pub fn socket_describe(&self, _socket: SocketId) -> String {
        String::from("socket")
    }
}
