//! A process: its descriptor table (`struct files_struct` in fs/file.c).

use netcore::sys::{Errno, Fd, Rlimit};

use super::ids::{FileId, HostId};
use super::numbers::Numbers;

/// The default of `RLIMIT_NOFILE`: 1024, and up to fs.nr_open.
const LIMIT: Rlimit = Rlimit { soft: 1024, hard: 1 << 20 };

/// A process. Its threads are the scheduler's.
#[derive(Debug)]
pub struct Process {
    /// Where it runs.
    pub host: HostId,
    /// `RLIMIT_NOFILE`.
    pub limit: Rlimit,
    /// Its host has crashed: it makes no calls any more.
    pub is_dead: bool,
    slots: Vec<Slot>,
    numbers: Numbers,
    open: usize,
}

/// What a descriptor number stands for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// The open file description; none in a number that is only reserved.
    pub(super) file: Option<FileId>,
    /// The identity of the open that installed it.
    pub(super) open: u32,
    pub(super) cloexec: bool,
}

impl Process {
    pub(super) fn new(host: HostId) -> Self {
        Process {
            host,
            limit: LIMIT,
            is_dead: false,
            slots: Vec::new(),
            numbers: Numbers::default(),
            open: 0,
        }
    }

    /// How many descriptors are open.
    pub fn open_count(&self) -> usize {
        self.open
    }

    /// Every open descriptor, ascending.
    pub fn descriptors(&self) -> impl Iterator<Item = (Fd, FileId)> {
        self.slots.iter().enumerate().filter_map(|(number, slot)| {
            slot.file.map(|file| (Fd { number: number as i32, open: slot.open }, file))
        })
    }

    /// The open descriptor of that number.
    #[inline]
    pub(super) fn slot(&self, number: i32) -> Option<(FileId, Slot)> {
        let slot = self.slots.get(usize::try_from(number).ok()?)?;
        slot.file.map(|file| (file, *slot))
    }

    /// Takes the lowest free number from `min` on out of circulation (`alloc_fd`): `EMFILE` if that is
    /// not below the limit.
    pub(super) fn reserve(&mut self, min: i32) -> Result<i32, Errno> {
        let number = self.numbers.lowest_free(min.max(0) as usize);
        if number as u64 >= self.limit.soft {
            return Err(Errno::EMFILE);
        }
        self.numbers.insert(number);
        Ok(number as i32)
    }

    /// Gives back a number that nothing was installed in (`put_unused_fd`).
    pub(super) fn unreserve(&mut self, number: i32) {
        self.numbers.remove(number as usize);
    }

    /// Whether the number is taken but nothing is installed in it yet.
    pub(super) fn is_reserved(&self, number: i32) -> bool {
        self.numbers.contains(number as usize) && self.slot(number).is_none()
    }

    /// Puts a file into a number (`fd_install`, `do_dup2`) and returns the one that was there.
    pub(super) fn put(&mut self, number: i32, slot: Slot) -> Option<FileId> {
        let index = number as usize;
        if self.slots.len() <= index {
            self.slots.resize(index + 1, Slot::default());
        }
        self.numbers.insert(index);
        let replaced = core::mem::replace(&mut self.slots[index], slot).file;
        self.open += usize::from(replaced.is_none());
        replaced
    }

    /// Frees a number (`file_close_fd`).
    pub(super) fn take(&mut self, number: i32) -> Option<FileId> {
        let slot = self.slots.get_mut(usize::try_from(number).ok()?)?;
        let file = slot.file.take()?;
        self.numbers.remove(number as usize);
        self.open -= 1;
        Some(file)
    }

    /// One more than the highest number that was ever used.
    pub(super) fn size(&self) -> i32 {
        self.slots.len() as i32
    }

    pub(super) fn set_cloexec(&mut self, number: i32, cloexec: bool) {
        if let Some(slot) = self.slots.get_mut(number as usize) {
            slot.cloexec = cloexec;
        }
    }
}
