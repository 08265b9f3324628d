//! What can go wrong with a socket.

use std::io;
use std::time::Duration;

use tgdb_pdu::{Frame, FrameError};

#[cfg(feature = "tls")]
use crate::tls::{CertificateProblem, TlsError, remedy};

pub(crate) const TLS_HANDSHAKE: &str = "TLS handshake with";
/// Over plain TCP, before any byte came.
pub(crate) const RECEIVE_FIRST: &str = "receive the first message from";

/// A socket could not be made, or cannot go on.
///
/// `Display` says what happened to which peer, and what to do about it; the cause is
/// [`source`](std::error::Error::source), and not in the text.
///
/// # Example
/// ```
/// use tgdb_transport::{SocketOptions, TcpSocket, TransportError};
///
/// // Nothing listens at port 1.
/// match TcpSocket::connect("127.0.0.1", 1, &SocketOptions::default()) {
///     Err(TransportError::Connect { peer, source }) => println!("{peer} is down: {source}"),
///     Err(error) => println!("{error}"),
///     Ok(socket) => println!("{socket:?}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The host has no address.
    #[error("cannot resolve the host of {peer}; check the name in the URL and the name server")]
    Resolve {
        /// Host and port.
        peer: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No address of the host takes connections.
    #[error("cannot connect to {peer}; check that the server runs and listens there")]
    Connect {
        /// Host and port.
        peer: String,
        /// What the last address tried said.
        source: io::Error,
    },
    /// No address of the host answered in time.
    #[error("{operation} {peer} took longer than {timeout:?}; {}, or raise connectTimeout", late_remedy(.operation))]
    ConnectTimeout {
        /// What was being done.
        operation: &'static str,
        /// Host and port.
        peer: String,
        /// The time given.
        timeout: Duration,
    },
    /// The operating system failed an operation.
    #[error("{operation} {peer} failed; the connection is lost")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// Address of the peer.
        peer: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A deadline passed.
    #[error("{operation} {peer} timed out; check the load of the server, or allow more time")]
    Timeout {
        /// What was being done.
        operation: &'static str,
        /// Address of the peer.
        peer: String,
    },
    /// The peer sent nothing while it was waited for.
    #[error(
        "{peer} sent nothing for {silence:?} while requests waited; the server hangs, or the network drops packets"
    )]
    Unresponsive {
        /// Address of the peer.
        peer: String,
        /// For how long.
        silence: Duration,
    },
    /// This side closed the socket.
    #[error("{operation} {peer}: the socket was closed on this side")]
    Closed {
        /// What was being done.
        operation: &'static str,
        /// Address of the peer.
        peer: String,
    },
    /// The peer closed the connection.
    #[error("{operation} {peer}: the peer closed the connection{}", closed_text(.operation, *.partial))]
    PeerClosed {
        /// What was being done.
        operation: &'static str,
        /// Address of the peer.
        peer: String,
        /// How many bytes of an incomplete message had arrived.
        partial: usize,
    },
    /// What the peer sends is not TGDB's.
    #[error("{peer} sent what is not a message of TGDB")]
    Frame {
        /// Address of the peer.
        peer: String,
        /// What is wrong with it.
        source: FrameError,
    },
    /// The server's certificate was rejected.
    #[cfg(feature = "tls")]
    #[error("the certificate of {peer} was rejected; {}", .problem.remedy())]
    Certificate {
        /// Host and port.
        peer: String,
        /// What is wrong with it.
        problem: CertificateProblem,
        /// What the verifier said.
        source: TlsError,
    },
    /// TLS failed otherwise. A server that demands a client certificate can say so as late
    /// as the first message is received.
    #[cfg(feature = "tls")]
    #[error("TLS with {peer} failed; {}", remedy(.source))]
    Tls {
        /// Host and port.
        peer: String,
        /// What the TLS library said.
        source: TlsError,
    },
    /// A TLS option cannot be used.
    #[error("TLS option {option}: {reason}")]
    TlsConfig {
        /// The option.
        option: &'static str,
        /// Why, with the file's name where there is one.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// TLS was asked of a build without it.
    #[error(
        "this client was built without TLS; build it with the feature `tls` of tgdb-channel, or of tgdb-transport, or use a tcp:// URL"
    )]
    NoTls,
    /// The peer answered the TLS handshake with something else.
    #[error("TLS handshake with {peer}: the answer is not TLS; check host and port, a plain port needs a tcp:// URL")]
    NotTls {
        /// Host and port.
        peer: String,
        /// What it is, as far as can be seen.
        source: FrameError,
    },
    /// The peer answered the TLS handshake with a TGDB message in clear text, as
    /// a server does that rejects the client at once.
    #[error("{peer} answered the TLS handshake with a plain {}; a plain port needs a tcp:// URL", .frame.verb)]
    PlainFrame {
        /// Host and port.
        peer: String,
        /// The message.
        frame: Box<Frame>,
    },
}

/// When the peer closed the connection, and what to do about it.
fn closed_text(operation: &str, partial: usize) -> String {
    let when = if partial == 0 { String::new() } else { format!(" {partial} bytes into a message") };
    let remedy = match operation {
        TLS_HANDSHAKE => "; check that the port speaks TLS, a plain port needs a tcp:// URL",
        RECEIVE_FIRST => "; its log may say why, and a TLS port needs an ssl:// URL",
        _ => "; its log may say why",
    };
    when + remedy
}

/// What to look at when a step of connecting takes too long.
fn late_remedy(operation: &str) -> &'static str {
    match operation {
        TLS_HANDSHAKE => "check that the port speaks TLS, a plain port needs a tcp:// URL",
        _ => "check address and firewall",
    }
}
