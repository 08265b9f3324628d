//! What can go wrong with a channel.

mod kind;
mod text;

pub use kind::ErrorKind;

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::call::{CallError, ServerError};
use tgdb_pdu::graph::{AttributeError, ChangeError};
use tgdb_pdu::{BodyError, EncodeError, Verb};
use tgdb_transport::{DatabaseNameError, TransportError};
use tgdb_url::{PropertyError, UrlError};

use crate::proto::SessionNumber;
use crate::{EnvironmentError, LinkState, LoginError};

/// A channel could not do what it was asked for.
///
/// Programs need not know each variant: [`kind`](Self::kind) sorts them into few kinds,
/// [`is_timeout`](Self::is_timeout), [`is_auth`](Self::is_auth),
/// [`is_retryable`](Self::is_retryable), [`may_have_executed`](Self::may_have_executed) and
/// [`session_survives`](Self::session_survives) answer the usual questions, and
/// [`server_code`](Self::server_code) has the server's code.
///
/// `{}` gives one layer: what failed, and what helps. [`source`](std::error::Error::source) gives
/// the next one. `{:#}` and `{:?}` give all, separated by colons.
///
/// # Example
/// ```
/// use tgdb_channel::{ErrorKind, TgChannel};
///
/// let error = TgChannel::builder("tpc://localhost").build().expect_err("there is no such protocol");
/// assert_eq!(error.kind(), ErrorKind::Settings);
/// assert!(!error.is_retryable() && !error.may_have_executed());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum ChannelError {
    /// The URL does not parse.
    Url(UrlError),
    /// A property does not have its type, or is not known.
    Property(PropertyError),
    /// The environment has settings that cannot be used.
    Environment(EnvironmentError),
    /// The message cannot be expressed on the wire. Nothing was sent.
    Encode {
        /// The message.
        verb: Verb,
        /// What is wrong with it.
        source: EncodeError,
    },
    /// No connection to a server could be made: name, socket, TLS, or what the peer speaks.
    Connect(Arc<TransportError>),
    /// The connection was lost. It is the cause of a [`NotConnected`](Self::NotConnected); a
    /// request in flight ends with [`Lost`](Self::Lost).
    ConnectionLost(Arc<TransportError>),
    /// The server did not accept the login.
    Login {
        /// Host and port.
        peer: String,
        /// Why.
        source: Arc<LoginError>,
    },
    /// The server's certificate is not that of the database.
    DatabaseName {
        /// Host and port.
        peer: String,
        /// What it says.
        source: DatabaseNameError,
    },
    /// `verifyDBName` is set, and cannot be done.
    CannotVerifyDatabase {
        /// What is missing.
        reason: &'static str,
    },
    /// No server of the failover list could be connected to.
    AllAttemptsFailed {
        /// The servers, separated by commas.
        servers: String,
        /// How many attempts were made.
        attempts: u32,
        /// Why the last one failed.
        last: Box<Self>,
    },
    /// The channel is not connected, or not any more.
    NotConnected {
        /// What was asked for.
        operation: &'static str,
        /// What it is instead.
        state: LinkState,
        /// Why it is not connected any more.
        cause: Option<Box<Self>>,
    },
    /// Connected, but [`TgChannel::start`](crate::TgChannel::start) was not called.
    NotStarted,
    /// Connected already, or being connected.
    AlreadyConnected(LinkState),
    /// There is no room for another request.
    Full {
        /// What was asked for.
        operation: &'static str,
        /// Requests in flight.
        in_flight: usize,
        /// Their bound.
        max_in_flight: usize,
        /// Bytes that wait to be sent.
        waiting_bytes: usize,
        /// Their bound.
        max_waiting_bytes: usize,
    },
    /// No reply came in time. A late one will be dropped.
    Timeout {
        /// The request.
        verb: Verb,
        /// Host and port.
        peer: String,
        /// The time given.
        timeout: Duration,
        /// Its id; -1 for a message without reply.
        request_id: i64,
        /// It was sent, or a part of it, so that the server may or may not have executed it.
        was_sent: bool,
    },
    /// The connection was lost before the reply came, and is not back.
    Lost {
        /// The request.
        verb: Verb,
        /// Why.
        cause: Arc<TransportError>,
    },
    /// The connection was lost before the reply came. It is back, but the message
    /// was not sent again.
    NotResent {
        /// The request.
        verb: Verb,
        /// Why it was lost.
        cause: Arc<TransportError>,
    },
    /// The connection was lost, and could not be made again.
    ReconnectFailed {
        /// The request.
        verb: Verb,
        /// Why it was lost.
        cause: Arc<TransportError>,
        /// Why it could not be made again.
        reconnect: Box<Self>,
    },
    /// The request belongs to a session that is gone: a transaction begun in it, or a result
    /// of it. It was not sent.
    SessionGone {
        /// The request.
        verb: Verb,
        /// The session that it belongs to.
        session: SessionNumber,
        /// The session now, if there is one.
        current: Option<SessionNumber>,
    },
    /// The server did not do what it was asked for, and says why. The session goes on.
    Server(ServerError),
    /// The server answered with a message that is no reply to the request. The session goes on.
    WrongReply(CallError),
    /// A key, or a value of an answer, is not as it was given or asked for.
    Value(Box<AttributeError>),
    /// A change cannot be made. Nothing was sent.
    Change(Box<ChangeError>),
    /// The session has a transaction already: it has one at a time.
    TransactionOpen {
        /// What was asked for.
        operation: &'static str,
    },
    /// The reply does not have the layout of its verb. The session goes on.
    BadReply {
        /// The request.
        verb: Verb,
        /// What is wrong with it.
        source: BodyError,
    },
    /// The reply is longer than `maxFrameSize` allows, and was passed over. The session goes
    /// on; the server has executed the request.
    ReplyTooLarge {
        /// The request.
        verb: Verb,
        /// Length of the reply without its header.
        length: u32,
    },
    /// The server ended the session.
    Terminated {
        /// The server's text.
        reason: Option<String>,
    },
    /// There is no such server to switch to.
    NoOtherServer {
        /// How many servers there are.
        servers: usize,
    },
    /// The channel was stopped on this side.
    Stopped,
    /// The operating system did not give a thread, or a handle to wake it.
    Thread(Arc<std::io::Error>),
}

impl From<TransportError> for ChannelError {
    fn from(error: TransportError) -> Self {
        Self::Connect(Arc::new(error))
    }
}

impl From<UrlError> for ChannelError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}

impl From<PropertyError> for ChannelError {
    fn from(error: PropertyError) -> Self {
        Self::Property(error)
    }
}

impl From<EnvironmentError> for ChannelError {
    fn from(error: EnvironmentError) -> Self {
        Self::Environment(error)
    }
}

impl From<ServerError> for ChannelError {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<CallError> for ChannelError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Server(error) => Self::Server(error),
            other => Self::WrongReply(other),
        }
    }
}

impl From<AttributeError> for ChannelError {
    fn from(error: AttributeError) -> Self {
        Self::Value(Box::new(error))
    }
}

impl From<BodyError> for ChannelError {
    fn from(error: BodyError) -> Self {
        AttributeError::from(error).into()
    }
}

impl From<ChangeError> for ChannelError {
    fn from(error: ChangeError) -> Self {
        Self::Change(Box::new(error))
    }
}

impl ChannelError {
    pub(crate) fn thread(error: std::io::Error) -> Self {
        Self::Thread(Arc::new(error))
    }
}

/// What a program does about an error, from
/// [`TgChannel::handle_exception`](crate::TgChannel::handle_exception).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExceptionHandleResult {
    /// The error is not about the connection: report it.
    RethrowException,
    /// The connection is back: do it again.
    RetryOperation,
    /// The connection is lost, and is not being made again.
    Disconnected,
}
