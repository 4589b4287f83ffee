//! Atomics.

use core::fmt;
use core::marker::PhantomData;

use super::primitive::{self, Ordering};
use crate::sys::{Access, Preempt};

macro_rules! atomics {
    ($($name:ident $value:ty)*) => {$(
        /// An atomic with a preemption point before every access. All accesses are sequentially consistent:
        /// what weaker orders would save is lost in the noise of a system call.
        pub struct $name<P> {
            inner: primitive::$name,
            platform: PhantomData<fn() -> P>,
        }

        impl<P: Preempt> $name<P> {
            /// Holds `value` at first.
            pub fn new(value: $value) -> Self {
                Self { inner: primitive::$name::new(value), platform: PhantomData }
            }

            /// The value.
            #[inline]
            #[track_caller]
            pub fn load(&self) -> $value {
                P::preempt(Access::Load);
                self.inner.load(Ordering::SeqCst)
            }

            /// Sets the value.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value) {
                P::preempt(Access::Store);
                self.inner.store(value, Ordering::SeqCst);
            }

            /// Sets the value and gives back the old one.
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value) -> $value {
                P::preempt(Access::Update);
                self.inner.swap(value, Ordering::SeqCst)
            }

            /// Sets the value to `new` if it is `current`; says whether it was.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(&self, current: $value, new: $value) -> bool {
                P::preempt(Access::Update);
                self.inner.compare_exchange(current, new, Ordering::SeqCst, Ordering::SeqCst).is_ok()
            }
        }

        impl<P> fmt::Debug for $name<P> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    )*};
}

atomics! {
    AtomicU64 u64
    AtomicBool bool
}

impl<P: Preempt> AtomicU64<P> {
    /// Adds, and gives back the old value.
    #[inline]
    #[track_caller]
    pub fn fetch_add(&self, value: u64) -> u64 {
        P::preempt(Access::Update);
        self.inner.fetch_add(value, Ordering::SeqCst)
    }

    /// Subtracts, and gives back the old value.
    #[inline]
    #[track_caller]
    pub fn fetch_sub(&self, value: u64) -> u64 {
        P::preempt(Access::Update);
        self.inner.fetch_sub(value, Ordering::SeqCst)
    }
}
