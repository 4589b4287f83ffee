//! The operating system as a platform.
