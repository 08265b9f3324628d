//! The properties that the vendor's clients know, and a few of ours.

use std::time::Duration;

use crate::properties::kind;
use crate::{Properties, PropertyError, Protocol, TlsVersion, VersionCheck};

macro_rules! config_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $alias:literal, $default:expr, $getter:ident: $kind:ident -> $ty:ty;)+) => {
        /// A known property: full name, alias and default.
        ///
        /// Sources: `ConfigName.java`, `utils.py`. Where their defaults differ, Java's counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ConfigName {
            $($(#[$doc])* $variant,)+
        }

        impl ConfigName {
            /// All known properties.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The full name, such as `tgdb.channel.sendSize`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The short name, such as `sendSize`.
            pub const fn alias(self) -> &'static str {
                match self { $(Self::$variant => $alias,)+ }
            }

            /// The default as text, if there is one.
            pub const fn default(self) -> Option<&'static str> {
                match self { $(Self::$variant => $default,)+ }
            }

            /// The property with that full name or alias, in any case.
            pub fn from_name(name: &str) -> Option<Self> {
                let is = |known: &&Self| known.name().eq_ignore_ascii_case(name) || known.alias().eq_ignore_ascii_case(name);
                Self::ALL.iter().find(is).copied()
            }

            pub(crate) fn check(&self, properties: &Properties) -> Result<(), PropertyError> {
                match self { $(Self::$variant => properties.$getter().map(drop),)+ }
            }
        }

        /// Typed values of the known properties: that which was set, else the default, else `None`.
        impl Properties {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`PropertyError`] if the value does not have the property's type.
                pub fn $getter(&self) -> Result<Option<$ty>, PropertyError> {
                    kind::$kind(self, ConfigName::$variant)
                }
            )+
        }
    };
}

config_names! {
    /// Host where a URL names none.
    ChannelDefaultHost = "tgdb.channel.defaultHost", "defaultHost", Some("localhost"), default_host: text -> &str;
    /// Port where a URL names none. Go has 8700.
    ChannelDefaultPort = "tgdb.channel.defaultPort", "defaultPort", Some("8222"), default_port: port -> u16;
    /// Protocol where none is named. Python has `ssl`.
    ChannelDefaultProtocol = "tgdb.channel.defaultProtocol", "defaultProtocol", Some("tcp"), default_protocol: protocol -> Protocol;
    /// Protocol of the URL. Python only.
    ChannelProtocol = "tgdb.channel.protocol", "protocol", None, protocol: protocol -> Protocol;
    /// Host of the URL. Python only.
    ChannelHost = "tgdb.channel.host", "host", None, host: text -> &str;
    /// Port of the URL. Python only.
    ChannelPort = "tgdb.channel.port", "port", None, port: port -> u16;
    /// Send buffer of the socket: KiB as text, bytes from the getter. Not set: the system's,
    /// which grows as needed. Java and Python have 122, which makes large messages slow.
    ChannelSendSize = "tgdb.channel.sendSize", "sendSize", None, send_size: kilobytes -> usize;
    /// Receive buffer of the socket: KiB as text, bytes from the getter. Not set: the system's,
    /// which grows as needed. Java and Python have 128.
    ChannelRecvSize = "tgdb.channel.recvSize", "recvSize", None, recv_size: kilobytes -> usize;
    /// Seconds of silence after which a ping is sent; 0 for none.
    ChannelPingInterval = "tgdb.channel.pingInterval", "pingInterval", Some("30"), ping_interval: seconds -> Duration;
    /// Time for one attempt to connect, TLS included. A whole number is
    /// milliseconds (Java), one with a decimal point is seconds (Python, default `5.000`).
    ChannelConnectTimeout = "tgdb.channel.connectTimeout", "connectTimeout", Some("1000"), connect_timeout: milliseconds -> Duration;
    /// Further servers to try, `host[:port]` separated by commas.
    ChannelFTHosts = "tgdb.channel.ftHosts", "ftHosts", None, ft_hosts: comma_list -> Vec<&str>;
    /// Seconds between the first two rounds of attempts to connect over the list of servers;
    /// see `ftMaxRetryIntervalSeconds` for the next. At least 10 ms.
    ChannelFTRetryIntervalSeconds = "tgdb.channel.ftRetryIntervalSeconds", "ftRetryIntervalSeconds", Some("10"), ft_retry_interval: seconds -> Duration;
    /// Seconds to which the pause between rounds of attempts grows: it doubles from round to
    /// round, starting with `ftRetryIntervalSeconds`. This client only.
    ChannelFTMaxRetryIntervalSeconds = "tgdb.channel.ftMaxRetryIntervalSeconds", "ftMaxRetryIntervalSeconds", Some("60"), ft_max_retry_interval: seconds -> Duration;
    /// The first attempt after a lost connection is made at a random time within so many
    /// seconds, so that many clients do not come at once; 0 for at once. Not set: the shorter
    /// of `ftRetryIntervalSeconds` and 1. This client only.
    ChannelFTReconnectSpreadSeconds = "tgdb.channel.ftReconnectSpreadSeconds", "ftReconnectSpreadSeconds", None, ft_reconnect_spread: seconds -> Duration;
    /// In which order servers are tried: `disable` for that of the list, `random` for another
    /// one in each channel. As in libpq; this client only.
    ChannelLoadBalanceHosts = "tgdb.channel.loadBalanceHosts", "loadBalanceHosts", Some("disable"), load_balance_hosts: load_balance -> bool;
    /// Seconds of silence, while requests wait, after which a connection is given up; 0 for
    /// never. Not set: 30, or the longest timeout of the requests that wait. This client only.
    ChannelLivenessTimeoutSeconds = "tgdb.channel.livenessTimeoutSeconds", "livenessTimeoutSeconds", None, liveness_timeout: seconds -> Duration;
    /// Seconds in which the server's system must acknowledge what was sent to it, else the
    /// connection is lost; 0 leaves it to the system. Linux and Android only. This client only.
    ChannelTcpUserTimeoutSeconds = "tgdb.channel.tcpUserTimeoutSeconds", "tcpUserTimeoutSeconds", Some("30"), tcp_user_timeout: seconds -> Duration;
    /// Whether each new session begins with a message of the properties, as those of the
    /// vendor's clients do; without secrets. This client only.
    ConnectionSendProperties = "tgdb.connection.sendProperties", "sendConnectionProperties", Some("false"), send_connection_properties: flag -> bool;
    /// Attempts for each server, one in each round.
    ChannelFTRetryCount = "tgdb.channel.ftRetryCount", "ftRetryCount", Some("3"), ft_retry_count: count -> u32;
    /// User where none is named.
    ChannelDefaultUserID = "tgdb.channel.defaultUserID", "defaultUserID", None, default_user: text -> &str;
    /// User.
    ChannelUserID = "tgdb.channel.userID", "userID", None, user: text -> &str;
    /// Password. Do not log it.
    ChannelPassword = "tgdb.channel.password", "password", None, password: text -> &str;
    /// Name of the client program, as the server shows it.
    ChannelClientId = "tgdb.channel.clientId", "clientId", Some("tgdb.rust-api.client"), client_id: text -> &str;
    /// Greatest message accepted from the server: KiB as text, bytes from the
    /// getter. This client only.
    ChannelMaxFrameSize = "tgdb.channel.maxFrameSize", "maxFrameSize", Some("65536"), max_frame_size: kilobytes -> usize;
    /// Requests that can be in flight at once, from 1. This client only.
    ChannelMaxInFlight = "tgdb.channel.maxRequestsInFlight", "maxRequestsInFlight", Some("16384"), max_in_flight: positive_count -> u32;
    /// Requests that can wait to be sent: KiB as text, bytes from the getter. One larger
    /// request is taken if no other waits. This client only.
    ChannelMaxOutboxSize = "tgdb.channel.maxOutboxSize", "maxOutboxSize", Some("16384"), max_outbox_size: kilobytes -> usize;
    /// How far the server's product version must agree: `exact` (Java), `major`,
    /// `none` (Python). This client only.
    ChannelVersionCheck = "tgdb.channel.versionCheck", "versionCheck", Some("major"), version_check: version_check -> VersionCheck;
    /// Whether each pooled connection has a socket of its own.
    ConnectionPoolUseDedicatedChannelPerConnection = "tgdb.connectionpool.useDedicatedChannelPerConnection", "useDedicatedChannelPerConnection", Some("false"), use_dedicated_channel_per_connection: flag -> bool;
    /// Connections in a pool.
    ConnectionPoolDefaultPoolSize = "tgdb.connectionpool.defaultPoolSize", "defaultPoolSize", Some("10"), default_pool_size: count -> u32;
    /// Seconds to wait for a connection of a pool.
    ConnectionPoolReserveTimeoutSeconds = "tgdb.connectionpool.connectionReserveTimeoutSeconds", "connectionpoolReserveTimeoutSeconds", Some("10"), connection_reserve_timeout: seconds -> Duration;
    /// Database to log in to.
    ConnectionDatabaseName = "tgdb.connection.dbName", "dbName", None, database_name: text -> &str;
    /// Roles to log in with, separated by commas; all of the user's if not set,
    /// none if empty.
    ConnectionSpecifiedRoles = "tgdb.connection.specifiedRoles", "roles", None, roles: comma_list -> Vec<&str>;
    /// Seconds to wait for a reply, above 0. Python has 3600.
    ConnectionOperationTimeoutSeconds = "tgdb.connection.operationTimeoutSeconds", "connectionOperationTimeoutSeconds", Some("10"), operation_timeout: positive_seconds -> Duration;
    /// Seconds of silence after which the server may disconnect; a wish. Python
    /// has no default.
    ConnectionIdleTimeoutSeconds = "tgdb.connection.idleTimeoutSeconds", "connectionIdleTimeoutSeconds", Some("3600"), idle_timeout: seconds -> Duration;
    /// Format of dates.
    ConnectionDateFormat = "tgdb.connection.dateFormat", "dateFormat", Some("YYYY-MM-DD"), date_format: text -> &str;
    /// Format of times.
    ConnectionTimeFormat = "tgdb.connection.timeFormat", "timeFormat", Some("HH:mm:ss"), time_format: text -> &str;
    /// Format of timestamps.
    ConnectionTimeStampFormat = "tgdb.connection.timeStampFormat", "timeStampFormat", Some("YYYY-MM-DD HH:mm:ss.zzz"), timestamp_format: text -> &str;
    /// Locale.
    ConnectionLocale = "tgdb.connection.locale", "locale", Some("en_US"), locale: text -> &str;
    /// Time zone, in the vendor's spelling. Java only.
    ConnectionTimezone = "tgdb.connection.timezone", "timezone", Some("Americas/Los_Angeles"), timezone: text -> &str;
    /// Language of queries. Python has `gremlin`.
    ConnectionDefaultQueryLanguage = "tgdb.connection.defaultQueryLanguage", "queryLanguage", Some("tgql"), query_language: text -> &str;
    /// Java's TLS provider; kept, not used.
    TlsProviderName = "tgdb.tls.provider.name", "tlsProviderName", Some("SunJSSE"), tls_provider_name: text -> &str;
    /// Java's TLS provider; kept, not used.
    TlsProviderClassName = "tgdb.tls.provider.className", "tlsProviderClassName", Some("com.sun.net.ssl.internal.ssl.Provider"), tls_provider_class_name: text -> &str;
    /// Java's TLS provider; kept, not used.
    TlsProviderConfigFile = "tgdb.tls.provider.configFile", "tlsProviderConfigFile", None, tls_provider_config_file: text -> &str;
    /// Python's TLS library; kept, not used.
    TlsLibraryLocation = "tgdb.tls.library.location", "tlsLibraryLocation", None, tls_library_location: text -> &str;
    /// Least TLS version: `TLSv1.2` or `TLSv1.3`.
    TlsProtocol = "tgdb.tls.protocol", "tlsProtocol", Some("TLSv1.2"), tls_version: tls_version -> TlsVersion;
    /// Cipher suites allowed, by IANA name, separated by commas.
    TlsCipherSuites = "tgdb.tls.cipherSuites", "cipherSuites", None, cipher_suites: comma_list -> Vec<&str>;
    /// Whether the certificate of the authenticate reply must name the database.
    TlsVerifyDatabaseName = "tgdb.tls.verifyDBName", "verifyDBName", Some("false"), verify_database_name: flag -> bool;
    /// Name that the server's certificate must have, if not the host of the URL.
    TlsExpectedHostName = "tgdb.tls.expectedHostName", "expectedHostName", None, expected_host_name: text -> &str;
    /// PEM files with the certificates to trust instead of the Mozilla roots,
    /// separated by semicolons (Python; Java's commas are taken too).
    TlsTrustedCertificates = "tgdb.tls.trustedCertificates", "trustedCertificates", None, trusted_certificates: path_list -> Vec<&str>;
    /// PEM file with the client's certificate chain. This client only.
    TlsClientCertificate = "tgdb.tls.clientCertificate", "clientCertificate", None, client_certificate: text -> &str;
    /// PEM file with the key of the client's certificate. This client only.
    TlsClientKey = "tgdb.tls.clientKey", "clientKey", None, client_key: text -> &str;
    /// Password of Java's key store; kept, not used. Do not log it.
    KeyStorePassword = "tgdb.security.keyStorePassword", "keyStorePassword", None, key_store_password: text -> &str;
    /// Java's trace of commits; kept, not used.
    EnableConnectionTrace = "tgdb.connection.enableTrace", "enableTrace", Some("false"), enable_trace: flag -> bool;
    /// Directory of Java's trace; kept, not used.
    ConnectionTraceDir = "tgdb.connection.enableTraceDir", "enableTraceDir", Some("."), trace_dir: text -> &str;
    /// Maximum of nodes in one message of a bulk import. Not in Java.
    BulkIONodeBatchSize = "tgdb.bulkIO.nodeBatchSize", "bulkIONodeBatchSize", Some("1000"), bulk_node_batch_size: count -> u32;
    /// Maximum of entities in one message of a bulk export. Not in Java.
    BulkIOEntityBatchSize = "tgdb.bulkIO.entityBatchSize", "bulkIOEntityBatchSize", Some("1000"), bulk_entity_batch_size: count -> u32;
    /// Maximum of edges in one message of a bulk import. Not in Java.
    BulkIOEdgeBatchSize = "tgdb.bulkIO.edgeBatchSize", "bulkIOEdgeBatchSize", Some("2500"), bulk_edge_batch_size: count -> u32;
    /// Name of the CSV column with the id of a node. Not in Java.
    BulkIOIdColName = "tgdb.bulkIO.idColName", "bulkIOIdColName", Some("id"), bulk_id_column: text -> &str;
    /// Name of the CSV column with the node that an edge starts at. Not in Java.
    BulkIOFromColName = "tgdb.bulkIO.fromColName", "bulkIOFromColName", Some("from"), bulk_from_column: text -> &str;
    /// Name of the CSV column with the node that an edge ends at. Not in Java.
    BulkIOToColName = "tgdb.bulkIO.toColName", "bulkIOToColName", Some("to"), bulk_to_column: text -> &str;
}
