//! What happened in a run: a rolling hash always, every step in full when asked for.

mod call;
mod decision;
mod hash;
mod record;

pub use call::CallName;
pub use hash::Hash;
pub use record::{Kind, Record};

pub(crate) use decision::sentence;
