//! Segments that came before their turn (`tcp_data_queue_ofo`, `tcp_ofo_queue`).

use super::{Pool, Seq};

/// Octets behind a gap, as pieces in order that do not overlap.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    pieces: Vec<(Seq, Vec<u8>)>,
    /// Where a FIN stands that came early.
    fin: Option<Seq>,
}

impl Reassembly {
    /// How many octets are kept.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(|(_, piece)| piece.len()).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.fin.is_none()
    }

    /// Keeps octets that begin at `seq`, but for those that are there already; gives the storage back to
    /// `pool` if none is new.
    pub(super) fn insert(&mut self, mut seq: Seq, mut octets: Vec<u8>, pool: &mut Pool) {
        let at = self.pieces.partition_point(|&(start, _)| !start.after(seq));
        if let Some((start, piece)) = at.checked_sub(1).map(|before| &self.pieces[before]) {
            let known = (*start + piece.len() as u32).saturating_since(seq) as usize;
            octets.drain(..known.min(octets.len()));
            seq += known as u32;
        }
        // What follows is swallowed where it is covered, and cut off from `octets` where it reaches further.
        while let Some(&(start, ref piece)) = self.pieces.get(at) {
            let end = seq + octets.len() as u32;
            if !start.before(end) {
                break;
            }
            if (start + piece.len() as u32).after(end) {
                octets.truncate(start.saturating_since(seq) as usize);
                break;
            }
            pool.put(self.pieces.remove(at).1);
        }
        if octets.is_empty() {
            pool.put(octets);
        } else {
            self.pieces.insert(at, (seq, octets));
        }
    }

    /// A FIN stands at `seq`.
    pub(super) fn insert_fin(&mut self, seq: Seq) {
        self.fin = Some(seq);
    }

    /// The octets from `next` on, if they are there: the front piece, and how much of it is old.
    pub(super) fn pop(&mut self, next: Seq) -> Option<(usize, Vec<u8>)> {
        if self.pieces.first()?.0.after(next) {
            return None;
        }
        let (start, piece) = self.pieces.remove(0);
        Some(((next.since(start) as usize).min(piece.len()), piece))
    }

    /// Whether the FIN is next.
    pub(super) fn take_fin(&mut self, next: Seq) -> bool {
        let is_next = self.fin == Some(next);
        if is_next {
            self.fin = None;
        }
        is_next
    }

    pub(super) fn clear(&mut self, pool: &mut Pool) {
        self.fin = None;
        for (_, piece) in core::mem::take(&mut self.pieces) {
            pool.put(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_with_any_overlap_come_out_once() {
        let text: Vec<u8> = (0..64).collect();
        let start = Seq(u32::MAX - 20);
        let mut state = 7_u32;
        for _ in 0..500 {
            let (mut reassembly, mut pool) = (Reassembly::default(), Pool::default());
            let (mut out, mut next) = (Vec::new(), start);
            while out.len() < text.len() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let from = (state >> 8) as usize % text.len();
                let to = (from + 1 + (state >> 20) as usize % 20).min(text.len());
                let from = from.max(out.len());
                if from < to {
                    reassembly.insert(start + from as u32, text[from..to].to_vec(), &mut pool);
                }
                while let Some((old, piece)) = reassembly.pop(next) {
                    out.extend_from_slice(&piece[old..]);
                    next += (piece.len() - old) as u32;
                }
            }
            assert_eq!(out, text);
            assert!(reassembly.is_empty());
        }
    }
}
