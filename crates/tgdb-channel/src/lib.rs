//! Request-reply sessions with a TIBCO Graph Database (TGDB) server: handshake,
//! login, any number of requests in flight from any number of threads, timeouts,
//! reconnection over a failover list.
//!
//! # Example
//! ```no_run
//! use tgdb_channel::{StopMethod, TgChannel};
//! use tgdb_channel::pdu::Body;
//!
//! let channel = TgChannel::builder("tcp://localhost:8222/{dbName=routes}")
//!     .user("scott")
//!     .password("tiger")
//!     .build()?;
//! channel.connect()?;
//! channel.start()?;
//!
//! // One request and its reply.
//! let metadata = channel.request(Body::MetadataRequest)?;
//! println!("{:?}", metadata.body);
//!
//! // Many in flight.
//! let waiters = (0..8).map(|_| channel.submit(Body::MetadataRequest)).collect::<Result<Vec<_>, _>>()?;
//! for waiter in waiters {
//!     waiter.wait()?;
//! }
//! channel.stop(StopMethod::Graceful);
//! # Ok::<(), tgdb_channel::ChannelError>(())
//! ```
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
//! | `Failed*` | there are `ftHosts` | `Reconnecting`, at once |
//! | `Failed*` | [`TgChannel::stop`] | `Closed` |
//! | `Reconnecting` | a server lets us in | `Connected` |
//! | `Reconnecting` | all attempts failed, or a server refuses us | `Closed` |
//! | `Connected`, `Reconnecting` | [`TgChannel::stop`], [`TgChannel::disconnect`], drop | `Closing` |
//! | `Closing` | done | `Closed`; `Terminated` with [`StopMethod::RemoteKill`] |
//! | `Connected`, `Closing` | the server ends the session | `Terminated` |
//!
//! Without `ftHosts` the link stays in its `Failed*` state, which tells why it
//! was lost; [`TgChannel::in_error`] is true then. [`TgChannel::last_error`] has
//! the cause.
//!
//! # Threads
//! [`TgChannel::start`] makes two: a reader, which also reconnects, and a timer,
//! which pings, sends again after a reconnection, and ends callbacks that waited
//! too long. [`TgChannel::stop`] and dropping the channel end both.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod channel;
mod connect;
mod core;
mod error;
mod inspect;
mod login;
mod options;
mod reader;
mod send;
mod shared;
mod state;
mod stop;
mod timer;
mod waiter;

pub use builder::{ChannelBuilder, create_channel};
pub use channel::TgChannel;
pub use error::{ChannelError, ExceptionHandleResult};
pub use inspect::{ChannelStats, WaiterInfo};
pub use login::{Credentials, Login, LoginError, LoginStep, Session};
pub use options::{RequestOptions, ResendMode};
pub use send::SendOutcome;
pub use state::{LinkState, StopMethod};
pub use waiter::{ResponseWaiter, WaiterStatus};

pub use tgdb_pdu as pdu;
pub use tgdb_transport as transport;
pub use tgdb_url as url;
