//! Whether what was read is what was written, in an order that it can have been written in.
//!
//! Every write has a stream of its own ([`Record::content`]), so its bytes are known again wherever they turn up.
//! Several tasks read and write at once, and what is recorded of them is when they began and ended: so all orders that
//! fit are followed at the same time, and nearly all are refuted by the first byte.

use super::record::{Answer, Asked, Record};
use crate::pattern::Stream;

/// One direction of one connection.
pub(super) struct Direction<'a> {
    /// The reads that brought bytes, with their bytes.
    pieces: Vec<(&'a Record, &'a [u8])>,
    writes: Vec<Write<'a>>,
}

struct Write<'a> {
    record: &'a Record,
    bytes: Vec<u8>,
    /// How many the kernel took: all of [`Write::bytes`], or, if its future was dropped, up to so many.
    is_exact: bool,
}

/// How far each write has been read.
type Progress = Vec<usize>;

impl<'a> Direction<'a> {
    pub(super) fn new(
        writer: impl Iterator<Item = &'a Record>,
        reader: impl Iterator<Item = &'a Record>,
    ) -> Self {
        let pieces = reader.filter_map(|record| match &record.answer {
            Answer::Read(bytes) if !bytes.is_empty() => Some((record, bytes.as_slice())),
            _ => None,
        });
        let writes = writer.filter_map(|record| {
            let Asked::Write { len, .. } = record.asked else { return None };
            let (len, is_exact) = match &record.answer {
                Answer::Written(written) => (*written, true),
                Answer::Failed(error) => (error.written, true),
                _ => (len, false),
            };
            Some(Write { record, bytes: Stream(record.content()).bytes(0, len), is_exact })
        });
        Direction {
            pieces: pieces.collect(),
            writes: writes.filter(|write| !write.bytes.is_empty()).collect(),
        }
    }

    /// Explains the reads by the writes. `to_end`: the end was read, so that nothing may be missing.
    pub(super) fn check(&self, to_end: bool) -> Result<(), String> {
        let start = [vec![0; self.writes.len()]];
        let mut furthest = 0;
        let mut read = vec![false; self.pieces.len()];
        if self.explain(&mut read, &start, to_end, &mut furthest) {
            return Ok(());
        }
        let writes = self.writes.iter().map(|write| {
            let exactly = if write.is_exact { "" } else { "at most " };
            format!("{exactly}{} bytes written by {:?}", write.bytes.len(), brief(write.record))
        });
        let reads = self
            .pieces
            .iter()
            .map(|(record, bytes)| format!("{} bytes read by {:?}", bytes.len(), brief(record)));
        let end = if to_end { ", and then the end" } else { "" };
        let lines: Vec<String> = writes.chain(reads).collect();
        Err(format!("{furthest} of the reads{end} can be explained:\n{}", lines.join("\n")))
    }

    /// Reads what is left of the pieces, in every order that the clock allows.
    fn explain(&self, read: &mut [bool], from: &[Progress], to_end: bool, furthest: &mut usize) -> bool {
        *furthest = (*furthest).max(read.iter().filter(|is_read| **is_read).count());
        if read.iter().all(|is_read| *is_read) {
            return !to_end || from.iter().any(|progress| self.is_all(progress));
        }
        for next in 0..self.pieces.len() {
            let (record, bytes) = self.pieces[next];
            let left = || self.pieces.iter().zip(&*read).filter(|(_, is_read)| !**is_read);
            if read[next] || left().any(|((other, _), _)| other.is_before(record)) {
                continue;
            }
            let at = self.after(from, bytes, record);
            if !at.is_empty() {
                read[next] = true;
                if self.explain(read, &at, to_end, furthest) {
                    return true;
                }
                read[next] = false;
            }
        }
        false
    }

    /// What can have been the case after the bytes, which `reader` brought.
    fn after(&self, from: &[Progress], bytes: &[u8], reader: &Record) -> Vec<Progress> {
        let mut at = from.to_vec();
        // The only write that the last byte can be of: as long as no other moves it may go on.
        let mut only = None;
        for &byte in bytes {
            let mut next: Vec<Progress> = Vec::new();
            for mut progress in at {
                let writes = self.writes.iter().zip(&progress).enumerate();
                let matching = writes.filter(|(_, (write, read))| write.bytes.get(**read) == Some(&byte));
                let can_be: Vec<usize> = matching
                    .map(|(nth, _)| nth)
                    .filter(|&nth| only == Some(nth) || self.may_go_on(nth, &progress, reader))
                    .collect();
                only = if let [nth] = *can_be { Some(nth) } else { None };
                if let Some(nth) = only {
                    progress[nth] += 1;
                    next.push(progress);
                } else {
                    next.extend(can_be.into_iter().map(|nth| {
                        let mut progress = progress.clone();
                        progress[nth] += 1;
                        progress
                    }));
                }
            }
            if next.len() > 1 {
                only = None;
                next.sort();
                next.dedup();
            }
            at = next;
        }
        at
    }

    /// Whether the next byte can be this write's: whatever ended before it began has been read, and on its own
    /// descriptor nobody else is in the middle of writing, and nobody has begun after it.
    fn may_go_on(&self, nth: usize, progress: &[usize], reader: &Record) -> bool {
        let write = &self.writes[nth];
        let is_possible = write.record.may_affect(reader);
        is_possible
            && self.writes.iter().enumerate().all(|(other, others)| {
                if other == nth {
                    return true;
                }
                let is_done = self.is_done(other, progress);
                let has_begun = progress[other] > 0;
                let same = others.record.place == write.record.place;
                let is_late = write.record.is_before(others.record) && has_begun;
                let is_early = others.record.is_before(write.record) && !is_done;
                let interleaved =
                    same && has_begun && progress[other] < others.bytes.len() && others.is_exact;
                !is_late && !is_early && !interleaved
            })
    }

    fn is_done(&self, nth: usize, progress: &[usize]) -> bool {
        !self.writes[nth].is_exact || progress[nth] == self.writes[nth].bytes.len()
    }

    fn is_all(&self, progress: &[usize]) -> bool {
        (0..self.writes.len()).all(|nth| self.is_done(nth, progress))
    }
}

/// What a message says of an operation: not its bytes.
fn brief(record: &Record) -> (&super::record::Place, &Asked, u64, u64) {
    (&record.place, &record.asked, record.invoked, record.returned)
}
