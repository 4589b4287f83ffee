//! What was asked of connections when, and what was answered.

use std::sync::{Arc, Mutex, PoisonError};

use netcore::net::OpError;
use netcore::sys::Instant;

use super::program::Side;

/// A descriptor: which connection, which end, and which of the end's descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The connection.
    pub connection: usize,
    /// The end.
    pub side: Side,
    /// 0 is the first descriptor of the end, the others are copies.
    pub handle: usize,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To read up to so many bytes.
    Read(usize),
    /// To write so many bytes, which are those of the stream that [`Record::content`] is.
    Write {
        /// How many.
        len: usize,
        /// In several buffers: without bytes there is no system call then.
        vectored: bool,
    },
    /// To end the stream.
    CloseWrite,
    /// To end the stream from the other end.
    CloseRead,
    /// To close.
    Close,
    /// To make a copy.
    Duplicate,
    /// To set deadlines.
    Deadline {
        /// Of reading.
        read: bool,
        /// Of writing.
        write: bool,
        /// To when; `None` is never.
        at: Option<Instant>,
    },
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These bytes were read.
    Read(Vec<u8>),
    /// So many were written.
    Written(usize),
    /// The copy is the end's descriptor of this number.
    Copied(usize),
    /// It was done.
    Done,
    /// It failed.
    Failed(OpError),
    /// Nothing: its future was dropped after it had begun.
    GivenUp,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// On what.
    pub place: Place,
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub answer: Answer,
    /// Its place in the order of all beginnings and ends.
    pub invoked: u64,
    /// The same of its end.
    pub returned: u64,
    /// When it began.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
}

impl Record {
    /// Whether it ended before the other began.
    pub fn is_before(&self, other: &Record) -> bool {
        self.returned < other.invoked
    }

    /// Whether it can have had an effect on the other: it began before that ended.
    pub fn may_affect(&self, other: &Record) -> bool {
        self.invoked < other.returned
    }

    /// The number of the stream that a write's bytes are of: each writes one of its own.
    pub fn content(&self) -> u64 {
        self.invoked
    }
}

/// All that was asked and answered: a handle, to be cloned.
#[derive(Clone, Debug, Default)]
pub struct History {
    events: Arc<Mutex<Events>>,
}

#[derive(Debug, Default)]
struct Events {
    clock: u64,
    records: Vec<Record>,
}

impl History {
    /// The next beginning or end.
    pub fn tick(&self) -> u64 {
        self.with(|events| {
            events.clock += 1;
            events.clock
        })
    }

    /// Keeps an operation; it ends here.
    pub fn add(&self, record: Record) {
        let returned = self.tick();
        self.with(|events| events.records.push(Record { returned, ..record }));
    }

    /// The operations, in the order of their ends.
    pub fn take(&self) -> Vec<Record> {
        self.with(|events| core::mem::take(&mut events.records))
    }

    /// Nothing that waits is called under the lock.
    fn with<T>(&self, f: impl FnOnce(&mut Events) -> T) -> T {
        f(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
