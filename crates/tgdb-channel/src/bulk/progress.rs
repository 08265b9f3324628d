//! How far an import or export is.

use std::ops::ControlFlow;

use super::{BulkError, BulkStep};

/// How far an import or export is, for the callback that can cancel it by returning
/// [`ControlFlow::Break`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkProgress<'a> {
    /// The type or file; empty before the first.
    pub name: &'a str,
    /// Portions that the server has taken or sent.
    pub portions: u64,
    /// Portions in all; `None` for an export, as the server does not say.
    pub total: Option<u64>,
    /// Records in those portions; 0 if files are imported, which are not looked into.
    pub records: u64,
    /// Bytes of data in those portions.
    pub bytes: u64,
}

/// Asks the callback whether to go on.
pub(super) fn report<'a>(
    callback: &mut impl FnMut(BulkProgress<'_>) -> ControlFlow<()>,
    progress: BulkProgress<'a>,
    step: impl FnOnce() -> BulkStep,
) -> Result<(), BulkError> {
    match callback(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(BulkError::Cancelled { step: step() }),
    }
}
