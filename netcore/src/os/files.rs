//! Calls on descriptors of any kind.

use core::mem::MaybeUninit;
use std::ffi::CString;
use std::io::{IoSlice, IoSliceMut};

use super::{Os, check, count, descriptor};
use crate::sys::{DupFlags, Errno, Fd, FdFlags, Files, OFlags, Result, Rlimit};

impl Files for Os {
    fn read(&self, fd: Fd, buf: &mut [u8]) -> Result<usize> {
        // SAFETY: `buf` is writable for its length.
        count(unsafe { libc::read(fd.number, buf.as_mut_ptr().cast(), buf.len()) })
    }

    fn readv(&self, fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
        // SAFETY: IoSliceMut has the layout of iovec on Unix, and each names writable memory.
        count(unsafe { libc::readv(fd.number, bufs.as_mut_ptr().cast(), bufs.len() as i32) })
    }

    fn write(&self, fd: Fd, buf: &[u8]) -> Result<usize> {
        // SAFETY: `buf` is readable for its length.
        count(unsafe { libc::write(fd.number, buf.as_ptr().cast(), buf.len()) })
    }

    fn writev(&self, fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize> {
        // SAFETY: IoSlice has the layout of iovec on Unix, and each names readable memory.
        count(unsafe { libc::writev(fd.number, bufs.as_ptr().cast(), bufs.len() as i32) })
    }

    fn close(&self, fd: Fd) -> Result<()> {
        // SAFETY: takes numbers only; that the number is the caller's is the caller's to know.
        check(unsafe { libc::close(fd.number) }).map(drop)
    }

    fn open(&self, path: &str, flags: OFlags) -> Result<Fd> {
        let path = CString::new(path).map_err(|_| Errno::ENOENT)?;
        // SAFETY: `path` is a string that ends in NUL.
        descriptor(unsafe { libc::open(path.as_ptr(), open_flags(flags)) })
    }

    fn pipe2(&self, flags: OFlags) -> Result<(Fd, Fd)> {
        let mut fds = [0; 2];
        // SAFETY: `fds` is a place for two descriptors.
        check(unsafe { libc::pipe2(fds.as_mut_ptr(), open_flags(flags)) })?;
        Ok((Fd::raw(fds[0]), Fd::raw(fds[1])))
    }

    fn dup(&self, fd: Fd) -> Result<Fd> {
        // SAFETY: takes numbers only.
        descriptor(unsafe { libc::dup(fd.number) })
    }

    fn dup2(&self, fd: Fd, number: i32) -> Result<Fd> {
        // SAFETY: takes numbers only.
        descriptor(unsafe { libc::dup2(fd.number, number) })
    }

    fn dup3(&self, fd: Fd, number: i32, flags: DupFlags) -> Result<Fd> {
        let cloexec = if flags.contains(DupFlags::CLOEXEC) { libc::O_CLOEXEC } else { 0 };
        // SAFETY: takes numbers only.
        descriptor(unsafe { libc::dup3(fd.number, number, cloexec) })
    }

    fn fcntl_dupfd_cloexec(&self, fd: Fd, min: i32) -> Result<Fd> {
        descriptor(fcntl(fd, libc::F_DUPFD_CLOEXEC, min))
    }

    fn fcntl_getfd(&self, fd: Fd) -> Result<FdFlags> {
        let flags = check(fcntl(fd, libc::F_GETFD, 0))?;
        Ok(if flags & libc::FD_CLOEXEC == 0 { FdFlags::empty() } else { FdFlags::CLOEXEC })
    }

    fn fcntl_setfd(&self, fd: Fd, flags: FdFlags) -> Result<()> {
        let cloexec = if flags.contains(FdFlags::CLOEXEC) { libc::FD_CLOEXEC } else { 0 };
        check(fcntl(fd, libc::F_SETFD, cloexec)).map(drop)
    }

    fn fcntl_getfl(&self, fd: Fd) -> Result<OFlags> {
        let system = check(fcntl(fd, libc::F_GETFL, 0))?;
        let mut flags = match system & libc::O_ACCMODE {
            libc::O_WRONLY => OFlags::WRONLY,
            libc::O_RDWR => OFlags::RDWR,
            _ => OFlags::empty(),
        };
        flags.set(OFlags::NONBLOCK, system & libc::O_NONBLOCK != 0);
        Ok(flags)
    }

    fn fcntl_setfl(&self, fd: Fd, flags: OFlags) -> Result<()> {
        let old = check(fcntl(fd, libc::F_GETFL, 0))?;
        let nonblock = if flags.contains(OFlags::NONBLOCK) { libc::O_NONBLOCK } else { 0 };
        check(fcntl(fd, libc::F_SETFL, old & !libc::O_NONBLOCK | nonblock)).map(drop)
    }

    fn ioctl_fionread(&self, fd: Fd) -> Result<usize> {
        let mut bytes: libc::c_int = 0;
        // SAFETY: FIONREAD writes one int, ioctl_tty(2).
        check(unsafe { libc::ioctl(fd.number, libc::FIONREAD, &mut bytes) })?;
        Ok(bytes as usize)
    }

    fn getrlimit_nofile(&self) -> Result<Rlimit> {
        let mut limit = MaybeUninit::<libc::rlimit>::uninit();
        // SAFETY: `limit` is a place for one rlimit.
        check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) })?;
        // SAFETY: the call succeeded, so it has written the rlimit.
        let limit = unsafe { limit.assume_init() };
        Ok(Rlimit { soft: limit.rlim_cur, hard: limit.rlim_max })
    }

    fn setrlimit_nofile(&self, limit: Rlimit) -> Result<()> {
        let limit = libc::rlimit { rlim_cur: limit.soft, rlim_max: limit.hard };
        // SAFETY: `limit` is one rlimit, which the call reads.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }).map(drop)
    }
}

/// A command of fcntl(2) that takes a number or nothing.
pub(super) fn fcntl(fd: Fd, command: i32, argument: i32) -> i32 {
    // SAFETY: takes numbers only; the commands used here take no pointers.
    unsafe { libc::fcntl(fd.number, command, argument) }
}

fn open_flags(flags: OFlags) -> i32 {
    let table = [
        (OFlags::WRONLY, libc::O_WRONLY),
        (OFlags::RDWR, libc::O_RDWR),
        (OFlags::NONBLOCK, libc::O_NONBLOCK),
        (OFlags::CLOEXEC, libc::O_CLOEXEC),
    ];
    table.into_iter().filter(|&(flag, _)| flags.contains(flag)).fold(0, |all, (_, system)| all | system)
}
