//! What the layers of the stack tell a trace.

use super::{Fd, Instant};

/// A listener for what the layers do.
///
/// On the operating system it is nothing. A simulator writes it into its trace, so that one
/// `Conn::read` is legible through all its layers, and learns from it which task waits for what.
pub trait Probe {
    /// A layer did something. Called outside of locks; costs nothing where nobody listens.
    fn probe(&self, event: ProbeEvent);
}

/// The layer that speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// [`crate::net`].
    Net,
    /// The reference count and the two locks of a descriptor.
    FdMutex,
    /// Readiness and deadlines of a descriptor.
    PollDesc,
    /// The poller.
    Netpoll,
    /// The scheduler of tasks.
    Rt,
}

/// One thing that a layer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeEvent {
    /// What was done.
    pub what: What,
    /// The descriptor that it was done to, or [`Fd::NONE`].
    pub fd: Fd,
    /// The task number for [`Layer::Rt`]; nanoseconds of an instant for deadlines; else a detail.
    pub arg: u64,
}

impl ProbeEvent {
    /// Something done to a descriptor.
    pub const fn fd(what: What, fd: Fd) -> Self {
        ProbeEvent { what, fd, arg: 0 }
    }

    /// The `arg` of a deadline that is cleared.
    pub const CLEARED: u64 = u64::MAX;

    /// Something done to a descriptor's deadline; `None` is cleared.
    pub const fn deadline(what: What, fd: Fd, at: Option<Instant>) -> Self {
        let arg = match at {
            Some(at) => at.as_nanos(),
            None => Self::CLEARED,
        };
        ProbeEvent { what, fd, arg }
    }

    /// Something done to a task.
    pub const fn task(what: What, task: u64) -> Self {
        ProbeEvent { what, fd: Fd::NONE, arg: task }
    }
}

macro_rules! whats {
    ($($layer:ident { $($name:ident $text:literal)* })*) => {
        /// What a layer did. The text is what a trace prints after the layer's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum What { $($(#[doc = $text] $name,)*)* }

        impl What {
            /// The layer that does it.
            pub const fn layer(self) -> Layer {
                match self { $($(What::$name => Layer::$layer,)*)* }
            }

            /// How a trace prints it.
            pub const fn text(self) -> &'static str {
                match self { $($(What::$name => $text,)*)* }
            }
        }
    };
}

whats! {
    Net {
        Read "read"
        Write "write"
        Accept "accept"
        Dial "dial"
        Close "close"
        Dropped "drop"
        CloseRead "close_read"
        CloseWrite "close_write"
        Returned "returned"
        Failed "failed"
    }
    FdMutex {
        LockRead "rwlock(read)"
        LockWrite "rwlock(write)"
        QueueRead "queue(read)"
        QueueWrite "queue(write)"
        UnlockRead "rwunlock(read)"
        UnlockWrite "rwunlock(write)"
        Incref "incref"
        Decref "decref"
        IncrefAndClose "increfAndClose"
        Destroy "destroy"
    }
    PollDesc {
        PrepareRead "prepare(read)"
        PrepareWrite "prepare(write)"
        ParkRead "park(read)"
        ParkWrite "park(write)"
        UnparkRead "unpark(read)"
        UnparkWrite "unpark(write)"
        ReadDeadline "deadline(read)"
        WriteDeadline "deadline(write)"
        ReadExpired "expired(read)"
        WriteExpired "expired(write)"
        Evict "evict"
    }
    Netpoll {
        Open "open"
        Shut "close"
        ReadyRead "ready r"
        ReadyWrite "ready w"
        ReadyBoth "ready rw"
        Stale "stale event dropped"
        Wake "wake"
        Block "block"
    }
    Rt {
        Spawn "spawn task"
        Run "run task"
        Wait "task waits"
        Done "task done"
        Cancelled "task cancelled"
        Panicked "task panicked"
        Sleep "sleep until"
        Idle "worker idle"
        Busy "worker busy"
        Start "runtime start"
        Stop "runtime stopped"
    }
}
