//! A span that can be closed anywhere without the lock.

use std::ops::Deref;

use tgdb_transport::foreign::{contain, emit};
use tracing::Span;

/// A span. Closing it is code of the subscriber: a panic there ends there, also if another one is
/// under way.
#[derive(Debug)]
pub(super) struct Guarded(Span);

impl Guarded {
    pub(super) fn none() -> Self {
        Self(Span::none())
    }
}

impl From<Span> for Guarded {
    fn from(span: Span) -> Self {
        Self(span)
    }
}

impl Deref for Guarded {
    type Target = Span;
    fn deref(&self) -> &Span {
        &self.0
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if !self.0.is_none() {
            let mut span = Some(std::mem::replace(&mut self.0, Span::none()));
            emit(|| drop(span.take()));
            // `emit` did nothing if this thread is inside a subscriber.
            let _ = contain(|| drop(span));
        }
    }
}
