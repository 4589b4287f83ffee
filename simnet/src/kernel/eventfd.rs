//! eventfd(2): fs/eventfd.c.

use std::io::{IoSlice, IoSliceMut};

use netcore::sys::{EpollEvents, Errno, EventfdFlags, Fd, OFlags};

use super::file::{File, FileKind};
use super::ids::{EventfdId, FileId};
use super::io::{scatter, total_of_mut};
use super::{Answer, Call, Kernel, Stop};

const LEN: usize = size_of::<u64>();

/// The counter of an eventfd; at most 2^64 - 2.
#[derive(Debug)]
pub(super) struct Eventfd {
    count: u64,
    semaphore: bool,
}

impl Eventfd {
    /// `eventfd_poll`.
    pub(super) fn poll(&self) -> EpollEvents {
        let mut events = EpollEvents::empty();
        events.set(EpollEvents::IN, self.count > 0);
        events.set(EpollEvents::OUT, self.count < u64::MAX - 1);
        events
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

impl Kernel {
    /// eventfd(2).
    pub fn eventfd(&mut self, call: &mut Call, initval: u32, flags: EventfdFlags) -> Answer<Fd> {
        let semaphore = flags.contains(EventfdFlags::SEMAPHORE);
        let eventfd = self.eventfds.insert(Eventfd { count: initval.into(), semaphore });
        let mut mode = OFlags::RDWR;
        mode.set(OFlags::NONBLOCK, flags.contains(EventfdFlags::NONBLOCK));
        let file = File::new(FileKind::Eventfd(eventfd), mode);
        Ok(self.create(call.process, file, flags.contains(EventfdFlags::CLOEXEC))?)
    }

    /// `eventfd_read`.
    pub(super) fn eventfd_read(
        &mut self,
        call: &mut Call,
        file: FileId,
        eventfd: EventfdId,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Answer<usize> {
        if total_of_mut(bufs) < LEN {
            return Err(Errno::EINVAL.into());
        }
        let state = &mut self.eventfds[eventfd];
        if state.count == 0 {
            if self.is_nonblocking(file) {
                return Err(Errno::EAGAIN.into());
            }
            return Err(self.wait_last(call, EpollEvents::IN));
        }
        let value = if state.semaphore { 1 } else { state.count };
        state.count -= value;
        scatter(bufs, &value.to_ne_bytes());
        self.notify(file, EpollEvents::OUT);
        Ok(LEN)
    }

    /// `eventfd_write`, which knows no vectors: each buffer is a write of its own, of exactly eight
    /// bytes (since Linux 6.18), until one fails.
    pub(super) fn eventfd_write(
        &mut self,
        call: &mut Call,
        file: FileId,
        eventfd: EventfdId,
        bufs: &[IoSlice<'_>],
    ) -> Answer<usize> {
        // An empty buffer is a value of no length if it is the first, and is passed over behind another one
        // (`do_loop_readv_writev`, `iov_iter_advance`).
        let values = bufs.iter().enumerate().filter(|(at, buf)| *at == 0 || !buf.is_empty());
        for (_, buf) in values.skip(call.done / LEN) {
            match self.eventfd_add(call, file, eventfd, buf) {
                Ok(()) => call.done += LEN,
                Err(Stop::Errno(_)) if call.done > 0 => break,
                Err(stop) => return Err(stop),
            }
        }
        Ok(call.done)
    }

    fn eventfd_add(&mut self, call: &mut Call, file: FileId, eventfd: EventfdId, buf: &[u8]) -> Answer<()> {
        let value = u64::from_ne_bytes(buf.try_into().map_err(|_| Errno::EINVAL)?);
        if value == u64::MAX {
            return Err(Errno::EINVAL.into());
        }
        let state = &mut self.eventfds[eventfd];
        if u64::MAX - state.count <= value {
            if self.is_nonblocking(file) {
                return Err(Errno::EAGAIN.into());
            }
            return Err(self.wait_last(call, EpollEvents::OUT));
        }
        state.count += value;
        self.notify(file, EpollEvents::IN);
        Ok(())
    }
}
