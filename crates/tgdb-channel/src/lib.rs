//! Request-reply sessions with a TIBCO Graph Database (TGDB) server: handshake,
//! login, any number of requests in flight from any number of threads, timeouts,
//! reconnection over a failover list.
//!
//! # Example
//! ```no_run
//! use tgdb_channel::pdu::Body;
//! use tgdb_channel::{ChannelError, StopMethod, TgChannel};
//!
//! fn main() -> Result<(), ChannelError> {
//!     let channel = TgChannel::builder("tcp://localhost:8222/{dbName=routes}")
//!         .user("scott")
//!         .password("tiger")
//!         .build()?;
//!     channel.connect()?;
//!     channel.start()?;
//!
//!     // A query and its answer.
//!     for airport in channel.query("g.V().hasLabel('airport')")?.nodes() {
//!         println!("{}", airport?.get::<&str>("name")?);
//!     }
//!
//!     // Many in flight.
//!     let waiters = (0..8).map(|_| channel.submit(Body::MetadataRequest)).collect::<Result<Vec<_>, _>>()?;
//!     for waiter in waiters {
//!         waiter.wait()?;
//!     }
//!     channel.stop(StopMethod::Graceful);
//!     Ok(())
//! }
//! ```
//! `tgdb serve`, of the crate `tgdb-cli`, is a server for it to run against.
//!
//! # Calls
//! | to | call | to get |
//! |---|---|---|
//! | query | [`TgChannel::query`] | [`Answer`](pdu::graph::Answer), read with the schema |
//! | get an entity by key | [`TgChannel::get_entity`] | [`Found`](pdu::graph::Found) |
//! | commit changes | [`TgChannel::commit`] | [`CommitIds`](pdu::graph::CommitIds) |
//! | begin a transaction | [`TgChannel::begin`] | [`Transaction`], which is rolled back when it is dropped |
//! | get a large object | [`TgChannel::get_large_object`] | [`Chunks`](pdu::body::Chunks) |
//! | know the types of the graph | [`TgChannel::schema`] | [`Schema`](pdu::graph::Schema), shared by all calls of the session |
//! | ask anything else | [`TgChannel::call`] | what the reply holds, by [`Request`](pdu::call::Request) |
//! | see whole messages | [`TgChannel::request`] | [`Message`](pdu::Message) |
//!
//! All but the last fail with [`ChannelError::Server`] if the server did not do what was asked. The
//! last fails so only for an exception in place of the reply: a query or commit that failed is a
//! message like others to it.
//!
//! # Common questions
//!
//! **Async?** Yes: see [Tasks](#tasks). No runtime is needed, and none is required.
//!
//! **A pool of connections?** None is needed. A [`TgChannel`] is a handle: clone it, and share it
//! between threads and tasks. One connection carries any number of requests at once, and each
//! reply goes to its own request, in whatever order they come. A second channel is useful for a second
//! transaction at the same time, for another user or database, and if one connection's throughput is
//! not enough.
//!
//! **Timeouts?** Every call ends in time, see [Bounds](#bounds). A request has 10 s; the property
//! `connectionOperationTimeoutSeconds` changes that for a channel, [`RequestOptions::timeout`] for one
//! call. `connectTimeout` is the time for one attempt to connect.
//!
//! **Cancelling?** Drop the [`ResponseWaiter`], or the future of a call. Nobody waits for the reply
//! then; the server may execute the request all the same. [`TgChannel::stop`], from any thread,
//! ends everything that waits, [`TgChannel::connect`] too.
//!
//! **TLS, and roots of one's own?** An `ssl://` URL. The property `trustedCertificates` names files and
//! folders with the certificates that are trusted in place of Mozilla's. The feature `platform-roots`
//! is for those of the operating system, see [`transport::Roots`].
//!
//! **Logs and tracing?** The channel has spans and events of `tracing`, and a logger of the crate `log`
//! gets the events where there is no subscriber: see [Logs and tracing](#logs-and-tracing).
//! [`TgChannel::events`] reports changes of the connection to the program. The program `tgdb` of the
//! crate `tgdb-cli` shows each message.
//!
//! **A trace of the requests?** The property `enableTrace` writes them to files, see
//! `docs/settings.md`.
//!
//! **Metrics?** [`TgChannel::stats`] gives counters and a histogram of latencies: [`ChannelStats`].
//!
//! **Failover?** List the other servers in `ftHosts`. What becomes of a request whose connection is
//! lost is its [`ResendMode`]: by default it is sent again only if it reads. `docs/failover.md` of the
//! repository has all of it.
//!
//! **Transactions?** [`TgChannel::commit`] applies a set of changes at once. [`TgChannel::begin`] makes
//! a [`Transaction`], which stays in its session and is rolled back when it is dropped. A channel has one
//! at a time.
//!
//! **How do I test my application?** With the crate `tgdb-testkit`: a server in the process of the
//! test, which gives the replies and makes the faults that the test asks for, or answers from a small
//! graph of airports. The example `testing` shows it.
//!
//! **Where are more examples?** In `examples/` of this crate. They start their own servers:
//! `cargo run -p tgdb-channel --example failover`.
//!
//! # Link states
//! ```text
//!                 connect               stop
//!  NotConnected ---------> Connected ---------> Closing ---------> Closed
//!                            | |  ^                ^                 ^
//!       session ended by     | |  | logged in      | stop            | all attempts
//!       the server           | |  |                |                 | failed
//!         +------------------+ |  +-----------+    |    +------------+
//!         v                    | lost         |    |    |
//!    Terminated                v              |    |    |
//!                           Failed* ------> Reconnecting
//!                                   ftHosts
//! ```
//!
//! | from | what happens | to |
//! |---|---|---|
//! | `NotConnected`, `Closed`, `Terminated`, `Failed*` | [`TgChannel::connect`] logs in | `Connected` |
//! | `Connected` | sending fails | `FailedOnSend` |
//! | `Connected` | receiving fails, or the server hangs up | `FailedOnRecv` |
//! | `Connected` | the server sends what is not TGDB's | `FailedOnProcessing` |
//! | `Connected` | [`TgChannel::switch_server`] | `Reconnecting` |
//! | `Failed*` | there are `ftHosts` | `Reconnecting`, at once |
//! | `Failed*` | [`TgChannel::stop`] | `Closed` |
//! | `Reconnecting` | a login succeeds | `Connected` |
//! | `Reconnecting` | all attempts failed, or a server rejects the login | `Closed` |
//! | `Connected`, `Reconnecting` | [`TgChannel::stop`], [`TgChannel::disconnect`], drop | `Closing` |
//! | `Closing` | done | `Closed`; `Terminated` with [`StopMethod::RemoteKill`] |
//! | `Connected`, `Closing` | the server ends the session | `Terminated` |
//!
//! Without `ftHosts` the link stays in its `Failed*` state, which says why it
//! was lost; [`TgChannel::in_error`] is true then. [`TgChannel::last_error`] has
//! the cause.
//!
//! # Threads
//! A channel that is connecting or connected has a thread `tgdb-io`, which sleeps while
//! callers read their replies themselves. It reads when no caller does, so that callbacks,
//! futures and the loss of the connection are served, and it watches the time. The first
//! callback makes a thread `tgdb-callbacks`, which runs all of them. Each attempt to connect
//! runs on a thread of its own. With `enableTrace` a thread `tgdb-trace` writes the trace.
//! [`TgChannel::stop`] and dropping the last handle end them.
//!
//! # Bounds
//! | what | bound |
//! |---|---|
//! | a request | ends within its timeout and 50 ms, whatever the server does |
//! | [`TgChannel::connect`] | `connectTimeout` for each attempt, the operation timeout for its login, and the pauses of a failover list |
//! | [`TgChannel::stop`], the drop of the last handle | 250 ms; with [`StopMethod::Graceful`] the operation timeout and 1.25 s |
//! | requests in flight | `maxRequestsInFlight`, 16,384 |
//! | bytes that wait to be sent | `maxOutboxSize`, 16 MiB |
//! | the length of a frame | `maxFrameSize`, 64 MiB |
//! | the same before the login is done | 128 KiB, see [`max_login_frame_len`](transport::SocketOptions::max_login_frame_len) |
//! | what decoding a message allocates | its length and 64 MiB, see [`DECODE_ALLOWANCE`](pdu::DECODE_ALLOWANCE) |
//!
//! `docs/security.md` of the repository has more, with the test of each.
//!
//! Above the bounds [`TgChannel::submit`] waits for room, [`TgChannel::submit_async`] does so in
//! a task, and [`TgChannel::try_submit`] fails with [`ChannelError::Full`].
//!
//! # Tasks
//! [`ResponseWaiter`] is a future, and [`TgChannel::connect_async`],
//! [`TgChannel::submit_async`], [`TgChannel::query_async`] and others whose names end so are the
//! operations that could wait, for tasks. They need no particular runtime.
//!
//! ```no_run
//! use tgdb_channel::{ChannelError, RequestOptions, TgChannel};
//!
//! async fn count(channel: &TgChannel) -> Result<Option<i64>, ChannelError> {
//!     channel.connect_async().await?;
//!     channel.start()?;
//!     let answer = channel.query_async("g.V().count()", RequestOptions::default()).await?;
//!     Ok(answer.value()?)
//! }
//! ```
//!
//! # Bulk data
//! [`bulk`] imports nodes and edges from CSV, and exports them.
//!
//! # Logs and tracing
//! Spans and events of the crate [`tracing`](https://docs.rs/tracing). Without a subscriber the events go
//! to the logger of the crate [`log`](https://docs.rs/log), with the fields behind the text; a logger gets
//! no spans. All targets start with `tgdb::`, so that the filter `tgdb=debug` is for all of them.
//!
//! | span | level, target | from | to | fields |
//! |---|---|---|---|---|
//! | `connect` | `INFO`, `tgdb::connect` | the begin of an attempt to connect | the outcome of its login | `peer`, `attempt`; later `tls.version`, `tls.suite`, `outcome` |
//! | `login` in `connect` | `INFO`, `tgdb::connect` | the connection, TLS included | the same | `peer`, `user`, `database`; later `session`, `session_id`, `version`, `outcome` |
//! | `request` | `DEBUG`, `tgdb::request` | the call that submits it | its outcome | `verb`, `bytes`; later `id`, `outcome`, `reply_bytes`, `elapsed_us` |
//!
//! A `request` is in the span of the program that submits it. A `connect` has no parent, for all who use
//! the channel share the connection. `session` is a [`SessionNumber`], `session_id` what the server calls
//! it. The `outcome` of a request is `reply`, `exception`, `timeout`, `not connected`, `lost`,
//! `not resent`, `not reconnected`, `terminated`, `session gone`, `stopped`, `given up`, `not taken`, or, for
//! messages without reply, `sent` or `ignored`; `reply` also if it says that a query failed. Its time is
//! that from the submission to the outcome.
//!
//! | target | level | events |
//! |---|---|---|
//! | `tgdb::connect` | `WARN` | no server could be connected to, or one rejects the login for good |
//! | | `INFO` | an attempt failed; logged in |
//! | | `DEBUG` | connecting; connected, with addresses and TLS |
//! | `tgdb::link` | `ERROR` | the system does not let the channel wait for its socket |
//! | | `WARN` | the connection is lost; a message answers nothing (the 1st, 2nd, 4th, 8th of its kind and so on) |
//! | | `INFO` | a server that is silent is given up |
//! | | `DEBUG` | the state of the link has changed; a ping |
//! | `tgdb::request` | `INFO` | not answered in time; sent again; a late reply |
//! | | `DEBUG` | ended, with the fields of the span |
//! | `tgdb::frame` | `TRACE` | a frame was sent or received: `direction`, `verb`, `id`, `bytes` |
//! | `tgdb::payload` | `TRACE` | what a message holds, shortened, if [`ChannelBuilder::trace_payloads`] asks for it |
//! | `tgdb::tls` | `WARN` | certificates that are skipped; a server that is not verified |
//! | | `DEBUG` | what TLS agreed on |
//! | `tgdb::settings` | `WARN` | each of [`TgChannel::warnings`] |
//! | `tgdb::trace` | `WARN` | the files of the property `enableTrace` cannot be written, or lack requests |
//! | `tgdb::transaction` | `WARN` | a transaction was dropped before it was committed |
//! | | `DEBUG` | rollbacks that nobody waits for |
//! | `tgdb::callback` | `ERROR` | a reply callback panicked |
//! | `tgdb::bulk` | `WARN`, `DEBUG` | exports whose counts do not agree; messages that end an import or export and are not sent |
//!
//! Passwords, tokens and decrypted values are in none of them. What a server says is escaped.
//!
//! Subscribers and loggers run without a lock of the channel, on the thread that emits the event. They
//! may use the channel, and wait for replies, but not for [`TgChannel::connect`], which may need that very
//! thread. A panic in them ends there. Events that are due while a thread is inside one are emitted
//! after it has returned; those of its own requests and frames are left out.
//! Events of different threads can come in another order than they happened in. [`TgChannel::stop`] and the
//! drop of the last handle wait within their bound until they are emitted, so that a program that ends then
//! loses none. A request costs two comparisons, and no allocation, if no subscriber or logger takes events of `DEBUG`.
//!
//! # Features
//! `tls` and `ring` (default), `aws-lc-rs`, `platform-roots`: those of [`transport`], where
//! they are described. Without `tls` an `ssl` URL fails with
//! [`TransportError::NoTls`](transport::TransportError::NoTls).
//!
//! # Without I/O
//! [`proto`] has the session itself, without sockets, clocks and threads.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
pub mod bulk;
mod call;
mod channel;
mod claim;
mod commit;
mod driver;
mod error;
mod event;
mod future;
mod graph;
mod large_object;
mod latency;
mod number;
mod options;
pub mod proto;
mod socket;
mod state;
mod stats;
mod status;
mod submit;
mod transaction;
mod waiter;

pub use builder::{ChannelBuilder, EnvironmentError, create_channel};
pub use channel::TgChannel;
pub use error::{ChannelError, ErrorKind, ExceptionHandleResult};
pub use event::ChannelEvent;
pub use future::{Connecting, Reconnecting, Submitting};
pub use latency::LatencyHistogram;
pub use options::{RequestOptions, ResendMode, SendOutcome, SessionScope};
pub use proto::{Credentials, Login, LoginError, LoginStep, LoginSuccess, SessionNumber};
pub use state::{LinkState, StopMethod};
pub use stats::ChannelStats;
pub use status::{WaiterInfo, WaiterKind};
pub use transaction::Transaction;
pub use waiter::{ResponseWaiter, WaiterStatus};

pub use crossbeam_channel;
pub use tgdb_pdu as pdu;
pub use tgdb_transport as transport;
pub use tgdb_url as url;
