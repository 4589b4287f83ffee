//! The socket calls, refused: `ENOSYS` until there are sockets.
#![expect(missing_docs, reason = "goes when sockets come")]

use std::io::IoSlice;

use netcore::sys::*;

use super::{Answer, Call, Kernel};
impl Kernel {
    pub fn socket(&mut self, _: &mut Call, _: Domain, _: SockType, _: SockFlags) -> Answer<Fd> {
        Err(Errno::ENOSYS.into())
    }
    pub fn bind(&mut self, _: &mut Call, _: Fd, _: &SockAddr) -> Answer<()> {
        Err(Errno::ENOSYS.into())
    }
    pub fn listen(&mut self, _: &mut Call, _: Fd, _: i32) -> Answer<()> {
        Err(Errno::ENOSYS.into())
    }
    pub fn accept4(&mut self, _: &mut Call, _: Fd, _: SockFlags) -> Answer<(Fd, SockAddr)> {
        Err(Errno::ENOSYS.into())
    }
    pub fn connect(&mut self, _: &mut Call, _: Fd, _: &SockAddr) -> Answer<()> {
        Err(Errno::ENOSYS.into())
    }
    pub fn shutdown(&mut self, _: &mut Call, _: Fd, _: Shutdown) -> Answer<()> {
        Err(Errno::ENOSYS.into())
    }
    pub fn getsockname(&mut self, _: &mut Call, _: Fd) -> Answer<SockAddr> {
        Err(Errno::ENOSYS.into())
    }
    pub fn getpeername(&mut self, _: &mut Call, _: Fd) -> Answer<SockAddr> {
        Err(Errno::ENOSYS.into())
    }
    pub fn getsockopt(&mut self, _: &mut Call, _: Fd, _: SockOpt) -> Answer<SockOptValue> {
        Err(Errno::ENOSYS.into())
    }
    pub fn setsockopt(&mut self, _: &mut Call, _: Fd, _: SockOpt, _: SockOptValue) -> Answer<()> {
        Err(Errno::ENOSYS.into())
    }
    pub fn send(&mut self, _: &mut Call, _: Fd, _: &[IoSlice<'_>], _: MsgFlags) -> Answer<usize> {
        Err(Errno::ENOSYS.into())
    }
    pub fn recv(&mut self, _: &mut Call, _: Fd, _: &mut [u8], _: MsgFlags) -> Answer<usize> {
        Err(Errno::ENOSYS.into())
    }
    pub fn sendto(&mut self, _: &mut Call, _: Fd, _: &[u8], _: MsgFlags, _: &SockAddr) -> Answer<usize> {
        Err(Errno::ENOSYS.into())
    }
    pub fn recvfrom(&mut self, _: &mut Call, _: Fd, _: &mut [u8], _: MsgFlags) -> Answer<Received> {
        Err(Errno::ENOSYS.into())
    }
}
