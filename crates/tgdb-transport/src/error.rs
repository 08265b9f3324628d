//! What can go wrong with a socket.

use std::io;
use std::time::Duration;

use tgdb_pdu::{Frame, FrameError};

pub(crate) const TLS_HANDSHAKE: &str = "TLS handshake with";

/// A socket could not be made, or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The host has no address.
    #[error("cannot resolve host of {peer}: {source}; check the name in the URL and the name server")]
    Resolve {
        /// Host and port.
        peer: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No address of the host takes connections.
    #[error("cannot connect to {peer}: {source}; check that the server runs and listens there")]
    Connect {
        /// Host and port.
        peer: String,
        /// What the last address tried said.
        source: io::Error,
    },
    /// No address of the host answered in time.
    #[error("{operation} {peer} took longer than {timeout:?}; check address and firewall, or raise connectTimeout")]
    ConnectTimeout {
        /// What was being done.
        operation: &'static str,
        /// Host and port.
        peer: String,
        /// The time given.
        timeout: Duration,
    },
    /// The operating system failed an operation.
    #[error("{operation} {peer}: {source}; the connection is lost")]
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
    #[error("receive from {peer}: {source}")]
    Frame {
        /// Address of the peer.
        peer: String,
        /// What is wrong with it.
        source: FrameError,
    },
    /// The server's certificate was refused.
    #[error("certificate of {peer} refused: {source}; {}", .problem.remedy())]
    Certificate {
        /// Host and port.
        peer: String,
        /// What is wrong with it.
        problem: CertificateProblem,
        /// What the verifier said.
        source: rustls::Error,
    },
    /// TLS failed otherwise.
    #[error("TLS with {peer}: {source}; check that the port speaks TLS and that versions and cipher suites agree")]
    Tls {
        /// Host and port.
        peer: String,
        /// What the TLS library said.
        source: rustls::Error,
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
    /// The peer answered the TLS handshake with a TGDB message in clear text, as
    /// a server does that refuses the client at once.
    #[error("{peer} answered the TLS handshake with a plain {}", .frame.verb)]
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
        TLS_HANDSHAKE => "; check that the port speaks TLS",
        _ => "; its log may say why",
    };
    when + remedy
}

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// Nobody whom we trust has signed it.
    UnknownIssuer,
    /// It is for another host.
    WrongName,
    /// It is not valid yet, or no longer.
    Expired,
    /// Another problem.
    Other,
}

impl CertificateProblem {
    fn remedy(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "put the PEM file of its issuer into trustedCertificates",
            Self::WrongName => "connect under a name that the certificate has, or set expectedHostName to one",
            Self::Expired => "renew it, and check the clocks",
            Self::Other => "have the server's certificate checked",
        }
    }
}

impl TransportError {
    /// An error of the TLS library, sorted.
    pub(crate) fn tls(peer: &str, source: rustls::Error) -> Self {
        use rustls::{CertificateError as E, Error};
        let peer = peer.to_owned();
        let Error::InvalidCertificate(cause) = &source else {
            return Self::Tls { peer, source };
        };
        let problem = match cause {
            E::UnknownIssuer | E::BadSignature => CertificateProblem::UnknownIssuer,
            E::NotValidForName | E::NotValidForNameContext { .. } => CertificateProblem::WrongName,
            E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
                CertificateProblem::Expired
            }
            _ => CertificateProblem::Other,
        };
        Self::Certificate { peer, problem, source }
    }
}
