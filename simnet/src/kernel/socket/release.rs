//! What the last close(2) does (`inet_release`, `__tcp_close`).

use core::time::Duration;

use netcore::sys::EpollEvents;

use crate::kernel::ids::SocketId;
use crate::kernel::tcp::{State, Tcp};
use crate::kernel::{Answer, Attempt, Call, Kernel};

impl Kernel {
    /// The last reference to the socket's file is gone; the file goes when this answers. With a `call` it
    /// may block for `SO_LINGER` (queued on `call.file`, and is then called again), even if the socket does not
    /// wait otherwise; without one, because a process ends or the call that held the last reference was
    /// interrupted, it may not.
    pub fn socket_release(&mut self, call: Option<&mut Call>, socket: SocketId) -> Answer<()> {
        let is_again =
            call.as_ref().is_some_and(|call| call.attempt != Attempt::First && call.done == LINGERS);
        if !is_again {
            if self.sockets[socket].tcp.state == State::Listen {
                self.stop_listening(socket);
            }
            self.drive(socket, Tcp::close);
            self.settle();
        }
        let linger = self.sockets[socket].tcp.options.linger.unwrap_or(0);
        if let Some(call) = call
            && linger > 0
            && !call.is_over()
            && self.sockets[socket].tcp.state.is_closing()
        {
            call.done = LINGERS;
            self.set_deadline(call, Duration::from_secs(linger.into()));
            return Err(self.wait_on(call, EpollEvents::empty(), false));
        }
        self.orphan(socket);
        Ok(())
    }

    /// The socket goes on without a file, or goes.
    fn orphan(&mut self, socket: SocketId) {
        self.sockets[socket].file = None;
        self.drive(socket, Tcp::orphan);
        self.settle();
    }
}

/// What `call.done` is while a close lingers: no transfer has so many bytes.
const LINGERS: usize = usize::MAX;
