//! The methods of the builder that set something.

use std::sync::Arc;
use std::time::Duration;

use tgdb_pdu::{Body, Secret};
use tgdb_transport::{Resolve, SocketOptions, TlsOptions};
use tgdb_url::{ConfigName, Properties, VersionCheck};

use super::ChannelBuilder;
use crate::proto::LoadBalance;

/// The URL; properties, for settings that have no method.
impl ChannelBuilder {
    /// Replaces the URL, such as that of [`from_env`](Self::from_env).
    pub fn url(mut self, url: &str) -> Self {
        self.url = Secret::from(url);
        self
    }

    /// Sets a property that the URL does not set.
    pub fn property(mut self, name: ConfigName, value: impl Into<String>) -> Self {
        self.properties.set(name, value);
        self
    }

    /// Sets properties that the URL does not set.
    pub fn properties(mut self, properties: &Properties) -> Self {
        self.properties.extend(properties);
        self
    }

    /// Whether properties are kept that are not known, in the URL and in
    /// [`properties`](Self::properties). They are in [`TgChannel::properties`], and go to the
    /// server with [`send_connection_properties`](Self::send_connection_properties). Without
    /// this, the default, they are an error.
    ///
    /// [`TgChannel::properties`]: crate::TgChannel::properties
    pub fn allow_unknown_properties(mut self, allow: bool) -> Self {
        self.allow_unknown = allow;
        self
    }
}

/// What is observed.
impl ChannelBuilder {
    /// Whether what messages hold is among the events of their frames, at the level `TRACE`, with
    /// the target `tgdb::payload`: the data of the graph, shortened, but no secrets. Default no.
    pub fn trace_payloads(mut self, trace: bool) -> Self {
        self.trace_payloads = trace;
        self
    }
}

/// Who logs in, and to what.
impl ChannelBuilder {
    /// The user to log in. Default `admin`.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The user's password. Default none.
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// The database to log in to. Default none, which leaves it to the server.
    pub fn database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// The roles to log in with; with no item, none. Default all roles of the user. A name
    /// cannot have a comma.
    pub fn roles(self, roles: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(ConfigName::ConnectionSpecifiedRoles, roles)
    }

    /// Name of this program, as the server shows it. Default `tgdb.rust-api.client`.
    pub fn client_id(self, id: impl Into<String>) -> Self {
        self.set(ConfigName::ChannelClientId, id)
    }

    /// How far the server's product version must agree. Default [`VersionCheck::Major`].
    pub fn version_check(self, check: VersionCheck) -> Self {
        self.set(ConfigName::ChannelVersionCheck, check.to_string())
    }

    /// Whether the certificate in the server's answer to the login must name the database.
    /// Needs an `ssl` URL and a database. Default no.
    pub fn verify_database(self, verify: bool) -> Self {
        self.set(ConfigName::TlsVerifyDatabaseName, verify.to_string())
    }

    /// Whether each session begins with a message of the properties, without secrets. Default no.
    pub fn send_connection_properties(self, send: bool) -> Self {
        self.set(ConfigName::ConnectionSendProperties, send.to_string())
    }

    /// Sends a message without reply first in each new session, also after a reconnection,
    /// before anything else. Several go in the order of the calls.
    pub fn session_setup(mut self, body: impl Into<Body>) -> Self {
        self.session_setup.push(body.into());
        self
    }
}

/// Times and bounds.
///
/// A time above 10⁹ s, or one of zero where that means nothing, is an error of
/// [`build`](ChannelBuilder::build).
impl ChannelBuilder {
    /// Time for one attempt to connect, name resolution and TLS included; above 0. Default 1 s.
    pub fn connect_timeout(self, time: Duration) -> Self {
        self.time(ConfigName::ChannelConnectTimeout, time)
    }

    /// Time to wait for a reply, and for a login; above 0. Default 10 s.
    pub fn operation_timeout(self, time: Duration) -> Self {
        self.time(ConfigName::ConnectionOperationTimeoutSeconds, time)
    }

    /// Silence after which a ping is sent; `None` for no pings. Default 30 s.
    pub fn ping_interval(self, time: Option<Duration>) -> Self {
        self.time(ConfigName::ChannelPingInterval, time.unwrap_or_default())
    }

    /// Silence, while requests wait, after which a connection is given up; `None` for never.
    /// Default 30 s, or the longest timeout of the requests that wait.
    pub fn liveness_timeout(self, time: Option<Duration>) -> Self {
        self.time(ConfigName::ChannelLivenessTimeoutSeconds, time.unwrap_or_default())
    }

    /// Requests that can be in flight at once, from 1. Default 16,384.
    pub fn max_in_flight(self, requests: u32) -> Self {
        self.set(ConfigName::ChannelMaxInFlight, requests.to_string())
    }

    /// Bytes of requests that can wait to be sent, rounded up to KiB; from 1 to 2 GiB. Default 16 MiB.
    pub fn max_outbox_size(self, bytes: u32) -> Self {
        self.size(ConfigName::ChannelMaxOutboxSize, bytes)
    }

    /// Maximum length of a message from the server in bytes, rounded up to KiB; from 1 to
    /// 2 GiB. Default 64 MiB.
    pub fn max_frame_size(self, bytes: u32) -> Self {
        self.size(ConfigName::ChannelMaxFrameSize, bytes)
    }
}

/// Failover.
impl ChannelBuilder {
    /// Further servers to try, each `host` or `host:port`. Default none. With one or more a lost
    /// connection is made again.
    pub fn failover_servers(self, servers: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(ConfigName::ChannelFTHosts, servers)
    }

    /// How often the list of servers is tried. Default 3; 0 counts as 1.
    pub fn retry_count(self, rounds: u32) -> Self {
        self.set(ConfigName::ChannelFTRetryCount, rounds.to_string())
    }

    /// The pause between the first two rounds; it doubles from round to round, up to
    /// `max`. Default 10 s and 60 s; at least 10 ms.
    pub fn retry_interval(self, first: Duration, max: Duration) -> Self {
        self.time(ConfigName::ChannelFTRetryIntervalSeconds, first)
            .time(ConfigName::ChannelFTMaxRetryIntervalSeconds, max)
    }

    /// The first attempt after a lost connection is made at a random time within that. Default
    /// 1 s, or the retry interval if that is shorter.
    pub fn reconnect_spread(self, time: Duration) -> Self {
        self.time(ConfigName::ChannelFTReconnectSpreadSeconds, time)
    }

    /// In which order servers are tried. Default that of the list.
    pub fn load_balance(self, order: LoadBalance) -> Self {
        let word = match order {
            LoadBalance::Disable => "disable",
            LoadBalance::Random => "random",
        };
        self.set(ConfigName::ChannelLoadBalanceHosts, word)
    }
}

/// Sockets and TLS.
impl ChannelBuilder {
    /// All options of the socket at once, in place of its properties, also those of the URL.
    /// The methods for one of them, such as [`connect_timeout`](Self::connect_timeout), come
    /// before it. The channel itself decides about `send_timeout`, which is the operation
    /// timeout, and `omit_large_frames`, which is true.
    ///
    /// Unlike the property `tcpUserTimeoutSeconds`, `user_timeout` is not set by default.
    pub fn socket_options(mut self, options: SocketOptions) -> Self {
        self.socket = Some(options);
        self
    }

    /// Silence after which TCP asks whether the server's system is still there; `None` for
    /// never. Default 30 s.
    pub fn keepalive(self, time: Option<Duration>) -> Self {
        self.time(ConfigName::ChannelTcpKeepaliveSeconds, time.unwrap_or_default())
    }

    /// Time in which the server's system must acknowledge what was sent to it, else the
    /// connection is lost; `None` leaves it to the system. Linux and Android only. Default 30 s.
    pub fn tcp_user_timeout(self, time: Option<Duration>) -> Self {
        self.time(ConfigName::ChannelTcpUserTimeoutSeconds, time.unwrap_or_default())
    }

    /// What turns host names into addresses. Default that of
    /// [`socket_options`](Self::socket_options), else the system's resolver. See
    /// [`Resolve`](crate::transport::Resolve) for where it runs.
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// All options of TLS at once, in place of its properties, also those of the URL. With
    /// a `tcp` URL they have no effect, which is reported.
    pub fn tls_options(mut self, options: TlsOptions) -> Self {
        self.tls = Some(options);
        self
    }

    /// Files and folders with the certificates that are trusted in place of Mozilla's; see the
    /// property `trustedCertificates`. A path cannot have a comma or a semicolon:
    /// [`tls_options`](Self::tls_options) takes any.
    pub fn trusted_certificates(self, paths: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.list(ConfigName::TlsTrustedCertificates, paths)
    }

    /// Accepts any TLS certificate, whoever issued it. An attacker between client and
    /// server can then read and change everything, passwords included. No property
    /// does this. Each connection logs a warning.
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        self.accept_any_certificate = true;
        self
    }
}

impl ChannelBuilder {
    fn set(mut self, name: ConfigName, value: impl Into<String>) -> Self {
        self.explicit.set(name, value);
        self
    }

    fn time(mut self, name: ConfigName, time: Duration) -> Self {
        self.explicit.set_time(name, time);
        self
    }

    fn size(self, name: ConfigName, bytes: u32) -> Self {
        self.set(name, bytes.div_ceil(1024).to_string())
    }

    fn list(self, name: ConfigName, items: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let items: Vec<_> = items.into_iter().map(|item| item.as_ref().to_owned()).collect();
        self.set(name, items.join(","))
    }
}
