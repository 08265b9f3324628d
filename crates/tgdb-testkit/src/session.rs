//! The server's side of one connection, without I/O.

mod answer;
mod login;

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::body::{Exception, SessionForcefullyTerminated};
use tgdb_pdu::{AuthToken, Body, BodyError, Frame, Header, Message};

use crate::graph::client::{Client, ClientState};
use crate::{Faults, ServerConfig};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Challenged,
    Authenticating,
    LoggedIn,
    Over,
}

/// What a frame from the client was to the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerEvent {
    /// Part of the handshake, or a login that failed; answered.
    Handshake,
    /// The login that succeeded; answered.
    LoggedIn,
    /// A request of a logged-in client. Not answered: that is the [`Script`](crate::Script)'s part.
    Request,
    /// A ping; pings have no answer.
    Ping,
    /// The client leaves.
    Left,
    /// Something that the client may not send now; answered with an exception.
    Invalid,
    /// Came after the end of the session, and was dropped.
    Ignored,
}

/// A client's session, as a script sees it, and the server's side of the protocol for
/// drivers: no sockets, no threads, no clock.
///
/// A driver hands frames to [`handle_frame`](Self::handle_frame), lets a script answer
/// requests, and sends what [`poll_transmit`](Self::poll_transmit) gives, until
/// [`is_over`](Self::is_over). Time is a [`Duration`] since 1970 (or since any other
/// start); it only goes into the header of messages, in milliseconds.
///
/// Of the [`Faults`], the session commits those about messages: `terminate`, `mute`,
/// `login`, `request_id_offset` and `protocol_version`. Those about bytes and time are
/// the driver's.
///
/// # Example
/// ```
/// use std::{sync::Arc, time::Duration};
/// use tgdb_pdu::body::{HandshakeKind, HandshakeRequest};
/// use tgdb_pdu::{FrameDecoder, Header, Message, Verb};
/// use tgdb_testkit::{Faults, ServerConfig, ServerEvent, ServerSession};
///
/// let now = Duration::ZERO;
/// let mut session = ServerSession::new(Arc::new(ServerConfig::default()), Faults::default(), 1001);
/// session.handle_connected(now);
///
/// let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
/// let mut decoder = FrameDecoder::default();
/// decoder.push(&Message::new(Header::default(), hello.into()).encode()?);
/// let frame = decoder.next_frame()?.expect("a whole frame");
/// let (event, _message) = session.handle_frame(now, &frame)?;
/// assert_eq!(event, ServerEvent::Handshake);
///
/// let mut out = Vec::new();
/// session.poll_transmit(&mut out);
/// decoder.push(&out);
/// assert_eq!(decoder.next_frame()?.expect("its answer").verb, Verb::HANDSHAKE_RESPONSE);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServerSession {
    config: Arc<ServerConfig>,
    faults: Faults,
    phase: Phase,
    /// Granted by the login; before, headers carry none.
    granted: i64,
    auth_token: AuthToken,
    session_id: i64,
    user: String,
    database: Option<String>,
    client_id: String,
    /// As the client gave it; Java gives the server's.
    client_address: String,
    client_state: ClientState,
    sequence_no: i64,
    now: Duration,
    /// Waits to be sent.
    out: Vec<u8>,
}

impl ServerSession {
    /// The session of a new connection, which gets that id if the client logs in. The
    /// faults of `config` are not looked at: they are for the next connections, and
    /// `faults` for this one.
    pub fn new(config: Arc<ServerConfig>, faults: Faults, session_id: i64) -> Self {
        Self {
            config,
            faults,
            phase: Phase::New,
            granted: session_id,
            auth_token: AuthToken::NONE,
            session_id: 0,
            user: String::new(),
            database: None,
            client_id: String::new(),
            client_address: String::new(),
            client_state: ClientState::default(),
            sequence_no: 0,
            now: Duration::ZERO,
            out: Vec::new(),
        }
    }

    /// The connection stands. A session that [`Faults::terminate`] ends says so now.
    pub fn handle_connected(&mut self, now: Duration) {
        if let Some(reason) = self.faults.terminate.clone() {
            self.terminate(now, &reason);
        }
    }

    /// Takes a frame of the client.
    ///
    /// # Errors
    /// If it does not have the layout of its verb. The session has answered with an
    /// exception and goes on.
    pub fn handle_frame(&mut self, now: Duration, frame: &Frame) -> Result<(ServerEvent, Message), BodyError> {
        self.now = now;
        let decoded = Message::decode(frame);
        if self.phase == Phase::Over || self.faults.mute {
            return decoded.map(|message| (ServerEvent::Ignored, message));
        }
        let message = decoded.inspect_err(|error| self.reply_exception(&frame.header, error.to_string()))?;
        let event = match (self.phase, &message.body) {
            (_, Body::Ping) => ServerEvent::Ping,
            (_, Body::DisconnectChannelRequest(_)) => {
                self.close();
                ServerEvent::Left
            }
            (Phase::New | Phase::Challenged, Body::HandshakeRequest(request)) => {
                self.on_handshake(&message.header, request);
                ServerEvent::Handshake
            }
            (Phase::Authenticating, Body::AuthenticateRequest(request)) => {
                let answer = self.authenticate(request);
                // Not a reply of the session yet, which faults could touch.
                self.send(message.header.request_id, answer);
                if self.is_logged_in() { ServerEvent::LoggedIn } else { ServerEvent::Handshake }
            }
            (Phase::LoggedIn, _) if self.is_mine(&message.header) => ServerEvent::Request,
            (Phase::LoggedIn, _) => {
                self.reply_exception(&message.header, "wrong token or session id".into());
                ServerEvent::Invalid
            }
            (_, body) => {
                self.reply_exception(&message.header, format!("{} does not belong here", body.verb()));
                ServerEvent::Invalid
            }
        };
        Ok((event, message))
    }

    /// Moves what is to be sent to the end of `buf`, and says how many bytes that is.
    pub fn poll_transmit(&mut self, buf: &mut Vec<u8>) -> usize {
        if self.client_state.client.as_ref().is_some_and(|client| client.is_killed()) {
            self.terminate(self.now, "killed by an administrator");
        }
        let length = self.out.len();
        buf.append(&mut self.out);
        length
    }

    /// Whether the connection is to be closed once all was sent.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Whether the client has logged in, and not left.
    pub fn is_logged_in(&self) -> bool {
        self.phase == Phase::LoggedIn
    }

    /// Ends the session with a message that says why, unless it is over.
    pub fn terminate(&mut self, now: Duration, reason: &str) {
        if self.is_over() {
            return;
        }
        self.push(now, SessionForcefullyTerminated { reason: Some(reason.to_owned()) });
        self.close();
    }

    /// Sends a message unasked, with request id -1.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    pub fn push(&mut self, now: Duration, body: impl Into<Body>) {
        self.set_now(now);
        self.send(-1, body);
    }

    /// The time that goes into the messages sent from now on. Each method that takes a
    /// time sets it, too.
    pub fn set_now(&mut self, now: Duration) {
        self.now = now;
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }

    /// What the graph keeps with the session.
    pub(crate) fn client_state(&mut self) -> &mut ClientState {
        &mut self.client_state
    }

    /// Makes the session known to others under its names.
    pub(crate) fn introduce(&mut self) -> Arc<Client> {
        let (id, now) = (self.session_id, self.now);
        self.client_state.introduce(id, &self.user, &self.client_id, &self.client_address, now)
    }

    fn reply_exception(&mut self, header: &Header, text: String) {
        self.reply_to(header.request_id, Exception { code: 1, message: Some(text) });
    }

    fn is_mine(&self, header: &Header) -> bool {
        match (header.auth_token, header.session_id) {
            (AuthToken::NONE, 0) => self.config.allow_missing_token,
            sent => sent == (self.auth_token, self.session_id),
        }
    }
}
