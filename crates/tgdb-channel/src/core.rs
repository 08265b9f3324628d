//! The decisions of a session, without I/O and threads: states of the link,
//! which waiter gets which reply, and what becomes of each waiter when the link
//! is lost.
//!
//! `W` is what a waiter is woken with; this module hands it out and leaves the
//! waking to its caller, who does it without holding the lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::{Frame, Verb};

use crate::{LinkState, ResendMode, WaiterStatus};

/// How often a message is sent again at most: it can be what brings the servers down.
pub(crate) const MAX_RESENDS: u32 = 5;

/// A request that waits for its reply.
#[derive(Debug)]
pub(crate) struct Pending<W> {
    pub(crate) waiter: W,
    pub(crate) verb: Verb,
    pub(crate) mode: ResendMode,
    pub(crate) timeout: Duration,
    /// When the timer ends it; `None` if its waiter watches the clock.
    pub(crate) deadline: Option<Instant>,
    /// The message, if it is to be sent again.
    pub(crate) frame: Option<Bytes>,
    /// How often it was sent again.
    pub(crate) resends: u32,
    pub(crate) status: WaiterStatus,
}

/// What a frame from the server means.
#[derive(Debug)]
pub(crate) enum Route<W> {
    /// It answers this request.
    Reply(Pending<W>),
    /// The server ends the session.
    Terminated,
    /// A heartbeat.
    Ping,
    /// Nobody waits for it; it was counted.
    Dropped,
}

/// Why a request cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The connection that it is meant for is not the current one any more.
    Stale,
    /// The link is in that state.
    State(LinkState),
}

#[derive(Debug)]
pub(crate) struct Core<W> {
    state: LinkState,
    /// Counts connections, so that a sender can tell that its one is gone.
    generation: u64,
    last_request_id: i64,
    pending: BTreeMap<i64, Pending<W>>,
    /// Of those pending that have one.
    deadlines: BTreeSet<(Instant, i64)>,
    pub(crate) late_replies: u64,
    pub(crate) unknown_replies: u64,
}

impl<W> Core<W> {
    pub(crate) fn new() -> Self {
        Self {
            state: LinkState::NotConnected,
            generation: 0,
            last_request_id: 0,
            pending: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            late_replies: 0,
            unknown_replies: 0,
        }
    }

    pub(crate) fn state(&self) -> LinkState {
        self.state
    }

    pub(crate) fn pending(&self) -> &BTreeMap<i64, Pending<W>> {
        &self.pending
    }

    fn go(&mut self, next: LinkState) {
        debug_assert!(self.state.can_become(next), "{:?} -> {next:?}", self.state);
        log::debug!("link {:?} -> {next:?}", self.state);
        self.state = next;
    }

    /// A login succeeded. Returns the number of the new connection.
    pub(crate) fn connected(&mut self) -> u64 {
        self.go(LinkState::Connected);
        self.generation += 1;
        self.generation
    }

    /// The id of a new request that is to go out on that connection.
    pub(crate) fn next_id(&mut self, generation: u64) -> Result<i64, Refused> {
        if self.state != LinkState::Connected {
            return Err(Refused::State(self.state));
        }
        if generation != self.generation {
            return Err(Refused::Stale);
        }
        self.last_request_id += 1;
        Ok(self.last_request_id)
    }

    /// Takes a request in, before it is sent. Returns whether it is the next to expire.
    pub(crate) fn register(&mut self, id: i64, request: Pending<W>) -> bool {
        let deadline = request.deadline.map(|deadline| (deadline, id));
        self.pending.insert(id, request);
        self.deadlines.extend(deadline);
        deadline.is_some() && self.deadlines.first() == deadline.as_ref()
    }

    fn remove(&mut self, id: i64) -> Option<Pending<W>> {
        let request = self.pending.remove(&id)?;
        if let Some(deadline) = request.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(request)
    }

    /// Whose reply it is. An id that nobody waits for is never given to another waiter.
    pub(crate) fn route(&mut self, frame: &Frame) -> Route<W> {
        if frame.verb == Verb::SESSION_FORCEFULLY_TERMINATED {
            return Route::Terminated;
        }
        let id = frame.header.request_id;
        if let Some(request) = self.remove(id) {
            return Route::Reply(request);
        }
        if frame.verb == Verb::PING {
            return Route::Ping;
        }
        let known = (1..=self.last_request_id).contains(&id);
        let count = if known { &mut self.late_replies } else { &mut self.unknown_replies };
        *count += 1;
        // A server gone wild must not fill the log.
        if count.is_power_of_two() {
            log::warn!("dropped {} for request {id}, which nobody waits for; {count} of its kind", frame.verb);
        }
        Route::Dropped
    }

    /// Takes a request out whose waiter gave up. `None` if it is answered already.
    pub(crate) fn abandon(&mut self, id: i64) -> Option<Pending<W>> {
        self.remove(id)
    }

    /// Takes out the requests whose time is over.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(i64, Pending<W>)> {
        let due: Vec<i64> = self.deadlines.range(..=(now, i64::MAX)).map(|(_, id)| *id).collect();
        due.into_iter().filter_map(|id| Some((id, self.remove(id)?))).collect()
    }

    /// When the next request expires.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// The connection is lost. With `reconnect` takes out the requests that do not
    /// wait for another, else all.
    pub(crate) fn lost(&mut self, failed: LinkState, reconnect: bool) -> Vec<Pending<W>> {
        self.go(failed);
        if !reconnect {
            return self.take_all();
        }
        self.go(LinkState::Reconnecting);
        let ended = self.take(|request| request.mode == ResendMode::DontReconnectAndIgnore);
        for request in self.pending.values_mut().filter(|request| request.mode == ResendMode::ReconnectAndResend) {
            request.status = WaiterStatus::Resend;
        }
        ended
    }

    /// Another connection is there: its number, and the requests that are not sent
    /// again. Those that are stay in; see [`Core::to_resend`].
    pub(crate) fn reconnected(&mut self) -> (u64, Vec<Pending<W>>) {
        let generation = self.connected();
        let ended =
            self.take(|request| request.mode != ResendMode::ReconnectAndResend || request.resends >= MAX_RESENDS);
        (generation, ended)
    }

    /// The messages to be sent again, in the order in which they were sent first.
    pub(crate) fn to_resend(&self) -> Vec<(i64, Bytes)> {
        let resend = |(id, request): (&i64, &Pending<W>)| {
            Some((*id, request.frame.clone()?)).filter(|_| request.status == WaiterStatus::Resend)
        };
        self.pending.iter().filter_map(resend).collect()
    }

    /// Whether a message to be sent again is still wanted; it is not to be sent a third time.
    pub(crate) fn resending(&mut self, id: i64) -> bool {
        self.pending.get_mut(&id).is_some_and(|request| {
            request.status = WaiterStatus::Waiting;
            request.resends += 1;
            true
        })
    }

    /// No new requests; those in flight can be answered. `false` if there is nothing to close.
    pub(crate) fn closing(&mut self) -> bool {
        let can = self.state.can_become(LinkState::Closing);
        if can {
            self.go(LinkState::Closing);
        }
        can
    }

    /// The end: takes out all requests.
    pub(crate) fn ended(&mut self, state: LinkState) -> Vec<Pending<W>> {
        if self.state.can_become(state) {
            self.go(state);
        }
        self.take_all()
    }

    fn take_all(&mut self) -> Vec<Pending<W>> {
        self.deadlines.clear();
        std::mem::take(&mut self.pending).into_values().collect()
    }

    fn take(&mut self, which: impl Fn(&Pending<W>) -> bool) -> Vec<Pending<W>> {
        let taken: Vec<i64> = self.pending.iter().filter(|(_, request)| which(request)).map(|(id, _)| *id).collect();
        taken.into_iter().filter_map(|id| self.remove(id)).collect()
    }
}

#[cfg(test)]
mod tests;
