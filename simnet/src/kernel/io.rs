//! read(2), write(2) and their kin, by kind of file (fs/read_write.c).

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{Errno, Fd, MsgFlags};

use super::file::FileKind;
use super::{Answer, Call, Kernel};

/// `UIO_MAXIOV`: how many buffers one call takes.
const BUFFERS_MAX: usize = 1024;

impl Kernel {
    /// read(2).
    pub fn read(&mut self, call: &mut Call, fd: Fd, buf: &mut [u8]) -> Answer<usize> {
        self.read_into(call, fd, &mut [IoSliceMut::new(buf)])
    }

    /// readv(2). Unlike read(2) it answers 0 to no bytes wanted whatever the file is (`vfs_readv`).
    pub fn readv(&mut self, call: &mut Call, fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Answer<usize> {
        let file = self.resolve(call, fd)?;
        if !self.files[file].is_readable() {
            return Err(Errno::EBADF.into());
        }
        if bufs.len() > BUFFERS_MAX || matches!(self.files[file].kind, FileKind::Epoll(_)) {
            return Err(Errno::EINVAL.into());
        }
        if total_of_mut(bufs) == 0 {
            return Ok(0);
        }
        self.read_into(call, fd, bufs)
    }

    /// write(2).
    pub fn write(&mut self, call: &mut Call, fd: Fd, buf: &[u8]) -> Answer<usize> {
        self.write_from(call, fd, &[IoSlice::new(buf)])
    }

    /// writev(2). Unlike write(2) it answers 0 to no bytes given whatever the file is (`vfs_writev`).
    pub fn writev(&mut self, call: &mut Call, fd: Fd, bufs: &[IoSlice<'_>]) -> Answer<usize> {
        let file = self.resolve(call, fd)?;
        if !self.files[file].is_writable() {
            return Err(Errno::EBADF.into());
        }
        if bufs.len() > BUFFERS_MAX || matches!(self.files[file].kind, FileKind::Epoll(_)) {
            return Err(Errno::EINVAL.into());
        }
        if total_of(bufs) == 0 {
            return Ok(0);
        }
        self.write_from(call, fd, bufs)
    }

    /// ioctl(2) `FIONREAD`.
    pub fn ioctl_fionread(&mut self, call: &mut Call, fd: Fd) -> Answer<usize> {
        let file = self.resolve(call, fd)?;
        Ok(match self.files[file].kind {
            FileKind::PipeReader(pipe) | FileKind::PipeWriter(pipe) => self.pipes[pipe].len(),
            FileKind::Path(path) => self.open_paths[path].left(),
            FileKind::Socket(socket) => self.socket_fionread(socket)?,
            FileKind::Eventfd(_) => return Err(Errno::ENOTTY.into()),
            // `ep_eventpoll_ioctl` knows its own requests only.
            FileKind::Epoll(_) => return Err(Errno::EINVAL.into()),
        })
    }

    fn read_into(&mut self, call: &mut Call, fd: Fd, bufs: &mut [IoSliceMut<'_>]) -> Answer<usize> {
        let file = self.resolve(call, fd)?;
        if !self.files[file].is_readable() {
            return Err(Errno::EBADF.into());
        }
        match self.files[file].kind {
            FileKind::PipeReader(pipe) | FileKind::PipeWriter(pipe) => self.pipe_read(call, file, pipe, bufs),
            FileKind::Eventfd(eventfd) => self.eventfd_read(call, file, eventfd, bufs),
            FileKind::Path(path) => Ok(self.open_paths[path].read(bufs)),
            // `sock_read_iter`: a read of nothing does not reach the protocol.
            FileKind::Socket(_) if total_of_mut(bufs) == 0 => Ok(0),
            FileKind::Socket(socket) => self.socket_read(call, socket, bufs, MsgFlags::empty()),
            FileKind::Epoll(_) => Err(Errno::EINVAL.into()),
        }
    }

    fn write_from(&mut self, call: &mut Call, fd: Fd, bufs: &[IoSlice<'_>]) -> Answer<usize> {
        let file = self.resolve(call, fd)?;
        if !self.files[file].is_writable() {
            return Err(Errno::EBADF.into());
        }
        match self.files[file].kind {
            FileKind::PipeReader(pipe) | FileKind::PipeWriter(pipe) => {
                self.pipe_write(call, file, pipe, bufs)
            }
            FileKind::Eventfd(eventfd) => self.eventfd_write(call, file, eventfd, bufs),
            FileKind::Socket(socket) => self.socket_write(call, socket, bufs, MsgFlags::empty()),
            FileKind::Path(_) | FileKind::Epoll(_) => Err(Errno::EINVAL.into()),
        }
    }
}

/// The length of all buffers together.
pub(super) fn total_of(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().map(|buf| buf.len()).sum()
}

/// The length of all buffers together.
pub(super) fn total_of_mut(bufs: &[IoSliceMut<'_>]) -> usize {
    bufs.iter().map(|buf| buf.len()).sum()
}

/// Copies `bytes` into the front of the buffers, in order.
pub(super) fn scatter(bufs: &mut [IoSliceMut<'_>], mut bytes: &[u8]) {
    for buf in bufs {
        let (now, later) = bytes.split_at(bytes.len().min(buf.len()));
        buf[..now.len()].copy_from_slice(now);
        bytes = later;
    }
}

/// The parts of the buffers that hold the bytes from `skip` on, `len` of them.
pub(super) fn window<'a>(
    bufs: &'a [IoSlice<'a>],
    mut skip: usize,
    mut len: usize,
) -> impl Iterator<Item = &'a [u8]> {
    bufs.iter().map(move |buf| {
        let from = skip.min(buf.len());
        let part = len.min(buf.len() - from);
        skip -= from;
        len -= part;
        &buf[from..from + part]
    })
}
