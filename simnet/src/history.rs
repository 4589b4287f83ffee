//! What clients asked and were answered, and whether one thing at a time explains it.
//!
//! A history is linearizable if every operation can be taken to have happened at one instant between its call and its
//! return, such that the answers are those of a sequential object (Herlihy, Wing, 1990). An operation without an
//! answer, because its client gave up, may have happened at any time after its call, or never.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// An object that does one thing at a time: what the answers should be like.
pub trait Model: Clone + Ord {
    /// What it is asked.
    type Op: Clone + std::fmt::Debug;
    /// What it answers.
    type Answer: PartialEq + std::fmt::Debug;

    /// Does it.
    fn apply(&mut self, op: &Self::Op) -> Self::Answer;
}

/// The operations on one object, recorded by any number of clients: a handle, to be cloned.
#[derive(Debug)]
pub struct History<M: Model> {
    events: Arc<Mutex<Events<M>>>,
}

#[derive(Debug)]
struct Events<M: Model> {
    operations: Vec<Operation<M>>,
    /// Calls and returns so far.
    clock: u64,
}

#[derive(Debug)]
struct Operation<M: Model> {
    client: u64,
    op: M::Op,
    called: u64,
    end: End<M::Answer>,
}

/// What is known of how an operation ended.
#[derive(Debug)]
enum End<A> {
    /// Nothing: it may have happened, or not yet, or never.
    Unknown,
    /// It returned then, with this.
    Answered(u64, A),
    /// It was never done.
    Refused,
}

impl<A> End<A> {
    fn answer(&self) -> Option<(u64, &A)> {
        match self {
            End::Answered(at, answer) => Some((*at, answer)),
            End::Unknown | End::Refused => None,
        }
    }
}

/// A call that has not returned yet.
#[derive(Debug)]
#[must_use = "an operation that has returned is to be recorded, or given up"]
pub struct Pending(usize);

impl<M: Model> Default for History<M> {
    fn default() -> Self {
        History { events: Arc::new(Mutex::new(Events { operations: Vec::new(), clock: 0 })) }
    }
}

impl<M: Model> Clone for History<M> {
    fn clone(&self) -> Self {
        History { events: self.events.clone() }
    }
}

impl<M: Model> History<M> {
    /// A client is about to ask. Clients have one operation at a time.
    pub fn call(&self, client: u64, op: M::Op) -> Pending {
        self.with(|events| {
            events.clock += 1;
            let called = events.clock;
            events.operations.push(Operation { client, op, called, end: End::Unknown });
            Pending(events.operations.len() - 1)
        })
    }

    /// It was answered.
    pub fn returned(&self, pending: Pending, answer: M::Answer) {
        self.with(|events| {
            events.clock += 1;
            events.operations[pending.0].end = End::Answered(events.clock, answer);
        });
    }

    /// It failed in a way that says that it was not done, and never will be.
    pub fn refused(&self, pending: Pending) {
        self.with(|events| events.operations[pending.0].end = End::Refused);
    }

    fn with<T>(&self, f: impl FnOnce(&mut Events<M>) -> T) -> T {
        f(&mut self.events.lock().expect("nobody panics with it"))
    }

    /// Whether the history is linearizable from `model` on.
    ///
    /// # Errors
    ///
    /// If it is not: the operations that cannot be put in order, one a line, with the longest explanation of the others.
    pub fn check(&self, model: &M) -> Result<(), String> {
        self.with(|events| {
            let mut search =
                Search { operations: &events.operations, seen: BTreeSet::new(), best: Vec::new() };
            let done =
                events.operations.iter().map(|operation| matches!(operation.end, End::Refused)).collect();
            if search.explain(model, done, &mut Vec::new()) { Ok(()) } else { Err(search.story()) }
        })
    }
}

/// Wing and Gong's search, with Lowe's memory of what has been tried.
struct Search<'a, M: Model> {
    operations: &'a [Operation<M>],
    /// Which operations were done, and what the object was then: from there nothing leads on.
    seen: BTreeSet<(Vec<bool>, M)>,
    best: Vec<usize>,
}

impl<M: Model> Search<'_, M> {
    fn explain(&mut self, model: &M, done: Vec<bool>, order: &mut Vec<usize>) -> bool {
        let open = |at: &usize| !done[*at];
        let answered = (0..done.len()).filter(open).filter_map(|at| self.operations[at].end.answer());
        // What was called after another one has returned comes after it.
        let Some(first_return) = answered.map(|(returned, _)| returned).min() else { return true };
        if order.len() > self.best.len() {
            self.best.clone_from(order);
        }
        if !self.seen.insert((done.clone(), model.clone())) {
            return false;
        }
        let operations = self.operations;
        let next = (0..done.len()).filter(open).filter(|&at| operations[at].called < first_return);
        for at in next.collect::<Vec<_>>() {
            let mut model = model.clone();
            let answer = model.apply(&operations[at].op);
            if operations[at].end.answer().is_some_and(|(_, given)| *given != answer) {
                continue;
            }
            let mut done = done.clone();
            done[at] = true;
            order.push(at);
            if self.explain(&model, done, order) {
                return true;
            }
            order.pop();
        }
        false
    }

    fn story(&self) -> String {
        let line = |&at: &usize| {
            let Operation { client, op, called, end } = &self.operations[at];
            match end {
                End::Answered(at, answer) => {
                    format!("{called:>5}-{at:<5} client {client}: {op:?} = {answer:?}\n")
                }
                End::Unknown => format!("{called:>5}-      client {client}: {op:?}, no answer\n"),
                End::Refused => format!("{called:>5}-      client {client}: {op:?}, refused\n"),
            }
        };
        let left: Vec<usize> = (0..self.operations.len()).filter(|at| !self.best.contains(at)).collect();
        let explained: String = self.best.iter().map(line).collect();
        let unexplained: String = left.iter().map(line).collect();
        format!(
            "an order of the first ones:\n{explained}after which none of these has its answer:\n{unexplained}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register that is read and written.
    #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    struct Register(u32);

    #[derive(Clone, Debug)]
    enum Op {
        Read,
        Write(u32),
    }

    impl Model for Register {
        type Op = Op;
        type Answer = u32;

        fn apply(&mut self, op: &Op) -> u32 {
            if let Op::Write(value) = *op {
                self.0 = value;
            }
            self.0
        }
    }

    #[test]
    fn a_read_may_see_either_side_of_a_write_beside_it() {
        for seen in [0, 7] {
            let history = History::<Register>::default();
            let write = history.call(1, Op::Write(7));
            let read = history.call(2, Op::Read);
            history.returned(read, seen);
            history.returned(write, 7);
            assert_eq!(history.check(&Register(0)), Ok(()));
        }
    }

    #[test]
    fn a_read_after_a_write_sees_it() {
        let history = History::<Register>::default();
        let write = history.call(1, Op::Write(7));
        history.returned(write, 7);
        let read = history.call(2, Op::Read);
        history.returned(read, 0);
        let story = history.check(&Register(0)).unwrap_err();
        assert!(story.contains("client 2: Read = 0"), "{story}");
    }

    #[test]
    fn a_value_does_not_come_back_once_another_was_seen() {
        let history = History::<Register>::default();
        let write = history.call(1, Op::Write(7));
        for (client, seen) in [(2, 7), (3, 0)] {
            let read = history.call(client, Op::Read);
            history.returned(read, seen);
        }
        history.returned(write, 7);
        assert!(history.check(&Register(0)).is_err());
    }

    #[test]
    fn what_was_never_answered_may_have_been_done_or_not() {
        for seen in [0, 7, 0] {
            let history = History::<Register>::default();
            let _unknown = history.call(1, Op::Write(7));
            let read = history.call(2, Op::Read);
            history.returned(read, seen);
            assert_eq!(history.check(&Register(0)), Ok(()), "{seen}");
        }
        let history = History::<Register>::default();
        let _unknown = history.call(1, Op::Write(7));
        for (client, seen) in [(2, 7), (3, 0)] {
            let read = history.call(client, Op::Read);
            history.returned(read, seen);
        }
        assert!(history.check(&Register(0)).is_err(), "done and undone");
    }

    #[test]
    fn what_was_refused_is_seen_by_nobody() {
        let history = History::<Register>::default();
        let write = history.call(1, Op::Write(7));
        history.refused(write);
        let read = history.call(2, Op::Read);
        history.returned(read, 7);
        assert!(history.check(&Register(0)).is_err());
    }
}
