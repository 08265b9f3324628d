//! A parsed URL.

use std::str::FromStr;
use std::sync::Arc;

use crate::authority::parse_authority;
use crate::defaults::Defaults;
use crate::display::authority;
use crate::{
    ConfigName, DEFAULT_USER, MAX_FT_HOSTS, Properties, Protocol, SettingWarning, UrlError, UrlErrorKind, UrlParser,
    UrlText,
};

/// A parsed channel URL. Clones share the properties.
///
/// `Display` writes a URL that parses to an equal value (with [`UrlParser::allow_unknown`], if
/// there are unknown properties), passwords included; for logs use [`TgUrl::redacted`],
/// which `Debug` uses too.
///
/// # Example
/// ```
/// use tgdb_url::TgUrl;
///
/// let url: TgUrl = "ssl://scott@graph.example.com/{password=tiger;ftHosts=spare:8223}".parse()?;
/// assert_eq!((url.user(), url.authority().as_str()), ("scott", "graph.example.com:8222"));
/// let servers: Vec<String> = url.ft_urls()?.iter().map(TgUrl::authority).collect();
/// assert_eq!(servers, ["graph.example.com:8222", "spare:8223"]);
/// assert!(!url.redacted().to_string().contains("tiger"));
/// # Ok::<(), tgdb_url::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TgUrl {
    pub(crate) protocol: Protocol,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) properties: Arc<Properties>,
}

impl TgUrl {
    /// Parses a URL. Unknown properties are an error; [`UrlParser`] can keep them.
    ///
    /// # Errors
    /// [`UrlError`] with the position of the error. It never shows a part of the
    /// URL that could be secret.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        UrlParser::new().parse(url)
    }

    /// TCP or TLS.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The user: that before `@`, else the property `userID`, else `defaultUserID`,
    /// else [`DEFAULT_USER`].
    pub fn user(&self) -> &str {
        let set = |name| self.properties.get(name).filter(|user| !user.trim().is_empty());
        self.user
            .as_deref()
            .or_else(|| set(ConfigName::ChannelUserID))
            .or_else(|| set(ConfigName::ChannelDefaultUserID))
            .unwrap_or(DEFAULT_USER)
    }

    /// The user before `@`.
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
        authority(&self.host, self.port)
    }

    /// The properties between the braces.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// The properties of the URL that have no effect or are probably mistakes.
    pub fn warnings(&self) -> Vec<SettingWarning> {
        self.properties.warnings(self.protocol)
    }

    /// The URLs to try, in order: this one, then one for each entry of the property
    /// `ftHosts` with the same protocol, user and properties. The property `defaultPort`
    /// is the port of entries without one.
    ///
    /// # Errors
    /// [`UrlError`] if an entry is not `host[:port]`, or if there are more than
    /// [`MAX_FT_HOSTS`]. (Java logs it and goes on without the rest of the list.)
    pub fn ft_urls(&self) -> Result<Vec<Self>, UrlError> {
        self.ft_urls_from(&self.properties)
    }

    /// As [`TgUrl::ft_urls`], with `ftHosts` and `defaultPort` of those properties.
    ///
    /// # Errors
    /// As [`TgUrl::ft_urls`].
    pub fn ft_urls_from(&self, properties: &Properties) -> Result<Vec<Self>, UrlError> {
        let error = |position, kind| UrlError { text: UrlText::FtHosts, position, kind };
        let defaults = Defaults::new(&[properties]).map_err(|bad| error(0, UrlErrorKind::BadDefault(bad)))?;
        let hosts = properties.get(ConfigName::ChannelFTHosts).unwrap_or_default();
        let mut urls = vec![self.clone()];
        let mut next = 0;
        for part in hosts.split(',') {
            let at = next + part.len() - part.trim_start().len();
            next += part.len() + 1;
            let entry = part.trim();
            if entry.is_empty() {
                continue;
            }
            if urls.len() > MAX_FT_HOSTS {
                return Err(error(at, UrlErrorKind::TooManyHosts));
            }
            if entry.contains(['/', '@', '{']) {
                return Err(error(at, UrlErrorKind::NotHostAndPort));
            }
            let (host, port) = parse_authority(entry, at, &defaults, UrlText::FtHosts)?;
            urls.push(Self { host, port, ..self.clone() });
        }
        Ok(urls)
    }
}

impl FromStr for TgUrl {
    type Err = UrlError;

    /// # Errors
    /// As [`TgUrl::parse`].
    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

impl TryFrom<&str> for TgUrl {
    type Error = UrlError;

    /// # Errors
    /// As [`TgUrl::parse`].
    fn try_from(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}
