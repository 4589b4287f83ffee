//! epoll_ctl(2): `do_epoll_ctl`.

use netcore::sys::{EpollEvent, EpollEvents, EpollOp, Errno, Fd};

use super::{Item, Link};
use crate::choice::Point;
use crate::kernel::file::FileKind;
use crate::kernel::ids::{EpollId, FileId, ItemId};
use crate::kernel::report::{Misuse, Report};
use crate::kernel::wait::Waiter;
use crate::kernel::{Answer, Call, Kernel};

/// `EPOLLEXCLUSIVE_OK_BITS`.
const EXCLUSIVE_WITH: EpollEvents = EpollEvents::IN
    .union(EpollEvents::OUT)
    .union(EpollEvents::ERR)
    .union(EpollEvents::HUP)
    .union(EpollEvents::ET)
    .union(EpollEvents::EXCLUSIVE);

impl Kernel {
    /// epoll_ctl(2).
    pub fn epoll_ctl(
        &mut self,
        call: &mut Call,
        epfd: Fd,
        op: EpollOp,
        fd: Fd,
        event: EpollEvent,
    ) -> Answer<()> {
        let own = self.lookup(call, epfd, Misuse::StaleDescriptor)?;
        let file = self.lookup(call, fd, Misuse::StaleControl(op))?;
        let FileKind::Epoll(epoll) = self.check_target(own, file, op, event.events)? else {
            return Err(Errno::EINVAL.into());
        };
        if op == EpollOp::Add {
            self.check_nesting(epoll, file)?;
        }
        let found = self.find_item(epoll, file, fd.number);
        match (op, found) {
            (EpollOp::Add, Some(_)) => Err(Errno::EEXIST.into()),
            (EpollOp::Add, None) => self.add_item(epoll, file, fd, event),
            (EpollOp::Mod | EpollOp::Del, None) => Err(Errno::ENOENT.into()),
            (EpollOp::Mod, Some(item)) => self.modify_item(item, event),
            (EpollOp::Del, Some(item)) => {
                self.remove_item(item);
                Ok(())
            }
        }
    }

    /// The file is gone: every epoll instance forgets it (`eventpoll_release_file`).
    pub(in crate::kernel) fn unwatch(&mut self, file: FileId) {
        let mut at = 0;
        while let Some(&waiter) = self.files[file].waiters.as_slice().get(at) {
            match waiter {
                Waiter::Item { item, .. } => self.remove_item(item),
                Waiter::Thread { .. } => at += 1,
            }
        }
    }

    /// A number is closed: are there registrations under it that outlive it?
    pub(in crate::kernel) fn check_registrations(&mut self, call: &Call, fd: Fd) {
        let Some(file) = call.file.map(|file| &self.files[file]) else { return };
        if fd.open == 0 || file.references == 1 {
            return;
        }
        let is_left = file.waiters.as_slice().iter().any(|waiter| match *waiter {
            Waiter::Item { item, .. } => self.items[item].fd == fd,
            Waiter::Thread { .. } => false,
        });
        if is_left {
            let (process, thread) = (call.process, call.thread);
            let misuse = Misuse::StaleRegistration;
            self.reports.push(Report { process, thread, fd, misuse, found: None });
        }
    }

    /// Which errors come before a look at the registrations, in Linux's order; else what epfd is.
    fn check_target(
        &self,
        own: FileId,
        file: FileId,
        op: EpollOp,
        events: EpollEvents,
    ) -> Result<FileKind, Errno> {
        let target = self.files[file].kind;
        let kind = self.files[own].kind;
        if matches!(target, FileKind::Path(_)) {
            return Err(Errno::EPERM);
        }
        if own == file || !matches!(kind, FileKind::Epoll(_)) {
            return Err(Errno::EINVAL);
        }
        let refused = match op {
            EpollOp::Add => matches!(target, FileKind::Epoll(_)) || !EXCLUSIVE_WITH.contains(events),
            EpollOp::Mod => true,
            EpollOp::Del => false,
        };
        if events.contains(EpollEvents::EXCLUSIVE) && refused { Err(Errno::EINVAL) } else { Ok(kind) }
    }

    /// The registration of (number, file) with the instance (`ep_find`). It is looked for from the
    /// file's side, which seldom has more than one.
    fn find_item(&self, epoll: EpollId, file: FileId, number: i32) -> Option<ItemId> {
        self.files[file].waiters.as_slice().iter().find_map(|waiter| match *waiter {
            Waiter::Item { item, .. } => {
                let Item { epoll: of, fd: under, .. } = self.items[item];
                (of == epoll && under.number == number).then_some(item)
            }
            Waiter::Thread { .. } => None,
        })
    }

    /// `ep_insert`.
    fn add_item(&mut self, epoll: EpollId, file: FileId, fd: Fd, event: EpollEvent) -> Answer<()> {
        if self.choices.strike(Point::Enospc) {
            return Err(Errno::ENOSPC.into());
        }
        let place = self.epolls[epoll].items.len() as u32;
        let item = self.items.insert(Item {
            epoll,
            file,
            fd,
            events: with_always(event.events),
            data: event.data,
            place,
            link: Link::default(),
        });
        self.epolls[epoll].items.push(item);
        self.files[file].waiters.add_item(item, event.events.contains(EpollEvents::EXCLUSIVE));
        if let Err(errno) = self.check_paths(epoll, file) {
            self.remove_item(item);
            return Err(errno.into());
        }
        self.list_if_ready(item);
        Ok(())
    }

    /// `ep_modify`. A registration made with `EXCLUSIVE` cannot be changed.
    fn modify_item(&mut self, item: ItemId, event: EpollEvent) -> Answer<()> {
        let state = &mut self.items[item];
        if state.events.contains(EpollEvents::EXCLUSIVE) {
            return Err(Errno::EINVAL.into());
        }
        state.events = with_always(event.events);
        state.data = event.data;
        self.list_if_ready(item);
        Ok(())
    }

    /// `ep_remove`: also from the ready list. Wakes nobody.
    pub(super) fn remove_item(&mut self, item: ItemId) {
        let Item { epoll, file, place, .. } = self.items[item];
        let state = &mut self.epolls[epoll];
        state.ready.remove(&mut self.items, item);
        state.items.swap_remove(place as usize);
        if let Some(&moved) = state.items.get(place as usize) {
            self.items[moved].place = place;
        }
        let is_it = |waiter: &Waiter| matches!(waiter, Waiter::Item { item: of, .. } if *of == item);
        self.files[file].waiters.remove_where(is_it);
        self.items.remove(item);
    }

    /// Lists a registration that has just been added or changed, if it is ready now.
    fn list_if_ready(&mut self, item: ItemId) {
        if self.poll_item(item).is_empty() || self.items[item].is_ready() {
            return;
        }
        let epoll = self.items[item].epoll;
        self.epolls[epoll].ready.push(&mut self.items, item);
        self.wake_sleeper(epoll);
        self.notify(self.epolls[epoll].file, EpollEvents::IN);
    }
}

/// Errors and hang-ups are always asked for.
fn with_always(events: EpollEvents) -> EpollEvents {
    events | EpollEvents::ERR | EpollEvents::HUP
}
