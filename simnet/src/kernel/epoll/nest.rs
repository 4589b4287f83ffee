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
/// `path_limits`: how many chains of each length may lead up from one file. The shortest ones, from a file to
/// an instance that nobody watches, are not counted.
const PATHS_MAX: [usize; LINKS_MAX + 1] = [usize::MAX, 500, 100, 50, 10];

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
        for outer in self.watchers(self.epolls[epoll].file) {
            longest = longest.max(1 + self.links_above(outer, depth + 1)?);
        }
        Some(longest)
    }

    /// Whether one event would have to travel along too many chains, now that `epoll` watches `file`:
    /// `EINVAL` (`reverse_path_check`, which Linux asks only where instances are nested).
    pub(super) fn check_paths(&self, epoll: EpollId, file: FileId) -> Result<(), Errno> {
        let crowded = match self.files[file].kind {
            FileKind::Epoll(inner) => self.has_crowded_source(inner),
            _ if self.watchers(self.epolls[epoll].file).next().is_some() => self.is_crowded(file),
            _ => false,
        };
        if crowded { Err(Errno::EINVAL) } else { Ok(()) }
    }

    fn has_crowded_source(&self, epoll: EpollId) -> bool {
        self.epolls[epoll].items.iter().any(|&item| {
            let file = self.items[item].file;
            match self.files[file].kind {
                FileKind::Epoll(inner) => self.has_crowded_source(inner),
                _ => self.is_crowded(file),
            }
        })
    }

    fn is_crowded(&self, file: FileId) -> bool {
        let mut paths = [0; PATHS_MAX.len()];
        self.count_paths(file, 0, &mut paths);
        paths.iter().zip(PATHS_MAX).any(|(&count, max)| count > max)
    }

    fn count_paths(&self, file: FileId, links: usize, paths: &mut [usize; PATHS_MAX.len()]) {
        for outer in self.watchers(file) {
            let above = self.epolls[outer].file;
            if self.watchers(above).next().is_none() {
                paths[links] += 1;
            } else {
                self.count_paths(above, links + 1, paths);
            }
        }
    }

    /// The instances that watch a file.
    fn watchers(&self, file: FileId) -> impl Iterator<Item = EpollId> {
        self.files[file].waiters.as_slice().iter().filter_map(|waiter| match *waiter {
            Waiter::Item { item, .. } => Some(self.items[item].epoll),
            Waiter::Thread { .. } => None,
        })
    }
}
