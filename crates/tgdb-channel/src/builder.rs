//! From URL, properties and explicit settings to a channel.

use std::path::PathBuf;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tgdb_pdu::body::{ConnectionProperties, Property};
use tgdb_pdu::{Body, Secret, Verb};
use tgdb_transport::{Resolve, Roots, SocketOptions, TlsConnector, TlsOptions};
use tgdb_url::{ConfigName, DEFAULT_USER, Properties, PropertyError, Protocol, TgUrl, TlsVersion, VersionCheck};

use crate::driver::Config;
use crate::proto::{Credentials, Liveness, LoadBalance, Payload, SessionConfig};
use crate::{ChannelError, TgChannel};

/// Makes a [`TgChannel`].
///
/// A setting is taken from the first of these that has it: the methods
/// [`user`](Self::user), [`password`](Self::password) and [`database`](Self::database);
/// the URL (the user before `@`, then its properties); [`property`](Self::property)
/// and [`properties`](Self::properties); the default of the [`ConfigName`].
///
/// # Example
/// ```
/// use tgdb_channel::TgChannel;
/// use tgdb_channel::url::ConfigName;
///
/// let channel = TgChannel::builder("ssl://graph.example.com:8223/{dbName=routes;ftHosts=spare.example.com:8223}")
///     .user("scott")
///     .password("tiger")
///     .property(ConfigName::ConnectionOperationTimeoutSeconds, "5")
///     .property(ConfigName::ChannelMaxInFlight, "1000")
///     .build()?;
/// assert!(!channel.is_connected());
/// # Ok::<(), tgdb_channel::ChannelError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "call build"]
pub struct ChannelBuilder {
    url: Secret,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<String>,
    properties: Properties,
    accept_any_certificate: bool,
    resolver: Option<Arc<dyn Resolve>>,
    session_setup: Vec<Body>,
}

/// Makes a channel in one call: the vendor's `TGChannel.createChannel`. `None`
/// leaves a setting to the URL, the properties and the defaults; see [`ChannelBuilder`].
///
/// # Errors
/// As [`ChannelBuilder::build`].
pub fn create_channel(
    url: &str,
    username: Option<&str>,
    password: Option<&str>,
    db_name: Option<&str>,
    props: Option<&Properties>,
) -> Result<TgChannel, ChannelError> {
    let mut builder = ChannelBuilder::new(url);
    builder.user = username.map(str::to_owned);
    builder.password = password.map(Secret::from);
    builder.database = db_name.map(str::to_owned);
    builder.properties = props.cloned().unwrap_or_default();
    builder.build()
}

impl ChannelBuilder {
    /// Starts with a URL; see [`tgdb_url`](crate::url) for its form.
    pub fn new(url: &str) -> Self {
        Self {
            url: Secret::from(url),
            user: None,
            password: None,
            database: None,
            properties: Properties::new(),
            accept_any_certificate: false,
            resolver: None,
            session_setup: Vec::new(),
        }
    }

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

    /// What turns host names into addresses. Default the system's resolver. See
    /// [`Resolve`](crate::transport::Resolve) for where it runs.
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Accepts any TLS certificate of anybody. Whoever is between client and
    /// server can then read and change everything, passwords included. No property
    /// does this. Each connection logs a warning.
    pub fn dangerous_accept_any_certificate(mut self) -> Self {
        self.accept_any_certificate = true;
        self
    }

    /// Sends a message without reply first in each new session, also after a reconnection,
    /// before anything else. Several go in the order of the calls.
    pub fn session_setup(mut self, body: impl Into<Body>) -> Self {
        self.session_setup.push(body.into());
        self
    }

    /// Checks the settings, and makes a channel that is not connected yet.
    ///
    /// # Errors
    /// [`ChannelError::Url`], [`ChannelError::Property`],
    /// [`ChannelError::CannotVerifyDatabase`], and [`ChannelError::Transport`] for
    /// TLS options that cannot be used, such as a PEM file that is not there.
    pub fn build(self) -> Result<TgChannel, ChannelError> {
        let url = TgUrl::parse(&String::from_utf8_lossy(self.url.expose()))?;
        let mut properties = self.properties.clone();
        properties.extend(url.properties());
        properties.check()?;
        let urls = url.ft_urls_from(properties.get(ConfigName::ChannelFTHosts).unwrap_or_default())?;
        let tls = match url.protocol() {
            Protocol::Tcp => None,
            Protocol::Ssl => Some(TlsConnector::new(&self.tls_options(&properties)?)?),
        };
        let credentials = self.credentials(&url, &properties)?;
        let socket = SocketOptions { resolver: self.resolver.clone(), ..socket_options(&properties)? };
        let client_id = credentials.client_id.clone();
        let session = SessionConfig {
            session_setup: self.encoded_setup(&properties)?,
            ..session_config(&urls, &url, &properties, credentials, &socket)?
        };
        let operation_timeout = session.operation_timeout;
        Ok(TgChannel::new(Config { properties, urls, operation_timeout, client_id, socket, tls }, session))
    }

    /// What goes first in each session.
    fn encoded_setup(&self, properties: &Properties) -> Result<Vec<(Verb, Payload)>, ChannelError> {
        let announced = (properties.send_connection_properties()? == Some(true)).then(|| {
            let property = |(key, value): (&str, &str)| Property { key: key.into(), value: Some(value.into()) };
            ConnectionProperties { properties: properties.iter_public().map(property).collect() }.into()
        });
        let encode = |body: &Body| {
            let verb = body.verb();
            let payload = Payload::encode(body).map_err(|source| ChannelError::Encode { verb, source })?;
            Ok((verb, payload))
        };
        announced.iter().chain(&self.session_setup).map(encode).collect()
    }

    fn credentials(&self, url: &TgUrl, properties: &Properties) -> Result<Credentials, PropertyError> {
        let of = |name| properties.get(name);
        let user = self.user.as_deref().or(url.explicit_user());
        let user = user.or(of(ConfigName::ChannelUserID)).or(of(ConfigName::ChannelDefaultUserID));
        let password = self.password.clone().or_else(|| properties.get(ConfigName::ChannelPassword).map(Secret::from));
        let database = self.database.as_deref().or(of(ConfigName::ConnectionDatabaseName));
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Ok(Credentials {
            user: user.unwrap_or(DEFAULT_USER).to_owned(),
            password: password.unwrap_or_default(),
            database: database.filter(|name| !name.is_empty()).map(str::to_owned),
            roles: properties.roles()?.map(owned),
            client_id: properties.client_id()?.unwrap_or_default().to_owned(),
            inbox_addr: String::new(),
            ssl_mode: url.protocol() == Protocol::Ssl,
            version_check: properties.version_check()?.unwrap_or(VersionCheck::Major),
        })
    }

    fn tls_options(&self, properties: &Properties) -> Result<TlsOptions, PropertyError> {
        let mut options = TlsOptions::default();
        if let Some(files) = properties.trusted_certificates()?.filter(|files| !files.is_empty()) {
            options = options.roots(files.into_iter().map(|path| Roots::Path(path.into())));
        }
        if let Some(name) = properties.expected_host_name()? {
            options = options.expected_host_name(name);
        }
        if let Some((chain, key)) = client_auth(properties)? {
            options = options.client_certificate_files(chain, key);
        }
        if let Some(names) = properties.cipher_suites()?.filter(|names| !names.is_empty()) {
            options = options.cipher_suites(names);
        }
        options = options.tls13_only(properties.tls_version()? == Some(TlsVersion::Tls13));
        if self.accept_any_certificate {
            options.dangerous().accept_any_certificate();
        }
        Ok(options)
    }
}

/// Certificate chain and key of the client: both or none.
fn client_auth(properties: &Properties) -> Result<Option<(PathBuf, PathBuf)>, PropertyError> {
    let missing = |name, expected| Err(PropertyError { name, expected });
    match (properties.client_certificate()?, properties.client_key()?) {
        (Some(chain), Some(key)) => Ok(Some((chain.into(), key.into()))),
        (None, None) => Ok(None),
        (Some(_), None) => missing(ConfigName::TlsClientKey, "a PEM file, for clientCertificate is set"),
        (None, Some(_)) => missing(ConfigName::TlsClientCertificate, "a PEM file, for clientKey is set"),
    }
}

/// Numbers the messages of this process, from 0 like Java.
fn sequence() -> Arc<AtomicI64> {
    static SEQUENCE: OnceLock<Arc<AtomicI64>> = OnceLock::new();
    SEQUENCE.get_or_init(Arc::default).clone()
}

fn session_config(
    urls: &[TgUrl],
    url: &TgUrl,
    properties: &Properties,
    credentials: Credentials,
    socket: &SocketOptions,
) -> Result<SessionConfig, ChannelError> {
    let default = SessionConfig::new(url.authority());
    let operation_timeout = properties.operation_timeout()?.unwrap_or(default.operation_timeout);
    let retry_interval = properties.ft_retry_interval()?.unwrap_or(default.retry_interval);
    let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(SessionConfig {
        servers: urls.iter().map(TgUrl::authority).collect(),
        verify_database: verify_database(url, properties, &credentials)?,
        credentials,
        retry_count: properties.ft_retry_count()?.unwrap_or(default.retry_count),
        retry_interval,
        max_retry_interval: properties.ft_max_retry_interval()?.unwrap_or(default.max_retry_interval),
        reconnect_spread: properties.ft_reconnect_spread()?.unwrap_or(default.reconnect_spread.min(retry_interval)),
        load_balance: match properties.load_balance_hosts()? {
            Some(true) => LoadBalance::Random,
            _ => LoadBalance::Disable,
        },
        liveness: match properties.liveness_timeout()? {
            None => default.liveness,
            Some(Duration::ZERO) => Liveness::Off,
            Some(time) => Liveness::After(time),
        },
        seed: fastrand::u64(..),
        connect_timeout: socket.connect_timeout,
        operation_timeout,
        send_timeout: operation_timeout,
        ping_interval: properties.ping_interval()?.filter(|interval| !interval.is_zero()),
        max_in_flight: properties.max_in_flight()?.map_or(default.max_in_flight, count),
        max_outbox: properties.max_outbox_size()?.unwrap_or(default.max_outbox),
        sequence: sequence(),
        session_setup: Vec::new(),
    })
}

fn socket_options(properties: &Properties) -> Result<SocketOptions, PropertyError> {
    let default = SocketOptions::default();
    let max_frame_len = properties.max_frame_size()?.and_then(|size| u32::try_from(size).ok());
    Ok(SocketOptions {
        connect_timeout: properties.connect_timeout()?.unwrap_or(default.connect_timeout),
        send_timeout: properties.operation_timeout()?.or(default.send_timeout),
        user_timeout: properties.tcp_user_timeout()?.filter(|time| !time.is_zero()),
        omit_large_frames: true,
        send_buffer: properties.send_size()?,
        recv_buffer: properties.recv_size()?,
        max_frame_len: max_frame_len.unwrap_or(default.max_frame_len),
        ..default
    })
}

fn verify_database(
    url: &TgUrl,
    properties: &Properties,
    credentials: &Credentials,
) -> Result<Option<String>, ChannelError> {
    if properties.verify_database_name()? != Some(true) {
        return Ok(None);
    }
    if url.protocol() != Protocol::Ssl {
        return Err(ChannelError::CannotVerifyDatabase {
            reason: "it proves nothing on a plain channel; use an ssl URL or unset the property",
        });
    }
    match &credentials.database {
        Some(database) => Ok(Some(database.clone())),
        None => Err(ChannelError::CannotVerifyDatabase { reason: "there is no database name to verify; set dbName" }),
    }
}
