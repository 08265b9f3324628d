//! Events of a simulated network for its client, and records of what its servers did.

use std::time::Duration;

use bytes::Bytes;
use tgdb_pdu::body::QueryTarget;
use tgdb_pdu::{Body, Header, Message, Verb};

/// One connection of a [`Network`](super::Network). Never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub(crate) usize);

impl ConnId {
    /// How many connections were begun before this one.
    pub fn number(self) -> usize {
        self.0
    }
}

/// Why a connection was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The server is down or does not accept.
    Refused,
    /// No answer within [`NetworkPlan::connect_timeout`](super::NetworkPlan::connect_timeout).
    TimedOut,
    /// The name of the server is not known.
    NameNotFound,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseKind {
    /// The stream ended, as if the server had closed it: `Ok(0)` of a socket's read.
    End,
    /// The connection was reset.
    Reset,
}

/// Something for the client. After [`ConnectFailed`](Self::ConnectFailed),
/// [`Closed`](Self::Closed) or its own [`close`](super::Network::close) nothing follows
/// for that connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetEvent {
    /// The connection stands.
    Connected(ConnId),
    /// There will be no connection.
    ConnectFailed(ConnId, ConnectFailure),
    /// Bytes came, at least one.
    Received(ConnId, Bytes),
    /// [`send`](super::Network::send) took fewer bytes than offered, and has room again.
    Writable(ConnId),
    /// The connection ended. All bytes that could arrive were received before.
    Closed(ConnId, CloseKind),
}

impl NetEvent {
    /// The connection that it is about.
    pub fn conn(&self) -> ConnId {
        match self {
            Self::Connected(conn)
            | Self::ConnectFailed(conn, _)
            | Self::Received(conn, _)
            | Self::Writable(conn)
            | Self::Closed(conn, _) => *conn,
        }
    }
}

/// A request that a server executed. It is executed when its last byte is read, whether
/// or not a reply follows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// When, in virtual time.
    pub at: Duration,
    /// By which server.
    pub server: usize,
    /// On which connection it came.
    pub conn: ConnId,
    /// The session, as the server knows it.
    pub session_id: i64,
    /// The request. Its header has the request id and the sequence number.
    pub request: Message,
}

impl Execution {
    /// The request id.
    pub fn request_id(&self) -> i64 {
        self.request.header.request_id
    }

    /// The request's verb.
    pub fn verb(&self) -> Verb {
        self.request.verb()
    }

    /// The text of a query, which a reply of [`echo`](crate::echo) repeats.
    pub fn text(&self) -> Option<&str> {
        match &self.request.body {
            Body::QueryRequest(query) => match &query.target {
                QueryTarget::Text(text) => text.query.as_deref(),
                QueryTarget::Id(_) | QueryTarget::Nothing => None,
            },
            _ => None,
        }
    }
}

/// A whole frame that a server has read: handshake, login, pings and requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// When, in virtual time.
    pub at: Duration,
    /// By which server.
    pub server: usize,
    /// On which connection.
    pub conn: ConnId,
    /// The frame's verb.
    pub verb: Verb,
    /// The frame's header.
    pub header: Header,
}
