//! The socket calls.

use std::io::IoSlice;

use netcore::sys::{
    Domain, Errno, Fd, MsgFlags, Received, Result, Shutdown, SockAddr, SockFlags, SockOpt, SockOptValue,
    SockType, Sockets,
};

use super::Sim;
use super::bits::Bits;
use crate::choice::Point;
use crate::kernel::Stop;
use crate::trace::CallName;

impl Sockets for Sim {
    fn socket(&self, domain: Domain, ty: SockType, flags: SockFlags) -> Result<Fd> {
        let args = format_args!("{domain:?}, {ty:?}, {}", Bits(flags));
        self.call(CallName::Socket, Fd::NONE, args, |k, c| k.socket(c, domain, ty, flags))
    }

    fn bind(&self, fd: Fd, addr: &SockAddr) -> Result<()> {
        self.call(CallName::Bind, fd, format_args!("{fd}, {addr:?}"), |k, c| k.bind(c, fd, addr))
    }

    fn listen(&self, fd: Fd, backlog: i32) -> Result<()> {
        self.call(CallName::Listen, fd, format_args!("{fd}, {backlog}"), |k, c| k.listen(c, fd, backlog))
    }

    fn accept4(&self, fd: Fd, flags: SockFlags) -> Result<(Fd, SockAddr)> {
        self.call(CallName::Accept4, fd, format_args!("{fd}, {}", Bits(flags)), |k, c| {
            k.accept4(c, fd, flags)
        })
    }

    /// An injected `EINTR` interrupts the wait, not the attempt, connect(2): it goes on.
    fn connect(&self, fd: Fd, addr: &SockAddr) -> Result<()> {
        self.call(CallName::Connect, fd, format_args!("{fd}, {addr:?}"), |k, c| {
            match k.connect(c, fd, addr) {
                Err(Stop::Errno(Errno::EINPROGRESS)) if k.choices.strike(Point::Eintr) => {
                    Err(Errno::EINTR.into())
                }
                answer => answer,
            }
        })
    }

    fn shutdown(&self, fd: Fd, how: Shutdown) -> Result<()> {
        self.call(CallName::Shutdown, fd, format_args!("{fd}, {how:?}"), |k, c| k.shutdown(c, fd, how))
    }

    fn getsockname(&self, fd: Fd) -> Result<SockAddr> {
        self.call(CallName::Getsockname, fd, format_args!("{fd}"), |k, c| k.getsockname(c, fd))
    }

    fn getpeername(&self, fd: Fd) -> Result<SockAddr> {
        self.call(CallName::Getpeername, fd, format_args!("{fd}"), |k, c| k.getpeername(c, fd))
    }

    fn getsockopt(&self, fd: Fd, option: SockOpt) -> Result<SockOptValue> {
        self.call(CallName::Getsockopt, fd, format_args!("{fd}, {option:?}"), |k, c| {
            k.getsockopt(c, fd, option)
        })
    }

    fn setsockopt(&self, fd: Fd, option: SockOpt, value: SockOptValue) -> Result<()> {
        let args = format_args!("{fd}, {option:?}, {value:?}");
        self.call(CallName::Setsockopt, fd, args, |k, c| k.setsockopt(c, fd, option, value))
    }

    fn send(&self, fd: Fd, buf: &[u8], flags: MsgFlags) -> Result<usize> {
        let args = format_args!("{fd}, {} bytes, {}", buf.len(), Bits(flags));
        self.call(CallName::Send, fd, args, |k, c| k.send(c, fd, &[IoSlice::new(buf)], flags))
    }

    fn sendmsg(&self, fd: Fd, bufs: &[IoSlice<'_>], flags: MsgFlags) -> Result<usize> {
        let args = format_args!("{fd}, {} buffers, {}", bufs.len(), Bits(flags));
        self.call(CallName::Sendmsg, fd, args, |k, c| k.send(c, fd, bufs, flags))
    }

    fn recv(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<usize> {
        let len = buf.len();
        self.call(CallName::Recv, fd, format_args!("{fd}, {len}, {}", Bits(flags)), |k, c| {
            k.recv(c, fd, buf, flags)
        })
    }

    fn sendto(&self, fd: Fd, buf: &[u8], flags: MsgFlags, to: &SockAddr) -> Result<usize> {
        let args = format_args!("{fd}, {} bytes, {}, {to:?}", buf.len(), Bits(flags));
        self.call(CallName::Sendto, fd, args, |k, c| k.sendto(c, fd, buf, flags, to))
    }

    fn recvfrom(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<Received> {
        let len = buf.len();
        let args = format_args!("{fd}, {len}, {}", Bits(flags));
        self.call(CallName::Recvfrom, fd, args, |k, c| k.recvfrom(c, fd, buf, flags))
    }
}
