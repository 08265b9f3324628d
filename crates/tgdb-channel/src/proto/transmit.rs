//! Sending: what goes out when, and with which header.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tgdb_pdu::{AuthToken, Body, EncodeError, HEADER_LEN, Header, Verb};
use tgdb_transport::TransportError;

use super::link::Link;
use super::payload::Payload;
use super::requests::Sent;
use super::timers::Timer;
use super::{Event, LinkId, Outcome, SentRequest, Session, Transmit, later};
use crate::LinkState;

/// How long what arrived before a failed write may take to be read.
const GRACE: Duration = Duration::from_millis(100);

impl<W> Session<W> {
    /// Whether a message can be sent now.
    pub fn has_transmit(&self) -> bool {
        self.send_failure.is_none()
            && match self.link {
                Link::Idle | Link::Backoff | Link::Connecting { .. } => false,
                Link::LoggingIn { .. } | Link::Lingering { .. } => self.outbox.has_own(),
                Link::Established { .. } | Link::Draining { .. } => self.outbox.has_own() || self.outbox.has_requests(),
            }
    }

    /// Bytes of requests that wait to be sent.
    pub fn outbox_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// Adds messages that are to be sent now on the connection [`Session::link`], as many as
    /// fit one write, to `transmit`. Each gets its token, session id and sequence number
    /// here, so that the order on the wire is the order of the numbers. `unix_millis` is the
    /// time of the header, in milliseconds since 1970.
    ///
    /// Report what was sent with [`handle_transmitted`](Self::handle_transmitted), and drop
    /// the rest when the connection is lost.
    pub fn poll_transmit(&mut self, now: Instant, unix_millis: i64, transmit: &mut Transmit) {
        if !self.has_transmit() {
            return;
        }
        let before = transmit.remaining();
        let reports = self.config.report_sent;
        let stamp = self.stamp(unix_millis);
        while transmit.has_room()
            && let Some((verb, payload)) = self.outbox.pop_own()
        {
            push(transmit, &stamp.header(-1), verb, &payload);
        }
        let may_send_requests = matches!(self.link, Link::Established { .. } | Link::Draining { .. });
        while may_send_requests
            && transmit.has_room()
            && let Some(key) = self.outbox.pop_request()
        {
            let mut report = None;
            let write = |verb, payload: &Payload| {
                let header = stamp.header(key.max(-1));
                push(transmit, &header, verb, payload);
                if reports && key > 0 && !payload.is_secret() {
                    report = Some(SentRequest::new(&header, verb, payload));
                }
            };
            let Some(sent) = self.requests.send(key, write) else { continue };
            self.outbox.forget_request(sent.length);
            self.events.extend(report.map(|request| Event::Sent { request }));
            self.handle_request_sent(now, key, &sent);
            if key < 0 {
                let end = self.given_out + (transmit.remaining() - before) as u64;
                self.leaving.push_back((end, key));
            }
        }
        let added = transmit.remaining() - before;
        if added > 0 {
            self.last_activity = Some(now);
            if self.given_out == self.sent {
                self.timers.set(Timer::Send, later(now, self.config.send_timeout));
            }
            self.given_out += added as u64;
            self.call_next_in();
            self.leave_if_drained(now);
        }
    }

    fn handle_request_sent(&mut self, now: Instant, key: i64, sent: &Sent) {
        if key > 0 {
            self.expect_answer(now);
        }
        if sent.verb == Verb::BEGIN_TRANSACTION_REQUEST {
            self.transaction = self.session_number();
        }
        if sent.resends > 0 {
            self.stats.resends += 1;
            self.events.push_back(Event::Resent { id: key, verb: sent.verb, times: sent.resends });
        }
    }

    /// What headers have in common now. Before the login is done there is no token.
    fn stamp(&self, unix_millis: i64) -> Stamp {
        let identity = self.identity.as_ref().filter(|_| !matches!(self.link, Link::LoggingIn { .. }));
        Stamp {
            sequence: self.config.sequence.clone(),
            unix_millis,
            auth_token: identity.map_or(AuthToken::NONE, |identity| identity.auth_token),
            session_id: identity.map_or(0, |identity| identity.session_id),
        }
    }

    /// Queues a message of the session itself.
    pub(super) fn push_own(&mut self, body: &Body) -> Result<(), EncodeError> {
        let payload = Payload::encode(body)?;
        self.outbox.push_own(body.verb(), payload);
        Ok(())
    }

    /// The system took so many bytes of what [`poll_transmit`](Self::poll_transmit) gave out.
    /// 0 says that it took something that cannot be counted yet; if it took nothing, do not
    /// call this.
    pub fn handle_transmitted(&mut self, now: Instant, link: LinkId, count: usize) {
        if self.link() != Some(link) {
            return;
        }
        self.sent += count as u64;
        self.stats.bytes_sent += count as u64;
        self.last_activity = Some(now);
        if self.sent >= self.given_out {
            self.timers.stop(Timer::Send);
        } else {
            self.timers.set(Timer::Send, later(now, self.config.send_timeout));
        }
        while let Some((end, key)) = self.leaving.front().copied()
            && end <= self.sent
        {
            self.leaving.pop_front();
            self.end_request(key, Outcome::Sent);
        }
        self.call_next_in();
        self.leave_if_drained(now);
        self.finish_if_done(link);
    }

    /// When the last message is sent, asks for the end of the sending direction.
    fn finish_if_done(&mut self, link: LinkId) {
        if let Link::Lingering { is_finished: is_finished @ false, .. } = &mut self.link
            && !self.outbox.has_own()
            && self.sent >= self.given_out
        {
            *is_finished = true;
            self.events.push_back(Event::Finish { link });
        }
    }

    /// A write failed. The connection is lost; but what arrived before, such as the reason,
    /// may still be read for a moment: go on with [`handle_frame`](Self::handle_frame) and
    /// [`handle_disconnected`](Self::handle_disconnected).
    pub fn handle_send_failed(&mut self, now: Instant, link: LinkId, cause: TransportError) {
        if self.link() != Some(link) || self.send_failure.is_some() {
            return;
        }
        self.send_failure = Some(Arc::new(cause));
        self.timers.stop(Timer::Send);
        self.timers.set(Timer::Grace, now + GRACE);
    }

    /// No byte went for too long.
    pub(super) fn handle_send_stalled(&mut self, now: Instant) {
        let cause = TransportError::Timeout { operation: "send to", peer: self.peer() };
        self.lose(now, LinkState::FailedOnSend, Arc::new(cause));
    }
}

/// What the headers of messages that leave together have in common.
struct Stamp {
    sequence: Arc<AtomicI64>,
    unix_millis: i64,
    auth_token: AuthToken,
    session_id: i64,
}

impl Stamp {
    /// A header with the next sequence number.
    fn header(&self, request_id: i64) -> Header {
        Header {
            sequence_no: self.sequence.fetch_add(1, Ordering::Relaxed),
            timestamp: self.unix_millis,
            request_id,
            auth_token: self.auth_token,
            session_id: self.session_id,
            tenant_id: 0,
        }
    }
}

/// Adds a message. Its length was checked when it was encoded.
fn push(transmit: &mut Transmit, header: &Header, verb: Verb, payload: &Payload) {
    let mut head = [0; HEADER_LEN];
    header.write_to(&mut head, verb, payload.len());
    transmit.push(&head, payload);
}
