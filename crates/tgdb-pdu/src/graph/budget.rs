//! How much memory the owned form of a reply may take.

use super::Input;
use crate::{BodyError, BodyErrorKind, DECODE_ALLOWANCE};

/// Memory for lists that is left, in bytes: the length of the input and [`DECODE_ALLOWANCE`].
#[derive(Debug)]
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn of(input: &Input<'_>) -> Self {
        Self(input.remaining().saturating_add(DECODE_ALLOWANCE))
    }

    /// Takes the memory of `count` items off.
    pub(crate) fn take<T>(&mut self, count: usize, place: &Input<'_>) -> Result<(), BodyError> {
        let needed = count.saturating_mul(size_of::<T>());
        let left = self.0.checked_sub(needed);
        self.0 = left.ok_or_else(|| place.error("items", BodyErrorKind::TooMuchMemory { needed }))?;
        Ok(())
    }
}
