//! The weather of a run: how links are that the scenario says nothing about. Most runs have a good local
//! network; some a slow or a bad one.

use core::time::Duration;

use crate::choice::Point;
use crate::fabric::LinkConditions;
use crate::kernel::Kernel;
use crate::plan::Links;

/// Draws the conditions of the links of this run.
pub(super) fn draw(kernel: &mut Kernel, links: &Links) {
    let mut draw = |n: usize| kernel.choices.choose(Point::Weather, n as u32) as usize;
    if links.bad_one_in == 0 || draw(links.bad_one_in as usize) + 1 != links.bad_one_in as usize {
        return;
    }
    let latency = links.latency_us[draw(links.latency_us.len())];
    let jitter = latency * links.jitter_percent[draw(links.jitter_percent.len())] / 100;
    let mut rate = |rates: &[u32]| rates[draw(rates.len())];
    kernel.fabric.default = LinkConditions {
        latency: Duration::from_micros(latency),
        jitter: Duration::from_micros(jitter),
        loss_one_in: rate(&links.loss),
        reorder_one_in: rate(&links.reorder),
        duplicate_one_in: rate(&links.duplicate),
        corrupt_one_in: rate(&links.corrupt),
        ..LinkConditions::default()
    };
}
