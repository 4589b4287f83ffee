//! Storage for payloads and buffers, used again and again.

use std::collections::VecDeque;

/// Storage up to this size is kept apart, so that a small segment does not take a large buffer.
const SMALL: usize = 4096;
/// How many bytes of storage each of the two lists keeps.
const KEPT: usize = 4 << 20;

/// Emptied storage, to be filled again without asking the allocator.
#[derive(Debug, Default)]
pub struct Pool {
    small: List,
    large: List,
}

#[derive(Debug, Default)]
struct List {
    free: Vec<Vec<u8>>,
    bytes: usize,
}

impl Pool {
    /// An empty vector with room for at least `len`; it allocates nothing for 0.
    #[inline]
    pub fn take(&mut self, len: usize) -> Vec<u8> {
        if len == 0 {
            return Vec::new();
        }
        let list = if len <= SMALL { &mut self.small } else { &mut self.large };
        match list.free.pop() {
            Some(mut storage) => {
                list.bytes -= storage.capacity();
                storage.reserve(len);
                storage
            }
            None => Vec::with_capacity(len.next_power_of_two().max(64)),
        }
    }

    /// Gives storage back.
    #[inline]
    pub fn put(&mut self, mut storage: Vec<u8>) {
        let capacity = storage.capacity();
        let list = if capacity <= SMALL { &mut self.small } else { &mut self.large };
        if capacity > 0 && list.bytes + capacity <= KEPT {
            storage.clear();
            list.bytes += capacity;
            list.free.push(storage);
        }
    }

    /// Takes the storage of a queue that has run empty: an idle connection keeps none.
    #[inline]
    pub fn put_if_empty(&mut self, queue: &mut VecDeque<u8>) {
        if queue.is_empty() && queue.capacity() > 0 {
            let mut queue = core::mem::take(queue);
            queue.clear();
            self.put(queue.into());
        }
    }

    /// Appends bytes to a queue, which gets its storage from here if it has none.
    #[inline]
    pub fn append(&mut self, queue: &mut VecDeque<u8>, bytes: &[u8]) {
        if queue.capacity() == 0 && !bytes.is_empty() {
            *queue = self.take(bytes.len()).into();
        }
        queue.extend(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_is_used_again() {
        let mut pool = Pool::default();
        let mut storage = pool.take(100);
        storage.extend_from_slice(&[1; 100]);
        let at = storage.as_ptr();
        pool.put(storage);
        let again = pool.take(60);
        assert_eq!((again.as_ptr(), again.len()), (at, 0));
        let mut queue = VecDeque::new();
        pool.append(&mut queue, &[2; 10]);
        queue.drain(..10);
        pool.put_if_empty(&mut queue);
        assert_eq!(queue.capacity(), 0, "an idle queue has no storage");
    }
}
