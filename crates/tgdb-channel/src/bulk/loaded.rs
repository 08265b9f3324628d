//! What the server says that it has loaded.

use std::collections::BTreeMap;

use tgdb_pdu::body::{BulkOutcome, TypeCount};

use super::{BulkError, BulkStep};

/// Sums of the counts of portions, by type.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    types: BTreeMap<String, (bool, i64)>,
}

impl Loaded {
    /// Adds the counts of a portion, and says how many there are of `type_name`.
    pub(super) fn add(&mut self, counts: Vec<TypeCount>) {
        for TypeCount { name, is_node, count } in counts {
            let (_, sum) = self.types.entry(name).or_insert((is_node, 0));
            *sum = sum.saturating_add(count);
        }
    }

    pub(super) fn count(&self, type_name: &str) -> i64 {
        self.types.get(type_name).map_or(0, |(_, count)| *count)
    }

    pub(super) fn into_counts(self) -> Vec<TypeCount> {
        self.types.into_iter().map(|(name, (is_node, count))| TypeCount { name, is_node, count }).collect()
    }
}

/// The counts of a reply, if it did not fail.
pub(super) fn done(outcome: BulkOutcome, step: impl FnOnce() -> BulkStep) -> Result<Vec<TypeCount>, BulkError> {
    match outcome {
        BulkOutcome::Done(counts) => Ok(counts),
        BulkOutcome::Failed { result } => Err(BulkError::Server { step: step(), result }),
    }
}
