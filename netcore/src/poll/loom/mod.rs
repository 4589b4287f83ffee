//! The life of a descriptor, under loom.

mod desc;
mod descriptor;
mod fd_mutex;
mod semaphore;
