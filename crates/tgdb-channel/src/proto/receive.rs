//! What comes from the server: replies, pings, the end of the session, the loss of the
//! connection. And the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Frame, Message, Verb, excerpt};
use tgdb_transport::TransportError;

use super::connect::LOG_IN;
use super::entry::Entry;
use super::link::{Link, Purpose};
use super::requests::Answered;
use super::timers::{Target, Timer};
use super::{Event, Failure, LinkId, Outcome, Session, SessionNumber, later};
use crate::{ChannelError, LinkState, ResendMode};

impl<W> Session<W> {
    /// A frame came.
    pub fn handle_frame(&mut self, now: Instant, link: LinkId, frame: Frame) {
        if self.link() != Some(link) {
            return;
        }
        self.last_activity = Some(now);
        self.stats.bytes_received += frame.encoded_len() as u64 + u64::from(frame.omitted);
        match &mut self.link {
            Link::LoggingIn { .. } => return self.handle_login_frame(now, &frame),
            Link::Established { has_received, .. } => *has_received = true,
            _ => {}
        }
        if frame.verb == Verb::SESSION_FORCEFULLY_TERMINATED {
            return self.handle_terminated(now, &frame);
        }
        let id = frame.header.request_id;
        let session = SessionNumber(self.sessions);
        match self.requests.reply(session, frame) {
            Ok(Answered { closed, made }) => {
                self.stats.replies += 1;
                self.stats.latency.record(made.map_or(Duration::ZERO, |made| now.saturating_duration_since(made)));
                self.events.extend(closed.waiter.map(|waiter| Event::Completed { id, waiter }));
                self.events.extend(closed.tracked.map(|tracked| tracked.event(id)));
                self.call_next_in();
                self.leave_if_drained(now);
            }
            // A ping of the server needs no answer.
            Err(frame) if frame.verb == Verb::PING => {}
            Err(frame) => self.handle_unwanted(frame.verb, id),
        }
        self.end_silence(now);
    }

    /// Nobody waits for it. It is never given to another waiter.
    fn handle_unwanted(&mut self, verb: Verb, request_id: i64) {
        let is_late = self.requests.was_given_out(request_id);
        let count = if is_late { &mut self.stats.late_replies } else { &mut self.stats.unknown_replies };
        *count += 1;
        let count = *count;
        if is_late || count.is_power_of_two() {
            self.events.push_back(Event::Dropped { verb, request_id, is_late, count });
        }
    }

    fn handle_terminated(&mut self, now: Instant, frame: &Frame) {
        let reason = termination_reason(frame);
        self.close_link(now);
        self.transition_to(LinkState::Terminated);
        self.last_error = Some(ChannelError::Terminated { reason: reason.clone() });
        self.end_all(&Failure::Terminated { reason: reason.map(Arc::from) });
    }

    /// The connection is lost: the peer closed it, or reading failed.
    pub fn handle_disconnected(&mut self, now: Instant, link: LinkId, cause: TransportError) {
        if self.link() != Some(link) {
            return;
        }
        // If a write failed before, its error says more than the end of the stream.
        let (state, cause) = match (self.send_failure.take(), cause) {
            (Some(cause), _) => (LinkState::FailedOnSend, cause),
            (None, cause @ TransportError::Frame { .. }) => (LinkState::FailedOnProcessing, Arc::new(cause)),
            (None, cause) => (LinkState::FailedOnRecv, Arc::new(cause)),
        };
        self.lose(now, state, cause);
    }

    pub(super) fn lose(&mut self, now: Instant, state: LinkState, cause: Arc<TransportError>) {
        match self.link {
            Link::LoggingIn { .. } => {
                let cause = match &*cause {
                    // The error before the first message has another operation, and is left as it is: its
                    // text says what to do.
                    TransportError::PeerClosed { operation: "receive from", peer, partial } => {
                        let (peer, partial) = (peer.clone(), *partial);
                        Arc::new(TransportError::PeerClosed { operation: LOG_IN, peer, partial })
                    }
                    _ => cause,
                };
                self.handle_attempt_failed(now, ChannelError::Connect(cause));
            }
            Link::Established { since, has_received, .. } => {
                let enough = self.config.retry_interval.max(Duration::from_secs(1));
                let is_short_lived = !has_received && now.saturating_duration_since(since) < enough;
                self.close_link(now);
                self.stats.losses += 1;
                self.transition_to(state);
                self.events.push_back(Event::Lost { cause: cause.clone() });
                self.last_error = Some(ChannelError::ConnectionLost(cause.clone()));
                if self.failover.is_enabled() {
                    self.reconnect(now, is_short_lived, cause);
                } else {
                    self.end_lost(|_| true, &cause);
                    self.call_all_in();
                }
            }
            Link::Draining { .. } => {
                self.end_all(&Failure::Lost(cause));
                self.finish_close(now);
            }
            Link::Lingering { .. } => self.finish_close(now),
            Link::Idle | Link::Backoff | Link::Connecting { .. } => {}
        }
    }

    fn reconnect(&mut self, now: Instant, was_short_lived: bool, cause: Arc<TransportError>) {
        let server = self.server();
        self.failover.begin_again(server, was_short_lived, is_silence(&cause));
        self.begin_reconnecting(now, cause);
    }

    /// Leaves the server for another one: that of the index, or the next in the list. Requests
    /// in flight end as if the connection was lost, or are sent again. `false` if there is no connection, or no
    /// other server.
    pub fn switch_server(&mut self, now: Instant, to: Option<usize>) -> bool {
        let server = self.server();
        let is_possible = self.failover.is_enabled()
            && to.is_none_or(|to| to < self.config.servers.len())
            && matches!(self.link, Link::Established { .. });
        if is_possible {
            let cause = Arc::new(TransportError::Closed { operation: "switch from", peer: self.peer() });
            self.close_link(now);
            self.failover.begin_switch(server, to);
            self.begin_reconnecting(now, cause);
        }
        is_possible
    }

    fn begin_reconnecting(&mut self, now: Instant, cause: Arc<TransportError>) {
        self.transition_to(LinkState::Reconnecting);
        self.attempt_error = None;
        self.end_lost(|mode| mode == ResendMode::DontReconnectAndIgnore, &cause);
        // Requests that belong to the lost session and were not sent end now.
        for key in self.requests.keys(|entry| entry.unsent_session().is_some()) {
            if let Some(session) = self.requests.get(key).and_then(Entry::unsent_session) {
                self.end_request(key, Outcome::Failed(Failure::SessionGone { session }));
            }
        }
        self.outbox.clear_requests();
        for (key, length) in self.requests.requeue() {
            self.outbox.push_request(key, length);
        }
        self.call_next_in();
        self.purpose = Purpose::Reconnect { cause };
        self.connect_next(now);
    }

    /// Ends the requests of those modes that do not outlive the connection.
    fn end_lost(&mut self, which: impl Fn(ResendMode) -> bool, cause: &Arc<TransportError>) {
        let keys = self.requests.keys(|entry| which(entry.mode));
        self.end_each(keys, ResendMode::DontReconnectAndIgnore, &Failure::Lost(cause.clone()));
    }

    /// Ends those requests with that failure; of messages without reply, those of that mode are
    /// ignored.
    pub(super) fn end_each(&mut self, keys: Vec<i64>, ignored: ResendMode, failure: &Failure) {
        for key in keys {
            let is_ignored = key < 0 && self.requests.get(key).is_some_and(|entry| entry.mode == ignored);
            let outcome = if is_ignored { Outcome::Ignored } else { Outcome::Failed(failure.clone()) };
            self.end_request(key, outcome);
        }
        self.call_next_in();
    }

    /// The time has come: handles every timer and deadline that has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(target) = self.requests.pop_due(now) {
            match target {
                Target::Request(key) => self.handle_request_timeout(key),
                Target::Room(ticket) => {
                    self.events.extend(self.requests.room.leave(ticket).map(|waiter| Event::Room { waiter }));
                }
            }
        }
        self.leave_if_drained(now);
        for timer in Timer::ALL {
            if self.timers.take_due(timer, now) {
                match timer {
                    Timer::Link => self.handle_link_timeout(now),
                    Timer::Ping => self.handle_ping_timeout(now),
                    Timer::Send => self.handle_send_stalled(now),
                    Timer::Liveness => self.handle_liveness_timeout(now),
                    Timer::Close => self.handle_close_timeout(now),
                    Timer::Grace => {
                        if let Some(cause) = self.send_failure.take() {
                            self.lose(now, LinkState::FailedOnSend, cause);
                        }
                    }
                }
            }
        }
    }

    fn handle_request_timeout(&mut self, key: i64) {
        if let Some(entry) = self.requests.get(key) {
            let (verb, timeout, was_sent) = (entry.verb, entry.timeout, self.requests.was_sent(key));
            self.events.push_back(Event::TimedOut { id: key, verb, timeout, was_sent });
        }
        let failure = match (self.state, self.requests.was_sent(key)) {
            (LinkState::Reconnecting, false) => {
                Failure::NotConnected { state: self.state, cause: self.last_error.clone().map(Box::new) }
            }
            (_, was_sent) => Failure::Timeout { was_sent },
        };
        let is_waited_for = self.requests.get(key).is_some_and(|entry| !entry.is_abandoned);
        self.stats.timeouts += u64::from(is_waited_for);
        self.end_request(key, Outcome::Failed(failure));
        self.call_next_in();
    }

    /// Pings if nothing went either way for an interval. Not while something waits to be
    /// sent, which is as good; else pings would pile up behind a peer that reads slowly.
    fn handle_ping_timeout(&mut self, now: Instant) {
        let Some(interval) = self.config.ping_interval else { return };
        let due = self.last_activity.map_or(now, |time| later(time, interval));
        if due > now {
            self.timers.set(Timer::Ping, due);
            return;
        }
        if matches!(self.link, Link::Established { .. }) && !self.has_transmit() && self.sent >= self.given_out {
            // Encoding a ping does not fail.
            let _ = self.push_own(&Body::Ping);
            self.events.push_back(Event::Pinged);
        }
        self.timers.set(Timer::Ping, later(now, interval));
    }
}

/// Whether the server was silent at the end, so that a login there would probably fail.
fn is_silence(cause: &TransportError) -> bool {
    match cause {
        TransportError::Unresponsive { .. } => true,
        TransportError::Io { source, .. } => source.kind() == std::io::ErrorKind::TimedOut,
        _ => false,
    }
}

/// Why the server ends the session, if the frame says so and can be read.
pub(crate) fn termination_reason(frame: &Frame) -> Option<String> {
    match Message::decode(frame).map(|message| message.body) {
        Ok(Body::SessionForcefullyTerminated(end)) => end.reason.map(|reason| excerpt(reason.as_bytes())),
        _ => None,
    }
}
