//! Handshake and login, the server's side.

use tgdb_pdu::body::*;
use tgdb_pdu::version::ProductVersion;
use tgdb_pdu::{AuthToken, Body, Header};

use super::{Phase, ServerSession};
use crate::{LoginFault, UNKNOWN_DATABASE, WRONG_PASSWORD};

/// How much of a client's text an exception repeats, in characters.
const QUOTED: usize = 100;

impl ServerSession {
    pub(super) fn on_handshake(&mut self, header: &Header, request: &HandshakeRequest) {
        let (status, next, reason) = match (self.phase, request.kind) {
            (Phase::New, HandshakeKind::INITIATE) => (HandshakeStatus::ACCEPT_CHALLENGE, Phase::Challenged, None),
            (Phase::Challenged, HandshakeKind::CHALLENGE_ACCEPTED) => match self.objection(request) {
                None => (HandshakeStatus::PROCEED_WITH_AUTHENTICATION, Phase::Authenticating, None),
                Some(objection) => (HandshakeStatus::CHALLENGE_FAILED, Phase::Over, Some(objection.into())),
            },
            _ => (HandshakeStatus::CHALLENGE_FAILED, Phase::Over, Some("handshake out of order".into())),
        };
        let challenge = self.config.version.to_wire();
        self.reply_to(header.request_id, HandshakeResponse { status, challenge, reason });
        self.phase = next;
    }

    /// What is wrong with the client's part of the challenge.
    fn objection(&self, request: &HandshakeRequest) -> Option<&'static str> {
        // The build fields differ from client to client; see `docs/protocol.md`.
        let same_major = ProductVersion::from_wire(request.challenge).major == self.config.version.major;
        if !same_major || self.faults.login == Some(LoginFault::Version) {
            return Some("client and server are of different major versions");
        }
        (request.ssl_mode != self.config.tls.is_some()).then_some("wrong ssl mode")
    }

    pub(super) fn authenticate(&mut self, request: &AuthenticateRequest) -> Body {
        let config = &self.config;
        let database = request.database.clone();
        let unknown = database.as_ref().is_some_and(|database| !config.databases.contains(database));
        if unknown || self.faults.login == Some(LoginFault::Exception) {
            let name: String = database.unwrap_or_default().chars().take(QUOTED).collect();
            let message = Some(format!("there is no database {name:?}"));
            return Exception { code: UNKNOWN_DATABASE, message }.into();
        }
        let user = request.user.clone().unwrap_or_default();
        let configured = config.users.get(&user).is_some_and(|password| *password == request.password);
        let known = configured || config.script.is_user(&user, &request.password);
        let entitled = request.roles.iter().flatten().all(|role| config.roles.contains(role));
        if !known || !entitled || self.faults.login == Some(LoginFault::Rejected) {
            return AuthenticateResponse::Rejected { status: WRONG_PASSWORD }.into();
        }
        let certificate = config.certificate.clone();
        self.session_id = self.granted;
        self.auth_token = AuthToken::new(self.session_id ^ 0x5eed_5eed_5eed_5eed);
        self.user = user;
        self.database = database;
        self.client_id = request.client_id.clone().unwrap_or_default();
        self.client_address = request.inbox_addr.clone().unwrap_or_default();
        self.phase = Phase::LoggedIn;
        AuthenticateResponse::Accepted { auth_token: self.auth_token, session_id: self.session_id, certificate }.into()
    }
}
