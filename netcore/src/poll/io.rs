//! The loops of reading, writing and accepting.

use core::task::{Context, Poll, ready};
use std::io::IoSlice;

use super::op::{Guard, Wait};
use super::{Descriptor, Error, Kind, Mode, Op, Partial};
use crate::sys::{Errno, Fd, MsgFlags, SockAddr, SockFlags, Sys};

/// The most that one call moves, Go's `maxRW`.
const BYTES_MAX: usize = 1 << 30;
/// The most buffers that one call takes, `IOV_MAX`.
const BUFFERS_MAX: usize = 1024;

impl<S: Sys> Descriptor<S> {
    /// Reads into the front of `buf`, waiting until there is something: the number of bytes, 0 at the end of a
    /// stream. With an empty `buf` it answers 0 without looking.
    pub async fn read(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let mut op = Guard::new(&self.inner, Mode::Read);
        if buf.is_empty() {
            return op.lock().await.map(|()| 0);
        }
        let end = buf.len().min(BYTES_MAX);
        let read = op.call(|sys, fd| self.read_once(sys, fd, &mut buf[..end])).await?;
        self.note_read(read, end);
        Ok(read)
    }

    /// [`Descriptor::read`] for hand-written futures; `op` is theirs to keep until it answers, and to
    /// [abandon](Descriptor::abandon).
    pub fn poll_read(&self, op: &mut Op, cx: &Context<'_>, buf: &mut [u8]) -> Poll<Result<usize, Error>> {
        let end = buf.len().min(BYTES_MAX);
        let result = if buf.is_empty() {
            ready!(self.inner.poll_lock(Mode::Read, op, cx)).map(|()| 0)
        } else {
            let read = |sys: &S, fd| self.read_once(sys, fd, &mut buf[..end]);
            ready!(self.inner.poll_op(Mode::Read, op, cx, read)).inspect(|&read| self.note_read(read, end))
        };
        self.inner.end(Mode::Read, op);
        Poll::Ready(result)
    }

    /// Writes all of `buf`, waiting for room. An empty `buf` makes its system call too.
    pub async fn write(&self, buf: &[u8]) -> Result<usize, Partial> {
        let mut op = Guard::new(&self.inner, Mode::Write);
        let mut written = 0;
        loop {
            let end = buf.len().min(written + BYTES_MAX);
            match op.call(|sys, fd| self.write_once(sys, fd, &buf[written..end])).await {
                Ok(0) if written < buf.len() => {
                    return Err(Partial { written, error: Error::Sys(Errno::EIO) });
                }
                Ok(bytes) => written += bytes,
                Err(error) => return Err(Partial { written, error }),
            }
            if written == buf.len() {
                return Ok(written);
            }
        }
    }

    /// Writes some of `buf`, for hand-written futures; see [`Descriptor::poll_read`].
    pub fn poll_write(&self, op: &mut Op, cx: &Context<'_>, buf: &[u8]) -> Poll<Result<usize, Error>> {
        let end = buf.len().min(BYTES_MAX);
        let write = |sys: &S, fd| self.write_once(sys, fd, &buf[..end]);
        let result = ready!(self.inner.poll_op(Mode::Write, op, cx, write));
        self.inner.end(Mode::Write, op);
        Poll::Ready(result)
    }

    /// Writes all of the buffers in their order, in as few calls as the kernel allows.
    pub async fn writev(&self, bufs: &[&[u8]]) -> Result<usize, Partial> {
        let mut op = Guard::new(&self.inner, Mode::Write);
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        let mut written = 0;
        while written < total {
            let slices = rest(bufs, written);
            match op.call(|sys, fd| self.writev_once(sys, fd, &slices)).await {
                Ok(0) => return Err(Partial { written, error: Error::Sys(Errno::EIO) }),
                Ok(bytes) => written += bytes,
                Err(error) => return Err(Partial { written, error }),
            }
        }
        Ok(written)
    }

    /// Accepts a connection: non-blocking and close-on-exec from birth. A connection that was aborted while it
    /// waited is passed over.
    pub async fn accept(&self) -> Result<(Fd, SockAddr), Error> {
        let mut op = Guard::new(&self.inner, Mode::Read);
        loop {
            match op.call(|sys, fd| sys.accept4(fd, SockFlags::NONBLOCK | SockFlags::CLOEXEC)).await {
                Err(Error::Sys(Errno::ECONNABORTED)) => {}
                result => return result,
            }
        }
    }

    /// Waits until the direction is reported ready, without a lock: for connect(2), which nothing else
    /// runs beside.
    pub async fn wait(&self, mode: Mode) -> Result<(), Error> {
        Wait::new(&self.inner, mode).ready().await
    }

    fn read_once(&self, sys: &S, fd: Fd, buf: &mut [u8]) -> Result<usize, Errno> {
        match self.inner.kind {
            Kind::File => sys.read(fd, buf),
            Kind::Stream | Kind::Listener => sys.recv(fd, buf, MsgFlags::empty()),
        }
    }

    fn write_once(&self, sys: &S, fd: Fd, buf: &[u8]) -> Result<usize, Errno> {
        match self.inner.kind {
            Kind::File => sys.write(fd, buf),
            Kind::Stream | Kind::Listener => sys.send(fd, buf, MsgFlags::NOSIGNAL),
        }
    }

    fn writev_once(&self, sys: &S, fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match self.inner.kind {
            Kind::File => sys.writev(fd, bufs),
            Kind::Stream | Kind::Listener => sys.sendmsg(fd, bufs, MsgFlags::NOSIGNAL),
        }
    }

    /// Remembers that a stream has been read empty.
    fn note_read(&self, read: usize, asked: usize) {
        if 0 < read && read < asked && self.inner.kind == Kind::Stream && !self.inner.driver.rearms() {
            self.inner.desc.drained();
        }
    }
}

/// What is left of the buffers after `written` bytes, empty ones left out.
fn rest<'a>(bufs: &[&'a [u8]], written: usize) -> Vec<IoSlice<'a>> {
    let mut skip = written;
    let mut slices = Vec::new();
    for buf in bufs {
        let skipped = skip.min(buf.len());
        skip -= skipped;
        if skipped < buf.len() && slices.len() < BUFFERS_MAX {
            slices.push(IoSlice::new(&buf[skipped..]));
        }
    }
    slices
}
