//! Atomics and locks with preemption points.
