//! What a channel tells about itself.

use std::net::SocketAddr;

use tgdb_pdu::version::{PROTOCOL, ProductVersion, ProtocolVersion};
use tgdb_pdu::{AuthToken, Verb};
use tgdb_url::{Properties, TgUrl};

use crate::shared::Connection;
use crate::{ChannelError, LinkState, ResendMode, TgChannel, WaiterStatus};

/// A request in flight, as [`TgChannel::waiters`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaiterInfo {
    /// Id of the request.
    pub request_id: i64,
    /// What was asked for.
    pub verb: Verb,
    /// What becomes of it when the connection is lost.
    pub resend: ResendMode,
    /// How it stands.
    pub status: WaiterStatus,
}

/// Counters since the channel was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelStats {
    /// Replies to requests that nobody waits for any more. They were dropped.
    pub late_replies: u64,
    /// Messages with a request id that was never given out. They were dropped.
    pub unknown_replies: u64,
}

impl TgChannel {
    /// State of the link.
    pub fn link_state(&self) -> LinkState {
        self.shared.state()
    }

    /// Whether the channel is closing, closed or terminated.
    pub fn is_closed(&self) -> bool {
        self.link_state().is_closed()
    }

    /// Whether the connection was lost, and is not being made again.
    pub fn in_error(&self) -> bool {
        self.link_state().in_error()
    }

    /// Whether the channel is connected.
    pub fn is_connected(&self) -> bool {
        self.link_state() == LinkState::Connected
    }

    /// Why the link is down, if it is and not by our own will.
    pub fn last_error(&self) -> Option<ChannelError> {
        self.shared.lock().cause.clone()
    }

    fn of_connection<T>(&self, get: impl FnOnce(&Connection) -> T) -> Option<T> {
        self.shared.lock().connection.as_deref().map(get)
    }

    /// The session's token; [`AuthToken::NONE`] before the first login.
    pub fn auth_token(&self) -> AuthToken {
        self.of_connection(|connection| connection.auth_token).unwrap_or(AuthToken::NONE)
    }

    /// The session's id; 0 before the first login.
    pub fn session_id(&self) -> i64 {
        self.of_connection(|connection| connection.session_id).unwrap_or_default()
    }

    /// Name of this client program.
    pub fn client_id(&self) -> &str {
        &self.shared.config.credentials.client_id
    }

    /// The protocol version that we speak.
    pub fn client_protocol_version(&self) -> ProtocolVersion {
        PROTOCOL
    }

    /// The protocol version that the server speaks: always ours, for frames of
    /// another are refused. `None` before the first login.
    pub fn server_protocol_version(&self) -> Option<ProtocolVersion> {
        self.of_connection(|_| PROTOCOL)
    }

    /// The server's product version; `None` before the first login.
    pub fn server_product_version(&self) -> Option<ProductVersion> {
        self.of_connection(|connection| connection.server_version)
    }

    /// The server's end of the current or last connection.
    pub fn outbox_addr(&self) -> Option<SocketAddr> {
        self.of_connection(|connection| connection.socket.outbox_addr())
    }

    /// Our end of the current or last connection.
    pub fn inbox_addr(&self) -> Option<SocketAddr> {
        self.of_connection(|connection| connection.socket.inbox_addr())
    }

    /// The properties in force: those of the URL over those of the program.
    pub fn properties(&self) -> &Properties {
        &self.shared.config.properties
    }

    /// The URL of the server that the channel is, or was last, connected to.
    pub fn url(&self) -> &TgUrl {
        self.shared.url()
    }

    /// The requests in flight, by id.
    pub fn waiters(&self) -> Vec<WaiterInfo> {
        let inner = self.shared.lock();
        let info = |(id, request): (&i64, &crate::core::Pending<_>)| WaiterInfo {
            request_id: *id,
            verb: request.verb,
            resend: request.mode,
            status: request.status,
        };
        inner.core.pending().iter().map(info).collect()
    }

    /// Counters since the channel was made.
    pub fn stats(&self) -> ChannelStats {
        let inner = self.shared.lock();
        ChannelStats { late_replies: inner.core.late_replies, unknown_replies: inner.core.unknown_replies }
    }
}
