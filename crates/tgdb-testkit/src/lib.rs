//! The server's side of the TGDB protocol, for tests of clients: handshake, login,
//! replies that a test scripts, and faults on demand.
//!
//! | type | what it is |
//! |---|---|
//! | [`TestServer`] | a server over plain TCP or TLS, on the loopback interface only |
//! | [`ServerSession`] | one session without I/O, threads or clock, for any driver |
//! | [`sim::Network`] | servers and a network in virtual time, with faults from a seed |
//!
//! It is no database: [`echo`] answers each request with a well-formed reply that
//! repeats what was asked. What the real server answers where its vendor's clients
//! do not tell (an unknown database, say) is a guess, marked as such.
//!
//! # Example
//! ```
//! use std::io::{Read, Write};
//! use tgdb_pdu::body::{HandshakeKind, HandshakeRequest};
//! use tgdb_pdu::{FrameDecoder, Header, Message, Verb};
//! use tgdb_testkit::{ServerConfig, TestServer};
//!
//! let server = TestServer::start(ServerConfig::default())?;
//! let mut client = std::net::TcpStream::connect(server.address())?;
//! let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
//! client.write_all(&Message::new(Header::default(), hello.into()).encode()?)?;
//!
//! let (mut decoder, mut buf) = (FrameDecoder::default(), [0; 1024]);
//! let answer = loop {
//!     if let Some(frame) = decoder.next_frame()? {
//!         break frame;
//!     }
//!     let count = client.read(&mut buf)?;
//!     decoder.push(&buf[..count]);
//! };
//! assert_eq!(answer.verb, Verb::HANDSHAKE_RESPONSE);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod ca;
mod config;
mod connection;
mod fault;
mod script;
mod server;
mod session;
pub mod sim;
mod stream;

pub use ca::{Identity, TestCa};
pub use config::{DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, UNKNOWN_DATABASE, WRONG_PASSWORD};
pub use fault::{Faults, LoginRefusal};
pub use script::{Script, echo, echoed};
pub use server::{TestServer, Transcript};
pub use session::{ServerEvent, ServerSession};
