//! Options of one message.

use std::time::Duration;

use tgdb_pdu::Body;
use tgdb_pdu::body::{GetEntityRequest, QueryRequest, QueryTarget};

use crate::proto::SessionNumber;

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
            Body::MetadataRequest | Body::GetLargeObjectRequest(_) | Body::DecryptBufferRequest(_) => {
                Self::ReconnectAndResend
            }
            // Those without a key continue or close a result, which the new session does not know.
            Body::GetEntityRequest(request) if request.key.is_some() => Self::ReconnectAndResend,
            _ => Self::ReconnectAndRaiseException,
        }
    }
}

/// The longest timeout: longer ones are cut to it, so that the clock does not overflow.
pub(crate) const MAX_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What became of a message without reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SendOutcome {
    /// It was handed to the operating system. Whether it arrived is not known.
    Sent,
    /// The connection was lost, and the [`ResendMode`] says to drop it.
    Ignored,
}

/// The session that a request belongs to. If that is gone, the request fails with
/// [`ChannelError::SessionGone`](crate::ChannelError::SessionGone) and is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionScope {
    /// Any session will do, also one after a reconnection.
    Any,
    /// The session at the time of submission. While the channel reconnects that is the one
    /// that was lost.
    Current,
    /// That session; see [`TgChannel::session_number`](crate::TgChannel::session_number).
    Of(SessionNumber),
}

/// What decides about the session of a request for which no scope is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DefaultScope {
    Any,
    /// The session in which the last transaction was begun, if one was; else the current one.
    Transaction,
    /// The session in which that result or prepared query came; else the current one.
    Result(i64),
}

impl DefaultScope {
    pub(crate) fn of(body: &Body) -> Self {
        match body {
            Body::CommitTransactionRequest(_) | Body::RollbackTransactionRequest => Self::Transaction,
            Body::GetEntityRequest(GetEntityRequest { result_id, key: None, .. }) => Self::Result((*result_id).into()),
            Body::QueryRequest(QueryRequest { target: QueryTarget::Id(id), .. }) => Self::Result(*id),
            _ => Self::Any,
        }
    }
}

/// Options of one request.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use tgdb_channel::{RequestOptions, ResendMode};
///
/// // For a query that only reads: it may be executed twice.
/// let options = RequestOptions::resend(ResendMode::ReconnectAndResend).with_timeout(Duration::from_secs(2));
/// assert_eq!(options.timeout, Some(Duration::from_secs(2)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RequestOptions {
    /// How long to wait for the reply; `None` for the property
    /// `tgdb.connection.operationTimeoutSeconds`. Waiting for room, sending and reconnecting
    /// are included, whatever the server does.
    pub timeout: Option<Duration>,
    /// What to do when the connection is lost; `None` for [`ResendMode::default_for`].
    pub resend: Option<ResendMode>,
    /// The session that it belongs to. `None`: commit and rollback belong to the session in
    /// which the last transaction was begun; continuing and closing a result, and executing
    /// and closing a prepared query, to that in which it came; all else to any.
    pub session: Option<SessionScope>,
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

    /// The default options with another session.
    pub fn session(scope: SessionScope) -> Self {
        Self { session: Some(scope), ..Self::default() }
    }

    /// These options with another session.
    #[must_use]
    pub fn with_session(mut self, scope: SessionScope) -> Self {
        self.session = Some(scope);
        self
    }

    /// These options with another resend mode.
    #[must_use]
    pub fn with_resend(mut self, mode: ResendMode) -> Self {
        self.resend = Some(mode);
        self
    }

    /// These options with another timeout.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

#[cfg(test)]
mod tests {
    use tgdb_pdu::body::*;

    use super::*;

    #[test]
    fn what_changes_something_is_not_sent_again_by_itself() {
        use ResendMode::*;
        let get = |command, key| GetEntityRequest { command, result_id: 0, key }.into();
        let key = Some((FetchOptions::default(), Vec::new().into()));
        let bodies: [(Body, ResendMode); 9] = [
            (Body::Ping, DontReconnectAndIgnore),
            (Body::MetadataRequest, ReconnectAndResend),
            (GetLargeObjectRequest { entity_id: 1, decrypt: false }.into(), ReconnectAndResend),
            (DecryptBufferRequest { buffer: Vec::new().into() }.into(), ReconnectAndResend),
            (get(GetEntityCommand::GET, key), ReconnectAndResend),
            (get(GetEntityCommand::CONTINUE, None), ReconnectAndRaiseException),
            (QueryRequest::text(QueryCommand::EXECUTE, "").into(), ReconnectAndRaiseException),
            (CommitTransactionRequest::new(Vec::new()).into(), ReconnectAndRaiseException),
            (AdminRequest::new(AdminCommand::STOP_SERVER).into(), ReconnectAndRaiseException),
        ];
        for (body, mode) in bodies {
            assert_eq!(ResendMode::default_for(&body), mode, "{body:?}");
        }
    }

    #[test]
    fn options_build_on_each_other() {
        let second = Duration::from_secs(1);
        let options = RequestOptions::resend(ResendMode::ReconnectAndResend).with_timeout(second);
        let resend = Some(ResendMode::ReconnectAndResend);
        assert_eq!(options, RequestOptions { timeout: Some(second), resend, session: None });
        assert_eq!(RequestOptions::timeout(second), RequestOptions { resend: None, ..options });
        assert_eq!(options, RequestOptions::timeout(second).with_resend(ResendMode::ReconnectAndResend));
        let options = RequestOptions::session(SessionScope::Current);
        assert_eq!(options, RequestOptions::default().with_session(SessionScope::Current));
    }
}
