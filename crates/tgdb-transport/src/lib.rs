//! Sockets that carry TIBCO Graph Database (TGDB) frames: [`TcpSocket`] and
//! [`TlsSocket`] behind the trait [`TgSocket`].
//!
//! A socket is full duplex: one thread can wait in [`TgSocket::recv`] while any
//! number of others [`TgSocket::send`], over TLS too. Frames of different
//! senders never mix.
//!
//! # Example
//! ```no_run
//! use tgdb_pdu::{Body, Header, Message};
//! use tgdb_transport::{SocketOptions, TcpSocket, TgSocket};
//!
//! let socket = TcpSocket::connect("localhost", 8222, &SocketOptions::default())?;
//! let ping = Message::new(Header::default(), Body::Ping).encode()?;
//! assert_eq!(socket.send(&ping)?, ping.len());
//! println!("{:?} from {}", socket.recv()?, socket.outbox_addr());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod connect;
mod database_certificate;
mod error;
mod framed;
mod options;
mod tcp;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

use tgdb_pdu::Frame;

pub use database_certificate::{DatabaseNameError, verify_database_name};
pub use error::{CertificateProblem, TransportError};
pub use options::SocketOptions;
pub use tcp::TcpSocket;
pub use tls::{Dangerous, Roots, TlsConnector, TlsOptions, TlsSocket};

/// A connected socket that carries frames.
///
/// All methods take `&self`; share it in an [`Arc`](std::sync::Arc).
pub trait TgSocket: fmt::Debug + Send + Sync {
    /// Sends the bytes of one whole frame and returns how many they were.
    ///
    /// # Errors
    /// [`TransportError`]. A part of the frame can have gone out, so no other frame
    /// is sent after it; close the socket then.
    fn send(&self, frame: &[u8]) -> Result<usize, TransportError>;

    /// Waits for the next frame. One thread at a time; a second one waits for the first.
    ///
    /// # Errors
    /// [`TransportError::Closed`] after [`TgSocket::close`], which this method
    /// notices at once; else what went wrong. No further frame can be read then.
    fn recv(&self) -> Result<Frame, TransportError>;

    /// Waits for the next frame until `deadline`.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] if none was complete by then; what had arrived
    /// of it is kept, so the socket can go on. Else as [`TgSocket::recv`].
    fn recv_deadline(&self, deadline: Instant) -> Result<Frame, TransportError>;

    /// The next frame if it is there already, or arrives within about a millisecond.
    /// `None` also while another thread waits in [`TgSocket::recv`], which gets it.
    ///
    /// # Errors
    /// As [`TgSocket::recv`].
    fn try_read(&self) -> Result<Option<Frame>, TransportError>;

    /// Address of our end.
    fn inbox_addr(&self) -> SocketAddr;

    /// Address of the peer's end.
    fn outbox_addr(&self) -> SocketAddr;

    /// Tells the peer that nothing more will be sent. What was sent still arrives,
    /// and what the peer sends can still be read until it closes in turn.
    fn finish(&self);

    /// Closes both directions at once. Threads inside other methods return
    /// [`TransportError::Closed`]. Idempotent.
    fn close(&self);
}
