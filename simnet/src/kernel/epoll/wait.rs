//! epoll_wait(2): `ep_poll`, `ep_send_events`, and what wakes it, `ep_poll_callback`.

use core::time::Duration;

use netcore::sys::{EpollEvent, EpollEvents, Errno, Fd};

use super::Item;
use crate::choice::Point;
use crate::kernel::file::FileKind;
use crate::kernel::ids::{EpollId, FileId, ItemId, Tid};
use crate::kernel::{Answer, Attempt, Call, Kernel, Stop};

/// `EPOLLINOUT_BITS`.
const IN_OUT: EpollEvents = EpollEvents::IN.union(EpollEvents::OUT);

impl Kernel {
    /// epoll_wait(2): fills the front of `events`. `None` waits for ever, zero not at all.
    pub fn epoll_wait(
        &mut self,
        call: &mut Call,
        epfd: Fd,
        events: &mut [EpollEvent],
        timeout: Option<Duration>,
    ) -> Answer<usize> {
        let unwoken = self.unqueue(call);
        self.reported.clear();
        let file = self.resolve(call, epfd)?;
        let FileKind::Epoll(epoll) = self.files[file].kind else {
            return Err(Errno::EINVAL.into());
        };
        if events.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        // Whoever times out without having been woken takes nothing: that is for the one who was.
        if call.attempt == Attempt::TimedOut && unwoken {
            return Ok(0);
        }
        let mut count = self.send_events(epoll, events);
        if count == 0 {
            count = self.send_spurious(epoll, events);
        }
        if count > 0 {
            return Ok(count);
        }
        if call.attempt == Attempt::First {
            call.deadline = timeout.map(|timeout| self.now + timeout);
        }
        if timeout == Some(Duration::ZERO) || call.deadline.is_some_and(|deadline| deadline <= self.now) {
            return Ok(0);
        }
        if matches!(call.attempt, Attempt::Signalled { .. }) {
            return Err(Errno::EINTR.into());
        }
        self.epolls[epoll].sleepers.push(call.thread);
        call.queued = true;
        Err(Stop::Block)
    }

    /// The callback of a registration on its file's wait queue (`ep_poll_callback`). Says whether it counts as
    /// a wakeup, which matters to exclusive registrations.
    pub(in crate::kernel) fn item_callback(&mut self, item: ItemId, key: EpollEvents) -> bool {
        let Item { epoll, events, .. } = self.items[item];
        let shared = !events.contains(EpollEvents::EXCLUSIVE);
        if self.items[item].is_disabled() || (!key.is_empty() && !key.intersects(events)) {
            return shared;
        }
        let state = &mut self.epolls[epoll];
        state.ready.push(&mut self.items, item);
        let has_sleeper = !state.sleepers.is_empty();
        let file = state.file;
        self.wake_sleeper(epoll);
        if !self.files[file].waiters.is_empty() {
            self.notify(file, EpollEvents::IN);
        }
        let part = key & IN_OUT;
        shared || (has_sleeper && (part.is_empty() || (part != IN_OUT && events.contains(part))))
    }

    /// What a registration would report now (`ep_item_poll`).
    pub(super) fn poll_item(&mut self, item: ItemId) -> EpollEvents {
        let Item { file, events, .. } = self.items[item];
        self.poll_file(file) & events
    }

    /// Wakes the thread that came last, if any waits.
    pub(super) fn wake_sleeper(&mut self, epoll: EpollId) {
        if let Some(thread) = self.epolls[epoll].sleepers.pop() {
            self.woken.push(thread);
        }
    }

    /// Takes a thread off the queue of an epoll instance, if the file is one and the thread is there.
    pub(in crate::kernel) fn unqueue_sleeper(&mut self, file: FileId, thread: Tid) -> bool {
        let FileKind::Epoll(epoll) = self.files[file].kind else { return false };
        let sleepers = &mut self.epolls[epoll].sleepers;
        let found = sleepers.iter().rposition(|&sleeper| sleeper == thread);
        if let Some(at) = found {
            sleepers.remove(at);
        }
        found.is_some()
    }

    /// `ep_send_events`. Who is listed but not ready leaves the list; who is level-triggered goes to its end;
    /// the rest of a list longer than `events` keeps its order at the front.
    fn send_events(&mut self, epoll: EpollId, events: &mut [EpollEvent]) -> usize {
        let mut count = 0;
        for _ in 0..self.epolls[epoll].ready.len() {
            if count == events.len() {
                break;
            }
            let Some(item) = self.epolls[epoll].ready.pop(&mut self.items) else { break };
            let ready = self.poll_item(item);
            if ready.is_empty() {
                continue;
            }
            events[count] = EpollEvent { events: ready, data: self.items[item].data };
            self.reported.push(self.items[item].fd);
            count += 1;
            self.after_report(epoll, item);
        }
        // `ep_done_scan`: what is left concerns the next thread.
        if !self.epolls[epoll].ready.is_empty() {
            self.wake_sleeper(epoll);
        }
        count
    }

    /// Disarms a registration that has been reported, or lists it again.
    fn after_report(&mut self, epoll: EpollId, item: ItemId) {
        let state = &mut self.items[item];
        if state.events.contains(EpollEvents::ONESHOT) {
            state.events &= super::PRIVATE;
        } else if !state.events.contains(EpollEvents::ET) {
            self.epolls[epoll].ready.push(&mut self.items, item);
        }
    }

    /// The fault of a report about a descriptor that is not ready (any more), as another thread's read
    /// or a checksum error can cause it.
    fn send_spurious(&mut self, epoll: EpollId, events: &mut [EpollEvent]) -> usize {
        let candidates = self.epolls[epoll].items.len() as u32;
        let Some(nth) = self.choices.stray(Point::Spurious, candidates + 1).checked_sub(1) else {
            return 0;
        };
        let item = self.epolls[epoll].items[nth as usize];
        let asked = self.items[item].events & IN_OUT;
        if asked.is_empty() || !self.poll_item(item).is_empty() {
            return 0;
        }
        events[0] = EpollEvent { events: asked, data: self.items[item].data };
        self.reported.push(self.items[item].fd);
        self.after_report(epoll, item);
        1
    }
}
