//! Where a session stands between its first connect and its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::AuthToken;
use tgdb_pdu::version::ProductVersion;
use tgdb_transport::TransportError;
use zeroize::Zeroize;

use super::LinkId;
use crate::Login;

/// What the session does about its connection.
#[derive(Debug)]
pub(super) enum Link {
    /// Nothing: never connected, lost for good, or closed.
    Idle,
    /// Waits before the next attempt to connect.
    Backoff,
    /// Waits for the driver to connect.
    Connecting { link: LinkId, server: usize },
    /// Connected, not logged in yet.
    LoggingIn { link: LinkId, server: usize, since: Instant, login: Box<Login> },
    /// Logged in.
    Established { link: LinkId, since: Instant, has_received: bool },
    /// To be closed when the requests in flight have their outcomes.
    Draining { link: LinkId },
    /// The disconnect request is being sent. `is_finished` once it is, and the peer was
    /// informed by the end of our sending direction.
    Lingering { link: LinkId, is_finished: bool },
}

impl Link {
    /// The connection, if there is one.
    pub(super) fn id(&self) -> Option<LinkId> {
        match self {
            Self::Idle | Self::Backoff | Self::Connecting { .. } => None,
            Self::LoggingIn { link, .. }
            | Self::Established { link, .. }
            | Self::Draining { link }
            | Self::Lingering { link, .. } => Some(*link),
        }
    }
}

/// Why the session connects.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The program asked for it.
    Connect,
    /// The connection was lost.
    Reconnect { cause: Arc<TransportError> },
}

/// Names a session: the time between a login and the loss or the end of its connection. Each
/// login of a channel has another one, the first is 1. Not the id that the server gives,
/// which can come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(pub(crate) u64);

impl std::fmt::Display for SessionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What the server gave with the last login.
#[derive(Debug)]
#[non_exhaustive]
pub struct Identity {
    /// The session.
    pub number: SessionNumber,
    /// Goes into the header of each message.
    pub auth_token: AuthToken,
    /// Goes into the header of each message.
    pub session_id: i64,
    /// The server's certificate in DER, if it gave one.
    pub certificate: Option<Bytes>,
    /// The server's product version.
    pub server_version: ProductVersion,
    /// Index of the server.
    pub server: usize,
    /// How long the login took: from the connected socket to the reply that accepts it.
    pub login_time: Duration,
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.auth_token.zeroize();
    }
}
