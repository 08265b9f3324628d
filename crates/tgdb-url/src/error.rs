//! What can be wrong with a URL or a property.

use crate::{ConfigName, MAX_FT_HOSTS, MAX_URL_LEN};

/// A URL, or a list of failover servers, does not parse.
///
/// Neither this nor its text holds a part of a value, nor a name that is not known: either
/// could be a part of a password.
///
/// # Example
/// ```
/// use tgdb_url::{TgUrl, UrlErrorKind};
///
/// let error = TgUrl::parse("tcp://localhost:eighty").unwrap_err();
/// assert_eq!((error.position, &error.kind), (16, &UrlErrorKind::BadPort));
/// println!("{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{text}, byte {position}: {kind}; expected {}", .text.form())]
#[non_exhaustive]
pub struct UrlError {
    /// Which text it is that does not parse.
    pub text: UrlText,
    /// Where the part with the error starts, in bytes from the start of the text parsed.
    pub position: usize,
    /// What is wrong with it.
    pub kind: UrlErrorKind,
}

/// A text that is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UrlText {
    /// A channel URL.
    Url,
    /// The value of the property `ftHosts`, without its escapes.
    FtHosts,
}

impl UrlText {
    fn form(self) -> &'static str {
        match self {
            Self::Url => "protocol://[user@]host[:port][/{key=value;key=value}]",
            Self::FtHosts => "host[:port],host[:port]",
        }
    }
}

impl std::fmt::Display for UrlText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Url => "channel URL",
            Self::FtHosts => "ftHosts",
        })
    }
}

/// What is wrong with a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UrlErrorKind {
    /// The URL is longer than [`MAX_URL_LEN`].
    #[error("longer than {MAX_URL_LEN} bytes")]
    TooLong,
    /// There is no `://`, and no property `defaultProtocol`.
    #[error("no protocol; start with tcp:// or ssl://")]
    MissingProtocol,
    /// The protocol is `http` or `https`, which Java supports and this client does not.
    #[error("protocol http is not supported; use tcp or ssl")]
    HttpNotSupported,
    /// The protocol is another one.
    #[error("unknown protocol; use tcp or ssl")]
    UnknownProtocol,
    /// There is an `@` with nothing before it.
    #[error("empty user before @")]
    EmptyUser,
    /// The user has a `:`, as if a password followed.
    #[error("a password cannot be in the user part; use the property password, or give it to the program")]
    PasswordInUser,
    /// The user has a `%` that does not introduce two hexadecimal digits, or is not UTF-8 then.
    #[error("bad percent-encoding in the user")]
    BadPercentEncoding,
    /// There is a port or bracket without a host, and no property `defaultHost`.
    #[error("missing host")]
    MissingHost,
    /// The host is neither a name nor an address. Names that some systems read as IPv4
    /// addresses, such as `1.2` and `0x7f.1`, are none.
    #[error("not a host name or IP address")]
    BadHost,
    /// The host is nothing but digits: to Java that is a port, to Python a host.
    #[error("a bare number is ambiguous; write localhost:PORT")]
    AmbiguousPort,
    /// An IPv6 address lacks its brackets, or one of them.
    #[error("an IPv6 address must be in brackets, [::1]")]
    BadBrackets,
    /// The port is not a number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    BadPort,
    /// What follows the authority is not `/` or `/{...}`.
    #[error("properties must be in braces, /{{key=value}}")]
    BadProperties,
    /// A property has no separator between key and value, or no key.
    #[error("a property must be key=value; a semicolon in a value is written \\;")]
    BadProperty,
    /// No property has that name. See [`UrlParser::allow_unknown`](crate::UrlParser::allow_unknown).
    #[error("unknown property{}; a semicolon in a value is written \\;", nearest_text(*.nearest))]
    UnknownProperty {
        /// The known one that is most like it.
        nearest: Option<ConfigName>,
    },
    /// A `\uXXXX` is half of a character.
    #[error("bad escape: \\uD800 to \\uDFFF are halves of a character; write both halves, or \\\\u")]
    BadEscape,
    /// The same property is there twice with different values. `None`: an unknown one.
    #[error("{} is there twice with different values", .0.map_or("an unknown property", ConfigName::name))]
    DuplicateProperty(Option<ConfigName>),
    /// A property that decides about host, port or protocol has a bad value.
    #[error(transparent)]
    BadDefault(PropertyError),
    /// An entry of `ftHosts` is more than host and port.
    #[error("protocol, user and properties are those of the URL; write host or host:port")]
    NotHostAndPort,
    /// There are more than [`MAX_FT_HOSTS`] entries in `ftHosts`.
    #[error("more than {MAX_FT_HOSTS} servers")]
    TooManyHosts,
}

fn nearest_text(nearest: Option<ConfigName>) -> String {
    nearest.map(|name| format!(", the nearest known one is {} ({})", name.alias(), name.name())).unwrap_or_default()
}

/// A property cannot be used. Values are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PropertyError {
    /// The value does not have the property's type.
    #[error("property {} ({}): expected {expected}", .name.name(), .name.alias())]
    Value {
        /// The property.
        name: ConfigName,
        /// What its value must be.
        expected: &'static str,
    },
    /// No property has that name.
    #[error("unknown property {name:?}{}", nearest_text(*.nearest))]
    Unknown {
        /// The name, cut off after 60 characters.
        name: String,
        /// The known one that is most like it.
        nearest: Option<ConfigName>,
    },
}

impl PropertyError {
    pub(crate) fn unknown(name: &str) -> Self {
        Self::Unknown { name: name.chars().take(60).collect(), nearest: ConfigName::nearest(name) }
    }
}
