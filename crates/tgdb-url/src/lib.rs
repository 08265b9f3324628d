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
//! # Parts of a URL
//! - Host, port and protocol can be left out: the properties `defaultHost` (default
//!   `localhost`), `defaultPort` (8222) and `defaultProtocol` (none, so that the protocol must
//!   be there) take their place, those of the URL before those of [`UrlParser::defaults`].
//! - The last `@` before the first `/` ends the user: in `tcp://a@b@c:1` the user is `a@b`
//!   and the host `c`. Percent-encoding in the user is decoded, so that it can have `/` and `:`
//!   as well.
//! - The first `=`, `:` or blank in a property ends its name.
//! - In properties a backslash before `;`, `=`, `:`, `\`, `{`, `}` or a blank makes that an
//!   ordinary character. `\u` and four hexadecimal digits is a UTF-16 code unit. Any other
//!   backslash is itself: `CORP\scott` and `C:\temp\ca.pem` need no escapes, `\\server` is
//!   written `\\\\server`.
//! - A name that is not known is an error, which says what known name is the nearest;
//!   [`UrlParser::allow_unknown`] keeps it. Neither such a name nor a value is shown in errors.
//!
//! # Times
//! Times have a unit: `500ms`, `5s`, `2m`, `1h`, `1d`, with a decimal point if need be. A number
//! without unit is seconds, as in the vendor's clients, except for `connectTimeout`: there a whole
//! number is milliseconds, and one with a decimal point is seconds. A number without unit that
//! is probably a mistake, such as `connectTimeout=5`, is reported by [`Properties::warnings`].
//!
//! # Properties without effect
//! [`Properties::warnings`] lists what is set and does nothing: properties of the vendor's clients
//! that this client knows and does not need, and those of TLS with `tcp`.
//!
//! # Bounds
//! A URL has at most [`MAX_URL_LEN`] bytes, and `ftHosts` at most [`MAX_FT_HOSTS`] entries.
//! Time and memory of parsing grow linearly with the length.
//!
//! # Properties of failover
//! Those that decide when a server is given up, and which is tried next and when. What they do
//! together is in `docs/failover.md` of the repository; `docs/settings.md` has all properties.
//!
//! | property, after `tgdb.channel.` | default | bounds |
//! |---|---|---|
//! | `ftHosts` | none | `host[:port]` by commas |
//! | `ftRetryCount` | 3 rounds | from 0, which counts as 1 |
//! | `ftRetryIntervalSeconds` | 10 s | 10 ms to 10⁹ s |
//! | `ftMaxRetryIntervalSeconds` | 60 s | to 10⁹ s; at least `ftRetryIntervalSeconds` |
//! | `ftReconnectSpreadSeconds` | 1 s, or `ftRetryIntervalSeconds` if that is less | 0 (at once) to 10⁹ s |
//! | `loadBalanceHosts` | `disable` | `disable`, `random` |
//! | `livenessTimeoutSeconds` | 30 s, or the longest timeout of the requests that wait | 0 (never) to 10⁹ s |
//! | `tcpUserTimeoutSeconds` | 30 s | 0 (the system's) to 10⁹ s |
//! | `tcpKeepaliveSeconds` | 30 s | 0 (never) to 10⁹ s |
//! | `connectTimeout` | 1 s | above 0 to 10⁹ s |
//!
//! Where this parser differs from the vendor's is listed in `docs/protocol.md` of
//! the repository.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod choice;
mod config_name;
mod defaults;
mod display;
mod duration;
mod error;
mod escape;
mod host;
mod parse;
mod properties;
mod url;
mod value;
mod warning;

pub use choice::{Protocol, TlsVersion, VersionCheck};
pub use config_name::{ConfigName, Effect};
pub use display::Redacted;
pub use error::{PropertyError, UrlError, UrlErrorKind, UrlText};
pub use parse::UrlParser;
pub use properties::{Iter, Properties};
pub use url::TgUrl;
pub use warning::SettingWarning;

/// Host of a URL that names none.
pub const DEFAULT_HOST: &str = "localhost";
/// Port of a URL that names none (Java and Python; Go has 8700).
pub const DEFAULT_PORT: u16 = 8222;
/// User if nothing names one (Python; Java has none).
pub const DEFAULT_USER: &str = "admin";
/// Maximum length of a URL in bytes: 1 MiB.
pub const MAX_URL_LEN: usize = 1 << 20;
/// Maximum number of entries in `ftHosts`.
pub const MAX_FT_HOSTS: usize = 4096;
