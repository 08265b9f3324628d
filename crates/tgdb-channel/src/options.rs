//! Options of one message.

use std::time::Duration;

use tgdb_pdu::body::GetEntityCommand;
use tgdb_pdu::{Body, Verb};

/// What becomes of a message when the connection is lost before it is answered.
///
/// The channel as a whole reconnects if it has a failover list, whatever the mode
/// of a message. Every waiter gets an outcome in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResendMode {
    /// Do not wait for the reconnection. A request ends at once with
    /// [`ChannelError::Lost`](crate::ChannelError::Lost); a message without reply is dropped.
    DontReconnectAndIgnore,
    /// Send it again after the reconnection, up to five times. The server can have
    /// executed it already, so this is for what may be done twice.
    ReconnectAndResend,
    /// Wait for the reconnection, then end with
    /// [`ChannelError::NotResent`](crate::ChannelError::NotResent), so that the program decides.
    ReconnectAndRaiseException,
    /// Wait for the reconnection. A request ends with
    /// [`ChannelError::NotResent`](crate::ChannelError::NotResent); a message without reply is dropped.
    ReconnectAndIgnore,
}

impl ResendMode {
    /// The mode of a message for which none is given: send again what only reads,
    /// leave the decision to the program for all else. (Java sends everything
    /// again, commits included.)
    pub fn default_for(body: &Body) -> Self {
        match body {
            Body::Ping => Self::DontReconnectAndIgnore,
            Body::GetEntityRequest(request) if request.command.0 > GetEntityCommand::GET_MULTIPLES.0 => {
                Self::ReconnectAndRaiseException
            }
            _ if matches!(
                body.verb(),
                Verb::METADATA_REQUEST
                    | Verb::GET_ENTITY_REQUEST
                    | Verb::GET_LARGE_OBJECT_REQUEST
                    | Verb::DECRYPT_BUFFER_REQUEST
            ) =>
            {
                Self::ReconnectAndResend
            }
            _ => Self::ReconnectAndRaiseException,
        }
    }
}

/// Options of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestOptions {
    /// How long to wait for the reply, reconnecting included; `None` for the property
    /// `tgdb.connection.operationTimeoutSeconds`. Sending, too, if the server reads
    /// what it is sent; if it does not, a sender is held up until the connection is
    /// given up, which takes as long as that property says.
    pub timeout: Option<Duration>,
    /// What to do when the connection is lost; `None` for [`ResendMode::default_for`].
    pub resend: Option<ResendMode>,
}

impl RequestOptions {
    /// The default options with another timeout.
    pub fn timeout(timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..Self::default() }
    }

    /// The default options with another resend mode.
    pub fn resend(mode: ResendMode) -> Self {
        Self { resend: Some(mode), ..Self::default() }
    }

    /// These options with another timeout.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}
