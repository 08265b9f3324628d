//! Handshake and login, without I/O: give it the server's messages, send what it asks for.
//!
//! ```text
//! client                                       server
//!   HandshakeRequest(INITIATE)            -->
//!                                         <--  HandshakeResponse(ACCEPT_CHALLENGE, version)
//!   HandshakeRequest(CHALLENGE_ACCEPTED,
//!                    ssl mode, version)   -->
//!                                         <--  HandshakeResponse(PROCEED_WITH_AUTHENTICATION)
//!   AuthenticateRequest                   -->
//!                                         <--  AuthenticateResponse(Accepted | Rejected)
//! ```
//! Source: `TcpChannel.performHandshake`, `TcpChannel.doAuthenticate`.

use bytes::Bytes;
use tgdb_pdu::body::{AuthenticateRequest, AuthenticateResponse, HandshakeKind, HandshakeRequest, HandshakeStatus};
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{AuthToken, Body, DEFAULT_MAX_LOGIN_FRAME_LEN, Frame, Message, Secret, Verb, excerpt};
use tgdb_url::VersionCheck;

use super::login_error::{LoginError, kept};

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Name of the user.
    pub user: String,
    /// Password of the user.
    pub password: Secret,
    /// Name of the database.
    pub database: Option<String>,
    /// Roles; `None` for all that the user has.
    pub roles: Option<Vec<String>>,
    /// Name of the client program.
    pub client_id: String,
    /// Address of the client's end of the socket.
    pub inbox_addr: String,
    /// Whether the channel runs over TLS.
    pub ssl_mode: bool,
    /// How far the server's version must agree with ours.
    pub version_check: VersionCheck,
}

/// What the server gives with a successful login.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginSuccess {
    /// To be sent with each later message.
    pub auth_token: AuthToken,
    /// To be sent with each later message.
    pub session_id: i64,
    /// The server's certificate in DER.
    pub certificate: Option<Bytes>,
    /// The server's product version.
    pub server_version: ProductVersion,
}

/// What to do next.
#[derive(Debug)]
pub enum LoginStep {
    /// Send this, with request id -1.
    Send(Body),
    /// Read on.
    Wait,
    /// Logged in.
    Done(LoginSuccess),
}

/// The state machine of a login. [`Session`](super::Session) has one for each connection;
/// by itself it serves programs that use a socket without a session.
///
/// # Example
/// ```no_run
/// use tgdb_channel::pdu::{Header, Message};
/// use tgdb_channel::proto::SessionConfig;
/// use tgdb_channel::transport::{SocketOptions, TcpSocket, TgSocket};
/// use tgdb_channel::{Login, LoginStep};
///
/// let socket = TcpSocket::connect("localhost", 8222, &SocketOptions::default())?;
/// let mut credentials = SessionConfig::new("localhost:8222").credentials;
/// credentials.password = "tiger".into();
/// credentials.inbox_addr = socket.inbox_addr().to_string();
///
/// let (mut login, first) = Login::start(credentials);
/// let mut next = Some(first);
/// let success = loop {
///     if let Some(body) = next.take() {
///         socket.send(&Message::new(Header::default(), body).encode()?)?;
///     }
///     match login.on_frame(&socket.recv()?)? {
///         LoginStep::Send(body) => next = Some(body),
///         LoginStep::Wait => {}
///         LoginStep::Done(success) => break success,
///     }
/// };
/// println!("session {}", success.session_id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Login {
    credentials: Credentials,
    phase: Phase,
    server_version: ProductVersion,
    max_frame_len: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Initiated,
    ChallengeAccepted,
    Authenticating,
}

impl Login {
    /// Starts a login. The body is what to send first.
    pub fn start(credentials: Credentials) -> (Self, Body) {
        let server_version = ProductVersion::from_wire(0);
        let first = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
        let max_frame_len = DEFAULT_MAX_LOGIN_FRAME_LEN;
        (Self { credentials, phase: Phase::Initiated, server_version, max_frame_len }, first.into())
    }

    /// This login with another bound on the length of the server's messages, in bytes. The
    /// default is [`DEFAULT_MAX_LOGIN_FRAME_LEN`], 128 KiB.
    #[must_use]
    pub fn with_max_frame_len(mut self, maximum: u32) -> Self {
        self.max_frame_len = maximum;
        self
    }

    /// Takes the server's next message.
    ///
    /// # Errors
    /// [`LoginError`] if the login is over without success.
    pub fn on_frame(&mut self, frame: &Frame) -> Result<LoginStep, LoginError> {
        let (length, maximum) = (frame.encoded_len(), self.max_frame_len);
        if length > maximum as usize {
            return Err(LoginError::TooLarge { verb: frame.verb, length, maximum });
        }
        match Message::decode(frame)?.body {
            Body::Ping => Ok(LoginStep::Wait),
            Body::SessionForcefullyTerminated(end) => Err(LoginError::Terminated { reason: kept(end.reason) }),
            Body::Exception(exception) => Err(LoginError::Failed {
                verb: self.request_verb(),
                database: self.database(),
                code: exception.code,
                message: kept(exception.message),
            }),
            Body::HandshakeResponse(response) => {
                self.on_handshake(response.status, response.challenge, response.reason)
            }
            Body::AuthenticateResponse(response) if self.phase == Phase::Authenticating => match response {
                AuthenticateResponse::Accepted { auth_token, session_id, certificate } => {
                    let server_version = self.server_version;
                    Ok(LoginStep::Done(LoginSuccess { auth_token, session_id, certificate, server_version }))
                }
                AuthenticateResponse::Rejected { status } => {
                    Err(LoginError::Rejected { user: self.credentials.user.clone(), database: self.database(), status })
                }
            },
            other => Err(self.unexpected(other.verb().to_string())),
        }
    }

    fn on_handshake(
        &mut self,
        status: HandshakeStatus,
        challenge: i64,
        reason: Option<Bytes>,
    ) -> Result<LoginStep, LoginError> {
        match (self.phase, status) {
            (_, HandshakeStatus::CHALLENGE_FAILED) => Err(LoginError::ChallengeFailed {
                client: ProductVersion::CLIENT,
                reason: excerpt(&reason.unwrap_or_default()),
            }),
            (Phase::Initiated, HandshakeStatus::ACCEPT_CHALLENGE) => {
                self.server_version = ProductVersion::from_wire(challenge);
                self.check_version()?;
                self.phase = Phase::ChallengeAccepted;
                Ok(LoginStep::Send(
                    HandshakeRequest {
                        kind: HandshakeKind::CHALLENGE_ACCEPTED,
                        ssl_mode: self.credentials.ssl_mode,
                        challenge: ProductVersion::CLIENT.to_wire(),
                    }
                    .into(),
                ))
            }
            (Phase::ChallengeAccepted, HandshakeStatus::PROCEED_WITH_AUTHENTICATION) => {
                self.phase = Phase::Authenticating;
                Ok(LoginStep::Send(self.authenticate().into()))
            }
            (_, status) => Err(self.unexpected(format!("{} with status {status}", Verb::HANDSHAKE_RESPONSE))),
        }
    }

    fn authenticate(&self) -> AuthenticateRequest {
        // The vendor's clients write an empty name as null.
        let nullable = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        AuthenticateRequest {
            database: self.credentials.database.as_deref().and_then(nullable),
            client_id: nullable(&self.credentials.client_id),
            inbox_addr: nullable(&self.credentials.inbox_addr),
            roles: self.credentials.roles.clone(),
            user: nullable(&self.credentials.user),
            password: self.credentials.password.clone(),
        }
    }

    fn check_version(&self) -> Result<(), LoginError> {
        let (server, client, check) = (self.server_version, ProductVersion::CLIENT, self.credentials.version_check);
        let agrees = match check {
            VersionCheck::None => true,
            VersionCheck::Major => server.major == client.major,
            // `Exact`. A level that is added to the enum later is checked as strictly until it is handled here.
            _ => (server.major, server.minor, server.update) == (client.major, client.minor, client.update),
        };
        if agrees { Ok(()) } else { Err(LoginError::VersionMismatch { server, client, check }) }
    }

    fn database(&self) -> String {
        self.credentials.database.clone().unwrap_or_default()
    }

    fn request_verb(&self) -> Verb {
        if self.phase == Phase::Authenticating { Verb::AUTHENTICATE_REQUEST } else { Verb::HANDSHAKE_REQUEST }
    }

    /// The message that the server is to send next.
    pub fn waiting_for(&self) -> Verb {
        if self.phase == Phase::Authenticating { Verb::AUTHENTICATE_RESPONSE } else { Verb::HANDSHAKE_RESPONSE }
    }

    fn unexpected(&self, found: String) -> LoginError {
        LoginError::Unexpected { expected: self.waiting_for(), found }
    }
}
