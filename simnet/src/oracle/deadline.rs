//! Deadlines of descriptors, as the stack's probes tell them.
//!
//! Virtual time moves only when nothing can run, so lateness of zero is demanded: an operation that was
//! checked against its deadline cannot find itself later than when it was checked.

use netcore::sys::{Fd, Instant};

use super::Direction;

/// The deadlines of one process, by descriptor number.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    slots: Vec<[Option<Deadline>; 2]>,
}

#[derive(Clone, Copy, Debug)]
struct Deadline {
    open: u32,
    at: Instant,
    set: Instant,
}

impl Deadlines {
    /// The stack has set a deadline, or cleared it.
    pub(crate) fn set(&mut self, fd: Fd, direction: Direction, at: Option<Instant>, now: Instant) {
        let Ok(number) = usize::try_from(fd.number) else { return };
        if number >= self.slots.len() {
            self.slots.resize(number + 1, [None; 2]);
        }
        let deadline = at.map(|at| Deadline { open: fd.open, at, set: now });
        self.slots[number][direction as usize] = deadline;
    }

    /// The deadline that an operation on `fd`, done at `now`, ignores: it had passed, and has not been
    /// changed since time last moved.
    pub(crate) fn ignored(&self, fd: Fd, direction: Direction, now: Instant) -> Option<Instant> {
        let deadline = self.get(fd, direction)?;
        (deadline.at < now && deadline.set < now).then_some(deadline.at)
    }

    /// The deadline of an operation that still waits at `now`, when nothing else can run: it has passed.
    pub(crate) fn passed(&self, fd: Fd, direction: Direction, now: Instant) -> Option<Instant> {
        let deadline = self.get(fd, direction)?;
        (deadline.at < now).then_some(deadline.at)
    }

    /// Whether an operation that fails at `now` for its deadline fails early: when the deadline is, if
    /// that is later (`None`: there is none).
    pub(crate) fn early(&self, fd: Fd, direction: Direction, now: Instant) -> Option<Option<Instant>> {
        match self.get(fd, direction) {
            Some(deadline) if deadline.at <= now => None,
            // Changed at this very instant: the operation may have been told before the change.
            Some(deadline) if deadline.set == now => None,
            Some(deadline) => Some(Some(deadline.at)),
            None => None,
        }
    }

    fn get(&self, fd: Fd, direction: Direction) -> Option<Deadline> {
        let slot = self.slots.get(usize::try_from(fd.number).ok()?)?;
        slot[direction as usize].filter(|deadline| deadline.open == fd.open)
    }
}
