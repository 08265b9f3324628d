//! The properties that the vendor's clients know, and a few of ours.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::value;
use crate::{Properties, PropertyError, Protocol, TlsVersion, VersionCheck};

/// Whether this client does anything with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effect {
    /// It is used.
    Always,
    /// It is used with the protocol `ssl` only.
    TlsOnly,
    /// It is known, since the vendor's clients have it, and its type is checked. It does nothing.
    Never,
}

macro_rules! config_names {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $alias:literal, $default:expr, $effect:ident, $getter:ident: $kind:ident -> $ty:ty;)+) => {
        /// A known property: full name, alias, default and effect.
        ///
        /// Sources: `ConfigName.java`, `utils.py`. Where their defaults differ, Java's counts.
        /// A page with all of them is `docs/settings.md` of the repository.
        ///
        /// `Display` and `AsRef<str>` give the full name; `FromStr` takes it or the alias.
        ///
        /// # Example
        /// ```
        /// use tgdb_url::ConfigName;
        ///
        /// let timeout: ConfigName = "connectTimeout".parse()?;
        /// assert_eq!(timeout, ConfigName::ChannelConnectTimeout);
        /// assert_eq!((timeout.name(), timeout.default()), ("tgdb.channel.connectTimeout", Some("1000")));
        /// assert_eq!(ConfigName::nearest("conectTimeout"), Some(timeout));
        /// # Ok::<(), tgdb_url::PropertyError>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ConfigName {
            $($(#[doc = $doc])* $variant,)+
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

            /// Whether this client does anything with it.
            pub const fn effect(self) -> Effect {
                match self { $(Self::$variant => Effect::$effect,)+ }
            }

            /// What it is for, in one or more sentences.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii(),)+ }
            }

            /// What its value must be, with the unit.
            pub const fn value_type(self) -> &'static str {
                match self { $(Self::$variant => value::$kind::EXPECTED,)+ }
            }

            /// Checks the value of that property.
            pub(crate) fn check(self, properties: &Properties) -> Result<(), PropertyError> {
                match self { $(Self::$variant => properties.$getter().map(drop),)+ }
            }
        }

        /// Typed values of the known properties: that which was set, else the default, else `None`.
        impl Properties {
            $(
                $(#[doc = $doc])*
                ///
                /// # Errors
                /// [`PropertyError`] if the value does not have the property's type.
                pub fn $getter(&self) -> Result<Option<$ty>, PropertyError> {
                    value::$kind::get(self, ConfigName::$variant)
                }
            )+
        }
    };
}

config_names! {
    /// Host of a URL that names none.
    ChannelDefaultHost = "tgdb.channel.defaultHost", "defaultHost", Some("localhost"), Always, default_host: text -> &str;
    /// Port of a URL, or of an entry of `ftHosts`, that names none. Go has 8700.
    ChannelDefaultPort = "tgdb.channel.defaultPort", "defaultPort", Some("8222"), Always, default_port: port -> u16;
    /// Protocol of a URL that names none. Not set, such a URL is an error. The vendor's
    /// clients have a default, `tcp` or `ssl`, and do not read it.
    ChannelDefaultProtocol = "tgdb.channel.defaultProtocol", "defaultProtocol", None, Always, default_protocol: protocol -> Protocol;
    /// Protocol of the URL, which Python's parser sets.
    ChannelProtocol = "tgdb.channel.protocol", "protocol", None, Never, protocol: protocol -> Protocol;
    /// Host of the URL, which Python's parser sets.
    ChannelHost = "tgdb.channel.host", "host", None, Never, host: text -> &str;
    /// Port of the URL, which Python's parser sets.
    ChannelPort = "tgdb.channel.port", "port", None, Never, port: port -> u16;
    /// Send buffer of the socket. Not set: the system's,
    /// which grows as needed. Java and Python have 122, which makes large messages slow.
    ChannelSendSize = "tgdb.channel.sendSize", "sendSize", None, Always, send_size: kilobytes -> usize;
    /// Receive buffer of the socket. Not set: the system's,
    /// which grows as needed. Java and Python have 128.
    ChannelRecvSize = "tgdb.channel.recvSize", "recvSize", None, Always, recv_size: kilobytes -> usize;
    /// Silence after which a ping is sent; 0 for none.
    ChannelPingInterval = "tgdb.channel.pingInterval", "pingInterval", Some("30"), Always, ping_interval: seconds -> Duration;
    /// Time for one attempt to connect, name resolution and TLS included. A bare whole number is
    /// milliseconds (Java), one with a decimal point is seconds (Python, default `5.000`).
    ChannelConnectTimeout = "tgdb.channel.connectTimeout", "connectTimeout", Some("1000"), Always, connect_timeout: connect_time -> Duration;
    /// Further servers to try, `host[:port]` separated by commas.
    ChannelFTHosts = "tgdb.channel.ftHosts", "ftHosts", None, Always, ft_hosts: comma_list -> Vec<&str>;
    /// Pause between the first two rounds of attempts to connect over the list of servers;
    /// see `ftMaxRetryIntervalSeconds` for the next. At least 10 ms.
    ChannelFTRetryIntervalSeconds = "tgdb.channel.ftRetryIntervalSeconds", "ftRetryIntervalSeconds", Some("10"), Always, ft_retry_interval: seconds -> Duration;
    /// Time to which the pause between rounds of attempts grows: it doubles from round to
    /// round, starting with `ftRetryIntervalSeconds`. This client only.
    ChannelFTMaxRetryIntervalSeconds = "tgdb.channel.ftMaxRetryIntervalSeconds", "ftMaxRetryIntervalSeconds", Some("60"), Always, ft_max_retry_interval: seconds -> Duration;
    /// The first attempt after a lost connection is made at a random time within that
    /// time, so that many clients do not come at once; 0 for at once. Not set: the shorter
    /// of `ftRetryIntervalSeconds` and 1 s. This client only.
    ChannelFTReconnectSpreadSeconds = "tgdb.channel.ftReconnectSpreadSeconds", "ftReconnectSpreadSeconds", None, Always, ft_reconnect_spread: seconds -> Duration;
    /// In which order servers are tried: `disable` for that of the list, `random` for another
    /// one in each channel. As in libpq; this client only.
    ChannelLoadBalanceHosts = "tgdb.channel.loadBalanceHosts", "loadBalanceHosts", Some("disable"), Always, load_balance_hosts: load_balance -> bool;
    /// Silence, while requests wait, after which a connection is given up; 0 for
    /// never. Not set: 30 s, or the longest timeout of the requests that wait. This client only.
    ChannelLivenessTimeoutSeconds = "tgdb.channel.livenessTimeoutSeconds", "livenessTimeoutSeconds", None, Always, liveness_timeout: seconds -> Duration;
    /// Time in which the server's system must acknowledge what was sent to it, else the
    /// connection is lost; 0 leaves it to the system. Linux and Android only. This client only.
    ChannelTcpUserTimeoutSeconds = "tgdb.channel.tcpUserTimeoutSeconds", "tcpUserTimeoutSeconds", Some("30"), Always, tcp_user_timeout: seconds -> Duration;
    /// Silence after which TCP asks whether the server's system is still there, three times
    /// 10 s apart; 0 for never. This client only.
    ChannelTcpKeepaliveSeconds = "tgdb.channel.tcpKeepaliveSeconds", "tcpKeepaliveSeconds", Some("30"), Always, tcp_keepalive: seconds -> Duration;
    /// Whether each new session begins with a message of the properties, as those of the
    /// vendor's clients do; without secrets. This client only.
    ConnectionSendProperties = "tgdb.connection.sendProperties", "sendConnectionProperties", Some("false"), Always, send_connection_properties: flag -> bool;
    /// Attempts for each server, one in each round.
    ChannelFTRetryCount = "tgdb.channel.ftRetryCount", "ftRetryCount", Some("3"), Always, ft_retry_count: count -> u32;
    /// User where neither the URL nor `userID` names one.
    ChannelDefaultUserID = "tgdb.channel.defaultUserID", "defaultUserID", None, Always, default_user: text -> &str;
    /// User to log in, where the URL names none before `@`. Not set: `admin`.
    ChannelUserID = "tgdb.channel.userID", "userID", None, Always, user: text -> &str;
    /// Password of the user. Do not log it.
    ChannelPassword = "tgdb.channel.password", "password", None, Always, password: secret -> &str;
    /// Name of the client program, as the server shows it.
    ChannelClientId = "tgdb.channel.clientId", "clientId", Some("tgdb.rust-api.client"), Always, client_id: text -> &str;
    /// Maximum size of a message from the server. This client only.
    ChannelMaxFrameSize = "tgdb.channel.maxFrameSize", "maxFrameSize", Some("65536"), Always, max_frame_size: kilobytes -> usize;
    /// Requests that can be in flight at once, from 1. This client only.
    ChannelMaxInFlight = "tgdb.channel.maxRequestsInFlight", "maxRequestsInFlight", Some("16384"), Always, max_in_flight: positive_count -> u32;
    /// Maximum size of all requests that wait to be sent. One larger request is taken if no other waits. This client only.
    ChannelMaxOutboxSize = "tgdb.channel.maxOutboxSize", "maxOutboxSize", Some("16384"), Always, max_outbox_size: kilobytes -> usize;
    /// How far the server's product version must agree: `exact` (Java), `major`,
    /// `none` (Python). This client only.
    ChannelVersionCheck = "tgdb.channel.versionCheck", "versionCheck", Some("major"), Always, version_check: version_check -> VersionCheck;
    /// Whether each pooled connection has a socket of its own.
    ConnectionPoolUseDedicatedChannelPerConnection = "tgdb.connectionpool.useDedicatedChannelPerConnection", "useDedicatedChannelPerConnection", Some("false"), Never, use_dedicated_channel_per_connection: flag -> bool;
    /// Connections in a pool.
    ConnectionPoolDefaultPoolSize = "tgdb.connectionpool.defaultPoolSize", "defaultPoolSize", Some("10"), Never, default_pool_size: count -> u32;
    /// Time to wait for a connection of a pool.
    ConnectionPoolReserveTimeoutSeconds = "tgdb.connectionpool.connectionReserveTimeoutSeconds", "connectionpoolReserveTimeoutSeconds", Some("10"), Never, connection_reserve_timeout: seconds -> Duration;
    /// Database to log in to.
    ConnectionDatabaseName = "tgdb.connection.dbName", "dbName", None, Always, database_name: text -> &str;
    /// Roles to log in with, separated by commas; all of the user's if not set,
    /// none if empty.
    ConnectionSpecifiedRoles = "tgdb.connection.specifiedRoles", "roles", None, Always, roles: comma_list -> Vec<&str>;
    /// Time to wait for a reply. Python has 3600.
    ConnectionOperationTimeoutSeconds = "tgdb.connection.operationTimeoutSeconds", "connectionOperationTimeoutSeconds", Some("10"), Always, operation_timeout: positive_seconds -> Duration;
    /// Silence after which the server may disconnect. Python has no default.
    ConnectionIdleTimeoutSeconds = "tgdb.connection.idleTimeoutSeconds", "connectionIdleTimeoutSeconds", Some("3600"), Never, idle_timeout: seconds -> Duration;
    /// Format of dates.
    ConnectionDateFormat = "tgdb.connection.dateFormat", "dateFormat", Some("YYYY-MM-DD"), Never, date_format: text -> &str;
    /// Format of times.
    ConnectionTimeFormat = "tgdb.connection.timeFormat", "timeFormat", Some("HH:mm:ss"), Never, time_format: text -> &str;
    /// Format of timestamps.
    ConnectionTimeStampFormat = "tgdb.connection.timeStampFormat", "timeStampFormat", Some("YYYY-MM-DD HH:mm:ss.zzz"), Never, timestamp_format: text -> &str;
    /// Locale.
    ConnectionLocale = "tgdb.connection.locale", "locale", Some("en_US"), Never, locale: text -> &str;
    /// Time zone, in the vendor's spelling. Java only.
    ConnectionTimezone = "tgdb.connection.timezone", "timezone", Some("Americas/Los_Angeles"), Never, timezone: text -> &str;
    /// Language of queries. Python has `gremlin`.
    ConnectionDefaultQueryLanguage = "tgdb.connection.defaultQueryLanguage", "queryLanguage", Some("tgql"), Never, query_language: text -> &str;
    /// TLS provider of Java.
    TlsProviderName = "tgdb.tls.provider.name", "tlsProviderName", Some("SunJSSE"), Never, tls_provider_name: text -> &str;
    /// TLS provider of Java.
    TlsProviderClassName = "tgdb.tls.provider.className", "tlsProviderClassName", Some("com.sun.net.ssl.internal.ssl.Provider"), Never, tls_provider_class_name: text -> &str;
    /// TLS provider of Java.
    TlsProviderConfigFile = "tgdb.tls.provider.configFile", "tlsProviderConfigFile", None, Never, tls_provider_config_file: text -> &str;
    /// TLS library of Python.
    TlsLibraryLocation = "tgdb.tls.library.location", "tlsLibraryLocation", None, Never, tls_library_location: text -> &str;
    /// Minimum TLS version.
    TlsProtocol = "tgdb.tls.protocol", "tlsProtocol", Some("TLSv1.2"), TlsOnly, tls_version: tls_version -> TlsVersion;
    /// Cipher suites allowed, by IANA name, separated by commas.
    TlsCipherSuites = "tgdb.tls.cipherSuites", "cipherSuites", None, TlsOnly, cipher_suites: comma_list -> Vec<&str>;
    /// Whether the certificate of the authenticate reply must name the database.
    TlsVerifyDatabaseName = "tgdb.tls.verifyDBName", "verifyDBName", Some("false"), TlsOnly, verify_database_name: flag -> bool;
    /// Name that the server's certificate must have. Not set: the host of the URL.
    TlsExpectedHostName = "tgdb.tls.expectedHostName", "expectedHostName", None, TlsOnly, expected_host_name: text -> &str;
    /// PEM files with the certificates to trust instead of the Mozilla roots,
    /// separated by semicolons (Python; Java's commas are taken too).
    TlsTrustedCertificates = "tgdb.tls.trustedCertificates", "trustedCertificates", None, TlsOnly, trusted_certificates: path_list -> Vec<&str>;
    /// PEM file with the client's certificate chain. This client only.
    TlsClientCertificate = "tgdb.tls.clientCertificate", "clientCertificate", None, TlsOnly, client_certificate: text -> &str;
    /// PEM file with the key of the client's certificate. This client only.
    TlsClientKey = "tgdb.tls.clientKey", "clientKey", None, TlsOnly, client_key: text -> &str;
    /// Password of Java's key store. Do not log it.
    KeyStorePassword = "tgdb.security.keyStorePassword", "keyStorePassword", None, Never, key_store_password: secret -> &str;
    /// Whether requests are written to files as they are sent, in the format of Java's trace. Not
    /// those that can hold passwords, as all of administration.
    EnableConnectionTrace = "tgdb.connection.enableTrace", "enableTrace", Some("false"), Always, enable_trace: flag -> bool;
    /// Directory of the files of that trace, made if need be: `<clientId>.trace.0` and so on.
    ConnectionTraceDir = "tgdb.connection.enableTraceDir", "enableTraceDir", Some("."), Always, trace_dir: text -> &str;
    /// Maximum of nodes in one message of a bulk import. Not in Java.
    BulkIONodeBatchSize = "tgdb.bulkIO.nodeBatchSize", "bulkIONodeBatchSize", Some("1000"), Always, bulk_node_batch_size: count -> u32;
    /// Maximum of entities in one message of a bulk export. Not in Java.
    BulkIOEntityBatchSize = "tgdb.bulkIO.entityBatchSize", "bulkIOEntityBatchSize", Some("1000"), Always, bulk_entity_batch_size: count -> u32;
    /// Maximum of edges in one message of a bulk import. Not in Java.
    BulkIOEdgeBatchSize = "tgdb.bulkIO.edgeBatchSize", "bulkIOEdgeBatchSize", Some("2500"), Always, bulk_edge_batch_size: count -> u32;
    /// Name of the CSV column with the id of a node. Not in Java.
    BulkIOIdColName = "tgdb.bulkIO.idColName", "bulkIOIdColName", Some("id"), Always, bulk_id_column: text -> &str;
    /// Name of the CSV column with the node that an edge starts at. Not in Java.
    BulkIOFromColName = "tgdb.bulkIO.fromColName", "bulkIOFromColName", Some("from"), Always, bulk_from_column: text -> &str;
    /// Name of the CSV column with the node that an edge ends at. Not in Java.
    BulkIOToColName = "tgdb.bulkIO.toColName", "bulkIOToColName", Some("to"), Always, bulk_to_column: text -> &str;
}

impl ConfigName {
    /// The property with that full name or alias, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let is = |known: &&Self| known.name().eq_ignore_ascii_case(name) || known.alias().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(is).copied()
    }

    /// The property whose full name or alias is most like `name`, if one is like it at all.
    pub fn nearest(name: &str) -> Option<Self> {
        /// The maximum length of a name that can be a typing error. Comparing takes time with its square.
        const MAX_LEN: usize = 80;
        /// Fewer letters than this that are missing, added, wrong or swapped are a typing error. Beyond it
        /// similarity decides.
        const FEW: usize = 3;
        const MIN_LIKENESS: f64 = 0.75;
        /// A name of at least so many letters stands for the shortest one that it is a part of.
        const MIN_PART: usize = 4;
        if name.len() > MAX_LEN {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let compare = |known: &str| {
            let known = known.to_ascii_lowercase();
            let distance = match known.len().abs_diff(name.len()) < FEW {
                true => strsim::osa_distance(&known, &name).min(FEW),
                false => FEW,
            };
            let likeness = match name.len() >= MIN_PART && known.contains(&name) {
                true => 1.0 - known.len() as f64 / 1000.0,
                false => strsim::jaro_winkler(&known, &name),
            };
            (distance, likeness)
        };
        let order = |one: &(usize, f64), other: &(usize, f64)| one.0.cmp(&other.0).then(other.1.total_cmp(&one.1));
        let all =
            Self::ALL.iter().flat_map(|known| [(*known, compare(known.name())), (*known, compare(known.alias()))]);
        let (nearest, (_, likeness)) = all.min_by(|one, other| order(&one.1, &other.1))?;
        (likeness >= MIN_LIKENESS).then_some(nearest)
    }
}

impl fmt::Display for ConfigName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl AsRef<str> for ConfigName {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl FromStr for ConfigName {
    type Err = PropertyError;

    /// # Errors
    /// [`PropertyError::Unknown`] if no property has that full name or alias.
    fn from_str(name: &str) -> Result<Self, PropertyError> {
        Self::from_name(name).ok_or_else(|| PropertyError::unknown(name))
    }
}
