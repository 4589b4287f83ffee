//! SURW: every order of a few selected events is as likely as every other.

use std::collections::{BTreeSet, VecDeque};

use super::{At, Shape, Site, Strategy};
use crate::choice::{Point, Seed, Stream};
use crate::kernel::ids::Tid;

/// Selects some of a run's sites, and switches at these only. Which thread goes on there is drawn in proportion to how
/// many selected events each still has before it, by a measured run: so each order of them comes up as often as any
/// other, where a random walk favours those in which threads take turns. Zhao, Wolff, Mathur, Roychoudhury,
/// *Selectively Uniform Concurrency Testing*, ASPLOS 2025. How exactly it holds depends on how much alike runs are.
pub(crate) struct Surw {
    draws: Stream,
    selected: Selected,
    /// Selected events that a thread has before it, by its number.
    remaining: Vec<u64>,
    /// Threads that were taken from at a selected point: what they do first is the selected event.
    pending: Vec<bool>,
    /// Whose event comes next.
    intended: Option<Tid>,
}

/// Which sites are selected.
#[derive(Debug)]
enum Selected {
    /// This one.
    One(Site),
    /// All memory accesses from one source file.
    File(&'static str),
    /// All system calls.
    Calls,
}

impl Selected {
    /// One site to which several threads come, or what belongs to it, each as likely.
    fn draw(shape: &Shape, draws: &mut Stream) -> Selected {
        let is_shared = |counts: &[u64]| counts.iter().filter(|&&count| count > 0).count() > 1;
        let shared = shape.sites.iter().filter(|(_, counts)| is_shared(counts));
        let sites: Vec<Site> = shared.map(|(&site, _)| site).collect();
        let files: BTreeSet<&str> = sites.iter().filter_map(file).collect();
        let mut one_of = |count: usize| draws.below(count as u32) as usize;
        match one_of(4) {
            0 if !files.is_empty() => {
                Selected::File(files.iter().nth(one_of(files.len())).expect("one of them"))
            }
            1 | 2 if !sites.is_empty() => Selected::One(sites[one_of(sites.len())]),
            _ => Selected::Calls,
        }
    }

    fn has(&self, site: Site) -> bool {
        match self {
            Selected::One(one) => *one == site,
            Selected::File(name) => file(&site) == Some(name),
            Selected::Calls => matches!(site, Site::Call(_)),
        }
    }
}

fn file(site: &Site) -> Option<&'static str> {
    match site {
        Site::Access(_, place) => Some(place.file()),
        _ => None,
    }
}

impl Surw {
    /// For runs of about this shape.
    pub(crate) fn new(seed: Seed, shape: &Shape) -> Self {
        let mut draws = Stream::new(seed, Point::Schedule);
        let selected = Selected::draw(shape, &mut draws);
        let mut remaining = Vec::new();
        for (_, counts) in shape.sites.iter().filter(|(site, _)| selected.has(**site)) {
            remaining.resize(remaining.len().max(counts.len()), 0);
            counts.iter().zip(&mut remaining).for_each(|(count, sum)| *sum += count);
        }
        Surw { draws, selected, remaining, pending: Vec::new(), intended: None }
    }

    /// One more than what is left: a thread that the measured run did not have, or not so long, is not shut out.
    fn weight(&self, thread: Tid) -> u64 {
        1 + self.remaining.get(thread.0 as usize).copied().unwrap_or(0)
    }

    /// The selected event of a thread is about to happen.
    fn passes(&mut self, thread: Tid) {
        if let Some(left) = self.remaining.get_mut(thread.0 as usize) {
            *left = left.saturating_sub(1);
        }
        if self.intended == Some(thread) {
            self.intended = None;
        }
    }

    fn set_pending(&mut self, thread: Tid, pending: bool) -> bool {
        let index = thread.0 as usize;
        if self.pending.len() <= index {
            self.pending.resize(index + 1, false);
        }
        core::mem::replace(&mut self.pending[index], pending)
    }

    /// One of the ready threads and perhaps the current one, by weight: its place, or `None` for the current one.
    fn draw(&mut self, current: Option<Tid>, ready: &VecDeque<Tid>) -> Option<usize> {
        let mine = current.map_or(0, |thread| self.weight(thread));
        let total = mine + ready.iter().map(|&thread| self.weight(thread)).sum::<u64>();
        let mut drawn = self.draws.long_below(total);
        if drawn < mine {
            return None;
        }
        drawn -= mine;
        ready.iter().position(|&thread| {
            let weight = self.weight(thread);
            let is_it = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            is_it
        })
    }
}

impl Strategy for Surw {
    fn next_at(&mut self, step: u64) -> u64 {
        step + 1
    }

    fn enter(&mut self, thread: Tid, _step: u64, _point: u64) -> Option<u64> {
        if self.set_pending(thread, false) {
            self.passes(thread);
        }
        None
    }

    fn preempt(&mut self, at: &At<'_>) -> Option<usize> {
        if !self.selected.has(at.site) {
            return None;
        }
        let intended = self.intended.filter(|&thread| thread != at.thread);
        let place = match intended.and_then(|thread| at.others.iter().position(|&other| other == thread)) {
            Some(place) => Some(place),
            None if self.intended == Some(at.thread) => None,
            None => self.draw(Some(at.thread), at.others),
        };
        match place {
            Some(place) => {
                self.intended = Some(at.others[place]);
                self.set_pending(at.thread, true);
            }
            None => self.passes(at.thread),
        }
        place
    }

    fn next(&mut self, ready: &VecDeque<Tid>) -> usize {
        let intended = self.intended.and_then(|thread| ready.iter().position(|&other| other == thread));
        let place = intended.or_else(|| self.draw(None, ready)).unwrap_or(0);
        self.intended = Some(ready[place]);
        place
    }
}
