//! Sets of flags as strace shows them.

use core::fmt;

use bitflags::Flags;

/// `NONBLOCK|CLOEXEC`, or `0`.
pub(crate) struct Bits<F>(pub(crate) F);

impl<F: Flags> fmt::Display for Bits<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        for (name, _) in self.0.iter_names() {
            write!(f, "{before}{name}")?;
            before = "|";
        }
        if before.is_empty() { f.write_str("0") } else { Ok(()) }
    }
}
