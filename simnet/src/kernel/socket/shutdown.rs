//! shutdown(2) (`inet_shutdown`).

use netcore::sys::{EpollEvents, Errno, Fd, Shutdown};

use super::Phase;
use crate::kernel::tcp::{Halves, State, Tcp};
use crate::kernel::{Answer, Call, Kernel};

impl Kernel {
    /// shutdown(2). Without a connection it answers `ENOTCONN`, yet the directions are shut.
    pub fn shutdown(&mut self, call: &mut Call, fd: Fd, how: Shutdown) -> Answer<()> {
        let socket = self.resolve_socket(call, fd)?;
        let halves = match how {
            Shutdown::Read => Halves::RECEIVE,
            Shutdown::Write => Halves::SEND,
            Shutdown::Both => Halves::all(),
        };
        let state = &mut self.sockets[socket];
        if state.phase == Phase::Connecting {
            let early = matches!(state.tcp.state, State::SynSent | State::SynReceived | State::Closed);
            state.phase = if early { Phase::Disconnecting } else { Phase::Connected };
        }
        let before = state.tcp.state;
        match before {
            State::Listen if !halves.contains(Halves::RECEIVE) => {}
            State::Listen | State::SynSent => self.dissolve(socket),
            _ => {
                state.tcp.shutdown |= halves;
                if halves.contains(Halves::SEND) {
                    self.drive(socket, Tcp::shutdown_send);
                }
            }
        }
        // The peer has its FIN before "anyone sleeping in poll" here is woken.
        self.settle();
        if let Some(file) = self.sockets[socket].file {
            self.notify(file, EpollEvents::empty());
        }
        if before == State::Closed { Err(Errno::ENOTCONN.into()) } else { Ok(()) }
    }
}
