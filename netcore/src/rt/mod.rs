//! The scheduler of tasks.
