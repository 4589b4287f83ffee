//! The ready list (`rdllist`): first in, first out, by links in the registrations themselves.

use super::Item;
use crate::kernel::Table;
use crate::kernel::ids::ItemId;

/// The ends of a list of registrations.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadyList {
    ends: Option<Ends>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: ItemId,
    last: ItemId,
}

/// A registration's place in the list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Link {
    /// In none.
    #[default]
    Out,
    /// Between these two.
    In { before: Option<ItemId>, after: Option<ItemId> },
}

impl Link {
    pub(super) fn is_listed(self) -> bool {
        matches!(self, Link::In { .. })
    }
}

type Items = Table<ItemId, Item>;

impl ReadyList {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a registration to the end, unless it is listed: then it keeps its place.
    pub(super) fn push(&mut self, items: &mut Items, item: ItemId) {
        if items[item].link.is_listed() {
            return;
        }
        let before = self.ends.map(|ends| ends.last);
        items[item].link = Link::In { before, after: None };
        if let Some(last) = before
            && let Link::In { after, .. } = &mut items[last].link
        {
            *after = Some(item);
        }
        self.ends = Some(Ends { first: self.ends.map_or(item, |ends| ends.first), last: item });
        self.len += 1;
    }

    /// Takes the first registration out.
    pub(super) fn pop(&mut self, items: &mut Items) -> Option<ItemId> {
        let first = self.ends?.first;
        self.remove(items, first);
        Some(first)
    }

    /// The first registration.
    pub(super) fn first(&self) -> Option<ItemId> {
        self.ends.map(|ends| ends.first)
    }

    /// Takes a registration out, if it is listed.
    pub(super) fn remove(&mut self, items: &mut Items, item: ItemId) {
        let Link::In { before, after } = core::mem::take(&mut items[item].link) else { return };
        if let Some(before) = before
            && let Link::In { after: link, .. } = &mut items[before].link
        {
            *link = after;
        }
        if let Some(after) = after
            && let Link::In { before: link, .. } = &mut items[after].link
        {
            *link = before;
        }
        self.ends = self.ends.and_then(|Ends { first, last }| {
            let first = if first == item { after? } else { first };
            let last = if last == item { before? } else { last };
            Some(Ends { first, last })
        });
        self.len -= 1;
    }

    /// The registrations in order.
    pub(super) fn iter(self, items: &Items) -> impl Iterator<Item = ItemId> {
        core::iter::successors(self.first(), |&item| match items[item].link {
            Link::In { after, .. } => after,
            Link::Out => None,
        })
    }
}
