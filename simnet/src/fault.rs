//! Faults that strike programs rather than their kernels.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::choice::Point;
use crate::world::state;

/// A future that may be dropped at one of its awaits: `None` then.
///
/// When the tape says so it is dropped either right after it has said that it must wait, or when it has been
/// woken and before it hears of it: the two moments at which a future may hold something that others need.
pub fn cancellable<F: Future>(future: F) -> impl Future<Output = Option<F::Output>> {
    Cancellable { future: Some(Box::pin(future)), doomed: false }
}

struct Cancellable<F> {
    future: Option<Pin<Box<F>>>,
    /// Dropped when it is next polled.
    doomed: bool,
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.doomed {
            self.future = None;
        }
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            self.future = None;
            return Poll::Ready(Some(output));
        }
        match state::with(|state| state.kernel.borrow_mut().choices.stray(Point::Cancel, 3)) {
            Some(1) => {
                self.future = None;
                Poll::Ready(None)
            }
            fate => {
                self.doomed = fate == Some(2);
                Poll::Pending
            }
        }
    }
}
