//! Events of a channel.

use std::sync::Arc;

use tgdb_pdu::Verb;
use tgdb_pdu::version::ProductVersion;
use tgdb_transport::TransportError;

use crate::proto::SessionNumber;
use crate::{ChannelError, LinkState};

/// What happens to a channel; from [`TgChannel::events`](crate::TgChannel::events).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ChannelEvent {
    /// The state of the link changed.
    LinkChanged {
        /// The state before.
        from: LinkState,
        /// The state now.
        to: LinkState,
    },
    /// The connection was lost.
    Lost {
        /// Why.
        cause: Arc<TransportError>,
    },
    /// An attempt to connect failed. Another follows, or the link changes.
    AttemptFailed {
        /// The server as `host:port`.
        peer: String,
        /// How many attempts were made since the connection was lost, this one included.
        attempt: u32,
        /// Why it failed.
        error: ChannelError,
    },
    /// A login succeeded. Transactions and results of earlier sessions are gone.
    NewSession {
        /// The session.
        session: SessionNumber,
        /// The server as `host:port`.
        peer: String,
        /// The server's version.
        version: ProductVersion,
    },
    /// A request was sent again after a reconnection.
    Resent {
        /// Its id.
        request_id: i64,
        /// What is asked for.
        verb: Verb,
        /// How often it was sent again so far.
        times: u8,
    },
    /// A reply came to a request that was given up. If it opened a result, that stays open at
    /// the server.
    LateReply {
        /// Id of the request.
        request_id: i64,
        /// What the reply is.
        verb: Verb,
    },
}
