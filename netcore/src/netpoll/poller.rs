//! What a runtime asks of a readiness mechanism: Go's poller contract (runtime/netpoll.go).

use core::time::Duration;

use super::Cookie;
use crate::sys::{Errno, Fd};

/// When the kernel reports a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// At each change; registered once for life.
    #[default]
    Edge,
    /// Once; told anew whenever somebody waits.
    OneShot,
    /// For as long as it is ready; watched only while somebody waits.
    Level,
}

/// Which directions of a descriptor the kernel is to watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Until it can be read.
    pub read: bool,
    /// Until it can be written.
    pub write: bool,
}

impl Interest {
    pub(crate) fn of([read, write]: [bool; 2]) -> Self {
        Interest { read, write }
    }

    /// Whether there is nothing to watch.
    pub fn is_empty(self) -> bool {
        !self.read && !self.write
    }
}

/// What happened to a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which one, as told at its registration.
    pub cookie: Cookie,
    /// It can be read, or has ended.
    pub readable: bool,
    /// It can be written, or has ended.
    pub writable: bool,
    /// The peer is done, or the connection is broken: reading more than is there would meet the end.
    pub hung_up: bool,
    /// An error and nothing else: the kernel cannot watch it.
    pub error: bool,
}

/// A readiness mechanism of a platform.
///
/// After [`Poller::shut`] every call fails with `EBADF` and touches no descriptor, even those that were under
/// way: the mechanism's own descriptors live until the last of them is through.
pub trait Poller<S>: Send + Sync + Sized + 'static {
    /// The events of one wait, kept between waits.
    type Events: Default + Send;

    /// Sets it up.
    fn new(sys: &S, trigger: Trigger) -> Result<Self, Errno>;
    /// Registers a descriptor. Called once per descriptor, before any operation waits.
    fn open(&self, sys: &S, fd: Fd, cookie: Cookie) -> Result<(), Errno>;
    /// Tells what to watch from now on, where `was` was told before. Not called with [`Trigger::Edge`].
    fn arm(&self, sys: &S, fd: Fd, cookie: Cookie, was: Interest, want: Interest) -> Result<(), Errno>;
    /// Deregisters a descriptor, which is still open.
    fn close(&self, sys: &S, fd: Fd) -> Result<(), Errno>;
    /// Waits for events, not at all with a zero timeout and for ever with `None`, and hands each to `each`.
    /// One caller at a time.
    fn wait(
        &self,
        sys: &S,
        timeout: Option<Duration>,
        events: &mut Self::Events,
        each: impl FnMut(Event),
    ) -> Result<(), Errno>;
    /// Ends a wait that is under way, or the next one that would wait.
    fn wake(&self, sys: &S);
    /// Gives its descriptors back.
    fn shut(&self, sys: &S);
}
