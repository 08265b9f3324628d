//! Channel URLs of TIBCO Graph Database (TGDB), and the properties that they and
//! programs can set.
//!
//! ```text
//! protocol://[user@]host[:port][/{key=value;key=value}]
//! ```
//!
//! # Example
//! ```
//! use tgdb_url::{ConfigName, Protocol, TgUrl};
//!
//! let url: TgUrl = "ssl://scott@graph.example.com:8223/{dbName=routes;ftHosts=spare:8223}".parse()?;
//! assert_eq!(url.protocol(), Protocol::Ssl);
//! assert_eq!((url.host(), url.port()), ("graph.example.com", 8223));
//! assert_eq!(url.properties().get(ConfigName::ConnectionDatabaseName), Some("routes"));
//! assert_eq!(url.ft_urls()?.len(), 2);
//! # Ok::<(), tgdb_url::UrlError>(())
//! ```
//!
//! # Properties of failover
//! Those that decide when a server is given up, and which is tried next and when; the others are
//! listed at [`ConfigName`]. What they do together is in `docs/failover.md` of the repository.
//!
//! | property, after `tgdb.channel.` | unit | default | bounds |
//! |---|---|---|---|
//! | `ftHosts` | `host[:port]` by commas | none | |
//! | `ftRetryCount` | rounds | 3 | from 0, which counts as 1 |
//! | `ftRetryIntervalSeconds` | s | 10 | 10 ms to 10⁹ s |
//! | `ftMaxRetryIntervalSeconds` | s | 60 | to 10⁹ s; at least `ftRetryIntervalSeconds` |
//! | `ftReconnectSpreadSeconds` | s | 1, or `ftRetryIntervalSeconds` if that is less | 0 (at once) to 10⁹ s |
//! | `loadBalanceHosts` | | `disable` | `disable`, `random` |
//! | `livenessTimeoutSeconds` | s | 30, or the longest timeout of the requests that wait | 0 (never) to 10⁹ s |
//! | `tcpUserTimeoutSeconds` | s | 30 | 0 (the system's) to 10⁹ s |
//! | `connectTimeout` | ms, or s with a point | 1000 | above 0 to 10⁹ s |
//!
//! `tgdb.connection.sendProperties` (alias `sendConnectionProperties`), `true` or `false`, default
//! `false`: each session begins with the properties, without passwords.
//!
//! Where this parser differs from the vendor's is listed in `docs/protocol.md` of
//! the repository.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod config_name;
mod display;
mod error;
mod escape;
mod host;
mod parse;
mod properties;

pub use config_name::ConfigName;
pub use display::Redacted;
pub use error::{PropertyError, UrlError, UrlErrorKind};
pub use properties::{Properties, TlsVersion, VersionCheck};

/// Host of a URL that names none, and of one with nothing but a port.
pub const DEFAULT_HOST: &str = "localhost";
/// Port of a URL that names none (Java and Python; Go has 8700).
pub const DEFAULT_PORT: u16 = 8222;
/// User if nothing names one (Python; Java has none).
pub const DEFAULT_USER: &str = "admin";

/// What runs below the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Plain TCP, scheme `tcp`. Passwords and data travel in clear text.
    Tcp,
    /// TLS, scheme `ssl`.
    Ssl,
}

/// A parsed channel URL.
///
/// `Display` writes a URL that parses to an equal value, passwords included; for
/// logs use [`TgUrl::redacted`], which `Debug` uses too.
#[derive(Clone, PartialEq, Eq)]
pub struct TgUrl {
    protocol: Protocol,
    user: Option<String>,
    host: String,
    port: u16,
    properties: Properties,
}

impl TgUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// [`UrlError`] with the position of the offence. It never shows a part of the
    /// URL that could be secret.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        parse::url(url)
    }

    /// TCP or TLS.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The user: that before `@`, else the property `userID`, else `defaultUserID`,
    /// else [`DEFAULT_USER`].
    pub fn user(&self) -> &str {
        self.user
            .as_deref()
            .or_else(|| self.properties.get(ConfigName::ChannelUserID))
            .or_else(|| self.properties.get(ConfigName::ChannelDefaultUserID))
            .unwrap_or(DEFAULT_USER)
    }

    /// The user as it stands before `@`.
    pub fn explicit_user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host: a name, an IPv4 address, or an IPv6 address without brackets and
    /// with its zone, if any.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, ready to print: `host:port` or `[v6]:port`.
    pub fn authority(&self) -> String {
        display::authority(&self.host, self.port)
    }

    /// The properties between the braces.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// The URLs to try, in order: this one, then one for each entry of the property
    /// `ftHosts` with the same protocol, user and properties.
    ///
    /// # Errors
    /// [`UrlError`] if an entry is not `host[:port]`. (Java logs it and goes on
    /// without the rest of the list.)
    pub fn ft_urls(&self) -> Result<Vec<Self>, UrlError> {
        self.ft_urls_from(self.properties.get(ConfigName::ChannelFTHosts).unwrap_or_default())
    }

    /// As [`TgUrl::ft_urls`], with the list given: `host[:port],host[:port]`.
    ///
    /// # Errors
    /// As [`TgUrl::ft_urls`].
    pub fn ft_urls_from(&self, hosts: &str) -> Result<Vec<Self>, UrlError> {
        let mut urls = vec![self.clone()];
        for entry in hosts.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let at = entry.as_ptr() as usize - hosts.as_ptr() as usize;
            let (host, port) = host::parse_authority(entry, at)?;
            urls.push(Self { host, port, ..self.clone() });
        }
        Ok(urls)
    }
}

impl std::str::FromStr for TgUrl {
    type Err = UrlError;
    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}
