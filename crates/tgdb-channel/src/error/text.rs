//! What an error says: one layer as `{}`, with its causes as `{:#}` and `{:?}`.

use std::error::Error;
use std::fmt;

use tgdb_pdu::escaped;

use super::ChannelError;
use crate::LinkState;

impl fmt::Display for ChannelError {
    /// What failed and what helps, without the causes; with them, separated by colons, as `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_layer(f)?;
        if f.alternate() {
            let mut cause = self.source();
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for ChannelError {
    /// As `{:#}`, so that a `main` that returns it prints a text that can be read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error for ChannelError {
    // By hand: a derived one gives an `Arc` or `Box`, which `downcast_ref` does not look into.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // They say themselves what these say.
            Self::Url(error) => error.source(),
            Self::Property(error) => error.source(),
            Self::Environment(error) => error.source(),
            Self::Server(error) => error.source(),
            Self::WrongReply(error) => error.source(),
            Self::Value(error) => error.source(),
            Self::Change(error) => error.source(),
            Self::Encode { source, .. } => Some(source),
            Self::Connect(cause) | Self::ConnectionLost(cause) => Some(&**cause),
            Self::Lost { cause, .. } | Self::NotResent { cause, .. } => Some(&**cause),
            Self::Login { source, .. } => Some(&**source),
            Self::DatabaseName { source, .. } => Some(source),
            Self::AllAttemptsFailed { last: cause, .. } | Self::ReconnectFailed { reconnect: cause, .. } => {
                Some(&**cause)
            }
            Self::NotConnected { cause, .. } => cause.as_ref().map(|cause| &**cause as _),
            Self::BadReply { source, .. } => Some(source),
            Self::Thread(source) => Some(&**source),
            Self::CannotVerifyDatabase { .. }
            | Self::NotStarted
            | Self::AlreadyConnected(_)
            | Self::Full { .. }
            | Self::Timeout { .. }
            | Self::SessionGone { .. }
            | Self::TransactionOpen { .. }
            | Self::ReplyTooLarge { .. }
            | Self::Terminated { .. }
            | Self::NoOtherServer { .. }
            | Self::Stopped => None,
        }
    }
}

impl ChannelError {
    fn fmt_layer(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => write!(f, "{error}"),
            Self::Property(error) => write!(f, "{error}"),
            Self::Environment(error) => write!(f, "{error}"),
            Self::Server(error) => write!(f, "{error}"),
            Self::WrongReply(error) => write!(f, "{error}"),
            Self::Value(error) => write!(f, "{error}"),
            Self::Change(error) => write!(f, "{error}"),
            Self::Encode { verb, .. } => write!(f, "cannot encode {verb}; nothing was sent"),
            Self::Connect(_) => f.write_str("the attempt to connect failed"),
            Self::ConnectionLost(_) => f.write_str("the connection was lost"),
            Self::Login { peer, .. } => write!(f, "login at {peer} failed"),
            Self::DatabaseName { peer, .. } => {
                write!(f, "the certificate that {peer} sent in the login is not that of the database")
            }
            Self::CannotVerifyDatabase { reason } => write!(f, "verifyDBName: {reason}"),
            Self::AllAttemptsFailed { servers, attempts, .. } => {
                write!(f, "none of {servers} could be connected to in {attempts} attempts; the last one failed")
            }
            Self::NotConnected { operation, state, .. } => {
                write!(f, "{operation}: the channel is {state}; {}", remedy_of(*state))
            }
            Self::NotStarted => f.write_str("the channel is connected but not started; call start"),
            Self::AlreadyConnected(state) => write!(f, "connect: {}", already(*state)),
            Self::Full { operation, in_flight, max_in_flight, waiting_bytes, max_waiting_bytes } => write!(
                f,
                "{operation}: no room: {in_flight} requests are in flight (maxRequestsInFlight {max_in_flight}) \
                 and {waiting_bytes} bytes wait to be sent (maxOutboxSize {max_waiting_bytes}); \
                 wait for replies first, or raise these properties"
            ),
            Self::Timeout { verb, peer, timeout, request_id, was_sent } => {
                write!(f, "{verb} at {peer}: ")?;
                match was_sent {
                    true => write!(f, "no reply within {timeout:?}")?,
                    false => write!(f, "not sent within {timeout:?}, for the server reads too slowly")?,
                }
                if *request_id > 0 {
                    write!(f, " (request {request_id})")?;
                }
                f.write_str("; the session goes on, try again or allow more time")
            }
            Self::Lost { verb, .. } => {
                write!(f, "{verb}: connection lost; the server may or may not have executed it")
            }
            Self::NotResent { verb, .. } => write!(
                f,
                "{verb}: connection lost and made again; the server may or may not have executed it, \
                 so check before you send it again"
            ),
            Self::ReconnectFailed { verb, cause, .. } => write!(
                f,
                "{verb}: connection lost ({cause}) and not made again; \
                 the server may or may not have executed it"
            ),
            Self::SessionGone { verb, session, current } => {
                write!(f, "{verb}: session {session} is gone, the channel ")?;
                match current {
                    Some(current) => write!(f, "is in session {current}")?,
                    None => f.write_str("has none now")?,
                }
                f.write_str("; begin again")
            }
            Self::TransactionOpen { operation } => write!(
                f,
                "{operation}: the session has a transaction already, and can have one at a time; \
                 end that first, or use a channel of its own for each"
            ),
            Self::BadReply { verb, .. } => write!(
                f,
                "the reply to {verb} does not have the layout of its verb; \
                 client and server may be of different versions"
            ),
            Self::ReplyTooLarge { verb, length } => write!(
                f,
                "reply to {verb}: its {length} bytes are above maxFrameSize; \
                 raise that if the server is trusted, or ask for less"
            ),
            Self::Terminated { reason } => {
                f.write_str("the server ended the session")?;
                if let Some(reason) = reason {
                    write!(f, ": {}", escaped(reason))?;
                }
                f.write_str("; connect again if that is allowed")
            }
            Self::NoOtherServer { servers } => {
                write!(f, "switch server: the channel has {servers} servers; name others in ftHosts")
            }
            Self::Stopped => f.write_str("the channel was stopped"),
            Self::Thread(_) => f.write_str("cannot make a thread of the channel"),
        }
    }
}

fn already(state: LinkState) -> &'static str {
    match state {
        LinkState::Connected => "the channel is connected already; use it, or stop it first",
        LinkState::Closing => "the channel is being stopped; wait until it is closed",
        LinkState::Reconnecting => "the channel is reconnecting by itself; wait, or stop it first",
        _ => "another thread is connecting the channel already; wait for it",
    }
}

fn remedy_of(state: LinkState) -> &'static str {
    match state {
        LinkState::Reconnecting => "wait, or allow more time",
        LinkState::Closing => "wait until it is closed, then call connect and start",
        _ => "call connect and start",
    }
}
