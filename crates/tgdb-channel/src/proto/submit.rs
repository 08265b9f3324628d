//! Requests of the program: taking them in, waiting for them, giving them up.

use std::time::Instant;

use super::{Ended, Event, Request, Session, requests};
use crate::{LinkState, ResendMode};

/// Why a request cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The link is in that state.
    State(LinkState),
    /// [`Session::start`] was not called yet.
    NotStarted,
    /// So many requests are in flight, or so many bytes wait, that there is no room.
    Full,
}

/// A request that was not taken.
#[derive(Debug)]
pub struct Refused<W> {
    /// Why.
    pub why: Refusal,
    /// The request, unchanged.
    pub request: Request<W>,
}

impl<W> Session<W> {
    /// Allows requests.
    ///
    /// # Errors
    /// [`Refusal::State`] if there is no connection, and none being made again.
    pub fn start(&mut self) -> Result<(), Refusal> {
        match self.state {
            LinkState::Connected | LinkState::Reconnecting => {
                self.is_started = true;
                Ok(())
            }
            state => Err(Refusal::State(state)),
        }
    }

    /// Takes a request in and returns its key: the id of a request with a reply, a negative
    /// number for a message without. It is sent by the next
    /// [`poll_transmit`](Self::poll_transmit) if there is a connection, else when there is one.
    ///
    /// # Errors
    /// [`Refused`], with the request.
    pub fn submit(&mut self, now: Instant, request: Request<W>) -> Result<i64, Box<Refused<W>>> {
        if let Err(why) = self.admit(request.mode, request.payload.len()) {
            return Err(Box::new(Refused { why, request }));
        }
        let length = request.payload.len();
        let key = self.requests.insert(now, request);
        self.outbox.push_request(key, length);
        let requests = &self.requests;
        self.outbox.sweep(|key| requests.is_queued(key));
        Ok(key)
    }

    fn admit(&self, mode: ResendMode, length: usize) -> Result<(), Refusal> {
        match self.state {
            LinkState::Connected | LinkState::Reconnecting if !self.is_started => return Err(Refusal::NotStarted),
            LinkState::Connected => {}
            LinkState::Reconnecting if mode != ResendMode::DontReconnectAndIgnore => {}
            state => return Err(Refusal::State(state)),
        }
        if self.has_room_for(length) { Ok(()) } else { Err(Refusal::Full) }
    }

    fn has_room_for(&self, length: usize) -> bool {
        let waiting = self.outbox.bytes();
        self.requests.open() < self.config.max_in_flight
            && (waiting == 0 || waiting.saturating_add(length) <= self.config.max_outbox)
    }

    /// Queues for room for a request, first come, first served. [`Event::Room`] says when it
    /// is worth to submit again, and that the deadline is there, or that requests are not
    /// possible any more. If the request is refused again, come back with the same ticket: it
    /// keeps its place and its first deadline. When done, or no longer interested, call
    /// [`leave_room`](Self::leave_room).
    pub fn wait_for_room(&mut self, ticket: Option<u64>, deadline: Instant, waiter: W) -> u64 {
        self.requests.wait_for_room(ticket, deadline, waiter)
    }

    /// Leaves the queue for room; the next one in it gets its turn. Returns the waiter if it
    /// was not called yet.
    pub fn leave_room(&mut self, ticket: u64) -> Option<W> {
        let waiter = self.requests.leave_room(ticket);
        self.call_next_in();
        waiter
    }

    /// If there is room, calls the first of those who wait for it. That one calls the next
    /// when it leaves, so that one call is enough.
    pub(super) fn call_next_in(&mut self) {
        if self.requests.has_queue() && self.has_room_for(0) {
            self.events.extend(self.requests.call_into_room().map(|waiter| Event::Room { waiter }));
        }
    }

    /// Calls all who wait for room: there will be none.
    pub(super) fn call_all_in(&mut self) {
        while let Some(waiter) = self.requests.call_into_room() {
            self.events.push_back(Event::Room { waiter });
        }
    }

    /// Whether a request has no outcome yet.
    pub fn is_open(&self, key: i64) -> bool {
        self.requests.get(key).is_some_and(requests::Entry::is_open)
    }

    /// Takes the outcome of a request, if it is there.
    pub fn take(&mut self, key: i64) -> Option<Ended> {
        self.requests.take(key)
    }

    /// Sets who is to be told when the outcome is there. Returns the one set before; or the
    /// same one at once if the outcome is there already, or the request unknown.
    pub fn wait(&mut self, key: i64, waiter: W) -> Option<W> {
        match self.requests.get_mut(key) {
            Some(entry) if entry.is_open() => entry.waiter.replace(waiter),
            _ => Some(waiter),
        }
    }

    /// Who is to be told about a request.
    pub fn waiter(&self, key: i64) -> Option<&W> {
        self.requests.get(key)?.waiter.as_ref()
    }

    /// Takes back who is to be told about a request.
    pub fn unwait(&mut self, key: i64) -> Option<W> {
        self.requests.get_mut(key)?.waiter.take()
    }

    /// Gives a request up and returns who waited for it. A message that was not sent yet is
    /// sent all the same; its reply will be dropped.
    pub fn cancel(&mut self, now: Instant, key: i64) -> Option<W> {
        let waiter = self.requests.abandon(key);
        self.call_next_in();
        self.leave_if_drained(now);
        waiter
    }
}
