//! What can go wrong with a channel.

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
/// [`ChannelError::session_survives`] tells whether the channel can be used on.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The URL does not parse.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A property does not have its type, or is not known.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// The environment has settings that cannot be used.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The message cannot be expressed on the wire. Nothing was sent.
    #[error("encode {verb}: {source}")]
    Encode {
        /// The message.
        verb: Verb,
        /// What is wrong with it.
        source: EncodeError,
    },
    /// Connecting failed, or the connection was lost.
    #[error(transparent)]
    Transport(Arc<TransportError>),
    /// The server did not accept the login.
    #[error("login at {peer}: {source}")]
    Login {
        /// Host and port.
        peer: String,
        /// Why.
        source: Arc<LoginError>,
    },
    /// The server's certificate is not that of the database.
    #[error("login at {peer}: {source}")]
    DatabaseName {
        /// Host and port.
        peer: String,
        /// What it says.
        source: DatabaseNameError,
    },
    /// `verifyDBName` is set, and cannot be done.
    #[error("verifyDBName: {reason}")]
    CannotVerifyDatabase {
        /// What is missing.
        reason: &'static str,
    },
    /// No server of the failover list could be connected to.
    #[error("none of {servers} could be connected to in {attempts} attempts; the last: {last}")]
    AllAttemptsFailed {
        /// The servers, separated by commas.
        servers: String,
        /// How many attempts were made.
        attempts: u32,
        /// Why the last one failed.
        #[source]
        last: Box<Self>,
    },
    /// The channel is not connected, or not any more.
    #[error("{operation}: the channel is {state:?}{}; {}", cause_text(.cause), state_remedy(*.state))]
    NotConnected {
        /// What was asked for.
        operation: &'static str,
        /// What it is instead.
        state: LinkState,
        /// Why it is not connected any more.
        #[source]
        cause: Option<Box<Self>>,
    },
    /// Connected, but [`TgChannel::start`](crate::TgChannel::start) was not called.
    #[error("the channel is connected but not started; call start")]
    NotStarted,
    /// Connected already, or being connected.
    #[error("connect: {}", already(*.0))]
    AlreadyConnected(LinkState),
    /// There is no room for another request.
    #[error(
        "{operation}: no room: {in_flight} requests are in flight (maxRequestsInFlight {max_in_flight}) and {waiting_bytes} bytes wait to be sent (maxOutboxSize {max_waiting_bytes}); wait for replies first, or raise these properties"
    )]
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
    #[error(
        "{verb} at {peer}: {}{}; the session goes on, try again or allow more time",
        late_text(*.was_sent, *.timeout),
        if *.request_id > 0 { format!(" (request {request_id})") } else { String::new() }
    )]
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
    #[error("{verb}: connection lost ({cause}); the server may or may not have executed it")]
    Lost {
        /// The request.
        verb: Verb,
        /// Why.
        #[source]
        cause: Arc<TransportError>,
    },
    /// The connection was lost before the reply came. It is back, but the message
    /// was not sent again.
    #[error(
        "{verb}: connection lost ({cause}) and made again; the server may or may not have executed it, so check before you send it again"
    )]
    NotResent {
        /// The request.
        verb: Verb,
        /// Why it was lost.
        #[source]
        cause: Arc<TransportError>,
    },
    /// The connection was lost, and could not be made again.
    #[error("{verb}: connection lost ({cause}) and not made again: {reconnect}")]
    ReconnectFailed {
        /// The request.
        verb: Verb,
        /// Why it was lost.
        cause: Arc<TransportError>,
        /// Why it could not be made again.
        #[source]
        reconnect: Box<Self>,
    },
    /// The request belongs to a session that is gone: a transaction begun in it, or a result
    /// of it. It was not sent.
    #[error("{verb}: session {session} is gone, the channel {}; begin again", current_text(.current))]
    SessionGone {
        /// The request.
        verb: Verb,
        /// The session that it belongs to.
        session: SessionNumber,
        /// The session now, if there is one.
        current: Option<SessionNumber>,
    },
    /// The server did not do what it was asked for, and says why. The session goes on.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server answered with a message that is no reply to the request. The session goes on.
    #[error(transparent)]
    WrongReply(CallError),
    /// A key, or a value of an answer, is not as it was given or asked for.
    #[error(transparent)]
    Value(Box<AttributeError>),
    /// A change cannot be made. Nothing was sent.
    #[error(transparent)]
    Change(Box<ChangeError>),
    /// The session has a transaction already: it has one at a time.
    #[error(
        "{operation}: the session has a transaction already, and can have one at a time; end that first, or use a channel of its own for each"
    )]
    TransactionOpen {
        /// What was asked for.
        operation: &'static str,
    },
    /// The reply does not have the layout of its verb. The session goes on.
    #[error("reply to {verb}: {source}; client and server may be of different versions")]
    BadReply {
        /// The request.
        verb: Verb,
        /// What is wrong with it.
        source: BodyError,
    },
    /// The reply is longer than `maxFrameSize` allows, and was passed over. The session goes
    /// on; the server has executed the request.
    #[error(
        "reply to {verb}: its {length} bytes are above maxFrameSize; raise that if the server is trusted, or ask for less"
    )]
    ReplyTooLarge {
        /// The request.
        verb: Verb,
        /// Length of the reply without its header.
        length: u32,
    },
    /// The server ended the session.
    #[error("the server ended the session{}; connect again if that is allowed", message_text(.reason))]
    Terminated {
        /// The server's text.
        reason: Option<String>,
    },
    /// There is no such server to switch to.
    #[error("switch server: the channel has {servers} servers; name others in ftHosts")]
    NoOtherServer {
        /// How many servers there are.
        servers: usize,
    },
    /// The channel was stopped on this side.
    #[error("the channel was stopped")]
    Stopped,
    /// The operating system did not give a thread, or a handle to wake it.
    #[error("cannot make a thread of the channel: {0}")]
    Thread(Arc<std::io::Error>),
}

fn current_text(current: &Option<SessionNumber>) -> String {
    current.as_ref().map_or_else(|| "has none now".into(), |current| format!("is in session {current}"))
}

fn late_text(was_sent: bool, timeout: Duration) -> String {
    match was_sent {
        true => format!("no reply within {timeout:?}"),
        false => format!("not sent within {timeout:?}, for the server reads too slowly"),
    }
}

fn cause_text(cause: &Option<Box<ChannelError>>) -> String {
    cause.as_ref().map_or_else(String::new, |cause| format!(" ({cause})"))
}

fn already(state: LinkState) -> &'static str {
    match state {
        LinkState::Connected => "the channel is connected already; use it, or stop it first",
        LinkState::Closing => "the channel is being stopped; wait until it is closed",
        LinkState::Reconnecting => "the channel is reconnecting by itself; wait, or stop it first",
        _ => "another thread is connecting the channel already; wait for it",
    }
}

fn state_remedy(state: LinkState) -> &'static str {
    match state {
        LinkState::Reconnecting => "wait, or allow more time",
        LinkState::Closing => "wait until it is closed, then call connect and start",
        _ => "call connect and start",
    }
}

fn message_text(message: &Option<String>) -> String {
    message.as_ref().map_or_else(String::new, |message| format!(": {message}"))
}

impl From<TransportError> for ChannelError {
    fn from(error: TransportError) -> Self {
        Self::Transport(Arc::new(error))
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

    /// Whether the session goes on: the error concerns one message only.
    pub fn session_survives(&self) -> bool {
        matches!(
            self,
            Self::Encode { .. }
                | Self::Timeout { .. }
                | Self::NotResent { .. }
                | Self::SessionGone { .. }
                | Self::NoOtherServer { .. }
                | Self::Server(_)
                | Self::WrongReply(_)
                | Self::Value(_)
                | Self::Change(_)
                | Self::TransactionOpen { .. }
                | Self::BadReply { .. }
                | Self::ReplyTooLarge { .. }
                | Self::Full { .. }
                | Self::NotStarted
                | Self::AlreadyConnected(LinkState::Connected)
                | Self::NotConnected { state: LinkState::Reconnecting, .. }
        )
    }

    /// Whether trying another server, or the same later, is of no use.
    pub(crate) fn ends_connecting(&self) -> bool {
        match self {
            Self::Login { source, .. } => !source.concerns_one_server(),
            Self::DatabaseName { .. }
            | Self::CannotVerifyDatabase { .. }
            | Self::Property(_)
            | Self::Stopped
            | Self::Terminated { .. } => true,
            _ => false,
        }
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
    /// The connection is gone for good.
    Disconnected,
}
