//! The server's side of the TGDB protocol, for tests of clients: handshake, login,
//! replies that a test scripts, and faults on demand.
//!
//! | type | what it is |
//! |---|---|
//! | [`TestServer`] | a server over plain TCP or TLS, on the loopback interface only |
//! | [`ServerSession`] | one session without I/O, threads or clock, for any driver |
//! | [`sim::Network`] | servers and a network in virtual time, with faults from a seed |
//! | [`graph::GraphServer`] | a script that serves a small graph: queries, commits, large objects |
//! | `SilentListener` | an address that does not answer (Linux only) |
//!
//! It is no database. The default script, [`echo`], answers each request with a
//! well-formed reply that repeats what was asked; [`ServerConfig::graph`] has a graph in
//! memory. What the real server answers where its vendor's clients do not show it (an
//! unknown database, say) is a guess, marked as such.
//!
//! # How do I test my application?
//! Start a server for each test, and give the application its URL. The graph is the same
//! at each start, and each server has its own:
//! ```
//! use std::sync::Arc;
//! use tgdb_testkit::graph::GraphServer;
//! use tgdb_testkit::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, Faults, ServerConfig, TestServer};
//!
//! # fn my_application(_url: &str, _user: &str, _password: &str) {}
//! let graph = Arc::new(GraphServer::airports());
//! let server = TestServer::start(ServerConfig::scripted(graph.clone()))?;
//! my_application(&format!("{}/{{dbName={DEFAULT_DATABASE}}}", server.url()), DEFAULT_USER, DEFAULT_PASSWORD);
//! // What is in the graph now:
//! assert_eq!(graph.snapshot().nodes().filter(|node| node.get("hub") == Ok(true)).count(), 22);
//! // How does it take the loss of the server?
//! server.set_faults(Faults { cut_after_sent: Some(1000), ..Faults::default() });
//! server.cut_connections();
//! # Ok::<(), std::io::Error>(())
//! ```
//! For replies that no graph gives, write a [`Script`]; a closure will do.
//!
//! # Example
//! A client without a library, byte by byte:
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use tgdb_testkit::pdu::body::{HandshakeKind, HandshakeRequest};
//! use tgdb_testkit::pdu::{FrameDecoder, Header, Message, Verb};
//! use tgdb_testkit::{ServerConfig, TestServer};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = TestServer::start(ServerConfig::default())?;
//!     let mut client = TcpStream::connect(server.address())?;
//!     let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
//!     client.write_all(&Message::new(Header::default(), hello.into()).encode()?)?;
//!
//!     let (mut decoder, mut buf) = (FrameDecoder::default(), [0; 1024]);
//!     let answer = loop {
//!         if let Some(frame) = decoder.next_frame()? {
//!             break frame;
//!         }
//!         let count = client.read(&mut buf)?;
//!         decoder.push(&buf[..count]);
//!     };
//!     assert_eq!(answer.verb, Verb::HANDSHAKE_RESPONSE);
//!     println!("{}", Message::decode(&answer)?);
//!     Ok(())
//! }
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod ca;
mod config;
mod connection;
mod fault;
pub mod graph;
mod script;
mod server;
mod session;
#[cfg(target_os = "linux")]
mod silent;
pub mod sim;
mod stream;

pub use ca::{Identity, TestCa};
pub use config::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, UNKNOWN_DATABASE, WRONG_PASSWORD};
pub use connection::Transcript;
pub use fault::{Faults, LoginFault};
pub use script::{Script, echo, echoed};
pub use server::TestServer;
pub use session::{ServerEvent, ServerSession};
#[cfg(target_os = "linux")]
pub use silent::SilentListener;

pub use rustls;
pub use tgdb_pdu as pdu;
