//! Calls on descriptors of any kind.

use std::io::{IoSlice, IoSliceMut};

use bitflags::bitflags;

use super::{Fd, Result};

bitflags! {
    /// Flags of open(2), pipe2(2) and the file status flags of `F_GETFL`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct OFlags: u32 {
        /// Open for writing only; with neither this nor `RDWR`, for reading only (`O_RDONLY` is 0).
        const WRONLY = 1;
        /// Open for reading and writing.
        const RDWR = 2;
        /// Calls that would wait answer `EAGAIN`.
        const NONBLOCK = 4;
        /// Close on execve(2).
        const CLOEXEC = 8;
    }

    /// Descriptor flags, `F_GETFD` and `F_SETFD` of fcntl(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct FdFlags: u32 {
        /// Close on execve(2).
        const CLOEXEC = 1;
    }

    /// Flags of dup3(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct DupFlags: u32 {
        /// Close the new descriptor on execve(2).
        const CLOEXEC = 1;
    }
}

/// `struct rlimit`, getrlimit(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rlimit {
    /// The limit in force.
    pub soft: u64,
    /// The ceiling for `soft`.
    pub hard: u64,
}

/// Descriptors and what every kind of file answers to.
pub trait Files {
    /// read(2): the number of bytes read into the front of `buf`; 0 is end of file (or an empty `buf`).
    fn read(&self, fd: Fd, buf: &mut [u8]) -> Result<usize>;
    /// readv(2): like `read` into several buffers, filled in order.
    fn readv(&self, fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Result<usize>;
    /// write(2): the number of bytes taken from the front of `buf`.
    fn write(&self, fd: Fd, buf: &[u8]) -> Result<usize>;
    /// writev(2): like `write` from several buffers, in order.
    fn writev(&self, fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize>;
    /// close(2). The number is free when it returns, whatever it returns (Linux).
    fn close(&self, fd: Fd) -> Result<()>;
    /// open(2) of an existing file.
    fn open(&self, path: &str, flags: OFlags) -> Result<Fd>;
    /// pipe2(2): the read end and the write end. Only `NONBLOCK` and `CLOEXEC` are meaningful.
    fn pipe2(&self, flags: OFlags) -> Result<(Fd, Fd)>;
    /// dup(2): the lowest free number, without `CLOEXEC`.
    fn dup(&self, fd: Fd) -> Result<Fd>;
    /// dup2(2): makes `number` a copy of `fd`, closing what was there.
    fn dup2(&self, fd: Fd, number: i32) -> Result<Fd>;
    /// dup3(2): as `dup2`, with flags; `EINVAL` if both numbers are the same.
    fn dup3(&self, fd: Fd, number: i32, flags: DupFlags) -> Result<Fd>;
    /// fcntl(2) `F_DUPFD_CLOEXEC`: the lowest free number not below `min`, with `CLOEXEC`.
    fn fcntl_dupfd_cloexec(&self, fd: Fd, min: i32) -> Result<Fd>;
    /// fcntl(2) `F_GETFD`.
    fn fcntl_getfd(&self, fd: Fd) -> Result<FdFlags>;
    /// fcntl(2) `F_SETFD`.
    fn fcntl_setfd(&self, fd: Fd, flags: FdFlags) -> Result<()>;
    /// fcntl(2) `F_GETFL`: access mode and status flags of the open file description.
    fn fcntl_getfl(&self, fd: Fd) -> Result<OFlags>;
    /// fcntl(2) `F_SETFL`: only `NONBLOCK` is changed.
    fn fcntl_setfl(&self, fd: Fd, flags: OFlags) -> Result<()>;
    /// ioctl(2) `FIONREAD`: bytes that a read would find.
    fn ioctl_fionread(&self, fd: Fd) -> Result<usize>;
    /// getrlimit(2) `RLIMIT_NOFILE`: one more than the highest number a new descriptor may have.
    fn getrlimit_nofile(&self) -> Result<Rlimit>;
    /// setrlimit(2) `RLIMIT_NOFILE`. Descriptors above a lowered limit stay usable.
    fn setrlimit_nofile(&self, limit: Rlimit) -> Result<()>;
}
