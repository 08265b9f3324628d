//! What kind an error is, so that programs need not know each of them.

use std::io;

use tgdb_pdu::FrameError;
use tgdb_pdu::graph::AttributeError;
use tgdb_transport::TransportError;

use super::ChannelError;
use crate::{LinkState, LoginError};

/// The kind of a [`ChannelError`]: what to look at first.
///
/// # Example
/// The exit code of a program, by kind:
/// ```
/// use tgdb_channel::{ChannelError, ErrorKind};
///
/// fn exit_code(error: &ChannelError) -> u8 {
///     match error.kind() {
///         ErrorKind::Settings | ErrorKind::Usage => 2,
///         ErrorKind::Unreachable | ErrorKind::ConnectionLost => 3,
///         ErrorKind::Tls | ErrorKind::Login => 4,
///         ErrorKind::Server => 5,
///         ErrorKind::Timeout => 6,
///         _ => 1,
///     }
/// }
/// assert_eq!(exit_code(&ChannelError::NotStarted), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL, a property or an option cannot be used. Nothing was tried.
    Settings,
    /// The program asked for something that is not possible now, or not at all. Nothing was sent.
    Usage,
    /// No connection to a server could be made.
    Unreachable,
    /// TLS failed, the server's certificate was rejected, or one side speaks TLS and the other does
    /// not. A peer that only closes the connection is [`Unreachable`](Self::Unreachable).
    Tls,
    /// The server did not accept the login.
    Login,
    /// The time given was not enough.
    Timeout,
    /// The connection was lost while a request waited, or the session that it belongs to is gone.
    ConnectionLost,
    /// The channel is not connected, or was ended by the server or by this program.
    Closed,
    /// The server did not do what it was asked for, and says why.
    Server,
    /// What the server sent is not what the protocol or the graph's types say.
    Protocol,
    /// A bound of this client was reached.
    Limit,
    /// The operating system did not give what the channel needs.
    System,
}

impl ChannelError {
    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Url(_) | Self::Property(_) | Self::Environment(_) | Self::CannotVerifyDatabase { .. } => {
                ErrorKind::Settings
            }
            Self::Encode { .. }
            | Self::NotStarted
            | Self::AlreadyConnected(_)
            | Self::NoOtherServer { .. }
            | Self::Change(_)
            | Self::TransactionOpen { .. } => ErrorKind::Usage,
            Self::Value(error) => match **error {
                AttributeError::Malformed(_) => ErrorKind::Protocol,
                _ => ErrorKind::Usage,
            },
            Self::Connect(cause) => kind_of_connecting(cause),
            Self::ConnectionLost(_)
            | Self::Lost { .. }
            | Self::NotResent { .. }
            | Self::ReconnectFailed { .. }
            | Self::SessionGone { .. } => ErrorKind::ConnectionLost,
            Self::Login { source, .. } => kind_of_login(source),
            Self::DatabaseName { .. } => ErrorKind::Tls,
            Self::AllAttemptsFailed { last, .. } => last.kind(),
            Self::NotConnected { .. } | Self::Terminated { .. } | Self::Stopped => ErrorKind::Closed,
            Self::Full { .. } | Self::ReplyTooLarge { .. } => ErrorKind::Limit,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Server(_) => ErrorKind::Server,
            Self::BadReply { .. } | Self::WrongReply(_) => ErrorKind::Protocol,
            Self::Thread(_) => ErrorKind::System,
        }
    }

    /// Whether the time given was not enough: for connecting, the login or the reply.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Login { source, .. } => matches!(**source, LoginError::Timeout { .. }),
            Self::Connect(cause) => matches!(**cause, TransportError::ConnectTimeout { .. }),
            Self::AllAttemptsFailed { last, .. } => last.is_timeout(),
            _ => false,
        }
    }

    /// Whether the server rejected user, password, role or database: asking again for them can
    /// help.
    pub fn is_auth(&self) -> bool {
        match self {
            Self::Login { source, .. } => {
                matches!(**source, LoginError::Rejected { .. } | LoginError::Failed { .. })
            }
            Self::AllAttemptsFailed { last, .. } => last.is_auth(),
            Self::ReconnectFailed { reconnect, .. } => reconnect.is_auth(),
            _ => false,
        }
    }

    /// Whether the same may succeed later, and doing it again does no harm: the server executed
    /// nothing, and neither settings nor program have to be changed.
    ///
    /// Connect again first where the [kind](Self::kind) is [`ErrorKind::Closed`].
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(cause) => is_passing(cause),
            Self::Login { source, .. } => {
                matches!(**source, LoginError::Terminated { .. } | LoginError::Timeout { .. })
            }
            Self::AllAttemptsFailed { last, .. } => last.is_retryable(),
            Self::Full { .. } | Self::NotConnected { .. } | Self::ConnectionLost(_) | Self::Thread(_) => true,
            Self::Timeout { was_sent, .. } => !was_sent,
            _ => false,
        }
    }

    /// Whether the server may have executed the request, so that it has to be checked before it
    /// is sent again. `docs/failover.md` has the table.
    ///
    /// [`Server`](Self::Server) is false: there the server says what it did.
    pub fn may_have_executed(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::NotResent { .. } | Self::ReconnectFailed { .. } => true,
            Self::Terminated { .. } | Self::Stopped => true,
            Self::ReplyTooLarge { .. } | Self::BadReply { .. } | Self::WrongReply(_) => true,
            Self::Timeout { was_sent, .. } => *was_sent,
            _ => false,
        }
    }

    /// The code that the server gave for the failure, of a request or of the login.
    pub fn server_code(&self) -> Option<i32> {
        match self {
            Self::Server(error) => Some(error.code),
            Self::Login { source, .. } => match **source {
                LoginError::Rejected { status, .. } => Some(status),
                LoginError::Failed { code, .. } => Some(code),
                _ => None,
            },
            Self::AllAttemptsFailed { last, .. } => last.server_code(),
            Self::ReconnectFailed { reconnect, .. } => reconnect.server_code(),
            _ => None,
        }
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

fn kind_of_connecting(cause: &TransportError) -> ErrorKind {
    match cause {
        TransportError::TlsConfig { .. } | TransportError::NoTls => ErrorKind::Settings,
        #[cfg(feature = "tls")]
        TransportError::Tls { .. } | TransportError::Certificate { .. } => ErrorKind::Tls,
        TransportError::NotTls { .. } | TransportError::PlainFrame { .. } => ErrorKind::Tls,
        // A TLS port and a tcp:// URL: as much a matter of TLS as the other way round.
        TransportError::Frame { source: FrameError::TlsRecord, .. } => ErrorKind::Tls,
        TransportError::Frame { .. } => ErrorKind::Protocol,
        _ => ErrorKind::Unreachable,
    }
}

fn kind_of_login(error: &LoginError) -> ErrorKind {
    match error {
        LoginError::Unexpected { .. } | LoginError::TooLarge { .. } | LoginError::Body(_) => ErrorKind::Protocol,
        LoginError::Timeout { .. } => ErrorKind::Timeout,
        _ => ErrorKind::Login,
    }
}

/// Whether a server that is started, or a network that is mended, would be enough.
fn is_passing(cause: &TransportError) -> bool {
    matches!(kind_of_connecting(cause), ErrorKind::Unreachable)
}

impl From<ChannelError> for io::Error {
    /// With the kind of the operating system's error where there is one.
    fn from(error: ChannelError) -> Self {
        let kind = match error.kind() {
            _ if error.is_timeout() => io::ErrorKind::TimedOut,
            ErrorKind::Settings | ErrorKind::Usage => io::ErrorKind::InvalidInput,
            ErrorKind::Unreachable | ErrorKind::System => system_kind(&error).unwrap_or(io::ErrorKind::NotConnected),
            ErrorKind::Login => io::ErrorKind::PermissionDenied,
            ErrorKind::ConnectionLost => io::ErrorKind::ConnectionReset,
            ErrorKind::Closed => io::ErrorKind::NotConnected,
            ErrorKind::Protocol => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

fn system_kind(error: &ChannelError) -> Option<io::ErrorKind> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        next = error.source();
    }
    None
}
