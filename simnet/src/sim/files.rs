//! The calls on descriptors of any kind.

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{DupFlags, Fd, FdFlags, Files, OFlags, Result, Rlimit};

use super::Sim;
use super::bits::Bits;
use crate::trace::CallName;

impl Files for Sim {
    fn read(&self, fd: Fd, buf: &mut [u8]) -> Result<usize> {
        let len = buf.len();
        self.call(CallName::Read, fd, format_args!("{fd}, {len}"), |k, c| k.read(c, fd, buf))
    }

    fn readv(&self, fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
        let count = bufs.len();
        self.call(CallName::Readv, fd, format_args!("{fd}, {count} buffers"), |k, c| k.readv(c, fd, bufs))
    }

    fn write(&self, fd: Fd, buf: &[u8]) -> Result<usize> {
        let args = format_args!("{fd}, {} bytes", buf.len());
        self.call(CallName::Write, fd, args, |k, c| k.write(c, fd, buf))
    }

    fn writev(&self, fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize> {
        let args = format_args!("{fd}, {} buffers", bufs.len());
        self.call(CallName::Writev, fd, args, |k, c| k.writev(c, fd, bufs))
    }

    fn close(&self, fd: Fd) -> Result<()> {
        self.call(CallName::Close, fd, format_args!("{fd}"), |k, c| k.close(c, fd))
    }

    fn open(&self, path: &str, flags: OFlags) -> Result<Fd> {
        let args = format_args!("{path:?}, {}", Bits(flags));
        self.call(CallName::Open, Fd::NONE, args, |k, c| k.open(c, path, flags))
    }

    fn pipe2(&self, flags: OFlags) -> Result<(Fd, Fd)> {
        self.call(CallName::Pipe2, Fd::NONE, format_args!("{}", Bits(flags)), |k, c| k.pipe2(c, flags))
    }

    fn dup(&self, fd: Fd) -> Result<Fd> {
        self.call(CallName::Dup, fd, format_args!("{fd}"), |k, c| k.dup(c, fd))
    }

    fn dup2(&self, fd: Fd, number: i32) -> Result<Fd> {
        self.call(CallName::Dup2, fd, format_args!("{fd}, {number}"), |k, c| k.dup2(c, fd, number))
    }

    fn dup3(&self, fd: Fd, number: i32, flags: DupFlags) -> Result<Fd> {
        let args = format_args!("{fd}, {number}, {}", Bits(flags));
        self.call(CallName::Dup3, fd, args, |k, c| k.dup3(c, fd, number, flags))
    }

    fn fcntl_dupfd_cloexec(&self, fd: Fd, min: i32) -> Result<Fd> {
        let args = format_args!("{fd}, F_DUPFD_CLOEXEC, {min}");
        self.call(CallName::Fcntl, fd, args, |k, c| k.fcntl_dupfd_cloexec(c, fd, min))
    }

    fn fcntl_getfd(&self, fd: Fd) -> Result<FdFlags> {
        self.call(CallName::Fcntl, fd, format_args!("{fd}, F_GETFD"), |k, c| k.fcntl_getfd(c, fd))
    }

    fn fcntl_setfd(&self, fd: Fd, flags: FdFlags) -> Result<()> {
        let args = format_args!("{fd}, F_SETFD, {}", Bits(flags));
        self.call(CallName::Fcntl, fd, args, |k, c| k.fcntl_setfd(c, fd, flags))
    }

    fn fcntl_getfl(&self, fd: Fd) -> Result<OFlags> {
        self.call(CallName::Fcntl, fd, format_args!("{fd}, F_GETFL"), |k, c| k.fcntl_getfl(c, fd))
    }

    fn fcntl_setfl(&self, fd: Fd, flags: OFlags) -> Result<()> {
        let args = format_args!("{fd}, F_SETFL, {}", Bits(flags));
        self.call(CallName::Fcntl, fd, args, |k, c| k.fcntl_setfl(c, fd, flags))
    }

    fn ioctl_fionread(&self, fd: Fd) -> Result<usize> {
        self.call(CallName::Ioctl, fd, format_args!("{fd}, FIONREAD"), |k, c| k.ioctl_fionread(c, fd))
    }

    fn getrlimit_nofile(&self) -> Result<Rlimit> {
        let args = format_args!("RLIMIT_NOFILE");
        self.call(CallName::Getrlimit, Fd::NONE, args, |k, c| k.getrlimit_nofile(c))
    }

    fn setrlimit_nofile(&self, limit: Rlimit) -> Result<()> {
        let args = format_args!("RLIMIT_NOFILE, {}..{}", limit.soft, limit.hard);
        self.call(CallName::Setrlimit, Fd::NONE, args, |k, c| k.setrlimit_nofile(c, limit))
    }
}
