//! What a thread is about to do at a scheduling point.

use core::fmt;
use core::panic::Location;

use netcore::sys::Access;

use crate::trace::CallName;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    /// The scenario's own next step.
    Scenario,
    /// A memory access, at this place of the sources.
    Access(Access, &'static Location<'static>),
    /// A system call.
    Call(CallName),
}

impl fmt::Display for Site {
    /// `before src/poll/desc.rs:118: store`, `before close`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Site::Scenario => f.write_str("between two steps of the scenario"),
            Site::Access(access, place) => {
                let access = match access {
                    Access::Load => "load",
                    Access::Store => "store",
                    Access::Update => "update",
                    Access::Lock => "lock",
                };
                write!(f, "before {}:{}: {access}", place.file(), place.line())
            }
            Site::Call(name) => write!(f, "before {}", name.name()),
        }
    }
}
