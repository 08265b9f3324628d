//! The subscribers of events, and which session a result belongs to.

use std::collections::VecDeque;

use crossbeam_channel::{Sender, TrySendError};

use super::{State, Waiter};
use crate::options::DefaultScope;
use crate::proto::{Event, SessionNumber};
use crate::{ChannelEvent, SessionScope};

/// Of how many results the session is remembered.
const RESULTS: usize = 256;

#[derive(Default)]
pub(super) struct Sessions {
    subscribers: Vec<Sender<ChannelEvent>>,
    /// Sessions of results and prepared queries by id, the oldest first.
    results: VecDeque<(i64, SessionNumber)>,
}

impl State {
    /// Sends events to that receiver, too.
    pub(crate) fn subscribe(&mut self, subscriber: Sender<ChannelEvent>) {
        self.sessions.subscribers.push(subscriber);
    }

    /// Sends the event to all subscribers. Does not wait for them.
    pub(super) fn publish(&mut self, note: &Event<Waiter>) {
        if self.sessions.subscribers.is_empty() {
            return;
        }
        let peer = |server: usize| self.session.config().servers[server].clone();
        let event = match note {
            Event::LinkChanged { from, to } => ChannelEvent::LinkChanged { from: *from, to: *to },
            Event::Lost { cause } => ChannelEvent::Lost { cause: cause.clone() },
            Event::AttemptFailed { server, attempt, error } => {
                ChannelEvent::AttemptFailed { peer: peer(*server), attempt: *attempt, error: error.clone() }
            }
            Event::LoggedIn { session, server, version } => {
                ChannelEvent::NewSession { session: *session, peer: peer(*server), version: *version }
            }
            Event::Resent { id, verb, times } => ChannelEvent::Resent { request_id: *id, verb: *verb, times: *times },
            Event::Dropped { verb, request_id, is_late: true, .. } => {
                ChannelEvent::LateReply { request_id: *request_id, verb: *verb }
            }
            _ => return,
        };
        self.sessions
            .subscribers
            .retain(|subscriber| !matches!(subscriber.try_send(event.clone()), Err(TrySendError::Disconnected(_))));
    }

    /// Remembers in which session a result came.
    pub(super) fn note_result(&mut self, id: i64, session: SessionNumber) {
        if !self.sessions.results.contains(&(id, session)) {
            if self.sessions.results.len() >= RESULTS {
                self.sessions.results.pop_front();
            }
            self.sessions.results.push_back((id, session));
        }
    }

    /// The session that a request belongs to.
    pub(super) fn session_of(&self, scope: Option<SessionScope>, default: DefaultScope) -> Option<SessionNumber> {
        // Without a session at the moment it is the last one: the request must not go to the next session.
        let last = || self.session.identity().map(|identity| identity.number);
        let current = self.session.session_number().or_else(last);
        match (scope, default) {
            (Some(SessionScope::Any), _) | (None, DefaultScope::Any) => None,
            (Some(SessionScope::Current), _) => current,
            (Some(SessionScope::Of(session)), _) => Some(session),
            (None, DefaultScope::Transaction) => self.session.transaction_session().or(current),
            (None, DefaultScope::Result(id)) => {
                let result = self.sessions.results.iter().rev().find(|(known, _)| *known == id);
                result.map(|(_, session)| *session).or(current)
            }
        }
    }
}
