//! Which event belongs to which descriptor.

use std::sync::Arc;

use crate::poll::Inner;
use crate::sync::Mutex;
use crate::sys::Sys;

/// What the kernel gives back with an event: a place in the registry, and which of its tenants is meant.
///
/// The kernel may report a descriptor that has been closed since: its place then has another sequence number,
/// even if somebody else has moved in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cookie {
    index: u32,
    seq: u32,
}

impl Cookie {
    pub(crate) fn bits(self) -> u64 {
        u64::from(self.index) << 32 | u64::from(self.seq)
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Cookie { index: (bits >> 32) as u32, seq: bits as u32 }
    }
}

/// The registered descriptors of a runtime, until it is shut down.
pub(super) struct Registry<S: Sys> {
    places: Mutex<S, Places<S>>,
}

struct Places<S: Sys> {
    all: Vec<Place<S>>,
    free: Vec<u32>,
    closed: bool,
}

struct Place<S: Sys> {
    seq: u32,
    tenant: Option<Arc<Inner<S>>>,
}

impl<S: Sys> Default for Registry<S> {
    fn default() -> Self {
        Registry { places: Mutex::new(Places { all: Vec::new(), free: Vec::new(), closed: false }) }
    }
}

impl<S: Sys> Registry<S> {
    /// A place for one more, unless the registry is closed.
    pub(super) fn insert(&self, tenant: Arc<Inner<S>>) -> Option<Cookie> {
        let mut places = self.places.lock();
        if places.closed {
            return None;
        }
        let index = places.free.pop().unwrap_or_else(|| {
            places.all.push(Place { seq: 0, tenant: None });
            places.all.len() as u32 - 1
        });
        let place = &mut places.all[index as usize];
        place.tenant = Some(tenant);
        Some(Cookie { index, seq: place.seq })
    }

    /// Events for the cookie are stale from here on.
    pub(super) fn remove(&self, cookie: Cookie) {
        let mut places = self.places.lock();
        let place = &mut places.all[cookie.index as usize];
        place.seq = place.seq.wrapping_add(1);
        let tenant = place.tenant.take();
        places.free.push(cookie.index);
        drop(places);
        drop(tenant);
    }

    /// Whom an event is for; nobody if it is stale.
    pub(super) fn get(&self, cookie: Cookie) -> Option<Arc<Inner<S>>> {
        let places = self.places.lock();
        let place = places.all.get(cookie.index as usize)?;
        if place.seq != cookie.seq {
            return None;
        }
        place.tenant.clone()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let places = self.places.lock();
        places.all.len() - places.free.len()
    }

    /// Lets nobody in any more: those who are.
    pub(super) fn close(&self) -> Vec<Arc<Inner<S>>> {
        let mut places = self.places.lock();
        places.closed = true;
        places.all.iter().filter_map(|place| place.tenant.clone()).collect()
    }
}
