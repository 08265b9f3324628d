//! What can be wrong with a URL or a property.

use crate::ConfigName;

/// A URL does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("channel URL, byte {position}: {kind}; expected protocol://[user@]host[:port][/{{key=value;key=value}}]")]
pub struct UrlError {
    /// Where the offending part starts, in bytes from the start of the text parsed.
    pub position: usize,
    /// What is wrong with it.
    pub kind: UrlErrorKind,
}

/// What is wrong with a URL. No variant holds text that could be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlErrorKind {
    /// There is no `://`.
    #[error("no protocol; start with tcp:// or ssl://")]
    MissingProtocol,
    /// The protocol is `http` or `https`, which Java has and this client has not.
    #[error("protocol http is not supported; use tcp or ssl")]
    HttpNotSupported,
    /// The protocol is another one.
    #[error("unknown protocol; use tcp or ssl")]
    UnknownProtocol,
    /// There is an `@` with nothing before it.
    #[error("empty user before @")]
    EmptyUser,
    /// The user has a `:`, as if a password followed.
    #[error("a password cannot stand in the user part; use the property password, or give it to the program")]
    PasswordInUser,
    /// The user has a `%` that does not introduce two hexadecimal digits, or is not UTF-8 then.
    #[error("bad percent-encoding in the user")]
    BadPercentEncoding,
    /// There is a port or bracket without a host.
    #[error("missing host")]
    MissingHost,
    /// The host is neither a name nor an address.
    #[error("not a host name or IP address")]
    BadHost,
    /// The host is nothing but digits: to Java that is a port, to Python a host.
    #[error("a bare number is ambiguous; write localhost:PORT")]
    AmbiguousPort,
    /// An IPv6 address lacks its brackets, or one of them.
    #[error("an IPv6 address must stand in brackets, [::1]")]
    BadBrackets,
    /// The port is not a number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    BadPort,
    /// What follows the authority is not `/` or `/{...}`.
    #[error("properties must stand in braces, /{{key=value}}")]
    BadProperties,
    /// A property has no separator between key and value, or no key.
    #[error("a property must be key=value")]
    BadProperty,
    /// A backslash escape is incomplete.
    #[error("bad escape; use \\; \\\\ \\= \\t \\n \\r \\f or \\uXXXX")]
    BadEscape,
    /// The same property stands there twice with different values.
    #[error("property {0} stands there twice")]
    DuplicateProperty(String),
}

/// A property's value does not have the property's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("property {} ({}): expected {expected}", .name.name(), .name.alias())]
pub struct PropertyError {
    /// The property.
    pub name: ConfigName,
    /// What its value must be. The value itself is not shown.
    pub expected: &'static str,
}
