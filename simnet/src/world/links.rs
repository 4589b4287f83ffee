//! The network as a scenario shapes it, before and during a run.

use super::{Host, World};
use crate::fabric::{Conntrack, Fabric, LinkConditions};

impl World {
    /// Sets the conditions of the link between two hosts, both ways. What is under way arrives as it was to.
    pub fn link(&self, a: Host, b: Host, conditions: LinkConditions) {
        self.fabric(|fabric| fabric.connect(a.id, b.id, conditions));
    }

    /// Cuts the way from one host to another: what is sent from now on is lost without a word. The way back
    /// stays as it is.
    pub fn partition(&self, from: Host, to: Host) {
        self.fabric(|fabric| fabric.partition(from.id, to.id));
    }

    /// Mends the way from one host to another.
    pub fn heal(&self, from: Host, to: Host) {
        self.fabric(|fabric| fabric.heal(from.id, to.id));
    }

    /// Puts a middlebox that remembers connections into the link between two hosts; `None` takes it away.
    pub fn conntrack(&self, a: Host, b: Host, conntrack: Option<Conntrack>) {
        self.fabric(|fabric| fabric.set_conntrack(a.id, b.id, conntrack));
    }

    fn fabric(&self, f: impl FnOnce(&mut Fabric)) {
        self.with(|state| f(&mut state.kernel.borrow_mut().fabric));
    }
}
