//! The socket calls.

use core::mem::zeroed;
use std::io::IoSlice;

use super::addr::Storage;
use super::{Os, check, count, descriptor, sockopt};
use crate::sys::{
    Domain, Fd, MsgFlags, Received, Result, Shutdown, SockAddr, SockFlags, SockOpt, SockOptValue, SockType,
    Sockets,
};

impl Sockets for Os {
    fn socket(&self, domain: Domain, ty: SockType, flags: SockFlags) -> Result<Fd> {
        let domain = match domain {
            Domain::Inet => libc::AF_INET,
            Domain::Inet6 => libc::AF_INET6,
            Domain::Unix => libc::AF_UNIX,
        };
        let ty = match ty {
            SockType::Stream => libc::SOCK_STREAM,
            SockType::Dgram => libc::SOCK_DGRAM,
            SockType::SeqPacket => libc::SOCK_SEQPACKET,
            SockType::Raw => libc::SOCK_RAW,
        };
        // SAFETY: takes numbers only.
        descriptor(unsafe { libc::socket(domain, ty | sock_flags(flags), 0) })
    }

    fn bind(&self, fd: Fd, addr: &SockAddr) -> Result<()> {
        let addr = Storage::of(addr);
        // SAFETY: `addr` is an address of its length.
        check(unsafe { libc::bind(fd.number, addr.as_ptr(), addr.len()) }).map(drop)
    }

    fn listen(&self, fd: Fd, backlog: i32) -> Result<()> {
        // SAFETY: takes numbers only.
        check(unsafe { libc::listen(fd.number, backlog) }).map(drop)
    }

    fn accept4(&self, fd: Fd, flags: SockFlags) -> Result<(Fd, SockAddr)> {
        let mut peer = Storage::empty();
        let (addr, len) = (peer.as_mut_ptr(), &raw mut *peer.len_mut());
        // SAFETY: `addr` is a place for any address, and `len` says how large.
        let accepted = descriptor(unsafe { libc::accept4(fd.number, addr, len, sock_flags(flags)) })?;
        Ok((accepted, peer.get()?))
    }

    fn connect(&self, fd: Fd, addr: &SockAddr) -> Result<()> {
        let addr = Storage::of(addr);
        // SAFETY: `addr` is an address of its length.
        check(unsafe { libc::connect(fd.number, addr.as_ptr(), addr.len()) }).map(drop)
    }

    fn shutdown(&self, fd: Fd, how: Shutdown) -> Result<()> {
        let how = match how {
            Shutdown::Read => libc::SHUT_RD,
            Shutdown::Write => libc::SHUT_WR,
            Shutdown::Both => libc::SHUT_RDWR,
        };
        // SAFETY: takes numbers only.
        check(unsafe { libc::shutdown(fd.number, how) }).map(drop)
    }

    fn getsockname(&self, fd: Fd) -> Result<SockAddr> {
        let mut name = Storage::empty();
        let (addr, len) = (name.as_mut_ptr(), &raw mut *name.len_mut());
        // SAFETY: `addr` is a place for any address, and `len` says how large.
        check(unsafe { libc::getsockname(fd.number, addr, len) })?;
        name.get()
    }

    fn getpeername(&self, fd: Fd) -> Result<SockAddr> {
        let mut name = Storage::empty();
        let (addr, len) = (name.as_mut_ptr(), &raw mut *name.len_mut());
        // SAFETY: `addr` is a place for any address, and `len` says how large.
        check(unsafe { libc::getpeername(fd.number, addr, len) })?;
        name.get()
    }

    fn getsockopt(&self, fd: Fd, option: SockOpt) -> Result<SockOptValue> {
        sockopt::get(fd, option)
    }

    fn setsockopt(&self, fd: Fd, option: SockOpt, value: SockOptValue) -> Result<()> {
        sockopt::set(fd, option, value)
    }

    fn send(&self, fd: Fd, buf: &[u8], flags: MsgFlags) -> Result<usize> {
        // SAFETY: `buf` is readable for its length.
        count(unsafe { libc::send(fd.number, buf.as_ptr().cast(), buf.len(), msg_flags(flags)) })
    }

    fn sendmsg(&self, fd: Fd, bufs: &[IoSlice<'_>], flags: MsgFlags) -> Result<usize> {
        // SAFETY: zero is a valid value of every field of msghdr: no name, no buffers, no control data.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = bufs.as_ptr().cast_mut().cast();
        message.msg_iovlen = bufs.len() as _;
        // SAFETY: IoSlice has the layout of iovec on Unix, each names readable memory, and sendmsg(2) only
        // reads.
        count(unsafe { libc::sendmsg(fd.number, &raw const message, msg_flags(flags)) })
    }

    fn recv(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<usize> {
        // SAFETY: `buf` is writable for its length.
        count(unsafe { libc::recv(fd.number, buf.as_mut_ptr().cast(), buf.len(), msg_flags(flags)) })
    }

    fn sendto(&self, fd: Fd, buf: &[u8], flags: MsgFlags, to: &SockAddr) -> Result<usize> {
        let to = Storage::of(to);
        let (data, len, flags) = (buf.as_ptr().cast(), buf.len(), msg_flags(flags));
        // SAFETY: `buf` is readable for its length, and `to` is an address of its length.
        count(unsafe { libc::sendto(fd.number, data, len, flags, to.as_ptr(), to.len()) })
    }

    fn recvfrom(&self, fd: Fd, buf: &mut [u8], flags: MsgFlags) -> Result<Received> {
        let mut from = Storage::empty();
        let mut slice = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
        // SAFETY: zero is a valid value of every field of msghdr.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_name = from.as_mut_ptr().cast();
        message.msg_namelen = from.len();
        message.msg_iov = &raw mut slice;
        message.msg_iovlen = 1;
        // SAFETY: the message names a place for an address and one for bytes, each with its size.
        let len = count(unsafe { libc::recvmsg(fd.number, &raw mut message, msg_flags(flags)) })?;
        let mut received = MsgFlags::empty();
        received.set(MsgFlags::TRUNC, message.msg_flags & libc::MSG_TRUNC != 0);
        received.set(MsgFlags::OOB, message.msg_flags & libc::MSG_OOB != 0);
        let from = if message.msg_namelen == 0 { None } else { Some(from.get()?) };
        Ok(Received { len, from, flags: received })
    }
}

fn sock_flags(flags: SockFlags) -> i32 {
    let nonblock = if flags.contains(SockFlags::NONBLOCK) { libc::SOCK_NONBLOCK } else { 0 };
    let cloexec = if flags.contains(SockFlags::CLOEXEC) { libc::SOCK_CLOEXEC } else { 0 };
    nonblock | cloexec
}

#[inline]
fn msg_flags(flags: MsgFlags) -> i32 {
    let table = [
        (MsgFlags::PEEK, libc::MSG_PEEK),
        (MsgFlags::WAITALL, libc::MSG_WAITALL),
        (MsgFlags::DONTWAIT, libc::MSG_DONTWAIT),
        (MsgFlags::NOSIGNAL, libc::MSG_NOSIGNAL),
        (MsgFlags::TRUNC, libc::MSG_TRUNC),
        (MsgFlags::OOB, libc::MSG_OOB),
        (MsgFlags::MORE, libc::MSG_MORE),
    ];
    table.into_iter().filter(|&(flag, _)| flags.contains(flag)).fold(0, |all, (_, flag)| all | flag)
}
