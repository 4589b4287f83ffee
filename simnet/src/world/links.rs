//! The network as a scenario shapes it, before and during a run.

use super::{Host, World};
use crate::fabric::{Conntrack, Fabric, LinkConditions, Unreachable};
use crate::kernel::host::RouteType;

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

    /// Lets a router on the way from one host to another answer with ICMP instead of delivering; `None` ends that. The
    /// way back stays as it is.
    pub fn unreachable(&self, from: Host, to: Host, code: Option<Unreachable>) {
        self.fabric(|fabric| fabric.set_unreachable(from.id, to.id, code));
    }

    /// Sets a route of one host by which it does not reach another: connect(2) fails at once. `None` takes it away.
    pub fn route(&self, from: Host, to: Host, route: Option<RouteType>) {
        self.with(|state| state.kernel.borrow_mut().set_route(from.id, to.addr(), route));
    }

    /// Takes the interface of a host down: nothing goes out or comes in, and there are no routes.
    pub fn unplug(&self, host: Host) {
        self.with(|state| state.kernel.borrow_mut().set_plugged(host.id, false));
    }

    /// Takes the interface of a host up again.
    pub fn plug(&self, host: Host) {
        self.with(|state| state.kernel.borrow_mut().set_plugged(host.id, true));
    }

    fn fabric(&self, f: impl FnOnce(&mut Fabric)) {
        self.with(|state| f(&mut state.kernel.borrow_mut().fabric));
    }
}
