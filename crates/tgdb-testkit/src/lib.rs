//! A loopback server that speaks the server's side of the TGDB protocol, for tests:
//! handshake, login, replies that a test scripts, and faults on demand, over plain
//! TCP and TLS. It listens on the loopback interface alone.
//!
//! It is no database: [`echo`] answers each request with a well-formed reply that
//! repeats what was asked. What the real server answers where its vendor's clients
//! do not tell (an unknown database, say) is a guess, marked as such.
//!
//! # Example
//! ```
//! use tgdb_channel::pdu::Body;
//! use tgdb_channel::{StopMethod, create_channel};
//! use tgdb_testkit::{ServerConfig, TestServer};
//!
//! let server = TestServer::start(ServerConfig::default())?;
//! let channel = create_channel(&server.url(), Some("scott"), Some("tiger"), Some("routes"), None)?;
//! channel.connect()?;
//! channel.start()?;
//! assert!(matches!(channel.request(Body::MetadataRequest)?.body, Body::MetadataResponse(_)));
//! channel.stop(StopMethod::Graceful);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod ca;
mod config;
mod fault;
mod script;
mod server;
mod session;
mod stream;

pub use ca::{Identity, TestCa};
pub use config::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, UNKNOWN_DATABASE, WRONG_PASSWORD};
pub use fault::Faults;
pub use script::{Script, echo, echoed};
pub use server::{TestServer, Transcript};
pub use session::ServerSession;
