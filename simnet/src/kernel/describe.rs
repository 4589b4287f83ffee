//! Descriptors in words, for state tables and verdicts.

use core::fmt::Write;

use netcore::sys::{EpollEvents, Fd, OFlags};

use super::Kernel;
use super::file::FileKind;
use super::ids::{FileId, ItemId, Pid};
use super::wait::Waiter;

impl Kernel {
    /// Readiness of a descriptor; `None` if the number is closed or belongs to another open.
    pub fn poll_fd(&self, process: Pid, fd: Fd) -> Option<EpollEvents> {
        let (file, slot) = self.process(process).slot(fd.number)?;
        (slot.open == fd.open).then(|| self.poll(file))
    }

    /// One line about a descriptor: number, kind, flags, readiness, who waits, epoll registrations.
    pub fn describe_fd(&self, process: Pid, number: i32) -> Option<String> {
        let (file, slot) = self.process(process).slot(number)?;
        let mut text = format!("{number} {}", self.describe_file(file));
        let flags = self.files[file].flags;
        text.push_str(if flags.contains(OFlags::NONBLOCK) { " NONBLOCK" } else { "" });
        text.push_str(if slot.cloexec { " CLOEXEC" } else { "" });
        let _ = write!(text, " [{}]", names(self.poll(file)));
        for waiter in self.files[file].waiters.as_slice() {
            let _ = match *waiter {
                Waiter::Thread { thread, .. } => write!(text, " {thread:?} waits"),
                Waiter::Item { item, .. } => write!(text, " {}", self.describe_item(item)),
            };
        }
        Some(text)
    }

    /// What a file is.
    pub fn describe_file(&self, file: FileId) -> String {
        match self.files[file].kind {
            FileKind::PipeReader(pipe) => format!("pipe reader, {} bytes", self.pipes[pipe].len()),
            FileKind::PipeWriter(pipe) => format!("pipe writer, {} bytes", self.pipes[pipe].len()),
            FileKind::Eventfd(eventfd) => format!("eventfd {}", self.eventfds[eventfd].count()),
            FileKind::Epoll(epoll) => self.describe_epoll(epoll),
            FileKind::Socket(socket) => self.socket_describe(socket),
            FileKind::Path(_) => String::from("file"),
        }
    }

    fn describe_item(&self, item: ItemId) -> String {
        let item = &self.items[item];
        let listed = if item.is_ready() { ", ready" } else { "" };
        format!("({:?} watches {} for {}{listed})", item.epoll, item.fd.number, names(item.events))
    }
}

/// Flags by name.
fn names(flags: EpollEvents) -> String {
    flags.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}
