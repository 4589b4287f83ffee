//! What a program believes to have built. It may be wrong: a call may fail.

use super::call::{Call, Var};
use super::dice::Dice;

/// What a variable is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A socket that is neither bound nor connected.
    Fresh,
    Bound,
    Listener,
    Connected,
    Reader,
    Writer,
    Counter,
    Epoll,
    Closed,
}

pub(super) const STREAMS: &[Kind] = &[Kind::Connected];
pub(super) const SOCKETS: &[Kind] =
    &[Kind::Fresh, Kind::Bound, Kind::Listener, Kind::Connected, Kind::Connected, Kind::Connected];
pub(super) const OPEN: &[Kind] = &[
    Kind::Fresh,
    Kind::Bound,
    Kind::Listener,
    Kind::Connected,
    Kind::Reader,
    Kind::Writer,
    Kind::Counter,
    Kind::Epoll,
];

/// A variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    /// The variable that its file was first: copies share it.
    pub(super) file: Var,
    /// The other end's file.
    pub(super) peer: Option<Var>,
    /// Its buffers are small: it can be filled.
    pub(super) is_small: bool,
    /// Its family is `AF_INET6`.
    pub(super) is_v6: bool,
    /// Nobody knows how much is under way.
    pub(super) flood: Flood,
}

/// Whether a connection was filled, and from where. Until it is drained nothing is done to it whose effect depends
/// on amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    None,
    /// From this end.
    Out,
    /// From the other.
    In,
}

impl Thing {
    pub(super) fn new(kind: Kind) -> Self {
        Thing { kind, file: Var(0), peer: None, is_small: false, is_v6: false, flood: Flood::None }
    }
}

/// The variables, and the calls so far.
#[derive(Debug, Default)]
pub(super) struct Belief {
    things: Vec<Thing>,
    /// Who waits to be accepted: the listener, and who called.
    pub(super) waiting: Vec<(Var, Var)>,
    pub(super) calls: Vec<Call>,
}

impl Belief {
    /// A new file.
    pub(super) fn add(&mut self, thing: Thing) -> Var {
        let var = Var(self.things.len() as u16);
        self.things.push(Thing { file: var, ..thing });
        var
    }

    /// A copy of a descriptor.
    pub(super) fn copy(&mut self, of: Var) -> Var {
        let kind = if self.things.is_empty() { Kind::Closed } else { self.get(of).kind };
        if kind == Kind::Closed {
            return self.add(Thing::new(kind));
        }
        self.things.push(self.get(of));
        Var(self.things.len() as u16 - 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    pub(super) fn get(&self, var: Var) -> Thing {
        self.things[usize::from(var.0)]
    }

    pub(super) fn at(&mut self, var: Var) -> &mut Thing {
        &mut self.things[usize::from(var.0)]
    }

    pub(super) fn call(&mut self, call: Call) {
        self.calls.push(call);
    }

    /// The variables that are of one of these kinds.
    pub(super) fn of(&self, kinds: &[Kind]) -> Vec<Var> {
        let is_of = |&index: &usize| kinds.contains(&self.things[index].kind);
        (0..self.things.len()).filter(is_of).map(|index| Var(index as u16)).collect()
    }

    /// One that is of one of these kinds, late ones more often; once in a while, and where there is none, any.
    pub(super) fn some(&self, dice: &mut Dice<'_>, kinds: &[Kind]) -> Var {
        let fitting = self.of(kinds);
        if fitting.is_empty() || dice.one_in(24) {
            return Var(dice.below(self.things.len().clamp(1, 256)) as u16);
        }
        let at = dice.below(fitting.len().min(256));
        fitting[if dice.one_in(2) { at.max(fitting.len() / 2) } else { at }]
    }

    /// A connection was filled from this end, or drained.
    pub(super) fn flood(&mut self, var: Var, here: Flood, there: Flood) {
        let Thing { file, peer, .. } = self.get(var);
        for thing in &mut self.things {
            if thing.file == file {
                thing.flood = here;
            } else if Some(thing.file) == peer {
                thing.flood = there;
            }
        }
    }
}
