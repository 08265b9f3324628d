//! How much memory the owned form of a reply may take.

use std::collections::HashMap;
use std::hash::Hash;

use super::Input;
use crate::{BodyError, BodyErrorKind, DECODE_ALLOWANCE};

/// Bytes that may still be allocated: the length of the input and [`DECODE_ALLOWANCE`], less all that
/// was allocated, whether it is still there or not.
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn of(input: &Input<'_>) -> Self {
        Self::of_len(input.remaining())
    }

    /// For an input of that length.
    pub(crate) fn of_len(length: usize) -> Self {
        Self(length.saturating_add(DECODE_ALLOWANCE))
    }

    /// Takes the memory of `count` items off.
    pub(crate) fn take<T>(&mut self, count: usize, place: &Input<'_>) -> Result<(), BodyError> {
        self.take_bytes(count.saturating_mul(size_of::<T>()), place)
    }

    pub(crate) fn take_bytes(&mut self, needed: usize, place: &Input<'_>) -> Result<(), BodyError> {
        let left = self.0.checked_sub(needed);
        self.0 = left.ok_or_else(|| place.error("items", BodyErrorKind::TooMuchMemory { needed }))?;
        Ok(())
    }

    /// Makes room for `more` items, so that the list does not grow by itself.
    pub(crate) fn reserve<T>(&mut self, items: &mut Vec<T>, more: usize, place: &Input<'_>) -> Result<(), BodyError> {
        if items.capacity() - items.len() < more {
            let more = more.max(items.len());
            // A list that grows is there twice for a moment: so it counts in full.
            self.take::<T>(items.len() + more, place)?;
            items.reserve_exact(more);
        }
        Ok(())
    }

    /// The same for a map.
    pub(crate) fn reserve_map<K: Eq + Hash, V>(
        &mut self,
        map: &mut HashMap<K, V>,
        more: usize,
        place: &Input<'_>,
    ) -> Result<(), BodyError> {
        if map.capacity() - map.len() < more {
            let more = more.max(map.len());
            // A power of two, an eighth of it free; each place has one byte more.
            let places = (map.len() + more + 4).saturating_mul(8).div_ceil(7).next_power_of_two();
            self.take_bytes(places.saturating_mul(size_of::<(K, V)>() + 1), place)?;
            map.reserve(more);
        }
        Ok(())
    }
}
