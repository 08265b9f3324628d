//! From URL, properties and explicit settings to a channel.

mod env;
mod session;
mod setters;
mod socket;
mod tls;

use std::sync::Arc;

use tgdb_pdu::body::{ConnectionProperties, Property};
use tgdb_pdu::{Body, Secret, Verb};
use tgdb_transport::foreign::emit;
use tgdb_transport::{Resolve, SocketOptions, TlsConnector, TlsOptions};
use tgdb_url::{ConfigName, Properties, Protocol, SettingWarning, UrlParser};

use crate::driver::Config;
use crate::driver::observe::{LoginNames, target};
use crate::driver::trace::TracePath;
use crate::proto::{Payload, SessionConfig};
use crate::{ChannelError, TgChannel};

pub use env::EnvironmentError;

/// Makes a [`TgChannel`].
///
/// A setting is taken from the first of these that has it: the methods for it, such as
/// [`user`](Self::user) and [`connect_timeout`](Self::connect_timeout); the URL (the user
/// before `@`, then its properties); [`property`](Self::property) and
/// [`properties`](Self::properties); the environment, if [`from_env`](Self::from_env) made the
/// builder; the default of the [`ConfigName`].
///
/// What is set and does nothing is reported; see [`TgChannel::warnings`]. All properties are in
/// `docs/settings.md` of the repository.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use tgdb_channel::TgChannel;
/// use tgdb_channel::url::ConfigName;
///
/// let channel = TgChannel::builder("ssl://graph.example.com:8223/{dbName=routes;ftHosts=spare.example.com:8223}")
///     .user("scott")
///     .password("tiger")
///     .operation_timeout(Duration::from_secs(5))
///     .keepalive(Some(Duration::from_secs(15)))
///     .property(ConfigName::ChannelMaxInFlight, "1000")
///     .build()?;
/// assert!(!channel.is_connected());
/// assert!(channel.warnings().is_empty());
/// # Ok::<(), tgdb_channel::ChannelError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "call build"]
pub struct ChannelBuilder {
    url: Secret,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<String>,
    /// What methods for a single setting have set.
    explicit: Properties,
    properties: Properties,
    /// What the environment has.
    environment: Properties,
    allow_unknown: bool,
    accept_any_certificate: bool,
    tls: Option<TlsOptions>,
    socket: Option<SocketOptions>,
    resolver: Option<Arc<dyn Resolve>>,
    session_setup: Vec<Body>,
    trace_payloads: bool,
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
    /// Starts with a URL; see [`tgdb_url`](crate::url) for its form. The parts that it
    /// lacks come from the properties `defaultHost`, `defaultPort` and `defaultProtocol`.
    pub fn new(url: &str) -> Self {
        Self {
            url: Secret::from(url),
            user: None,
            password: None,
            database: None,
            explicit: Properties::new(),
            properties: Properties::new(),
            environment: Properties::new(),
            allow_unknown: false,
            accept_any_certificate: false,
            tls: None,
            socket: None,
            resolver: None,
            session_setup: Vec::new(),
            trace_payloads: false,
        }
    }

    /// Checks the settings, and makes a channel that is not connected yet. Each of
    /// [`TgChannel::warnings`] is logged.
    ///
    /// # Errors
    /// [`ChannelError::Url`], [`ChannelError::Property`],
    /// [`ChannelError::CannotVerifyDatabase`], and [`ChannelError::Connect`] for
    /// TLS options that cannot be used, such as a PEM file that is not there.
    pub fn build(self) -> Result<TgChannel, ChannelError> {
        let mut properties = self.environment.clone();
        properties.extend(&self.properties);
        let parser = UrlParser::new().defaults(&properties).allow_unknown(self.allow_unknown);
        let url = parser.parse(&String::from_utf8_lossy(self.url.expose()))?;
        properties.extend(url.properties());
        properties.extend(&self.explicit);
        match self.allow_unknown {
            true => properties.check_values()?,
            false => properties.check()?,
        }
        let urls = url.ft_urls_from(&properties)?;
        let tls = match url.protocol() {
            Protocol::Tcp => None,
            // A protocol that is added later must not travel in clear text by mistake.
            _ => Some(TlsConnector::new(&self.tls_of(&properties)?)?),
        };
        let warnings = self.warnings(&properties, url.protocol());
        for warning in &warnings {
            emit(|| tracing::warn!(target: target::SETTINGS, "channel to {}: {warning}", url.authority()));
        }
        let credentials = self.credentials(&url, &properties)?;
        let socket = self.socket_of(&properties)?;
        let client_id = credentials.client_id.clone();
        let login = LoginNames { user: credentials.user.clone(), database: credentials.database.clone() };
        let session = SessionConfig {
            session_setup: self.encoded_setup(&properties)?,
            ..session::config(&urls, &url, &properties, credentials, &socket)?
        };
        let operation_timeout = session.operation_timeout;
        let trace_dir = properties.trace_dir()?.unwrap_or_default();
        let trace = session.report_sent.then(|| TracePath::new(trace_dir, &client_id));
        let config = Config {
            properties,
            warnings,
            urls,
            operation_timeout,
            client_id,
            socket,
            tls,
            trace,
            login,
            traces_payloads: self.trace_payloads,
        };
        Ok(TgChannel::new(config, session))
    }

    /// Settings that do nothing, or are probably mistakes.
    fn warnings(&self, properties: &Properties, protocol: Protocol) -> Vec<SettingWarning> {
        let mut warnings = properties.warnings(protocol);
        let is_set = |name: &&ConfigName| properties.get(**name).is_some() && self.explicit.get(**name).is_none();
        let overridden = |names: &'static [ConfigName], by| {
            names.iter().filter(is_set).map(move |name| SettingWarning::Overridden { name: *name, by })
        };
        const TLS_OPTIONS: &str = "ChannelBuilder::tls_options";
        let set = [
            (self.tls.is_some(), TLS_OPTIONS),
            (self.accept_any_certificate, "ChannelBuilder::dangerous_accept_any_certificate"),
        ];
        match protocol {
            Protocol::Tcp => warnings.extend(
                set.iter().filter(|(is_set, _)| *is_set).map(|(_, set_by)| SettingWarning::OptionsNeedTls { set_by }),
            ),
            _ if self.tls.is_some() => warnings.extend(overridden(tls::PROPERTIES, TLS_OPTIONS)),
            _ => {}
        }
        if self.socket.is_some() {
            warnings.extend(overridden(socket::PROPERTIES, "ChannelBuilder::socket_options"));
        }
        warnings
    }

    /// What goes first in each session.
    fn encoded_setup(&self, properties: &Properties) -> Result<Vec<(Verb, Payload)>, ChannelError> {
        let announced = (properties.send_connection_properties()? == Some(true)).then(|| {
            let property = |(key, value)| Property { key, value: Some(value) };
            ConnectionProperties { properties: properties.to_public().into_iter().map(property).collect() }.into()
        });
        let encode = |body: &Body| {
            let verb = body.verb();
            let payload = Payload::encode(body).map_err(|source| ChannelError::Encode { verb, source })?;
            Ok((verb, payload))
        };
        announced.iter().chain(&self.session_setup).map(encode).collect()
    }
}
