//! A request from its submission to its outcome: a span, and an event at its end.

use std::time::Instant;

use tgdb_pdu::Verb;
use tgdb_transport::foreign::emit;
use tracing::field::Empty;
use tracing::{Level, debug, debug_span, event_enabled, span_enabled};

use super::span::Guarded;
use super::{may_debug, target};
use crate::proto::Tracker;

/// The span of a request, and what the event at its end has.
#[derive(Debug)]
pub(crate) struct RequestSpan {
    span: Guarded,
    begun: Instant,
    verb: Verb,
    bytes: usize,
    has_ended: bool,
}

impl RequestSpan {
    /// Begins where the program asks, in its span. Costs two comparisons if nobody listens. Hold
    /// no lock.
    #[inline]
    pub(crate) fn begin(verb: Verb, bytes: usize) -> Option<Tracker> {
        if may_debug() { emit(|| Self::begin_if_wanted(verb, bytes)).flatten() } else { None }
    }

    #[cold]
    fn begin_if_wanted(verb: Verb, bytes: usize) -> Option<Tracker> {
        let is_logged = log::max_level() >= log::LevelFilter::Debug;
        let has_span = span_enabled!(target: target::REQUEST, Level::DEBUG);
        if !(is_logged || has_span || event_enabled!(target: target::REQUEST, Level::DEBUG)) {
            return None;
        }
        // Without a subscriber `tracing` would log the span as well as the event: each line twice.
        let span = match has_span {
            true => Guarded::from(debug_span!(target: target::REQUEST, "request", %verb, bytes,
                id = Empty, outcome = Empty, reply_bytes = Empty, elapsed_us = Empty)),
            false => Guarded::none(),
        };
        Some(Box::new(Self { span, begun: Instant::now(), verb, bytes, has_ended: false }))
    }

    /// Its outcome is there.
    pub(super) fn end(mut self: Box<Self>, id: i64, outcome: &'static str, reply_bytes: usize) {
        self.has_ended = true;
        let (verb, bytes) = (self.verb, self.bytes);
        // Those without reply have no id.
        let id = id.max(-1);
        let elapsed_us = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.span.record("id", id).record("outcome", outcome);
        self.span.record("reply_bytes", reply_bytes).record("elapsed_us", elapsed_us);
        debug!(target: target::REQUEST, parent: &*self.span, %verb, id, bytes, outcome, reply_bytes, elapsed_us,
            "ended");
    }
}

impl Drop for RequestSpan {
    /// A request that was not taken has no other end.
    fn drop(&mut self) {
        if !self.has_ended {
            emit(|| {
                self.span.record("outcome", "not taken");
            });
        }
    }
}
