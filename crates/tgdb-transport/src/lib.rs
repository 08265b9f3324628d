//! Sockets that carry TIBCO Graph Database (TGDB) frames: [`TcpSocket`] and
//! [`TlsSocket`] behind the trait [`TgSocket`].
//!
//! A socket is full duplex: one thread can wait in [`TgSocket::recv`] while any
//! number of others [`TgSocket::send`], over TLS too. Frames of different
//! senders never mix.
//!
//! # Common questions
//!
//! **Which crate do I need?** To log in and to send requests: `tgdb-channel`, which uses this one. This
//! crate is for programs that drive a connection themselves, such as proxies and tests.
//!
//! **TLS, and roots of one's own?** [`TlsConnector`] makes [`TlsSocket`]s. [`TlsOptions::roots`] says
//! which certificates are trusted: Mozilla's, the operating system's, files, folders, bytes, or several of
//! them. Client certificates, cipher suites and a whole `rustls::ClientConfig` can be set as well.
//!
//! **Timeouts?** [`SocketOptions::connect_timeout`] bounds connecting: name resolution, all addresses and
//! the TLS handshake. [`SocketOptions::send_timeout`] bounds a send to a peer that does not read.
//! [`TgSocket::recv_deadline`] bounds a receive. [`SocketOptions::keepalive`] and
//! [`SocketOptions::user_timeout`] find peers that are gone.
//!
//! **Cancelling?** A [`ConnectCancel`] ends a connect, and [`TgSocket::close`] everything that waits for
//! a socket; both from any thread, at once.
//!
//! **Non-blocking use?** [`TgSocket::try_send`], [`TgSocket::try_flush`] and [`TgSocket::try_recv_batch`]
//! do not wait. [`wait_ready`] waits for a socket, and [`Wakeup`] for a socket and other threads. The trait
//! [`TgSocket`] has an example.
//!
//! **Async?** There are no futures here. Register the descriptor with the reactor of your runtime
//! (`as_fd`, on Windows `as_socket`) and use the methods that do not wait; or use `tgdb-channel`, whose
//! calls can be awaited in any runtime.
//!
//! **Failover, retries, pings?** Not here: `tgdb-channel` has them. Connecting tries all addresses of one
//! host (RFC 8305).
//!
//! **A large message from the peer?** [`SocketOptions::max_frame_len`] is the bound.
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `tls` (default) | TLS by rustls. Without it [`TlsConnector::new`] fails with [`TransportError::NoTls`], and no crate of TLS is built |
//! | `ring` (default) | cryptography for `tls` |
//! | `aws-lc-rs` | the same, used instead of `ring` if both are on; faster for AES, and it takes longer to build |
//! | `platform-roots` | [`Roots::Platform`] |
//!
//! A `CryptoProvider` that the program installs for the process comes before both. `tls`
//! without any of them builds, and [`TlsConnector::new`] says what is missing.
//!
//! # Example
//! ```no_run
//! use tgdb_transport::pdu::body::{HandshakeKind, HandshakeRequest};
//! use tgdb_transport::pdu::{Header, Message};
//! use tgdb_transport::{SocketOptions, TcpSocket, TgSocket};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let socket = TcpSocket::connect("localhost", 8222, &SocketOptions::default())?;
//!     let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
//!     socket.send(&Message::new(Header::default(), hello.into()).encode()?)?;
//!     println!("{} from {}", Message::decode(&socket.recv()?)?, socket.outbox_addr());
//!     Ok(())
//! }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod attempt;
mod cancel;
mod connect;
mod database_certificate;
mod delegate;
mod error;
#[doc(hidden)]
pub mod foreign;
mod framed;
mod inbound;
mod options;
mod receive;
mod resolve;
mod signal;
mod stream;
mod sys;
mod tcp;
mod times;
mod tls;
mod wakeup;

use std::fmt;
use std::io::IoSlice;
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use tgdb_pdu::Frame;

pub use cancel::ConnectCancel;
pub use database_certificate::{DatabaseNameError, verify_database_name};
pub use error::TransportError;
pub use options::SocketOptions;
pub use resolve::Resolve;
pub use tcp::TcpSocket;
pub use times::ConnectTimes;
#[cfg(feature = "tls")]
pub use tls::{CertificateProblem, TlsError};
pub use tls::{Dangerous, Roots, TlsConnector, TlsInfo, TlsOptions, TlsSocket};
pub use wakeup::{Interest, Ready, Wakeup, wait_ready};

#[cfg(feature = "tls")]
pub use rustls;
pub use tgdb_pdu as pdu;

/// A connected socket that carries frames.
///
/// All methods take `&self`; share it in an [`Arc`](std::sync::Arc).
///
/// # Two ways to use it
/// Threads that may wait call [`send`](Self::send), [`recv`](Self::recv) and
/// [`recv_deadline`](Self::recv_deadline). Those who wait for several things at once
/// call [`try_send`](Self::try_send), [`try_flush`](Self::try_flush) and
/// [`try_recv_batch`](Self::try_recv_batch), and wait in between by [`Wakeup::wait`].
///
/// # Example
/// ```no_run
/// use std::io::IoSlice;
/// use tgdb_transport::{Interest, TgSocket, Wakeup};
///
/// /// Sends the bytes and receives at least one frame.
/// fn exchange(socket: &dyn TgSocket, mut bytes: &[u8]) -> Result<Vec<tgdb_pdu::Frame>, Box<dyn std::error::Error>> {
///     let wakeup = Wakeup::new()?;
///     let mut frames = Vec::new();
///     loop {
///         bytes = &bytes[socket.try_send(&[IoSlice::new(bytes)])?..];
///         let sent = socket.try_flush()? && bytes.is_empty();
///         socket.try_recv_batch(&mut frames)?;
///         if sent && !frames.is_empty() {
///             return Ok(frames);
///         }
///         wakeup.wait(Some((socket, Interest { read: true, write: !sent })), None)?;
///     }
/// }
/// ```
pub trait TgSocket: fmt::Debug + Send + Sync {
    /// Sends the bytes of one whole frame and returns how many they were. It waits
    /// while the peer does not read; other senders wait for it.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] if the system took no byte for
    /// [`SocketOptions::send_timeout`]; else what went wrong. A part of the frame can
    /// have gone out, so no other frame is sent after it; close the socket then.
    fn send(&self, frame: &[u8]) -> Result<usize, TransportError>;

    /// Waits for the next frame. One thread at a time; a second one waits for the first.
    ///
    /// # Errors
    /// [`TransportError::Closed`] after [`TgSocket::close`], which this method
    /// notices at once; else what went wrong. No further frame can be read then, and
    /// each further call of any receive method fails likewise.
    fn recv(&self) -> Result<Frame, TransportError>;

    /// Waits for the next frame until `deadline`, which holds whatever the peer sends:
    /// once it has passed, no frame is returned, even if one is there.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] if none was complete by then; what had arrived
    /// of it is kept, so the socket can go on. Else as [`TgSocket::recv`].
    fn recv_deadline(&self, deadline: Instant) -> Result<Frame, TransportError>;

    /// The next frame if it is there already; it does not wait. `None` also while
    /// another thread waits in a receive method, which gets the frame.
    ///
    /// # Errors
    /// As [`TgSocket::recv`].
    fn try_read(&self) -> Result<Option<Frame>, TransportError>;

    /// Waits until at least one frame is complete, and appends all that are complete
    /// then. `None` waits without limit, else as [`TgSocket::recv_deadline`].
    ///
    /// After it no complete frame is left inside the socket, so that the program can
    /// wait until the descriptor is readable. Call it or [`TgSocket::try_recv_batch`] before the first
    /// such wait: over TLS a frame can have come with the end of the handshake.
    ///
    /// # Errors
    /// [`TransportError::Timeout`] if no frame was complete by the deadline; what had
    /// arrived of it is kept. Else as [`TgSocket::recv`]. An error that comes behind
    /// good frames is returned by the next call, and the descriptor is readable then.
    fn recv_batch(&self, frames: &mut Vec<Frame>, deadline: Option<Instant>) -> Result<(), TransportError>;

    /// Reads once without waiting, and appends all frames that are complete then;
    /// nothing also while another thread waits in a receive method.
    ///
    /// # Errors
    /// As [`TgSocket::recv_batch`], without the timeout.
    fn try_recv_batch(&self, frames: &mut Vec<Frame>) -> Result<(), TransportError>;

    /// Takes as many of these bytes as it can without waiting, and returns how many; 0 for
    /// none. The bytes are those of frames, one after the other.
    ///
    /// One writer at a time: until a frame has been taken as a whole, no other thread
    /// may send by this method or by [`TgSocket::send`]. It takes nothing while another
    /// thread is in `send`. Over TLS, bytes taken can still be kept inside the
    /// socket: call [`TgSocket::try_flush`] until nothing is left.
    ///
    /// # Errors
    /// What went wrong, the first time; later calls fail too.
    fn try_send(&self, parts: &[IoSlice<'_>]) -> Result<usize, TransportError>;

    /// Hands to the system what the socket itself still holds, TLS records of at most
    /// about 256 KiB, without waiting. `true` if nothing is left, as always over plain TCP.
    ///
    /// # Errors
    /// As [`TgSocket::try_send`].
    fn try_flush(&self) -> Result<bool, TransportError>;

    /// The TCP connection below, for its descriptor and its options. Do not read or
    /// write it, nor change how it blocks or its timeouts.
    fn tcp_stream(&self) -> &TcpStream;

    /// Address of our end.
    fn inbox_addr(&self) -> SocketAddr;

    /// Address of the peer's end.
    fn outbox_addr(&self) -> SocketAddr;

    /// What the TLS handshake agreed on, and the server's certificates; `None` over plain
    /// TCP, and at a server's end before the handshake is done.
    fn tls_info(&self) -> Option<TlsInfo> {
        None
    }

    /// How long connecting took; `None` if the socket was not connected by this crate, as a
    /// server's.
    fn connect_times(&self) -> Option<ConnectTimes> {
        None
    }

    /// How often bytes arrived so far, also of frames that are not complete. If the number
    /// grows, the peer is alive, even while a large frame takes long.
    fn arrivals(&self) -> u64;

    /// The login is done: [`SocketOptions::max_frame_len`] is the bound from now on, and no more
    /// [`SocketOptions::max_login_frame_len`]. It does nothing for a socket without such a bound.
    fn end_login(&self) {}

    /// Ends the sending direction. What was sent still arrives,
    /// and what the peer sends can still be read until it closes its end. It does not
    /// wait; after [`TgSocket::try_send`] call it when [`TgSocket::try_flush`] left nothing.
    fn finish(&self);

    /// Closes both directions at once. Threads inside other methods return
    /// [`TransportError::Closed`] at once. Idempotent.
    fn close(&self);
}

/// The descriptor, to wait for it in an event loop or a reactor. Do not read or write it.
#[cfg(unix)]
impl std::os::fd::AsFd for dyn TgSocket + '_ {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.tcp_stream().as_fd()
    }
}

/// The handle, to wait for it in an event loop or a reactor. Do not read or write it.
#[cfg(windows)]
impl std::os::windows::io::AsSocket for dyn TgSocket + '_ {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.tcp_stream().as_socket()
    }
}
