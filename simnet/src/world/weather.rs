//! The weather of a run: how links are that the scenario says nothing about. Most runs have a good local
//! network; some a slow or a bad one.

use core::time::Duration;

use crate::choice::Point;
use crate::fabric::LinkConditions;
use crate::kernel::Kernel;

/// One run in so many has bad weather.
const BAD_ONE_IN: u32 = 4;

/// Draws the conditions of the links of this run.
pub(super) fn draw(kernel: &mut Kernel) {
    let mut draw = |n| kernel.choices.choose(Point::Weather, n);
    if draw(BAD_ONE_IN) != BAD_ONE_IN - 1 {
        return;
    }
    let latency = [1, 100, 1_000, 30_000][draw(4) as usize];
    let jitter = [0, latency / 2, latency * 3][draw(3) as usize];
    let rates = [0, 0, 100, 20];
    kernel.fabric.default = LinkConditions {
        latency: Duration::from_micros(latency),
        jitter: Duration::from_micros(jitter),
        loss_one_in: rates[draw(4) as usize],
        reorder_one_in: rates[draw(4) as usize],
        duplicate_one_in: rates[draw(4) as usize],
        corrupt_one_in: rates[draw(4) as usize],
        ..LinkConditions::default()
    };
}
