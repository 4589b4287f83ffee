//! epoll(7): fs/eventpoll.c.
//!
//! | module | what it is |
//! |---|---|
//! | `ready` | the ready list |
//! | `control` | epoll_ctl(2) |
//! | `wait` | epoll_wait(2), and what wakes it |
//! | `nest` | epoll instances that watch epoll instances |

mod control;
mod nest;
mod ready;
mod wait;

use netcore::sys::{EpollCreateFlags, EpollEvents, Fd, OFlags};

use super::file::{File, FileKind};
use super::ids::{EpollId, FileId, ItemId, Tid};
use super::{Answer, Call, Kernel};
use ready::{Link, ReadyList};

/// `EP_PRIVATE_BITS` (but for `EPOLLWAKEUP`): flags of a registration that are no events.
const PRIVATE: EpollEvents = EpollEvents::ONESHOT.union(EpollEvents::ET).union(EpollEvents::EXCLUSIVE);

/// An epoll instance (`struct eventpoll`).
#[derive(Debug)]
pub(super) struct Epoll {
    /// Its own file, whose wait queue is that of the instances that watch it (`poll_wait`).
    file: FileId,
    /// Threads in epoll_wait(2), the one that came last at the end (`wq`).
    sleepers: Vec<Tid>,
    /// Its registrations, in no order.
    items: Vec<ItemId>,
    ready: ReadyList,
}

/// A registration (`struct epitem`). The key is (number, file): there is one for each number under which a
/// file was added, and it lives as long as the file, whatever becomes of the number.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) epoll: EpollId,
    pub(super) file: FileId,
    /// The descriptor that it was added as.
    pub(super) fd: Fd,
    /// What to report; without any event (after a shot) it is disabled.
    pub(super) events: EpollEvents,
    data: u64,
    /// Its place among the instance's `items`.
    place: u32,
    link: Link,
}

impl Item {
    pub(super) fn is_ready(&self) -> bool {
        self.link.is_listed()
    }

    fn is_disabled(&self) -> bool {
        PRIVATE.contains(self.events)
    }
}

impl Kernel {
    /// epoll_create1(2).
    pub fn epoll_create1(&mut self, call: &mut Call, flags: EpollCreateFlags) -> Answer<Fd> {
        // The file's kind needs the instance and the instance its file: the one is named first.
        let file = self.files.insert(File::new(FileKind::Epoll(EpollId(u32::MAX)), OFlags::RDWR));
        let (sleepers, items) = (Vec::new(), Vec::new());
        let epoll = self.epolls.insert(Epoll { file, sleepers, items, ready: ReadyList::default() });
        self.files[file].kind = FileKind::Epoll(epoll);
        Ok(self.install(call.process, file, flags.contains(EpollCreateFlags::CLOEXEC))?)
    }

    /// The last reference to the instance's file is gone: its registrations go (`ep_clear_and_put`).
    pub(super) fn release_epoll(&mut self, epoll: EpollId) {
        while let Some(&item) = self.epolls[epoll].items.last() {
            self.remove_item(item);
        }
        self.epolls.remove(epoll);
    }

    /// The instance in a few words.
    pub(super) fn describe_epoll(&self, epoll: EpollId) -> String {
        let Epoll { items, sleepers, ready, .. } = &self.epolls[epoll];
        let mut numbers: Vec<i32> = items.iter().map(|&item| self.items[item].fd.number).collect();
        numbers.sort_unstable();
        let listed: Vec<i32> = ready.iter(&self.items).map(|item| self.items[item].fd.number).collect();
        format!("epoll {epoll:?} watches {numbers:?}, ready {listed:?}, sleepers {sleepers:?}")
    }
}
