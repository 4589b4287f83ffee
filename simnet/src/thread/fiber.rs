//! One coroutine, and the pool of their stacks: the only unsafe code of this crate.

use core::cell::{Cell, RefCell};
use core::ptr;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Address space of one stack. Pages are touched as they are used; the rest costs nothing.
const STACK_BYTES: usize = 1 << 20;
/// Stacks kept for reuse by one thread of the operating system.
const POOLED_MAX: usize = 64;

thread_local! {
    static YIELDER: Cell<*const Yielder<(), ()>> = const { Cell::new(ptr::null()) };
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// A function with a stack of its own, which can be left in the middle and entered again.
pub(crate) struct Fiber(Coroutine<(), (), (), DefaultStack>);

impl Fiber {
    /// A fiber that will run `body`, which must not unwind.
    pub(crate) fn new(body: Box<dyn FnOnce()>) -> Self {
        let pooled = STACKS.with_borrow_mut(Vec::pop);
        let stack = pooled.unwrap_or_else(|| {
            DefaultStack::new(STACK_BYTES).expect("address space for a coroutine stack of 1 MiB")
        });
        Fiber(Coroutine::with_stack(stack, move |yielder, ()| {
            YIELDER.set(yielder);
            body();
        }))
    }

    /// Runs the fiber until it suspends itself; says whether it has ended instead.
    pub(crate) fn resume(&mut self) -> bool {
        matches!(self.0.resume(()), CoroutineResult::Return(()))
    }

    /// Whether it has run at all.
    pub(crate) fn started(&self) -> bool {
        self.0.started()
    }

    /// Gives the stack of an ended fiber back to the pool.
    pub(crate) fn recycle(self) {
        if self.0.done() {
            let stack = self.0.into_stack();
            STACKS.with_borrow_mut(|stacks| {
                if stacks.len() < POOLED_MAX {
                    stacks.push(stack);
                }
            });
        }
    }
}

/// Leaves the running fiber; returns when it is resumed. Panics outside of one.
#[expect(unsafe_code, reason = "corosensei hands out the yielder by reference, to the body only")]
pub(crate) fn suspend() {
    let yielder = YIELDER.get();
    assert!(!yielder.is_null(), "suspend() outside of a simulated thread");
    // SAFETY: YIELDER holds the address of the running fiber's yielder: the fiber's first statement
    // stores it, and every return of this function restores it after other fibers have run. corosensei
    // keeps the yielder alive on the fiber's stack until its body returns, and only code called from that
    // body gets here, since outside of a fiber YIELDER is null (see `outside`).
    let yielder_ref = unsafe { &*yielder };
    yielder_ref.suspend(());
    YIELDER.set(yielder);
}

/// To be called when control is back on the stack of the operating system's thread.
pub(crate) fn outside() {
    YIELDER.set(ptr::null());
}
