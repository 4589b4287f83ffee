//! Preemption points.

/// What the calling thread is about to do to memory that it shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Access {
    /// An atomic load.
    Load,
    /// An atomic store.
    Store,
    /// An atomic read-modify-write.
    Update,
    /// Taking a mutex.
    Lock,
}

/// Where another thread may run first.
///
/// Without receivers, since an atomic cannot carry a handle. Only [`crate::sync`] calls these. The
/// operating system compiles them to nothing; a simulator decides at each who runs.
pub trait Preempt: 'static {
    /// About to access shared memory; called before every access. The caller's location is the place
    /// where a schedule is told to have switched.
    #[track_caller]
    fn preempt(access: Access);

    /// A mutex has been taken. Until [`Preempt::unlocked`] no scheduling point may be reached (**I-2**):
    /// a simulator panics if one is, with the place of the lock and of the point.
    #[track_caller]
    fn locked();

    /// The mutex taken last has been released.
    fn unlocked();
}
