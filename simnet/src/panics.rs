//! Panics of simulated threads: findings, with the place and the backtrace.

use std::backtrace::Backtrace;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

use crate::oracle::{Finding, Oracle};
use crate::world::state;

static INSTALLED: Once = Once::new();

/// Makes the panics of simulated threads findings. All others go where they went before.
pub(crate) fn install() {
    INSTALLED.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            if !report(info) {
                previous(info);
            }
        }));
    });
}

/// Says whether the panic was one of a simulated thread.
fn report(info: &PanicHookInfo<'_>) -> bool {
    state::with(|state| {
        if state.running.get().is_none() {
            return false;
        }
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("a payload without text");
        let file = info.location().map_or("", |at| at.file());
        let place = format!("{}: {}", short(file), first_line(text));
        let at = info.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = Backtrace::force_capture();
        state.report(Finding::new(Oracle::Panic, place, format!("{text}\nat {at}\n{backtrace}")));
        true
    })
    .unwrap_or(false)
}

/// The path from the crate's folder on: the rest differs from machine to machine.
fn short(file: &str) -> &str {
    match file.rfind("/src/") {
        Some(end) => &file[file[..end].rfind('/').map_or(0, |at| at + 1)..],
        None => file,
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
