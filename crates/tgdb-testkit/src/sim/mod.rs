//! Servers and a network in virtual time, for tests of clients that do no I/O.
//!
//! A [`Network`] has a clock that only the test moves, servers that speak the protocol
//! ([`ServerSession`](crate::ServerSession)), and the connections between them and the
//! client. Latency, splits and faults follow from a seed and a [`NetworkPlan`]: the same
//! seed, plan and calls give the same events at the same times, on each machine. No
//! thread, no socket and no real time is in it; seconds of virtual time take
//! microseconds to milliseconds.
//!
//! The loop of a test is that of a driver:
//!
//! 1. give the client's bytes to [`Network::send`],
//! 2. [`Network::advance_to`] the client's next timeout, which stops early if something
//!    comes for the client,
//! 3. give the events and the time to the client.
//!
//! In the end compare what the client believes with what the servers did:
//! [`Network::executed`] has each request in order, [`Network::heard`] each frame.
//!
//! # Example
//! A client that only opens the handshake, on a network that delivers byte by byte:
//! ```
//! use std::time::Duration;
//! use tgdb_pdu::body::{HandshakeKind, HandshakeRequest};
//! use tgdb_pdu::{FrameDecoder, Header, Message, Verb};
//! use tgdb_testkit::sim::{NetEvent, Network, NetworkPlan};
//!
//! let deadline = Duration::from_secs(5);
//! let mut network = Network::new(42, NetworkPlan { piece: 1..=1, ..NetworkPlan::calm(1) });
//! let conn = network.connect(0);
//! let mut decoder = FrameDecoder::default();
//! let answer = 'answered: loop {
//!     assert!(network.now() < deadline, "no answer in time");
//!     for event in network.advance_to(deadline) {
//!         match event {
//!             NetEvent::Connected(_) => {
//!                 let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
//!                 let bytes = Message::new(Header::default(), hello.into()).encode()?;
//!                 assert_eq!(network.send(conn, &bytes), bytes.len());
//!             }
//!             NetEvent::Received(_, bytes) => {
//!                 decoder.push(&bytes);
//!                 if let Some(frame) = decoder.next_frame()? {
//!                     break 'answered frame;
//!                 }
//!             }
//!             other => panic!("not on a calm network: {other:?}"),
//!         }
//!     }
//! };
//! assert_eq!(answer.verb, Verb::HANDSHAKE_RESPONSE);
//! assert_eq!(network.heard()[0].verb, Verb::HANDSHAKE_REQUEST);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! Faults are fields of the plan, as `NetworkPlan { missing_reply: 0.1, ..NetworkPlan::calm(2) }`;
//! [`NetworkPlan::from_seed`] makes up a scenario, for a loop over thousands of seeds.

mod conn;
mod event;
mod network;
mod path;
mod plan;
mod queue;
mod rng;
mod scenario;
mod server_end;
mod serving;
mod world;

pub use event::{CloseKind, ConnId, ConnectFailure, Execution, Heard, NetEvent};
pub use network::Network;
pub use plan::{Chance, NetworkPlan};
pub use rng::Rng;
