//! A mutex for plain data.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::sync::PoisonError;

use super::primitive;
use crate::sys::Preempt;

/// A mutex that is never held across a scheduling point: not across a system call, an atomic access, another
/// lock, a wakeup or the drop of somebody's future (**I-2**). A simulator checks it at each.
///
/// A panic while it is held does not poison it: nothing that panics is called under it.
pub struct Mutex<P, T> {
    inner: primitive::Mutex<T>,
    platform: PhantomData<fn() -> P>,
}

/// The data of a [`Mutex`], until it is dropped.
pub struct Guard<'a, P: Preempt, T> {
    inner: primitive::MutexGuard<'a, T>,
    platform: PhantomData<fn() -> P>,
}

impl<P: Preempt, T> Mutex<P, T> {
    /// Guards `value`.
    pub fn new(value: T) -> Self {
        Mutex { inner: primitive::Mutex::new(value), platform: PhantomData }
    }

    /// Waits for the data. Not async: whoever holds it is about to let go.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, P, T> {
        P::preempt(crate::sys::Access::Lock);
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        P::locked();
        Guard { inner, platform: PhantomData }
    }
}

impl<P: Preempt, T> Deref for Guard<'_, P, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<P: Preempt, T> DerefMut for Guard<'_, P, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<P: Preempt, T> Drop for Guard<'_, P, T> {
    #[inline]
    fn drop(&mut self) {
        P::unlocked();
    }
}

impl<P, T> fmt::Debug for Mutex<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex { .. }")
    }
}
