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
//!                 connect                 stop, disconnect
//! NotConnected ------------> Connected ----------------------> Closing --> Closed
//!      ^ Closed, Terminated,  |  ^  |                                       ^
//!      | Failed*: connect     |  |  | SessionForcefullyTerminated           |
//!      +----------------------+  |  +-------------------> Terminated        |
//!                             |  |                                          |
//!   send fails    FailedOnSend       |  |  reconnected                      |
//!   receive fails FailedOnRecv    <--+  |                                   |
//!   not TGDB      FailedOnProcessing    |                                   |
//!                             |         |      all attempts failed, stop    |
//!               with ftHosts  +--> Reconnecting ----------------------------+
//! ```
//! Without `ftHosts` the link stays in its `Failed*` state, which tells why it
//! was lost; [`TgChannel::in_error`] is true then.
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
