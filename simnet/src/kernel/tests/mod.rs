//! Behaviour of the kernel, as statements.
