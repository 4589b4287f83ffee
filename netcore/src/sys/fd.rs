//! Descriptors.

use core::fmt;

/// A descriptor: its number, and the identity of the open that produced it.
///
/// It is a plain number to the kernel, `Copy` and without ownership (that is one layer up, in
/// [`crate::poll`]). The identity tells two uses of one number apart: a simulated kernel honours the
/// number, as a kernel does, and reports the moment when a call arrives with a number whose `open` is
/// not the caller's. The operating system leaves it 0, which is also "do not check".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fd {
    /// The index in the process's descriptor table; negative is no descriptor.
    pub number: i32,
    /// Which open installed the descriptor; 0 is unknown.
    pub open: u32,
}

impl Fd {
    /// No descriptor: every call on it answers `EBADF`.
    pub const NONE: Fd = Fd { number: -1, open: 0 };

    /// The descriptor with this number, whoever opened it.
    pub const fn raw(number: i32) -> Fd {
        Fd { number, open: 0 }
    }
}

impl fmt::Debug for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

impl fmt::Display for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}
