//! Messages of the TIBCO Graph Database (TGDB) wire protocol: framing, primitive
//! encodings and a typed body for each verb. No I/O and no threads, so that
//! clients, test servers, proxies and sniffers can share it.
//!
//! To talk to a server, use `tgdb-channel`. To decode captures or relay messages, start with
//! [`FrameDecoder`]; `examples/decode.rs` does it. The protocol itself is described in [`protocol`].
//!
//! # Layers
//! | type | what it knows |
//! |---|---|
//! | [`FrameDecoder`] | cuts a byte stream, split anywhere, into frames |
//! | [`Frame`] | one frame: [`Header`], verb and undecoded payload; re-encodes byte for byte |
//! | [`Message`] | a frame whose payload is decoded into a [`Body`] |
//! | [`call`] | which reply belongs to a request, and what a server's failure means |
//! | [`graph`] | values, entities, results and changes in a body, with the types of the graph |
//! | [`Reader`], [`Writer`] | the primitive encodings |
//! | [`escaped`] | text of a peer as errors and logs may show it |
//!
//! A [`FrameError`] means that the byte stream is lost: no later frame boundary
//! can be trusted, and the connection must be closed. A [`BodyError`] concerns
//! one message only: the stream goes on behind it.
//!
//! # Example
//! ```
//! use tgdb_pdu::{Body, FrameDecoder, Header, Message, Verb};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let ping = Message::new(Header::default(), Body::Ping);
//!     let bytes = ping.encode()?;
//!     assert_eq!(bytes.len(), tgdb_pdu::HEADER_LEN);
//!
//!     let mut decoder = FrameDecoder::default();
//!     for byte in &bytes {
//!         decoder.push(std::slice::from_ref(byte));
//!     }
//!     let frame = decoder.next_frame()?.expect("all bytes are there");
//!     assert_eq!(frame.verb, Verb::PING);
//!     assert_eq!(Message::decode(&frame)?, ping);
//!     println!("{ping}");
//!     Ok(())
//! }
//! ```
//!
//! # Features
//! None is on by default.
//!
//! | feature | what it adds |
//! |---|---|
//! | `jiff`, `time`, `chrono` | dates and times as types of that crate, see [`FromValue`](graph::FromValue) |
//! | `rust_decimal` | numbers as `rust_decimal::Decimal` |
//! | `serde` | `serde::Serialize` for values, entities, results, types and messages |
//! | `encryption` | encryption of attributes with the server's certificate |
//!
//! [`protocol`] describes the protocol: its facts, and the vendor's file that shows each.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod body;
mod buffer;
pub mod call;
mod decoder;
mod display;
mod error;
mod escaped;
mod frame;
pub mod graph;
mod message;
pub mod obfuscation;
pub mod protocol;
mod secret;
#[cfg(feature = "serde")]
mod serialize;
mod verb;
pub mod version;
mod wire;

pub use body::Body;
pub use bytes;
pub use decoder::{DEFAULT_MAX_FRAME_LEN, DEFAULT_MAX_LOGIN_FRAME_LEN, FrameDecoder};
pub use error::{BodyError, BodyErrorKind, EncodeError, FrameError};
pub use escaped::{Escaped, MAX_EXCERPT_LEN, escaped, excerpt};
pub use frame::{Frame, HEADER_LEN, Header, MAGIC, restamp};
pub use message::Message;
pub use secret::{AuthToken, Secret};
pub use verb::Verb;
pub use wire::{DECODE_ALLOWANCE, MAX_UTF_LEN, Reader, Wire, Writer};
