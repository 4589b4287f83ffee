//! Which task is parked on which descriptor: what the stack's probes tell, to be held against the kernel.

use netcore::sys::Fd;

/// The direction that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// The parked tasks of one process, by descriptor number.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    slots: Vec<[Option<Waiter>; 2]>,
    count: usize,
}

/// A task and the descriptor it waits on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) fd: Fd,
    pub(crate) task: u64,
}

impl Parked {
    pub(crate) fn park(&mut self, fd: Fd, direction: Direction, task: u64) {
        let Ok(number) = usize::try_from(fd.number) else { return };
        if number >= self.slots.len() {
            self.slots.resize(number + 1, [None; 2]);
        }
        let slot = &mut self.slots[number][direction as usize];
        self.count += usize::from(slot.is_none());
        *slot = Some(Waiter { fd, task });
    }

    pub(crate) fn unpark(&mut self, fd: Fd, direction: Direction) {
        let slot = usize::try_from(fd.number).ok().and_then(|number| self.slots.get_mut(number));
        if let Some(slot) = slot
            && slot[direction as usize].is_some_and(|waiter| waiter.fd == fd)
        {
            slot[direction as usize] = None;
            self.count -= 1;
        }
    }

    /// How many tasks are parked.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Every parked task, by descriptor number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Direction, Waiter)> {
        self.slots.iter().flat_map(|[read, write]| {
            let read = read.map(|waiter| (Direction::Read, waiter));
            let write = write.map(|waiter| (Direction::Write, waiter));
            read.into_iter().chain(write)
        })
    }
}
