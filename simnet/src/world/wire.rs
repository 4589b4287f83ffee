//! What is on the wire, for those who look at it and those who meddle with it.

use super::{Host, World, state};
use crate::fabric::PacketNote;
use crate::kernel::tcp::Segment;
use crate::sched::Site;

impl World {
    /// What has happened to packets so far, if the run keeps its trace: what tcpdump(8) would show on every link and
    /// every loopback.
    pub fn packets(&self) -> Vec<PacketNote> {
        self.with(|state| {
            super::run::note_packets(state, &mut state.kernel.borrow_mut());
            state.observer.borrow().packets.clone()
        })
    }

    /// Sends a segment that no stack has made: an attacker's, or a middlebox's. Whatever it says of its source, it goes
    /// from `from` to the host that has its destination.
    pub fn forge(&self, from: Host, segment: Segment) {
        state::point(Site::Scenario);
        self.with(|state| state.kernel.borrow_mut().send_over(from.id, segment));
    }

    /// Every connection and listener of a host, in words, as ss(8) lists them.
    pub fn netstat(&self, host: Host) -> Vec<String> {
        self.with(|state| state.kernel.borrow().netstat(host.id))
    }
}
