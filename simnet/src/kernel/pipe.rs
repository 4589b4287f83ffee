//! pipe(7): fs/pipe.c.
//!
//! | end | poll |
//! |---|---|
//! | read: empty, data, data and writer gone, writer gone | -, IN, IN HUP, HUP |
//! | write: a page is free, none is, reader gone | OUT, -, + ERR |

use core::iter;
use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{EpollEvents, Errno, Fd, OFlags};

use super::call::Attempt;
use super::file::{File, FileKind};
use super::ids::{FileId, PipeId};
use super::io::{total_of, total_of_mut, window};
use super::{Answer, Call, Kernel};
use crate::choice::Point;

const PAGE: usize = 4096;
/// `PIPE_DEF_BUFFERS`: pages of a new pipe.
const PAGES: usize = 16;

/// What is in a pipe, and whose ends it has. Room is counted in pages: one that has been read in part
/// takes its place until the rest is read, and is written to only while it is the last.
#[derive(Debug)]
pub(super) struct Pipe {
    reader: Option<FileId>,
    writer: Option<FileId>,
    bytes: VecDeque<u8>,
    pages: VecDeque<Page>,
    /// Whether anybody has asked for readiness (`poll_usage`): from then on every write wakes readers.
    polled: bool,
}

/// The bytes `start..end` of a page are still to be read.
#[derive(Clone, Copy, Debug)]
struct Page {
    start: u16,
    end: u16,
}

impl Pipe {
    /// `pipe_poll` of the read end.
    pub(super) fn poll_reader(&self) -> EpollEvents {
        let mut events = EpollEvents::empty();
        events.set(EpollEvents::IN, !self.bytes.is_empty());
        events.set(EpollEvents::HUP, self.writer.is_none());
        events
    }

    /// `pipe_poll` of the write end.
    pub(super) fn poll_writer(&self) -> EpollEvents {
        let mut events = EpollEvents::empty();
        events.set(EpollEvents::OUT, !self.is_full());
        events.set(EpollEvents::ERR, self.reader.is_none());
        events
    }

    pub(super) fn set_polled(&mut self) {
        self.polled = true;
    }

    /// Bytes to be read.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn is_full(&self) -> bool {
        self.pages.len() == PAGES
    }

    /// Takes `len` bytes out; says whether that emptied a page.
    fn take(&mut self, bufs: &mut [IoSliceMut<'_>], len: usize) -> bool {
        let mut left = len;
        for buf in bufs {
            let part = left.min(buf.len());
            let (front, back) = self.bytes.as_slices();
            let split = part.min(front.len());
            buf[..split].copy_from_slice(&front[..split]);
            buf[split..part].copy_from_slice(&back[..part - split]);
            self.bytes.drain(..part);
            left -= part;
        }
        let (mut left, pages) = (len, self.pages.len());
        while let Some(page) = self.pages.front_mut()
            && left > 0
        {
            let part = left.min(usize::from(page.end - page.start));
            page.start += part as u16;
            left -= part;
            if page.start == page.end {
                self.pages.pop_front();
            }
        }
        self.pages.len() < pages
    }

    /// Appends the odd bytes of a write of `len` to the last page, if they fit there all; says how many.
    /// (`pipe_write` merges what exceeds whole pages.)
    fn merge(&mut self, len: usize) -> usize {
        let odd = len % PAGE;
        match self.pages.back_mut() {
            Some(page) if odd > 0 && usize::from(page.end) + odd <= PAGE => {
                page.end += odd as u16;
                odd
            }
            _ => 0,
        }
    }

    /// Takes free pages for up to `len` bytes; says for how many.
    fn extend(&mut self, len: usize) -> usize {
        let mut taken = 0;
        while taken < len && !self.is_full() {
            let part = PAGE.min(len - taken);
            self.pages.push_back(Page { start: 0, end: part as u16 });
            taken += part;
        }
        taken
    }
}

impl Kernel {
    /// pipe2(2): the read end and the write end. With one number left it fails and leaves nothing behind.
    pub fn pipe2(&mut self, call: &mut Call, flags: OFlags) -> Answer<(Fd, Fd)> {
        let process = call.process;
        let (first, second) = self.reserve_pair(process)?;
        let pipe = self.pipes.insert(Pipe {
            reader: None,
            writer: None,
            bytes: VecDeque::new(),
            pages: VecDeque::new(),
            polled: false,
        });
        let mode = flags & OFlags::NONBLOCK;
        let reader = self.files.insert(File::new(FileKind::PipeReader(pipe), mode));
        let writer = self.files.insert(File::new(FileKind::PipeWriter(pipe), mode | OFlags::WRONLY));
        self.pipes[pipe].reader = Some(reader);
        self.pipes[pipe].writer = Some(writer);
        let cloexec = flags.contains(OFlags::CLOEXEC);
        let reader = self.install_at(process, first, reader, cloexec);
        Ok((reader, self.install_at(process, second, writer, cloexec)))
    }

    /// `pipe_read`.
    pub(super) fn pipe_read(
        &mut self,
        call: &mut Call,
        file: FileId,
        pipe: PipeId,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Answer<usize> {
        let wanted = total_of_mut(bufs);
        let available = self.pipes[pipe].len();
        if wanted == 0 {
            return Ok(0);
        }
        if available == 0 {
            if self.pipes[pipe].writer.is_none() {
                return Ok(0);
            }
            if self.is_nonblocking(file) {
                return Err(Errno::EAGAIN.into());
            }
            return Err(self.wait_on(call, EpollEvents::IN, true));
        }
        let len = self.shorten(Point::ShortRead, wanted.min(available));
        let state = &mut self.pipes[pipe];
        let was_full = state.is_full();
        let freed = state.take(bufs, len);
        if was_full
            && freed
            && let Some(writer) = state.writer
        {
            self.notify(writer, EpollEvents::OUT);
        }
        // A reader that was woken alone passes the wakeup on if it leaves something.
        if call.attempt != Attempt::First && self.pipes[pipe].len() > 0 {
            self.notify(file, EpollEvents::IN);
        }
        Ok(len)
    }

    /// `pipe_write`. Up to 4096 bytes go in together or not at all; a blocking call goes on until all
    /// are in or the reader is gone.
    pub(super) fn pipe_write(
        &mut self,
        call: &mut Call,
        file: FileId,
        pipe: PipeId,
        bufs: &[IoSlice<'_>],
    ) -> Answer<usize> {
        let nonblocking = self.is_nonblocking(file);
        let mut total = total_of(bufs);
        if total == 0 {
            return Ok(0);
        }
        let Some(reader) = self.pipes[pipe].reader else {
            return if call.done > 0 { Ok(call.done) } else { Err(Errno::EPIPE.into()) };
        };
        if nonblocking && total > PAGE && call.attempt == Attempt::First {
            total = self.shorten(Point::ShortWrite, total);
        }
        let state = &mut self.pipes[pipe];
        let was_empty = state.bytes.is_empty();
        let mut moved = if call.attempt == Attempt::First { state.merge(total) } else { 0 };
        moved += state.extend(total - call.done - moved);
        for part in window(bufs, call.done, moved) {
            state.bytes.extend(part);
        }
        call.done += moved;
        let (full, polled, done) = (state.is_full(), state.polled, call.done == total);
        let stop = done || nonblocking || (call.done > 0 && call.is_over());
        // "Epoll nonsensically wants a wakeup whether the pipe was already empty or not."
        if was_empty || (polled && stop) {
            self.notify(reader, EpollEvents::IN);
        }
        if !stop {
            return Err(self.wait_on(call, EpollEvents::OUT, true));
        }
        // A writer that was woken alone passes the wakeup on if it leaves room.
        if call.attempt != Attempt::First && !full {
            self.notify(file, EpollEvents::OUT);
        }
        if call.done > 0 { Ok(call.done) } else { Err(Errno::EAGAIN.into()) }
    }

    /// `pipe_release`: the other end sees it, and everybody on either queue looks again.
    pub(super) fn release_pipe(&mut self, pipe: PipeId, file: FileId) {
        let state = &mut self.pipes[pipe];
        if state.reader == Some(file) {
            state.reader = None;
        } else {
            state.writer = None;
        }
        let (reader, writer) = (state.reader, state.writer);
        if reader.is_none() && writer.is_none() {
            self.pipes.remove(pipe);
        }
        for end in iter::once(reader).chain(iter::once(writer)).flatten() {
            self.notify(end, EpollEvents::empty());
        }
    }
}
