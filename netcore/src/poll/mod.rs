//! The life of a descriptor: reference count, locks, readiness, deadlines.
