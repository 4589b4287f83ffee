//! What each operation may answer, given all others.
//!
//! Operations that overlap may have happened in either order, so an answer is wrong only if no order allows it.
//!
//! | rule | |
//! |---|---|
//! | closed | who begins after a close of its descriptor is told so; nobody is before the close begins; one close succeeds |
//! | deadlines | who begins after a deadline has passed fails by it, until it is set anew; nobody does before |
//! | end of writing | after `close_write` writes fail with `EPIPE`, not before |
//! | end of stream | is read only once the other end has ended its stream, or this one has stopped reading; then no data comes |
//! | broken | connections are reset only where an end has let go of what the other may still send |
//! | content | what is read is what was written (`content`) |

use netcore::net::{Cause, OpError};
use netcore::sys::Errno;
use simnet::Oracle;

use super::content::Direction;
use super::interpret::is_closed;
use super::program::Side;
use super::record::{Answer, Asked, Place, Record};
use crate::verbs::is_injected;

/// An answer that the history does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of wrong it is.
    pub oracle: Oracle,
    /// Which rule, in words.
    pub place: &'static str,
    /// Which operation.
    pub detail: String,
}

/// Checks a whole history. `is_exact`: time passes only while everybody waits.
pub fn check(records: &[Record], is_exact: bool) -> Result<(), Violation> {
    let model = Model { records, is_exact };
    records.iter().try_for_each(|record| model.check(record))?;
    let mut places: Vec<Place> = records.iter().map(|record| record.place).collect();
    places.sort();
    places.dedup();
    for &place in &places {
        model.check_closes(place)?;
        if place.handle == 0 {
            model.check_content(place)?;
        }
    }
    Ok(())
}

struct Model<'a> {
    records: &'a [Record],
    is_exact: bool,
}

fn violation(oracle: Oracle, place: &'static str, record: &Record) -> Violation {
    let answer = match &record.answer {
        Answer::Read(bytes) => format!("{} bytes", bytes.len()),
        Answer::Failed(error) => error.to_string(),
        answer => format!("{answer:?}"),
    };
    let Record { place: at, asked, invoked, returned, began, ended, .. } = record;
    let detail = format!("{at:?}: {asked:?} from {began:?} ({invoked}) to {ended:?} ({returned}): {answer}");
    Violation { oracle, place, detail }
}

fn other(side: Side) -> Side {
    match side {
        Side::Client => Side::Server,
        Side::Server => Side::Client,
    }
}

impl<'a> Model<'a> {
    fn check(&self, record: &Record) -> Result<(), Violation> {
        match &record.answer {
            Answer::GivenUp => return Ok(()),
            Answer::Failed(error) => self.check_failure(record, error)?,
            _ => {}
        }
        let is_idle = matches!(record.asked, Asked::Write { len: 0, vectored: true });
        if is_closed(&record.answer) || is_idle {
            return Ok(());
        }
        if self.on(record.place).any(|close| close.asked == Asked::Close && close.is_before(record)) {
            return Err(violation(Oracle::WrongAnswer, "something is done with what is closed", record));
        }
        if self.must_time_out(record) && !is_timeout(&record.answer) {
            return Err(violation(Oracle::Deadline, "a past deadline lets something through", record));
        }
        match (&record.asked, &record.answer) {
            (Asked::Read(len), Answer::Read(bytes)) => self.check_read(record, *len, bytes),
            (Asked::Write { len, .. }, Answer::Written(written)) => {
                self.check_written(record, *len, *written)
            }
            _ => Ok(()),
        }
    }

    fn check_failure(&self, record: &Record, error: &OpError) -> Result<(), Violation> {
        let Place { connection, side, .. } = record.place;
        let (is_allowed, place) = match error.cause {
            Cause::Closed => {
                let mut others = self.on(record.place).filter(|other| !core::ptr::eq(*other, record));
                let is_allowed = others.any(|other| other.asked == Asked::Close && other.may_affect(record));
                (is_allowed, "something is closed that nobody has closed")
            }
            Cause::DeadlineExceeded => (self.may_time_out(record), "a timeout without a deadline"),
            Cause::Sys(_, Errno::EPIPE) => {
                let has_ended =
                    is_write(record) && self.has(connection, side, &Asked::CloseWrite, record.returned);
                (has_ended || self.may_be_broken(connection, record), "EPIPE without an end of writing")
            }
            Cause::Sys(_, Errno::ECONNRESET) => {
                (self.may_be_broken(connection, record), "a reset that nobody has caused")
            }
            Cause::Sys(_, Errno::ENOTCONN) => {
                let is_shutdown = matches!(record.asked, Asked::CloseRead | Asked::CloseWrite);
                let ended = [Side::Client, Side::Server]
                    .map(|side| self.may_have_ended(connection, side, record.returned));
                let is_allowed = self.may_be_broken(connection, record) || ended == [true; 2];
                (is_shutdown && is_allowed, "ENOTCONN with a connection")
            }
            Cause::Sys(..) => {
                (record.asked == Asked::Duplicate && is_injected(error), "an operation fails oddly")
            }
            Cause::MissingAddress
            | Cause::NoSuitableAddress
            | Cause::Cancelled
            | Cause::NotPollable
            | Cause::Shutdown => (false, "an operation fails oddly"),
        };
        let oracle =
            if error.cause == Cause::DeadlineExceeded { Oracle::Deadline } else { Oracle::WrongAnswer };
        if is_allowed { Ok(()) } else { Err(violation(oracle, place, record)) }
    }

    fn check_read(&self, record: &Record, len: usize, bytes: &[u8]) -> Result<(), Violation> {
        let Place { connection, side, .. } = record.place;
        if bytes.len() > len {
            return Err(violation(Oracle::WrongAnswer, "more was read than there is room for", record));
        }
        if bytes.is_empty() && len > 0 {
            let is_end = self.may_have_ended(connection, other(side), record.returned)
                || self.has(connection, side, &Asked::CloseRead, record.returned)
                || self.may_be_broken(connection, record);
            return if is_end {
                Ok(())
            } else {
                Err(violation(Oracle::WrongAnswer, "the end of a stream that goes on", record))
            };
        }
        let is_late = self.of(connection, side).any(|end| self.is_true_end(end) && end.is_before(record));
        if is_late && !bytes.is_empty() {
            return Err(violation(Oracle::Data, "data after the end of the stream", record));
        }
        Ok(())
    }

    fn check_written(&self, record: &Record, len: usize, written: usize) -> Result<(), Violation> {
        let Place { connection, side, .. } = record.place;
        if written != len {
            return Err(violation(Oracle::Data, "a write that succeeds is cut short", record));
        }
        let mut ends = self.of(connection, side).filter(|end| end.asked == Asked::CloseWrite);
        if len > 0 && ends.any(|end| end.answer == Answer::Done && end.is_before(record)) {
            return Err(violation(Oracle::WrongAnswer, "something is written after the end", record));
        }
        Ok(())
    }

    /// One close of a descriptor succeeds, and only one.
    fn check_closes(&self, place: Place) -> Result<(), Violation> {
        let closes: Vec<&Record> = self.on(place).filter(|record| record.asked == Asked::Close).collect();
        let done = closes.iter().filter(|close| close.answer == Answer::Done).count();
        let is_all_refused = !closes.is_empty() && closes.iter().all(|close| is_closed(&close.answer));
        if done > 1 || is_all_refused {
            return Err(violation(Oracle::WrongAnswer, "not one close has closed", closes[0]));
        }
        Ok(())
    }

    /// What an end has read is what the other end has written; after the end of the stream, all of it.
    fn check_content(&self, Place { connection, side, .. }: Place) -> Result<(), Violation> {
        let reader = || self.of(connection, side);
        let to_end = reader().any(|record| self.is_true_end(record)) && !reader().any(is_broken);
        let direction = Direction::new(self.of(connection, other(side)), reader());
        direction.check(to_end).map_err(|detail| {
            let detail = format!("connection {connection}, read by the {side:?}: {detail}");
            Violation { oracle: Oracle::Data, place: "what was read is not what was written", detail }
        })
    }

    fn of(&self, connection: usize, side: Side) -> impl Iterator<Item = &'a Record> {
        let is_there =
            move |record: &&Record| record.place.connection == connection && record.place.side == side;
        self.records.iter().filter(is_there)
    }

    fn on(&self, place: Place) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.place == place)
    }

    /// Whether an end has begun to do this before `until`.
    fn has(&self, connection: usize, side: Side, what: &Asked, until: u64) -> bool {
        self.of(connection, side).any(|record| record.asked == *what && record.invoked < until)
    }

    /// Whether every descriptor of an end may be closed by `until`.
    fn may_be_closed(&self, connection: usize, side: Side, until: u64) -> bool {
        let copies = self.of(connection, side).filter_map(|record| match record.answer {
            Answer::Copied(handle) if record.invoked < until => Some(handle),
            _ => None,
        });
        let mut handles = copies.chain([0]);
        handles.all(|handle| {
            let closes = self.on(Place { connection, side, handle });
            closes.into_iter().any(|close| close.asked == Asked::Close && close.invoked < until)
        })
    }

    /// Whether an end may have ended its stream by `until`.
    fn may_have_ended(&self, connection: usize, side: Side, until: u64) -> bool {
        self.has(connection, side, &Asked::CloseWrite, until) || self.may_be_closed(connection, side, until)
    }

    /// Whether the connection may be reset by the end of an operation: who has let go of both directions, by a close
    /// or by shutting both down, answers data with a reset.
    fn may_be_broken(&self, connection: usize, record: &Record) -> bool {
        let until = record.returned;
        [Side::Client, Side::Server].into_iter().any(|side| {
            let [reads_no_more, writes_no_more] =
                [Asked::CloseRead, Asked::CloseWrite].map(|what| self.has(connection, side, &what, until));
            self.may_be_closed(connection, side, until) || (reads_no_more && writes_no_more)
        })
    }

    /// Whether a read has answered the end, and nothing but the other end's can have been meant.
    fn is_true_end(&self, record: &Record) -> bool {
        let Place { connection, side, .. } = record.place;
        let is_end = matches!((&record.asked, &record.answer), (Asked::Read(1..), Answer::Read(bytes)) if bytes.is_empty());
        is_end
            && !self.has(connection, side, &Asked::CloseRead, record.returned)
            && !self.of(connection, side).any(is_broken)
    }

    /// Whether a deadline may have been past when the operation answered.
    fn may_time_out(&self, record: &Record) -> bool {
        let sets = || self.deadlines(record);
        sets().any(|(set, at)| {
            let is_undone = sets().any(|(later, _)| set.is_before(later) && later.is_before(record));
            at.is_some_and(|at| at <= record.ended) && set.may_affect(record) && !is_undone
        })
    }

    /// Whether a deadline was past when the operation began, and has not been touched meanwhile.
    fn must_time_out(&self, record: &Record) -> bool {
        let (Asked::Read(1..) | Asked::Write { .. }) = record.asked else { return false };
        let sets = || self.deadlines(record);
        sets().any(|(set, at)| {
            let is_touched = sets().any(|(other, _)| {
                !core::ptr::eq(set, other) && set.may_affect(other) && other.may_affect(record)
            });
            let is_past = at.is_some_and(|at| at <= set.began || (self.is_exact && at < record.began));
            set.answer == Answer::Done && set.is_before(record) && is_past && !is_touched
        })
    }

    /// The operations that set the deadline which the operation goes by.
    fn deadlines(
        &self,
        record: &Record,
    ) -> impl Iterator<Item = (&'a Record, Option<netcore::sys::Instant>)> {
        let is_write = is_write(record);
        self.on(record.place).filter_map(move |set| match set.asked {
            Asked::Deadline { read, write, at } if if is_write { write } else { read } => Some((set, at)),
            _ => None,
        })
    }
}

fn is_write(record: &Record) -> bool {
    matches!(record.asked, Asked::Write { .. })
}

fn is_timeout(answer: &Answer) -> bool {
    matches!(answer, Answer::Failed(OpError { cause: Cause::DeadlineExceeded, .. }))
}

/// Whether the answer tells of a connection that is broken: who is told so is the only one.
fn is_broken(record: &Record) -> bool {
    matches!(&record.answer, Answer::Failed(error) if crate::verbs::is_broken(error))
}
