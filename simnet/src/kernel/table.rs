//! A table of objects of one kind, each named by its typed index.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};

use slab::Slab;

use super::ids::Id;

/// Objects by id. A removed object's id is given to the next one inserted.
pub struct Table<I, T> {
    slab: Slab<T>,
    ids: PhantomData<fn() -> I>,
}

impl<I: Id, T> Table<I, T> {
    /// Adds an object and names it.
    #[inline]
    pub fn insert(&mut self, object: T) -> I {
        I::at(self.slab.insert(object))
    }

    /// Takes an object out.
    ///
    /// # Panics
    ///
    /// If there is none of that name.
    #[inline]
    pub fn remove(&mut self, id: I) -> T {
        self.slab.remove(id.position())
    }

    /// The object of that name, if there is one.
    #[inline]
    pub fn get(&self, id: I) -> Option<&T> {
        self.slab.get(id.position())
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    /// All objects, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        self.slab.iter().map(|(index, object)| (I::at(index), object))
    }
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Table { slab: Slab::new(), ids: PhantomData }
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    #[inline]
    fn index(&self, id: I) -> &T {
        &self.slab[id.position()]
    }
}

impl<I: Id, T> IndexMut<I> for Table<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.slab[id.position()]
    }
}

impl<I, T: fmt::Debug> fmt::Debug for Table<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.slab.iter()).finish()
    }
}
