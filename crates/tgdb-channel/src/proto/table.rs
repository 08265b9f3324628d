//! A table whose keys are handed out in ascending order.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use slab::Slab;

/// Values by key. A new key is higher than all before, so the places of most values stand in
/// a ring in the order of their keys: nothing is hashed, and what is used together lies
/// together. The place of a value that outlives many later ones moves to a map, so that the
/// ring stays short.
#[derive(Debug)]
pub(super) struct Table<T> {
    values: Slab<T>,
    /// Places of the keys from `first` on.
    ring: VecDeque<Place>,
    first: u64,
    /// Places of lower keys.
    stragglers: FxHashMap<u64, Place>,
}

/// Index of a value in the slab; [`NONE`] for no value. The table never has that many values.
type Place = u32;
const NONE: Place = Place::MAX;

impl<T> Table<T> {
    /// The ring may always be this long, however few values there are.
    const SHORT: usize = 256;

    pub(super) fn new() -> Self {
        Self { values: Slab::new(), ring: VecDeque::new(), first: 0, stragglers: FxHashMap::default() }
    }

    /// Adds a value under a key that is higher than all before.
    pub(super) fn insert(&mut self, key: u64, value: T) {
        if self.ring.is_empty() {
            self.first = key;
        }
        let end = self.first + self.ring.len() as u64;
        debug_assert!(key >= end, "{key} is not higher than all before");
        for _ in end..key {
            self.ring.push_back(NONE);
        }
        let place = self.values.insert(value);
        self.ring.push_back(place as Place);
        while self.ring.len() > Self::SHORT.max(4 * self.values.len()) {
            self.retire_first();
        }
    }

    /// Makes room at the front of the ring.
    fn retire_first(&mut self) {
        if let Some(place) = self.ring.pop_front().filter(|place| *place != NONE) {
            self.stragglers.insert(self.first, place);
        }
        self.first += 1;
    }

    fn index(&self, key: u64) -> Option<usize> {
        usize::try_from(key.checked_sub(self.first)?).ok()
    }

    fn place(&self, key: u64) -> Option<usize> {
        let place = match self.index(key) {
            Some(index) => self.ring.get(index),
            None => self.stragglers.get(&key),
        };
        place.filter(|place| **place != NONE).map(|place| *place as usize)
    }

    pub(super) fn get(&self, key: u64) -> Option<&T> {
        self.values.get(self.place(key)?)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let place = self.place(key)?;
        self.values.get_mut(place)
    }

    pub(super) fn remove(&mut self, key: u64) -> Option<T> {
        let place = match self.index(key) {
            None => self.stragglers.remove(&key)?,
            Some(index) => {
                let place = std::mem::replace(self.ring.get_mut(index)?, NONE);
                while self.ring.front() == Some(&NONE) {
                    self.ring.pop_front();
                    self.first += 1;
                }
                place
            }
        };
        self.values.try_remove(place as usize)
    }

    /// Keys and values in ascending order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let mut stragglers: Vec<_> = self.stragglers.iter().map(|(key, place)| (*key, *place)).collect();
        stragglers.sort_unstable();
        let ring = (self.first..).zip(self.ring.iter().copied());
        stragglers.into_iter().chain(ring).filter_map(|(key, place)| Some((key, self.values.get(place as usize)?)))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut().map(|(_, value)| value)
    }

    /// Gives back memory that is not in use.
    pub(super) fn shrink(&mut self) {
        // A slab itself gives back only what is behind its last value.
        if self.values.len() < self.values.capacity() / 2 {
            let mut packed = Slab::with_capacity(self.values.len());
            for place in self.ring.iter_mut().chain(self.stragglers.values_mut()) {
                if let Some(value) = self.values.try_remove(*place as usize) {
                    *place = packed.insert(value) as Place;
                }
            }
            self.values = packed;
        }
        self.ring.shrink_to_fit();
        self.stragglers.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The same as a map, whatever is done, and never long for what it holds.
    #[test]
    fn a_table_is_a_map() {
        let mut table = Table::new();
        let mut map = BTreeMap::new();
        let mut random = 7u64;
        let mut next = 1;
        for step in 0..20_000u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step | 1);
            let pick = random >> 33;
            if pick % 5 < 3 {
                table.insert(next, next * 10);
                map.insert(next, next * 10);
                next += 1 + pick % 3;
                assert!(table.ring.len() <= Table::<u64>::SHORT.max(4 * map.len()) + 3);
            } else {
                // Mostly new keys are removed, so that some old ones stay.
                let key = next.saturating_sub(pick % 7);
                assert_eq!(table.remove(key), map.remove(&key));
                assert_eq!(table.get(key), None);
            }
            if step % 1000 == 0 {
                // All keys except the five oldest are removed.
                let keys: Vec<_> = map.keys().skip(5).copied().collect();
                keys.into_iter().for_each(|key| assert_eq!(table.remove(key), map.remove(&key)));
                table.shrink();
            }
            let key = next.saturating_sub(pick % 100);
            assert_eq!(table.get(key), map.get(&key));
            assert_eq!(table.get_mut(key), map.get_mut(&key));
        }
        assert_eq!(table.values_mut().count(), map.len());
        assert_eq!(table.iter().map(|(key, value)| (key, *value)).collect::<BTreeMap<_, _>>(), map);
    }

    #[test]
    fn one_that_stays_does_not_keep_the_room_of_those_that_go() {
        let mut table = Table::new();
        table.insert(1, "stays");
        for key in 2..100_000 {
            table.insert(key, "goes");
            assert_eq!(table.remove(key), Some("goes"));
            assert!(table.ring.len() <= Table::<&str>::SHORT);
        }
        assert_eq!((table.get(1), table.stragglers.len(), table.values.len()), (Some(&"stays"), 1, 1));
        assert_eq!(table.remove(1), Some("stays"));
    }
}
