//! The TLS socket, and what makes it.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use tgdb_pdu::FrameDecoder;

use crate::attempt::Attempt;
use crate::connect::connect;
use crate::delegate::delegate_socket;
use crate::foreign::emit;
use crate::framed::Framed;
use crate::times::lap;
use crate::{ConnectCancel, SocketOptions, TlsInfo, TlsOptions, TransportError};

use super::LOG_TARGET;
use super::stream::TlsStream;
use super::{config, handshake};

/// A TLS socket: TLS 1.2 or 1.3, the server's chain and name verified.
///
/// # Example
/// See [`TlsConnector`], which makes it.
#[derive(Debug)]
pub struct TlsSocket(Framed<TlsStream>);

/// Makes TLS sockets. Reads the files that its options name once, and resumes
/// sessions from one socket to the next.
///
/// # Example
/// ```no_run
/// use tgdb_transport::{Roots, SocketOptions, TgSocket, TlsConnector, TlsOptions};
///
/// let options = TlsOptions::default().roots([Roots::Path("/etc/tgdb/ca.pem".into())]);
/// let connector = TlsConnector::new(&options)?;
/// let socket = connector.connect("graph.example.com", 8223, &SocketOptions::default())?;
/// if let Some(info) = socket.tls_info() {
///     println!("{info}");
/// }
/// # Ok::<(), tgdb_transport::TransportError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TlsConnector {
    config: Arc<rustls::ClientConfig>,
    expected_host_name: Option<String>,
    unverified: bool,
}

impl TlsConnector {
    /// Reads certificates and keys.
    ///
    /// # Errors
    /// [`TransportError::TlsConfig`] if one of the options cannot be used.
    pub fn new(options: &TlsOptions) -> Result<Self, TransportError> {
        Ok(Self {
            config: config::client_config(options)?,
            expected_host_name: options.expected_host_name.clone(),
            unverified: options.accept_any_certificate,
        })
    }

    /// The configuration of rustls, for those who drive TLS themselves. It verifies as the options
    /// say, but does not know [`TlsOptions::expected_host_name`].
    pub fn rustls_config(&self) -> Arc<rustls::ClientConfig> {
        self.config.clone()
    }

    /// Connects as [`TcpSocket::connect`](crate::TcpSocket::connect) does, and does the TLS handshake.
    ///
    /// # Errors
    /// As `TcpSocket::connect`, and [`TransportError::Certificate`],
    /// [`TransportError::Tls`], [`TransportError::PlainFrame`],
    /// [`TransportError::NotTls`] or [`TransportError::PeerClosed`]; and
    /// [`TransportError::TlsConfig`] if the host cannot be in a certificate.
    pub fn connect(&self, host: &str, port: u16, options: &SocketOptions) -> Result<TlsSocket, TransportError> {
        self.connect_attempt(&Attempt::new(host, port, options, None))
    }

    /// The same, until another thread cancels it.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and [`TransportError::Closed`] if it was cancelled.
    pub fn connect_with(
        &self,
        host: &str,
        port: u16,
        options: &SocketOptions,
        cancel: &ConnectCancel,
    ) -> Result<TlsSocket, TransportError> {
        self.connect_attempt(&Attempt::new(host, port, options, Some(cancel)))
    }

    fn connect_attempt(&self, attempt: &Attempt<'_>) -> Result<TlsSocket, TransportError> {
        let peer = attempt.peer();
        let name = self.server_name(attempt.host)?;
        if self.unverified {
            emit(|| {
                tracing::warn!(target: LOG_TARGET,
                    "TLS to {peer}: the server's certificate is NOT VERIFIED; anybody can pose as the server"
                );
            });
        }
        let (tcp, mut times) = connect(attempt)?;
        let mut since = Instant::now();
        let mut tls =
            ClientConnection::new(self.config.clone(), name).map_err(|error| TransportError::tls(&peer, error))?;
        handshake::complete(&mut tls, &tcp, attempt)?;
        times.tls = Some(lap(&mut since));
        let tls = tls.into();
        if let Some(info) = TlsInfo::of(&tls) {
            emit(|| tracing::debug!(target: LOG_TARGET, "TLS with {peer}: {info}"));
        }
        let io = |source| attempt.io("connect to", source);
        let stream = TlsStream::new(tls, tcp).map_err(io)?;
        let mut decoder = attempt.options.decoder();
        // A server that speaks first: its message can have come with the end of the handshake.
        stream.take_early(&mut decoder);
        let mut framed = Framed::new(stream, decoder).map_err(io)?;
        framed.times = Some(times);
        Ok(TlsSocket(framed))
    }

    /// The name that the certificate must have.
    fn server_name(&self, host: &str) -> Result<ServerName<'static>, TransportError> {
        let name = self.expected_host_name.as_deref().unwrap_or(host);
        // The zone of a link-local address has a meaning on this host only.
        let name = name.split('%').next().unwrap_or(name);
        ServerName::try_from(name.to_owned()).map_err(|error| TransportError::TlsConfig {
            option: "expectedHostName",
            reason: format!("{name:?} is neither a host name nor an IP address"),
            source: Some(Box::new(error)),
        })
    }
}

impl TlsSocket {
    /// Wraps the server's end of a TLS connection, for test servers. The handshake
    /// is completed by receiving; what is sent before goes out then.
    ///
    /// # Errors
    /// [`TransportError::Io`] if the stream is not connected any more.
    pub fn from_server(
        tls: rustls::ServerConnection,
        tcp: TcpStream,
        max_frame_len: u32,
    ) -> Result<Self, TransportError> {
        let error = |source| TransportError::Io { operation: "accept", peer: "peer".into(), source };
        let stream = TlsStream::new(tls.into(), tcp).map_err(error)?;
        Framed::new(stream, FrameDecoder::new(max_frame_len)).map(Self).map_err(error)
    }
}

delegate_socket!(TlsSocket);
