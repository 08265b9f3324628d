//! Requests of the program: taking them in, waiting for them, giving them up.

use std::time::Instant;

use tgdb_pdu::Verb;

use super::entry::Entry;
use super::{Ended, Event, Request, Session, SessionNumber};
use crate::{LinkState, ResendMode};

/// Why a request cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubmitError {
    /// The link is in that state.
    State(LinkState),
    /// [`Session::start`] was not called yet.
    NotStarted,
    /// The session that the request belongs to is gone.
    SessionGone(SessionNumber),
    /// So many requests are in flight, or so many bytes wait, that there is no room.
    Full,
}

/// A request that was not taken.
#[derive(Debug)]
#[non_exhaustive]
pub struct NotTaken<W> {
    /// Why.
    pub why: SubmitError,
    /// The request, unchanged.
    pub request: Request<W>,
}

impl<W> Session<W> {
    /// Allows requests.
    ///
    /// # Errors
    /// [`SubmitError::State`] if there is no connection, and none being made again.
    pub fn start(&mut self) -> Result<(), SubmitError> {
        match self.state {
            LinkState::Connected | LinkState::Reconnecting => {
                self.is_started = true;
                Ok(())
            }
            state => Err(SubmitError::State(state)),
        }
    }

    /// Takes a request in and returns its key: the id of a request with a reply, a negative
    /// number for a message without. It is sent by the next
    /// [`poll_transmit`](Self::poll_transmit) if there is a connection, else when there is one.
    ///
    /// # Errors
    /// [`NotTaken`], with the request. [`SubmitError::Full`] also while others wait for room.
    pub fn submit(&mut self, request: Request<W>) -> Result<i64, Box<NotTaken<W>>> {
        self.submit_in_turn(None, request)
    }

    /// As [`submit`](Self::submit), with a ticket from [`wait_for_room`](Self::wait_for_room).
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_in_turn(&mut self, ticket: Option<u64>, request: Request<W>) -> Result<i64, Box<NotTaken<W>>> {
        let has_room = self.requests.room.is_turn_of(ticket) && self.has_room_for(request.payload.len());
        self.submit_if(has_room, request)
    }

    /// As [`submit`](Self::submit), whether there is room or not: for what ends something at the
    /// server that was begun before.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), but never [`SubmitError::Full`].
    pub fn submit_beyond_bounds(&mut self, request: Request<W>) -> Result<i64, Box<NotTaken<W>>> {
        self.submit_if(true, request)
    }

    fn submit_if(&mut self, has_room: bool, request: Request<W>) -> Result<i64, Box<NotTaken<W>>> {
        let length = request.payload.len();
        if let Err(why) = self.admit(request.mode, request.session) {
            return Err(Box::new(NotTaken { why, request }));
        }
        if !has_room {
            return Err(Box::new(NotTaken { why: SubmitError::Full, request }));
        }
        if request.verb == Verb::BEGIN_TRANSACTION_REQUEST {
            // Requests that are submitted before this one is sent may belong to its transaction.
            self.transaction = self.session_number().or(self.transaction);
        }
        let count = if request.is_one_way { &mut self.stats.one_way } else { &mut self.stats.requests };
        *count += 1;
        let key = self.requests.insert(request);
        self.outbox.push_request(key, length);
        let requests = &self.requests;
        self.outbox.sweep(|key| requests.is_queued(key));
        Ok(key)
    }

    fn admit(&self, mode: ResendMode, session: Option<SessionNumber>) -> Result<(), SubmitError> {
        match self.state {
            LinkState::Connected | LinkState::Reconnecting if !self.is_started => return Err(SubmitError::NotStarted),
            LinkState::Connected => {}
            LinkState::Reconnecting if mode != ResendMode::DontReconnectAndIgnore => {}
            state => return Err(SubmitError::State(state)),
        }
        match session {
            Some(gone) if self.session_number() != session => Err(SubmitError::SessionGone(gone)),
            _ => Ok(()),
        }
    }

    fn has_room_for(&self, length: usize) -> bool {
        let waiting = self.outbox.bytes();
        self.requests.open() < self.config.max_in_flight
            && (waiting == 0 || waiting.saturating_add(length) <= self.config.max_outbox)
    }

    /// Queues for room for a request with a payload of so many bytes, first come, first
    /// served. [`Event::Room`] says when it is its turn, or the deadline is there: then submit
    /// with the ticket, and if it is not taken queue again with it. When done, or no longer
    /// interested, call [`leave_room`](Self::leave_room). Returns the ticket, and the waiter
    /// that was set before.
    pub fn wait_for_room(
        &mut self,
        ticket: Option<u64>,
        length: usize,
        deadline: Instant,
        waiter: W,
    ) -> (u64, Option<W>) {
        let queued = self.requests.wait_for_room(ticket, length, deadline, waiter);
        self.call_next_in();
        queued
    }

    /// Leaves the queue for room; the next one in it gets its turn. Returns the waiter if it
    /// was not called yet.
    pub fn leave_room(&mut self, ticket: u64) -> Option<W> {
        let waiter = self.requests.room.leave(ticket);
        self.call_next_in();
        waiter
    }

    /// If there is room enough for the first of those who wait for it, calls that one. It
    /// calls the next when it leaves.
    pub(super) fn call_next_in(&mut self) {
        if self.requests.room.next_length().is_some_and(|length| self.has_room_for(length)) {
            self.events.extend(self.requests.room.call_next().map(|waiter| Event::Room { waiter }));
        }
    }

    /// Calls all who wait for room: there will be none.
    pub(super) fn call_all_in(&mut self) {
        self.events.extend(self.requests.room.dismiss().map(|waiter| Event::Room { waiter }));
    }

    /// Whether a request has no outcome yet.
    pub fn is_open(&self, key: i64) -> bool {
        self.requests.get(key).is_some_and(Entry::is_open)
    }

    /// Takes the outcome of a request, if it is there.
    pub fn take(&mut self, key: i64) -> Option<Ended> {
        self.requests.take(key)
    }

    /// Sets who is woken when the outcome is there. Returns the one set before; or the
    /// same one at once if the outcome is there already, or the request unknown.
    pub fn set_waiter(&mut self, key: i64, waiter: W) -> Option<W> {
        match self.requests.get_mut(key) {
            Some(entry) if entry.is_open() => entry.waiter.replace(waiter),
            _ => Some(waiter),
        }
    }

    /// Who waits for a request.
    pub fn waiter(&self, key: i64) -> Option<&W> {
        self.requests.get(key)?.waiter.as_ref()
    }

    /// Takes back who waits for a request.
    pub fn take_waiter(&mut self, key: i64) -> Option<W> {
        self.requests.get_mut(key)?.waiter.take()
    }

    /// Gives a request up and returns who waited for it. A message that was not sent yet is
    /// sent all the same; its reply will be dropped.
    pub fn cancel(&mut self, now: Instant, key: i64) -> Option<W> {
        let closed = self.requests.abandon(key);
        self.call_next_in();
        self.leave_if_drained(now);
        let closed = closed?;
        self.events.extend(closed.tracked.map(|tracked| tracked.event(key)));
        closed.waiter
    }
}
