//! Epoll instances that watch epoll instances.
//!
//! At most four links in a row and no circle ([`Kernel::check_nesting`]), so recursion along the links ends.

use netcore::sys::{EpollEvents, Errno};

use crate::kernel::Kernel;
use crate::kernel::file::FileKind;
use crate::kernel::ids::{EpollId, FileId};
use crate::kernel::wait::Waiter;

/// `EP_MAX_NESTS`.
const LINKS_MAX: usize = 4;

impl Kernel {
    /// Readiness of an epoll instance: whether a listed registration really is ready. Those before it in the
    /// list that are not leave it, and a sleeper is woken for the rest (`__ep_eventpoll_poll`).
    pub(in crate::kernel) fn poll_epoll(&mut self, epoll: EpollId) -> EpollEvents {
        while let Some(item) = self.epolls[epoll].ready.first() {
            if self.poll_item(item).is_empty() {
                self.epolls[epoll].ready.remove(&mut self.items, item);
            } else {
                self.wake_sleeper(epoll);
                return EpollEvents::IN;
            }
        }
        EpollEvents::empty()
    }

    /// The same without touching anything.
    pub(in crate::kernel) fn peek_epoll(&self, epoll: EpollId) -> EpollEvents {
        let ready = self.epolls[epoll].ready.iter(&self.items).any(|item| {
            let item = &self.items[item];
            self.poll(item.file).intersects(item.events)
        });
        if ready { EpollEvents::IN } else { EpollEvents::empty() }
    }

    /// Whether the instance may watch the file: `ELOOP` if that closes a circle or makes a chain of
    /// more than four links (`ep_loop_check`).
    pub(super) fn check_nesting(&self, epoll: EpollId, file: FileId) -> Result<(), Errno> {
        let FileKind::Epoll(target) = self.files[file].kind else { return Ok(()) };
        let below = self.links_below(target, epoll, 0);
        let above = self.links_above(epoll, 0);
        match (below, above) {
            (Some(below), Some(above)) if below + 1 + above <= LINKS_MAX => Ok(()),
            _ => Err(Errno::ELOOP),
        }
    }

    /// The longest chain of instances that `epoll` watches; `None` if one of them is `from` or it is
    /// too long.
    fn links_below(&self, epoll: EpollId, from: EpollId, depth: usize) -> Option<usize> {
        if epoll == from || depth > LINKS_MAX {
            return None;
        }
        let mut longest = 0;
        for &item in &self.epolls[epoll].items {
            if let FileKind::Epoll(inner) = self.files[self.items[item].file].kind {
                longest = longest.max(1 + self.links_below(inner, from, depth + 1)?);
            }
        }
        Some(longest)
    }

    /// The longest chain of instances that watch `epoll`; `None` if it is too long.
    fn links_above(&self, epoll: EpollId, depth: usize) -> Option<usize> {
        if depth > LINKS_MAX {
            return None;
        }
        let mut longest = 0;
        for waiter in self.files[self.epolls[epoll].file].waiters.as_slice() {
            if let Waiter::Item { item, .. } = *waiter {
                longest = longest.max(1 + self.links_above(self.items[item].epoll, depth + 1)?);
            }
        }
        Some(longest)
    }
}
