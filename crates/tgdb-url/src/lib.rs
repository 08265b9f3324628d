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
//! fn main() -> Result<(), tgdb_url::UrlError> {
//!     let url: TgUrl = "ssl://scott@graph.example.com:8223/{dbName=routes;ftHosts=spare:8223}".parse()?;
//!     assert_eq!(url.protocol(), Protocol::Ssl);
//!     assert_eq!((url.host(), url.port()), ("graph.example.com", 8223));
//!     assert_eq!(url.properties().get(ConfigName::ConnectionDatabaseName), Some("routes"));
//!     assert_eq!(url.ft_urls()?.len(), 2);
//!     println!("{}", url.redacted());
//!     Ok(())
//! }
//! ```
//!
//! # Syntax
//! | part | if it is left out | notes |
//! |---|---|---|
//! | `protocol://` | property `defaultProtocol`, else an error | `tcp`, or `ssl` for TLS, in any case |
//! | `user@` | properties `userID`, `defaultUserID`, else [`DEFAULT_USER`] | percent-encoding is decoded; the last `@` before the first `/` ends it, so that in `tcp://a@b@c:1` the user is `a@b` and the host `c` |
//! | `host` | property `defaultHost`, else [`DEFAULT_HOST`] | a name, an IPv4 address, or an IPv6 address in brackets, with its zone: `[fe80::1%eth0]` |
//! | `:port` | property `defaultPort`, else [`DEFAULT_PORT`] | 1 to 65535 |
//! | `/{...}` | no properties | `name=value` separated by `;` |
//!
//! The defaults are looked for in the properties of the URL, then in those of [`UrlParser::defaults`]. A
//! password has no place before the `@`: it is the property `password`, and better set in the program.
//!
//! # Escapes
//! The first `=`, `:` or blank in a property ends its name. In names and values:
//!
//! | to have | write |
//! |---|---|
//! | `;` `=` `:` `{` `}` `\`, a blank in a name, or one at either end of a value | a backslash before it |
//! | any UTF-16 code unit | `\u` and four hexadecimal digits |
//! | a backslash before any other character | itself: `CORP\scott` and `C:\temp\ca.pem` need no escapes |
//!
//! Two backslashes in a row, as in `\\server`, are written `\\\\server`. `Display` of [`TgUrl`] writes the escapes.
//!
//! ```
//! # use tgdb_url::TgUrl;
//! let url = TgUrl::parse(r"tcp://CORP%5Cscott@graph.example.com/{password=semi\;colon;userID=CORP\scott}")?;
//! assert_eq!(url.user(), r"CORP\scott");
//! assert_eq!(url.properties().password()?, Some("semi;colon"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Properties
//! [`ConfigName`] has all known properties: name, alias, default, type, and what each does.
//! [`Properties`] has a typed getter for each. Names count in any case, full or as alias:
//! `tgdb.connection.dbName` and `dbname` are the same.
//!
//! A name that is not known is an error, which says what known name is the nearest;
//! [`UrlParser::allow_unknown`] keeps it.
//!
//! [`Properties::warnings`] lists what is set and has no effect: properties of the vendor's clients
//! that this client knows and does not need, and those of TLS with `tcp`.
//!
//! # Secrets
//! `Debug`, [`TgUrl::redacted`] and errors show neither passwords nor the values of unknown
//! properties. `Display` shows them. Values are wiped when they are dropped.
//!
//! # Units
//! Times have a unit: `500ms`, `5s`, `2m`, `1h`, `1d`, with a decimal point where needed. A number
//! without unit is seconds, as in the vendor's clients, except for `connectTimeout`: there a whole
//! number is milliseconds, and one with a decimal point is seconds. A number without unit that
//! is probably a mistake, such as `connectTimeout=5`, is reported by [`Properties::warnings`].
//!
//! Sizes are numbers of KiB, such as `maxFrameSize=65536`; their getters return bytes.
//!
//! # Bounds
//! A URL has at most [`MAX_URL_LEN`] bytes, and `ftHosts` at most [`MAX_FT_HOSTS`] entries.
//! Time and memory of parsing grow linearly with the length.
//!
//! # Failover
//! The property `ftHosts` lists further servers, `host[:port]` separated by commas; [`TgUrl::ft_urls`]
//! gives a URL for each. These properties decide when a server is given up, and which is tried next and
//! when. What they do together is in `docs/failover.md` of the repository; `docs/settings.md` has all
//! properties.
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

mod authority;
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
