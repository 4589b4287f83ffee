//! epoll(7) and eventfd(2).

use core::time::Duration;

use bitflags::bitflags;

use super::{Fd, Files, Result};

bitflags! {
    /// Flags of epoll_create1(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct EpollCreateFlags: u32 {
        /// `EPOLL_CLOEXEC`.
        const CLOEXEC = 1;
    }

    /// Flags of eventfd(2).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct EventfdFlags: u32 {
        /// `EFD_CLOEXEC`.
        const CLOEXEC = 1;
        /// `EFD_NONBLOCK`.
        const NONBLOCK = 2;
        /// `EFD_SEMAPHORE`.
        const SEMAPHORE = 4;
    }

    /// Event types and input flags of epoll_ctl(2), with Linux's values.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct EpollEvents: u32 {
        /// Readable.
        const IN = 0x001;
        /// Exceptional condition (urgent data).
        const PRI = 0x002;
        /// Writable.
        const OUT = 0x004;
        /// Error condition; always reported.
        const ERR = 0x008;
        /// Hang-up; always reported.
        const HUP = 0x010;
        /// The peer shut down its writing half.
        const RDHUP = 0x2000;
        /// Wake one of the epoll instances.
        const EXCLUSIVE = 1 << 28;
        /// Disarm after one event.
        const ONESHOT = 1 << 30;
        /// Edge-triggered.
        const ET = 1 << 31;
    }
}

/// An operation of epoll_ctl(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpollOp {
    /// `EPOLL_CTL_ADD`.
    Add,
    /// `EPOLL_CTL_MOD`.
    Mod,
    /// `EPOLL_CTL_DEL`.
    Del,
}

/// `struct epoll_event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EpollEvent {
    /// What to watch for, or what happened.
    pub events: EpollEvents,
    /// The user's cookie, given back untouched.
    pub data: u64,
}

/// Readiness by epoll(7).
pub trait Epoll: Files {
    /// epoll_create1(2).
    fn epoll_create1(&self, flags: EpollCreateFlags) -> Result<Fd>;
    /// epoll_ctl(2). `event` is ignored by [`EpollOp::Del`].
    fn epoll_ctl(&self, epfd: Fd, op: EpollOp, fd: Fd, event: EpollEvent) -> Result<()>;
    /// epoll_pwait2(2) without a signal mask: fills the front of `events` and says how many. Waits for
    /// ever with `None`, not at all with zero, else at least `timeout`, to the nanosecond where the
    /// kernel can.
    fn epoll_wait(&self, epfd: Fd, events: &mut [EpollEvent], timeout: Option<Duration>) -> Result<usize>;
    /// eventfd(2).
    fn eventfd(&self, initval: u32, flags: EventfdFlags) -> Result<Fd>;
}
