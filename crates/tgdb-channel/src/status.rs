//! What a channel reports about itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tgdb_pdu::version::{PROTOCOL, ProductVersion, ProtocolVersion};
use tgdb_pdu::{AuthToken, Verb};
use tgdb_transport::{ConnectTimes, TgSocket, TlsInfo};
use tgdb_url::{Properties, SettingWarning, TgUrl};

use crate::driver::Waiter;
use crate::proto::{Identity, SessionNumber};
use crate::{ChannelError, ChannelStats, LinkState, ResendMode, TgChannel, WaiterStatus};

/// A request in flight, as [`TgChannel::waiters`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WaiterInfo {
    /// Id of the request.
    pub request_id: i64,
    /// What was asked for.
    pub verb: Verb,
    /// What becomes of it when the connection is lost.
    pub resend: ResendMode,
    /// How it stands.
    pub status: WaiterStatus,
    /// Who gets the reply.
    pub kind: WaiterKind,
}

/// Who gets the reply to a request in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaiterKind {
    /// A thread: it waits in [`TgChannel::request`] or the like, or the program holds a
    /// [`ResponseWaiter`](crate::ResponseWaiter) that is not awaited yet.
    Blocking,
    /// A task, which awaits the reply.
    Future,
    /// A callback of [`TgChannel::submit_callback`].
    Callback,
    /// The channel itself: it asks for the schema, or rolls a transaction back.
    Channel,
}

impl TgChannel {
    /// State of the link.
    pub fn link_state(&self) -> LinkState {
        self.shared().lock().session.state()
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

    /// Why the link is down, if it is and the program did not close it.
    pub fn last_error(&self) -> Option<ChannelError> {
        self.shared().lock().session.last_error().cloned()
    }

    fn with_identity<T>(&self, get: impl FnOnce(&Identity) -> T) -> Option<T> {
        self.shared().lock().session.identity().map(get)
    }

    /// The session's token; [`AuthToken::NONE`] before the first login.
    pub fn auth_token(&self) -> AuthToken {
        self.with_identity(|identity| identity.auth_token).unwrap_or(AuthToken::NONE)
    }

    /// The session's id; 0 before the first login.
    pub fn session_id(&self) -> i64 {
        self.with_identity(|identity| identity.session_id).unwrap_or_default()
    }

    /// The current session, which changes with each reconnection; `None` while there is none.
    pub fn session_number(&self) -> Option<SessionNumber> {
        self.shared().lock().session.session_number()
    }

    /// Name of this client program.
    pub fn client_id(&self) -> &str {
        &self.shared().config.client_id
    }

    /// The protocol version that this client speaks.
    pub fn client_protocol_version(&self) -> ProtocolVersion {
        PROTOCOL
    }

    /// The protocol version that the server speaks: always the client's, for frames of
    /// another version are an error. `None` before the first login.
    pub fn server_protocol_version(&self) -> Option<ProtocolVersion> {
        self.with_identity(|_| PROTOCOL)
    }

    /// The server's product version; `None` before the first login.
    pub fn server_product_version(&self) -> Option<ProductVersion> {
        self.with_identity(|identity| identity.server_version)
    }

    /// The certificate in DER that the server gave with the login; `None` before the first
    /// login, and if it gave none. Its public key encrypts the values of encrypted attributes
    /// (`DataCryptoGrapher.java`). Each session has its own. Nobody has verified it: it is as
    /// trustworthy as the connection, so take TLS.
    pub fn server_certificate(&self) -> Option<Bytes> {
        self.with_identity(|identity| identity.certificate.clone()).flatten()
    }

    /// What TLS agreed on for the current connection, and the server's certificates; `None`
    /// without a connection and over plain TCP.
    pub fn tls_info(&self) -> Option<TlsInfo> {
        self.socket()?.tls_info()
    }

    /// How long each step of connecting took, for the current connection; `None` without one.
    pub fn connect_times(&self) -> Option<ConnectTimes> {
        self.socket()?.connect_times()
    }

    /// How long the login took, from the connected socket to the reply that accepts it; `None`
    /// before the first login.
    pub fn login_time(&self) -> Option<Duration> {
        self.with_identity(|identity| identity.login_time)
    }

    fn socket(&self) -> Option<Arc<dyn TgSocket>> {
        self.shared().lock().connection.as_ref().map(|connection| connection.socket.clone())
    }

    /// The server's end of the current or last connection.
    pub fn outbox_addr(&self) -> Option<SocketAddr> {
        self.shared().lock().addresses.map(|(_, peers)| peers)
    }

    /// The client's end of the current or last connection.
    pub fn inbox_addr(&self) -> Option<SocketAddr> {
        self.shared().lock().addresses.map(|(ours, _)| ours)
    }

    /// The settings that do nothing, or are probably mistakes: properties without
    /// effect in this client, those of TLS with a `tcp` URL, those whose place a setting of the
    /// program takes, and times without unit that are implausible.
    pub fn warnings(&self) -> &[SettingWarning] {
        &self.shared().config.warnings
    }

    /// The properties in force: what the builder's methods set over those of the URL over those
    /// of the program. User, password and database of the builder's methods are not among them.
    pub fn properties(&self) -> &Properties {
        &self.shared().config.properties
    }

    /// The URL of the server that the channel is, or was last, connected to.
    pub fn url(&self) -> &TgUrl {
        let server = self.shared().lock().session.identity().map_or(0, |identity| identity.server);
        &self.shared().config.urls[server]
    }

    /// The requests in flight, by id.
    pub fn waiters(&self) -> Vec<WaiterInfo> {
        let session = &self.shared().lock().session;
        let info = |(request_id, verb, resend, status)| {
            let kind = session.waiter(request_id).map_or(WaiterKind::Blocking, Waiter::kind);
            WaiterInfo { request_id, verb, resend, status, kind }
        };
        session.requests().into_iter().map(info).collect()
    }

    /// Counters since the channel was made. Copies about 8 KiB, so that it suits a monitoring
    /// system, not each request.
    pub fn stats(&self) -> ChannelStats {
        self.shared().lock().session.stats(Instant::now())
    }
}
