//! Open file descriptions (`struct file`).

use netcore::sys::{EpollEvents, OFlags};

use super::ids::{EpollId, EventfdId, FileId, OpenPathId, PipeId, SocketId};
use super::wait::WaitQueue;
use super::{Answer, Call, Kernel, Stop};

/// An open file description: what dup(2) shares.
#[derive(Debug)]
pub struct File {
    /// What it is.
    pub kind: FileKind,
    /// The access mode and `O_NONBLOCK`.
    pub flags: OFlags,
    /// Descriptors that name it and calls in progress on it.
    pub(super) references: u32,
    /// Who waits for it: blocked threads and epoll registrations.
    pub(super) waiters: WaitQueue,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// The read end of a pipe.
    PipeReader(PipeId),
    /// The write end of a pipe.
    PipeWriter(PipeId),
    /// An eventfd.
    Eventfd(EventfdId),
    /// An epoll instance.
    Epoll(EpollId),
    /// A socket.
    Socket(SocketId),
    /// A virtual regular file.
    Path(OpenPathId),
}

impl File {
    /// A file with one reference, the creator's. Of `flags` the access mode and `NONBLOCK` are kept.
    pub fn new(kind: FileKind, flags: OFlags) -> Self {
        let flags = flags & (OFlags::WRONLY | OFlags::RDWR | OFlags::NONBLOCK);
        File { kind, flags, references: 1, waiters: WaitQueue::default() }
    }

    pub(super) fn is_readable(&self) -> bool {
        !self.flags.contains(OFlags::WRONLY)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.flags.intersects(OFlags::WRONLY | OFlags::RDWR)
    }
}

impl Kernel {
    /// Readiness now, whatever was asked for (`vfs_poll`). Changes nothing; what a real poll changes is in
    /// `Kernel::poll_file`.
    pub fn poll(&self, file: FileId) -> EpollEvents {
        match self.files[file].kind {
            FileKind::PipeReader(pipe) => self.pipes[pipe].poll_reader(),
            FileKind::PipeWriter(pipe) => self.pipes[pipe].poll_writer(),
            FileKind::Eventfd(eventfd) => self.eventfds[eventfd].poll(),
            FileKind::Epoll(epoll) => self.peek_epoll(epoll),
            FileKind::Socket(socket) => self.socket_poll(socket),
            // DEFAULT_POLLMASK in include/linux/poll.h.
            FileKind::Path(_) => EpollEvents::IN | EpollEvents::OUT,
        }
    }

    /// Readiness now, with what asking for it does to the file: a pipe and a full
    /// socket remember that they are polled, an
    /// epoll instance drops what is not ready any more from its ready list.
    pub(super) fn poll_file(&mut self, file: FileId) -> EpollEvents {
        match self.files[file].kind {
            FileKind::PipeReader(pipe) | FileKind::PipeWriter(pipe) => {
                self.pipes[pipe].set_polled();
                self.poll(file)
            }
            FileKind::Epoll(epoll) => self.poll_epoll(epoll),
            FileKind::Socket(socket) => {
                self.socket_polled(socket);
                self.poll(file)
            }
            _ => self.poll(file),
        }
    }

    /// Drops a reference; with the last one the file dies, without waiting.
    pub(super) fn put(&mut self, file: FileId) {
        self.files[file].references -= 1;
        if self.files[file].references == 0 {
            self.unwatch(file);
            // Without a call to block there is nothing that release could refuse.
            let _ = self.release(None, file);
        }
    }

    /// Drops the reference that `call` holds; with the last one the file dies, and closing a socket may
    /// make the caller wait (`SO_LINGER`), still holding its reference.
    pub(super) fn put_waiting(&mut self, call: &mut Call) -> Answer<()> {
        let Some(file) = call.file else { return Ok(()) };
        if self.files[file].references == 1 {
            self.unwatch(file);
            self.release(Some(call), file)?;
        } else {
            self.files[file].references -= 1;
        }
        call.file = None;
        Ok(())
    }

    /// The last reference is gone (`__fput`): epoll has forgotten the file; its kind cleans up.
    fn release(&mut self, call: Option<&mut Call>, file: FileId) -> Answer<()> {
        match self.files[file].kind {
            FileKind::PipeReader(pipe) | FileKind::PipeWriter(pipe) => self.release_pipe(pipe, file),
            FileKind::Eventfd(eventfd) => drop(self.eventfds.remove(eventfd)),
            FileKind::Epoll(epoll) => self.release_epoll(epoll),
            FileKind::Path(path) => drop(self.open_paths.remove(path)),
            FileKind::Socket(socket) => {
                // close(2) of a socket may wait but does not fail.
                if let Err(Stop::Block) = self.socket_release(call, socket) {
                    return Err(Stop::Block);
                }
            }
        }
        self.files.remove(file);
        Ok(())
    }
}
