//! Where atomics and locks come from: the only place that names `core::sync::atomic`.
//!
//! From `core` and `std`, or from loom in its tests, which runs the same code in every order, and lets a load
//! see every value, that the memory model allows.

#[cfg(not(all(test, loom)))]
pub(super) use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
#[cfg(not(all(test, loom)))]
pub(super) use std::sync::{Mutex, MutexGuard};

#[cfg(all(test, loom))]
pub(super) use self::under_loom::{AtomicBool, AtomicU64};
#[cfg(all(test, loom))]
pub(super) use loom::sync::{Mutex, MutexGuard, atomic::Ordering};

#[cfg(all(test, loom))]
mod under_loom {
    use core::ops::Deref;

    use loom::sync::atomic::{self, Ordering};

    macro_rules! atomics {
        ($($name:ident $value:ty)*) => {$(
            /// loom's, but for two things that it knows less of than C++ does, which would fail code that is right:
            ///
            /// * A sequentially consistent load gives no value older than the last sequentially consistent store.
            ///   loom keeps to that among stores; here the first value is one, too.
            /// * The stores of one atomic have an order, and a read-modify-write follows the store that it read.
            ///   loom leaves a plain store and an update elsewhere unordered; here a store is an update, too. One that
            ///   is sequentially consistent then acquires as well: too strong for data that nothing else orders, but
            ///   netcore has none outside of atomics and mutexes.
            #[derive(Debug)]
            pub(in crate::sync) struct $name(atomic::$name);

            impl $name {
                pub(in crate::sync) fn new(value: $value) -> Self {
                    let atomic = atomic::$name::new(value);
                    atomic.store(value, Ordering::SeqCst);
                    $name(atomic)
                }

                #[track_caller]
                pub(in crate::sync) fn store(&self, value: $value, order: Ordering) {
                    self.0.swap(value, order);
                }
            }

            impl Deref for $name {
                type Target = atomic::$name;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
        )*};
    }

    atomics! {
        AtomicU64 u64
        AtomicBool bool
    }
}
