//! A system call in progress, and what it answers.

use netcore::sys::{Errno, Instant};

use super::ids::{FileId, Pid, Tid};

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
    /// The descriptor number that accept4(2) holds while it waits, as Linux's `get_unused_fd_flags`.
    pub(super) reserved: Option<i32>,
    /// Whether the last attempt put the caller on the wait queue of its file; a wake takes it off.
    pub(super) queued: bool,
}

impl Call {
    /// A call that is about to be made.
    pub fn new(process: Pid, thread: Tid) -> Self {
        Call {
            process,
            thread,
            file: None,
            deadline: None,
            attempt: Attempt::First,
            done: 0,
            reserved: None,
            queued: false,
        }
    }
}

impl Call {
    /// What ends the call if a signal has come and it would wait (again). A call with a timeout of its own is not made
    /// again: it would wait from the start (`sock_intr_errno`).
    pub(super) fn interrupted(&self) -> Option<Stop> {
        match self.attempt {
            Attempt::Signalled { restarts: true } if self.deadline.is_none() => Some(Stop::Restart),
            Attempt::Signalled { .. } => Some(Errno::EINTR.into()),
            _ => None,
        }
    }

    /// Whether what it has done so far is all it does.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.attempt, Attempt::TimedOut | Attempt::Signalled { .. })
    }
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
    /// A signal has come, whose handler was installed with `SA_RESTART` or not. If there is still nothing for the
    /// call it ends or is made again.
    Signalled {
        /// Whether a call that may is made again.
        restarts: bool,
    },
}

/// Why a call has no answer (yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It failed.
    Errno(Errno),
    /// The caller has been put on a wait queue; attempt again when it is woken or at `call.deadline`.
    Block,
    /// It is made again from the start (`ERESTARTSYS` and `SA_RESTART`).
    Restart,
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Stop::Errno(errno)
    }
}

/// What a system call answers.
pub type Answer<T> = Result<T, Stop>;
