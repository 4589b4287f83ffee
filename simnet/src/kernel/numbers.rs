//! The descriptor numbers in use, as two levels of bitmaps (`struct fdtable` in fs/file.c).

const BITS: usize = u64::BITS as usize;

/// A set of numbers that knows the lowest one missing, in a few instructions even with a million.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// A bit per number.
    used: Vec<u64>,
    /// A bit per word of `used`: that word is all ones.
    full: Vec<u64>,
}

impl Numbers {
    /// The lowest number from `from` on that is not in the set.
    pub(super) fn lowest_free(&self, from: usize) -> usize {
        let (word, bit) = (from / BITS, from % BITS);
        let free = !self.used.get(word).copied().unwrap_or(0) & (u64::MAX << bit);
        if free != 0 {
            return word * BITS + free.trailing_zeros() as usize;
        }
        let word = first_zero(&self.full, word + 1);
        word * BITS + self.used.get(word).map_or(0, |used| used.trailing_ones() as usize)
    }

    pub(super) fn insert(&mut self, number: usize) {
        let word = number / BITS;
        if set(&mut self.used, number) == u64::MAX {
            set(&mut self.full, word);
        }
    }

    pub(super) fn remove(&mut self, number: usize) {
        let word = number / BITS;
        if let Some(used) = self.used.get_mut(word) {
            *used &= !(1 << (number % BITS));
        }
        if let Some(full) = self.full.get_mut(word / BITS) {
            *full &= !(1 << (word % BITS));
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.used.get(number / BITS).is_some_and(|used| used & (1 << (number % BITS)) != 0)
    }
}

/// Sets a bit and returns the word it is in.
fn set(words: &mut Vec<u64>, bit: usize) -> u64 {
    let word = bit / BITS;
    if words.len() <= word {
        words.resize(word + 1, 0);
    }
    words[word] |= 1 << (bit % BITS);
    words[word]
}

/// The index of the first zero bit from `from` on; all bits behind the end are zero.
fn first_zero(words: &[u64], from: usize) -> usize {
    let mut mask = u64::MAX << (from % BITS);
    for (word, &bits) in words.iter().enumerate().skip(from / BITS) {
        let free = !bits & mask;
        if free != 0 {
            return word * BITS + free.trailing_zeros() as usize;
        }
        mask = u64::MAX;
    }
    from.max(words.len() * BITS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_lowest_free_number_is_found_across_full_words() {
        let mut numbers = Numbers::default();
        for number in 0..70_000 {
            assert_eq!(numbers.lowest_free(0), number);
            numbers.insert(number);
        }
        for hole in [69_999, 64, 63, 4096, 1] {
            numbers.remove(hole);
            assert_eq!(numbers.lowest_free(hole), hole);
        }
        assert_eq!(numbers.lowest_free(0), 1);
        assert_eq!(numbers.lowest_free(2), 63);
        assert_eq!(numbers.lowest_free(65), 4096);
        assert_eq!(numbers.lowest_free(4097), 69_999);
        assert_eq!(numbers.lowest_free(70_001), 70_001);
    }

    #[test]
    fn it_agrees_with_a_plain_set() {
        let (mut numbers, mut model) = (Numbers::default(), BTreeSet::new());
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = (state >> 33) as usize % 9000;
            if (state >> 60) < 10 {
                numbers.insert(number);
                model.insert(number);
            } else {
                numbers.remove(number);
                model.remove(&number);
            }
            let free = (number..).find(|n| !model.contains(n)).expect("the model is finite");
            assert_eq!(numbers.lowest_free(number), free);
            assert_eq!(numbers.contains(number), model.contains(&number));
        }
    }
}
