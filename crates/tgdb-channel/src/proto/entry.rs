//! A request in the table: what it waits for, and its way to the outcome.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use tgdb_pdu::Verb;

use super::SessionNumber;
use super::payload::Payload;
use super::request::{Failure, Outcome, Request, Tracked, Tracker};
use crate::{ResendMode, WaiterStatus};

/// How often a message is sent again at most. A request that crashes every server that it
/// reaches must not be sent without end.
const MAX_RESENDS: u8 = 5;

/// A request in the table.
#[derive(Debug)]
pub(super) struct Entry<W> {
    pub(super) verb: Verb,
    pub(super) mode: ResendMode,
    pub(super) stage: Stage,
    pub(super) waiter: Option<W>,
    /// Boxed again, so that a request without one takes little memory.
    pub(super) tracker: Option<Box<Tracker>>,
    pub(super) timeout: Duration,
    pub(super) deadline: Instant,
    pub(super) resends: u8,
    /// The number of the session that it belongs to, of which the first is 1.
    session: Option<NonZeroU64>,
    pub(super) is_one_way: bool,
    /// Nobody waits any more; it is still to be sent.
    pub(super) is_abandoned: bool,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// Waits to be sent, or to be sent again.
    Queued { payload: Payload, again: bool },
    /// Was sent; the payload is there if it may be sent again.
    Sent { payload: Option<Payload> },
    /// The outcome waits to be taken.
    Done(Outcome),
}

impl<W> Entry<W> {
    /// Waits to be sent.
    pub(super) fn new(request: Request<W>) -> Self {
        let Request { verb, payload, mode, deadline, timeout, session, is_one_way, waiter, tracker } = request;
        Self {
            verb,
            mode,
            stage: Stage::Queued { payload, again: false },
            waiter,
            tracker: tracker.map(Box::new),
            timeout,
            deadline,
            resends: 0,
            session: session.and_then(|session| NonZeroU64::new(session.0)),
            is_one_way,
            is_abandoned: false,
        }
    }

    /// The key of the request from that of the table.
    pub(super) fn key(&self, key: u64) -> i64 {
        let key = key.cast_signed();
        if self.is_one_way { -key } else { key }
    }

    pub(super) fn status(&self) -> WaiterStatus {
        match &self.stage {
            Stage::Queued { again: true, .. } => WaiterStatus::Resend,
            Stage::Queued { .. } | Stage::Sent { .. } => WaiterStatus::Waiting,
            Stage::Done(Outcome::Failed(Failure::Stopped)) => WaiterStatus::Closed,
            Stage::Done(Outcome::Failed(_)) => WaiterStatus::Disconnected,
            Stage::Done(_) => WaiterStatus::Ok,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !matches!(self.stage, Stage::Done(_))
    }

    pub(super) fn close(&mut self, outcome: Outcome) -> Closed<W> {
        let unsent = match &self.stage {
            Stage::Queued { payload, .. } => Some(payload.len()),
            Stage::Sent { .. } | Stage::Done(_) => None,
        };
        let tracked = self.tracker.take().map(|tracker| outcome.tracked(*tracker));
        self.stage = Stage::Done(outcome);
        Closed { waiter: self.waiter.take(), unsent, tracked }
    }

    /// Whether it was sent on the connection that is, or was last, there.
    pub(super) fn is_sent(&self) -> bool {
        matches!(self.stage, Stage::Sent { .. })
    }

    /// The session that it waits to be sent in, if only that will do.
    pub(super) fn unsent_session(&self) -> Option<SessionNumber> {
        self.session.filter(|_| matches!(self.stage, Stage::Queued { .. })).map(|number| SessionNumber(number.get()))
    }

    /// Whether it may be sent again on another connection.
    pub(super) fn may_be_resent(&self) -> bool {
        self.mode == ResendMode::ReconnectAndResend && self.session.is_none() && self.resends < MAX_RESENDS
    }
}

/// What ending a request leaves behind.
pub(super) struct Closed<W> {
    /// Who waits for it.
    pub(super) waiter: Option<W>,
    /// The length of a payload that was still to be sent.
    pub(super) unsent: Option<usize>,
    /// The report to its tracker.
    pub(super) tracked: Option<Tracked>,
}
