//! What must be true of the messages: of those that the session gives out, and of those
//! that the servers heard.

use std::collections::HashMap;
use std::time::Duration;

use tgdb_channel::pdu::body::{AuthenticateResponse, QueryTarget};
use tgdb_channel::pdu::{AuthToken, Body, Frame, FrameDecoder, HEADER_LEN, Header, Message, Verb};
use tgdb_testkit::sim::{ConnId, Network};

use crate::{Check, EPSILON, check};

/// Number of the request with that text.
pub(crate) fn number_of(text: &str) -> Option<usize> {
    text.split(' ').next()?.parse().ok()
}

fn text_of(body: &Body) -> Option<&str> {
    match body {
        Body::QueryRequest(query) => match &query.target {
            QueryTarget::Text(text) => text.query.as_deref(),
            _ => None,
        },
        _ => None,
    }
}

/// A message of a request that was given out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenOut {
    pub(crate) number: usize,
    pub(crate) request_id: i64,
    /// Where it ends in the bytes of the connection.
    pub(crate) end: u64,
}

/// The messages of one connection, as the driver sees them.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    decoder: FrameDecoder,
    login: Option<(AuthToken, i64)>,
    last: Option<usize>,
    last_ping: Option<Duration>,
    given_out: u64,
}

impl Tap {
    /// A message came from the server.
    pub(crate) fn on_received(&mut self, frame: &Frame) {
        if self.login.is_none()
            && let Ok(Message { body: Body::AuthenticateResponse(response), .. }) = Message::decode(frame)
            && let AuthenticateResponse::Accepted { auth_token, session_id, .. } = response
        {
            self.login = Some((auth_token, session_id));
        }
    }

    /// Bytes were given out: the requests in them.
    pub(crate) fn on_given_out(
        &mut self,
        now: Duration,
        bytes: &[u8],
        wire: &mut Wire,
    ) -> Result<Vec<GivenOut>, String> {
        self.decoder.push(bytes);
        let mut requests = Vec::new();
        while let Some(frame) = self.decoder.next_frame().map_err(|error| format!("a frame given out: {error}"))? {
            self.given_out += (HEADER_LEN + frame.padding.len() + frame.payload.len()) as u64;
            let header = &frame.header;
            check!(header.sequence_no > wire.last_sequence, "sequence numbers go back: {header:?}");
            wire.last_sequence = header.sequence_no;
            if frame.verb == Verb::PING {
                wire.pings += 1;
                let interval = wire.ping_interval.ok_or("a ping, although there are to be none")?;
                let is_early = self.last_ping.is_some_and(|last| now + EPSILON < last + interval);
                check!(!is_early, "a ping follows that of {:?}", self.last_ping);
                self.last_ping = Some(now);
            }
            let login = self.login.unwrap_or((AuthToken::NONE, 0));
            let sent = (header.auth_token, header.session_id);
            check!(sent == login, "{} with {header:?}, but the login gave {login:?}", frame.verb);
            let message = Message::decode(&frame).map_err(|error| format!("a message given out: {error}"))?;
            let Some(number) = text_of(&message.body).and_then(number_of) else {
                check!(header.request_id == -1, "{} with {header:?}", frame.verb);
                continue;
            };
            check!(self.login.is_some(), "request {number} goes out before the login");
            let request_id = header.request_id;
            check!(self.last < Some(number), "request {number} goes out after {:?}", self.last);
            self.last = Some(number);
            requests.push(GivenOut { number, request_id, end: self.given_out });
        }
        Ok(requests)
    }
}

/// What the servers know.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    last_sequence: i64,
    pub(crate) pings: u64,
    ping_interval: Option<Duration>,
    heard: usize,
    executed: usize,
    /// By connection: the last sequence number and request id, and the login was asked for.
    conns: HashMap<ConnId, (Option<i64>, i64, bool)>,
    /// How often each request was executed, by its number.
    executions: HashMap<usize, u32>,
}

impl Wire {
    pub(crate) fn new(ping_interval: Option<Duration>) -> Self {
        Self { last_sequence: -1, ping_interval, ..Self::default() }
    }

    /// After each step. What went over a corrupted connection says nothing.
    pub(crate) fn check(&mut self, network: &Network, maximum: impl Fn(usize) -> u32) -> Check {
        for heard in &network.heard()[self.heard..] {
            if network.is_corrupted(heard.conn) {
                continue;
            }
            let (sequence, id, has_asked) = self.conns.entry(heard.conn).or_default();
            let Header { sequence_no, request_id, .. } = heard.header;
            check!(sequence.is_none_or(|last| sequence_no > last), "a server hears numbers go back: {heard:?}");
            *sequence = Some(sequence_no);
            *has_asked |= heard.verb == Verb::AUTHENTICATE_REQUEST;
            let is_request = heard.verb == Verb::QUERY_REQUEST;
            check!(!is_request || *has_asked, "a server hears a request before the login: {heard:?}");
            check!(request_id == -1 || request_id > *id, "a server hears request ids go back: {heard:?}");
            *id = request_id.max(*id);
        }
        self.heard = network.heard().len();
        for execution in &network.executed()[self.executed..] {
            let number = execution.text().and_then(number_of);
            let Some(number) = number.filter(|_| !network.is_corrupted(execution.conn)) else { continue };
            let count = self.executions.entry(number).or_default();
            *count += 1;
            check!(*count <= maximum(number), "request {number} is executed {count} times");
        }
        self.executed = network.executed().len();
        Ok(())
    }
}
