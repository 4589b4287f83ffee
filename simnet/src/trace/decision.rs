//! A decision as a sentence.

use crate::choice::{Decision, Point};

/// What it means, to whoever reads what has to go wrong.
pub(crate) fn sentence(decision: Decision) -> String {
    let Decision { point, answer, of } = decision;
    match point {
        Point::Schedule => format!("another thread runs: number {answer} of the ready ones"),
        Point::Next => format!("of the threads that are ready, number {answer} (from 0) runs first"),
        Point::Timer => format!("of the {of} timers due now, number {answer} (from 0) fires first"),
        Point::Wake => "a parked thread wakes without cause".to_owned(),
        Point::Eintr => "a signal comes: the call answers EINTR".to_owned(),
        Point::ShortRead => format!("only {answer} of the {of} bytes that are there are read"),
        Point::ShortWrite => format!("only {answer} of the {of} bytes that there is room for are written"),
        Point::Spurious => "epoll reports a descriptor that is not ready".to_owned(),
        Point::Emfile => "no descriptor is left: EMFILE".to_owned(),
        Point::Enospc => "no registration is left: ENOSPC".to_owned(),
        Point::Aborted => "the connection is gone before it is accepted: ECONNABORTED".to_owned(),
        Point::Cancel => "a future is dropped at its await".to_owned(),
        Point::Jitter => format!("a packet takes {answer} ns longer"),
        Point::Loss => "a packet is lost".to_owned(),
        Point::Reorder => "a packet falls behind those sent after it".to_owned(),
        Point::Duplicate => "a packet arrives twice".to_owned(),
        Point::Corrupt => "a packet arrives damaged".to_owned(),
        Point::Weather => format!("the links are other than good: {answer} of {of}"),
        Point::Port => format!("another port than the first is chosen: {answer} of {of}"),
        Point::Entropy => format!("the program draws the random number {answer}"),
        Point::Workload => format!("the scenario decides {answer} (of 0..{of})"),
    }
}
