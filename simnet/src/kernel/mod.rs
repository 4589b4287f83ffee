//! The simulated kernel: descriptors, files, sockets and epoll of every process of every host.
//!
//! It is a state machine without threads. A system call is a method that takes a [`Call`] and either
//! answers or says [`Stop::Block`] after queueing the caller; then the scheduler runs others and calls the
//! same method again when the caller was woken, its deadline passed or a signal came. Whatever time
//! brings (segments, retransmissions, deadlines) is an [`Event`] in one queue.
//!
//! It behaves like Linux; every rule cites where it is from.

pub mod ids;
pub mod timer;

use netcore::sys::{Errno, Instant};

use ids::{FileId, Pid, Tid};

/// One system call of one thread, from its first attempt to its answer.
#[derive(Debug)]
pub struct Call {
    /// The process that calls.
    pub process: Pid,
    /// The thread that calls.
    pub thread: Tid,
    /// The open file description that the descriptor named when the call began. The call holds a
    /// reference to it until it ends: close(2) by another thread does not end a call in progress.
    pub file: Option<FileId>,
    /// When the call gives up waiting, from its own timeout; set by its first attempt.
    pub deadline: Option<Instant>,
    /// Why the call is attempted (again).
    pub attempt: Attempt,
    /// Bytes already transferred by attempts that blocked again (`MSG_WAITALL`, a blocking send).
    pub done: usize,
}

/// Why a call is attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has just been made.
    First,
    /// What it waits for may have happened.
    Woken,
    /// Its deadline has passed.
    TimedOut,
}

/// Why a call has no answer (yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It failed.
    Errno(Errno),
    /// The caller has been put on a wait queue; attempt again when it is woken or at `call.deadline`.
    Block,
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

/// What a system call answers.
pub type Answer<T> = Result<T, Stop>;
