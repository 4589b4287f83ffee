//! One operation in one direction: what it holds between polls.

use core::task::{Context, Poll, ready};

use super::desc::Start;
use super::descriptor::Inner;
use super::fd_mutex::Locked;
use super::semaphore::Ticket;
use super::{Error, Mode};
use crate::sys::{Errno, Fd, ProbeEvent, Sys, What};

/// How far an operation is.
///
/// | stage | holds | next |
/// |---|---|---|
/// | idle | nothing | the lock, or queued |
/// | queued | a place in the lock's queue | idle again, to try |
/// | locked | the lock | trying, or waiting if nothing can be there |
/// | trying | the lock | an answer, or waiting |
/// | waiting | the lock, and perhaps the parking place | trying |
///
/// It belongs to the descriptor it was used with; whoever owns it calls [`super::Descriptor::abandon`] instead
/// of forgetting it, which gives back what it holds.
#[derive(Debug, Default)]
pub struct Op {
    stage: Stage,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Idle,
    Queued(Ticket),
    Locked,
    Trying,
    Waiting {
        parked: bool,
    },
}

impl<S: Sys> Inner<S> {
    /// Drives an operation: locks the direction, checks the deadline, makes the call until it neither is
    /// interrupted nor would wait. Afterwards the lock is still held: [`Inner::end`], or call again.
    pub(super) fn poll_op<T>(
        &self,
        mode: Mode,
        op: &mut Op,
        cx: &Context<'_>,
        mut call: impl FnMut(&S, Fd) -> Result<T, Errno>,
    ) -> Poll<Result<T, Error>> {
        loop {
            match &mut op.stage {
                Stage::Idle | Stage::Queued(_) => ready!(self.poll_lock(mode, op, cx))?,
                Stage::Locked => {
                    self.probe(prepare(mode));
                    op.stage = match self.desc.prepare(mode)? {
                        Start::Try => Stage::Trying,
                        Start::Wait => Stage::Waiting { parked: false },
                    };
                }
                Stage::Trying => match call(&self.driver.sys, self.fd) {
                    Ok(value) => return Poll::Ready(Ok(value)),
                    Err(Errno::EINTR) => {}
                    Err(Errno::EAGAIN) if self.is_registered() => op.stage = Stage::Waiting { parked: false },
                    Err(errno) => return Poll::Ready(Err(Error::Sys(errno))),
                },
                Stage::Waiting { parked } => {
                    ready!(self.poll_wait(mode, parked, cx))?;
                    op.stage = Stage::Trying;
                }
            }
        }
    }

    /// Takes the lock of the direction.
    pub(super) fn poll_lock(&self, mode: Mode, op: &mut Op, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            match &mut op.stage {
                Stage::Idle => match self.mutex.try_lock(mode) {
                    Locked::Yes => {
                        self.probe(by_mode(mode, What::LockRead, What::LockWrite));
                        op.stage = Stage::Locked;
                    }
                    Locked::Wait(ticket) => {
                        self.probe(by_mode(mode, What::QueueRead, What::QueueWrite));
                        op.stage = Stage::Queued(ticket);
                    }
                    Locked::Closed => return Poll::Ready(Err(Error::Closing)),
                },
                Stage::Queued(ticket) => {
                    ready!(self.mutex.poll_chosen(mode, ticket, cx));
                    op.stage = Stage::Idle;
                }
                Stage::Locked | Stage::Trying | Stage::Waiting { .. } => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Waits for readiness; the trace is told who is parked.
    pub(super) fn poll_wait(
        &self,
        mode: Mode,
        parked: &mut bool,
        cx: &Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let before = *parked;
        let poll = self.desc.poll_ready(mode, parked, cx);
        if *parked != before {
            self.probe(if *parked {
                by_mode(mode, What::ParkRead, What::ParkWrite)
            } else {
                by_mode(mode, What::UnparkRead, What::UnparkWrite)
            });
        }
        // Also when it was parked before: it may have been unblocked, and found itself with cause to wait again.
        if *parked {
            self.arm();
        }
        poll
    }

    /// The operation is over: gives back the lock.
    pub(super) fn end(&self, mode: Mode, op: &mut Op) {
        match core::mem::take(&mut op.stage) {
            Stage::Idle => {}
            Stage::Queued(mut ticket) => self.mutex.abandon(mode, &mut ticket),
            Stage::Waiting { parked: true } => {
                self.leave(mode);
                self.unlock(mode);
            }
            Stage::Locked | Stage::Trying | Stage::Waiting { parked: false } => self.unlock(mode),
        }
    }

    /// The parked task goes without having been woken.
    pub(super) fn leave(&self, mode: Mode) {
        self.desc.unpark(mode);
        self.probe(by_mode(mode, What::UnparkRead, What::UnparkWrite));
    }

    fn unlock(&self, mode: Mode) {
        self.probe(by_mode(mode, What::UnlockRead, What::UnlockWrite));
        if self.mutex.unlock(mode) {
            self.destroy();
        }
    }

    pub(super) fn probe(&self, what: What) {
        self.driver.sys.probe(ProbeEvent::fd(what, self.fd));
    }
}

/// An operation of an async function: given back when the function's future is dropped, wherever it is.
pub(super) struct Guard<'a, S: Sys> {
    inner: &'a Inner<S>,
    mode: Mode,
    op: Op,
}

impl<'a, S: Sys> Guard<'a, S> {
    pub(super) fn new(inner: &'a Inner<S>, mode: Mode) -> Self {
        Guard { inner, mode, op: Op::default() }
    }

    /// Drives the operation one answer further.
    pub(super) async fn call<T>(
        &mut self,
        mut call: impl FnMut(&S, Fd) -> Result<T, Errno>,
    ) -> Result<T, Error> {
        core::future::poll_fn(|cx| self.inner.poll_op(self.mode, &mut self.op, cx, &mut call)).await
    }

    /// Takes the lock of the direction and no more.
    pub(super) async fn lock(&mut self) -> Result<(), Error> {
        core::future::poll_fn(|cx| self.inner.poll_lock(self.mode, &mut self.op, cx)).await
    }
}

impl<S: Sys> Drop for Guard<'_, S> {
    fn drop(&mut self) {
        self.inner.end(self.mode, &mut self.op);
    }
}

/// A parking place of an async function that holds no lock; see [`Guard`].
pub(super) struct Wait<'a, S: Sys> {
    inner: &'a Inner<S>,
    mode: Mode,
    parked: bool,
}

impl<'a, S: Sys> Wait<'a, S> {
    pub(super) fn new(inner: &'a Inner<S>, mode: Mode) -> Self {
        Wait { inner, mode, parked: false }
    }

    pub(super) async fn ready(&mut self) -> Result<(), Error> {
        core::future::poll_fn(|cx| self.inner.poll_wait(self.mode, &mut self.parked, cx)).await
    }
}

impl<S: Sys> Drop for Wait<'_, S> {
    fn drop(&mut self) {
        if self.parked {
            self.inner.leave(self.mode);
        }
    }
}

fn by_mode(mode: Mode, read: What, write: What) -> What {
    match mode {
        Mode::Read => read,
        Mode::Write => write,
    }
}

fn prepare(mode: Mode) -> What {
    by_mode(mode, What::PrepareRead, What::PrepareWrite)
}
