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
    slots: Vec<Slot>,
    count: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    waiters: [Option<Waiter>; 2],
    /// The descriptor whose waiters have been told to go, since it closes.
    evicted: Option<Fd>,
}

/// A task and the descriptor it waits on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiter {
    pub(crate) fd: Fd,
    pub(crate) task: u64,
}

impl Parked {
    pub(crate) fn park(&mut self, fd: Fd, direction: Direction, task: u64) {
        let Some(slot) = self.slot(fd) else { return };
        let waiter = &mut slot.waiters[direction as usize];
        let is_new = waiter.is_none();
        *waiter = Some(Waiter { fd, task });
        self.count += usize::from(is_new);
    }

    pub(crate) fn unpark(&mut self, fd: Fd, direction: Direction) {
        let Some(slot) = self.slot(fd) else { return };
        let waiter = &mut slot.waiters[direction as usize];
        if waiter.is_some_and(|waiter| waiter.fd == fd) {
            *waiter = None;
            self.count -= 1;
        }
    }

    /// Whoever waits for the descriptor has been told to go.
    pub(crate) fn evict(&mut self, fd: Fd) {
        if let Some(slot) = self.slot(fd) {
            slot.evicted = Some(fd);
        }
    }

    fn slot(&mut self, fd: Fd) -> Option<&mut Slot> {
        let number = usize::try_from(fd.number).ok()?;
        if number >= self.slots.len() {
            self.slots.resize(number + 1, Slot::default());
        }
        Some(&mut self.slots[number])
    }

    /// How many tasks are parked.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Every parked task, by descriptor number, and whether it should have gone.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Direction, Waiter, bool)> {
        self.slots.iter().flat_map(|slot| {
            let directions = [Direction::Read, Direction::Write].into_iter().zip(slot.waiters);
            directions.filter_map(|(direction, waiter)| {
                waiter.map(|waiter| (direction, waiter, slot.evicted == Some(waiter.fd)))
            })
        })
    }
}
