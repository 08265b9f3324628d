//! The server's side of one connection.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::Receiver;
use tgdb_pdu::body::*;
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{AuthToken, Body, Frame, FrameDecoder, Header, Message};

use crate::server::{ServerShared, Transcript, lock};
use crate::stream::{FaultyStream, ServerStream};
use crate::{Faults, UNKNOWN_DATABASE, WRONG_PASSWORD};

/// How often a session that hears nothing looks for orders.
const POLL: Duration = Duration::from_millis(5);

/// What a test wants a session to do.
pub(crate) enum Order {
    Terminate(String),
    Push(Body),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Challenged,
    Authenticating,
    LoggedIn,
    Over,
}

/// A client's session, as a script sees it.
pub struct ServerSession {
    shared: Arc<ServerShared>,
    faults: Faults,
    phase: Phase,
    auth_token: AuthToken,
    session_id: i64,
    user: String,
    database: Option<String>,
    sequence_no: i64,
    /// Waits to be sent.
    out: Vec<u8>,
    transcript: Transcript,
}

impl ServerSession {
    pub(crate) fn run(
        tcp: TcpStream,
        faults: Faults,
        orders: Receiver<Order>,
        shared: Arc<ServerShared>,
    ) -> io::Result<()> {
        let mut session = Self {
            faults,
            phase: Phase::New,
            auth_token: AuthToken::NONE,
            session_id: 0,
            user: String::new(),
            database: None,
            sequence_no: 0,
            out: Vec::new(),
            transcript: Transcript::default(),
            shared,
        };
        let result = session.talk(&tcp, &orders);
        if session.shared.config.record {
            lock(&session.shared.transcripts).push(std::mem::take(&mut session.transcript));
        }
        let _ = tcp.shutdown(Shutdown::Both);
        result
    }

    fn talk(&mut self, tcp: &TcpStream, orders: &Receiver<Order>) -> io::Result<()> {
        let mut below = FaultyStream::new(tcp.try_clone()?, self.faults.clone());
        if let Some(reason) = self.faults.refuse.clone() {
            self.send(-1, SessionForcefullyTerminated { reason: Some(reason) });
            return ServerStream::Plain(below).write_all(&self.out);
        }
        if self.faults.mute {
            while io::Read::read(&mut below, &mut [0; 1024])? > 0 {}
            return Ok(());
        }
        let mut stream = ServerStream::new(below, self.shared.config.tls.as_ref())?;
        tcp.set_read_timeout(Some(POLL))?;
        let mut decoder = FrameDecoder::default();
        let mut buf = vec![0; 64 * 1024];
        loop {
            for order in orders.try_iter() {
                self.obey(order);
            }
            self.flush(&mut stream)?;
            if self.phase == Phase::Over {
                stream.end();
                return Ok(());
            }
            match stream.read(&mut buf) {
                Ok(0) => {
                    // The vendor's Python client waits for the answer to its TLS close.
                    stream.end();
                    return Ok(());
                }
                Ok(count) => decoder.push(&buf[..count]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => continue,
                Err(error) => return Err(error),
            }
            while let Some(frame) = decoder.next_frame().map_err(io::Error::other)? {
                self.on_frame(&frame)?;
            }
        }
    }

    fn flush(&mut self, stream: &mut ServerStream) -> io::Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        let out = std::mem::take(&mut self.out);
        if self.shared.config.record {
            self.transcript.from_server.extend_from_slice(&out);
        }
        stream.write_all(&out)
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Terminate(reason) => {
                self.send(-1, SessionForcefullyTerminated { reason: Some(reason) });
                self.close();
            }
            Order::Push(body) => self.send(-1, body),
        }
    }

    fn on_frame(&mut self, frame: &Frame) -> io::Result<()> {
        if self.shared.config.record {
            self.transcript.from_client.extend_from_slice(&frame.encode().map_err(io::Error::other)?);
        }
        let message = match Message::decode(frame) {
            Ok(message) => message,
            Err(error) => {
                let id = frame.header.request_id;
                self.send(id, Exception { code: 1, message: Some(error.to_string()) });
                return Ok(());
            }
        };
        if self.shared.config.record {
            lock(&self.shared.received).push(message.clone());
        }
        match (self.phase, &message.body) {
            (_, Body::Ping) => {
                self.shared.pings.fetch_add(1, Ordering::SeqCst);
            }
            (_, Body::DisconnectChannelRequest(_)) => {
                self.shared.disconnects.fetch_add(1, Ordering::SeqCst);
                self.close();
            }
            (Phase::New | Phase::Challenged, Body::HandshakeRequest(request)) => self.on_handshake(&message, request),
            (Phase::Authenticating, Body::AuthenticateRequest(request)) => {
                let answer = self.authenticate(request);
                // Not a reply of the session yet, which faults could touch.
                self.send(message.header.request_id, answer);
            }
            (Phase::LoggedIn, _) if !self.is_mine(&message.header) => {
                self.reply(&message, Exception { code: 1, message: Some("wrong token or session id".into()) });
            }
            (Phase::LoggedIn, _) => {
                self.shared.requests.fetch_add(1, Ordering::SeqCst);
                let script = self.shared.config.script.clone();
                script.on_request(self, &message);
            }
            (_, body) => {
                let text = format!("{} does not belong here", body.verb());
                self.reply(&message, Exception { code: 1, message: Some(text) });
            }
        }
        Ok(())
    }

    fn on_handshake(&mut self, message: &Message, request: &HandshakeRequest) {
        let (status, next, reason) = match (self.phase, request.kind) {
            (Phase::New, HandshakeKind::INITIATE) => (HandshakeStatus::ACCEPT_CHALLENGE, Phase::Challenged, None),
            (Phase::Challenged, HandshakeKind::CHALLENGE_ACCEPTED) => match self.objection(request) {
                None => (HandshakeStatus::PROCEED_WITH_AUTHENTICATION, Phase::Authenticating, None),
                Some(objection) => (HandshakeStatus::CHALLENGE_FAILED, Phase::Over, Some(objection.into())),
            },
            _ => (HandshakeStatus::CHALLENGE_FAILED, Phase::Over, Some("handshake out of order".into())),
        };
        let challenge = self.shared.config.version.to_wire();
        self.reply(message, HandshakeResponse { status, challenge, reason });
        self.phase = next;
    }

    /// What is wrong with the client's part of the challenge.
    fn objection(&self, request: &HandshakeRequest) -> Option<&'static str> {
        // The build fields differ from client to client; see `docs/protocol.md`.
        if ProductVersion::from_wire(request.challenge).major != self.shared.config.version.major {
            return Some("client and server are of different major versions");
        }
        (request.ssl_mode != self.shared.config.tls.is_some()).then_some("wrong ssl mode")
    }

    fn authenticate(&mut self, request: &AuthenticateRequest) -> Body {
        let config = &self.shared.config;
        if let Some(database) = &request.database
            && !config.databases.contains(database)
        {
            let message = Some(format!("there is no database {database:?}"));
            return Exception { code: UNKNOWN_DATABASE, message }.into();
        }
        let user = request.user.clone().unwrap_or_default();
        let known = config.users.get(&user).is_some_and(|password| *password == request.password);
        let entitled = request.roles.iter().flatten().all(|role| config.roles.contains(role));
        if !known || !entitled {
            return AuthenticateResponse::Rejected { status: WRONG_PASSWORD }.into();
        }
        self.session_id = self.shared.last_session.fetch_add(1, Ordering::SeqCst) + 1;
        self.auth_token = AuthToken::new(self.session_id ^ 0x5eed_5eed_5eed_5eed);
        self.user = user;
        self.database = request.database.clone();
        self.phase = Phase::LoggedIn;
        self.shared.logins.fetch_add(1, Ordering::SeqCst);
        let certificate = config.certificate.clone();
        AuthenticateResponse::Accepted { auth_token: self.auth_token, session_id: self.session_id, certificate }.into()
    }

    fn is_mine(&self, header: &Header) -> bool {
        match (header.auth_token, header.session_id) {
            (AuthToken::NONE, 0) => self.shared.config.allow_missing_token,
            told => told == (self.auth_token, self.session_id),
        }
    }

    /// The session's id.
    pub fn id(&self) -> i64 {
        self.session_id
    }

    /// The user logged in.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database logged in to, if the client named one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Answers a request. Sent when the script returns.
    pub fn reply(&mut self, request: &Message, body: impl Into<Body>) {
        let offset = if self.phase == Phase::LoggedIn { self.faults.request_id_offset } else { 0 };
        self.send(request.header.request_id + offset, body);
    }

    /// Sends a message with that request id.
    ///
    /// # Panics
    /// If the message cannot be expressed on the wire, which is the test's fault.
    pub fn send(&mut self, request_id: i64, body: impl Into<Body>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = Header {
            sequence_no: self.sequence_no,
            timestamp: i64::try_from(now.as_millis()).unwrap_or_default(),
            request_id,
            auth_token: self.auth_token,
            session_id: self.session_id,
            tenant_id: 0,
        };
        self.sequence_no += 1;
        let encoded = Message::new(header, body.into()).encode();
        let mut bytes = encoded.unwrap_or_else(|error| panic!("the script's message: {error}"));
        if let Some(version) = self.faults.protocol_version {
            bytes[8..10].copy_from_slice(&version.to_be_bytes());
        }
        self.send_raw(&bytes);
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Ends the connection once all was sent.
    pub fn close(&mut self) {
        self.phase = Phase::Over;
    }
}
