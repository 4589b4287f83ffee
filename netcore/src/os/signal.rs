//! Signals that do nothing but end a wait.

use core::ffi::c_int;
use core::ptr;
use std::os::unix::thread::JoinHandleExt;
use std::thread::JoinHandle;

use super::{Os, check};
use crate::sys::Result;

extern "C" fn nothing(_signal: c_int) {}

impl Os {
    /// Sends a thread a signal whose handler does nothing, installed with `SA_RESTART` or not: a call that it waits in
    /// ends with `EINTR`, with what it has done so far, or is made again, signal(7). Takes the signals
    /// `SIGRTMAX - 2` and `SIGRTMAX - 3` of the process. Fails with `EAGAIN` when too many signals are pending.
    pub fn signal(&self, thread: &JoinHandle<()>, restarts: bool) -> Result<()> {
        let (signal, flags) =
            if restarts { (libc::SIGRTMAX() - 2, libc::SA_RESTART) } else { (libc::SIGRTMAX() - 3, 0) };
        // SAFETY: all zeros are a valid `sigaction`: no handler, no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { core::mem::zeroed() };
        action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
        action.sa_flags = flags;
        // SAFETY: the handler takes the one argument that a handler without SA_SIGINFO is given, touches nothing, and
        // is a function that lives for ever.
        check(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) })?;
        // SAFETY: a thread that has not been joined, and a handle to it means that it has not, is a valid pthread_t
        // even when it has ended.
        match unsafe { libc::pthread_kill(thread.as_pthread_t(), signal) } {
            0 => Ok(()),
            code => Err(super::errno::name(code)),
        }
    }
}
