//! The TLS socket.

mod config;
mod handshake;
mod stream;

use std::net::TcpStream;
use std::sync::Arc;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use crate::connect::{connect, deadline_after, peer_name};
use crate::framed::{Framed, delegate_socket};
use crate::{SocketOptions, TransportError};

pub use config::{Dangerous, Roots, TlsOptions};
use stream::TlsStream;

/// A TLS socket: TLS 1.2 or 1.3, the server's chain and name verified.
#[derive(Debug)]
pub struct TlsSocket(Framed<TlsStream>);

/// Makes TLS sockets. Reads the files that its options name once, and resumes
/// sessions from one socket to the next.
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
            unverified: options.accepts_any_certificate(),
        })
    }

    /// Connects, and shakes hands.
    ///
    /// # Errors
    /// As [`TcpSocket::connect`](crate::TcpSocket::connect), and
    /// [`TransportError::Certificate`], [`TransportError::Tls`] or
    /// [`TransportError::PlainFrame`].
    pub fn connect(&self, host: &str, port: u16, options: &SocketOptions) -> Result<TlsSocket, TransportError> {
        let peer = peer_name(host, port);
        let name = self.server_name(host)?;
        let deadline = deadline_after(options.connect_timeout);
        if self.unverified {
            log::warn!("TLS to {peer}: the server's certificate is NOT VERIFIED; anybody can pose as the server");
        }
        let tcp = connect(host, port, options, deadline)?;
        let mut tls =
            ClientConnection::new(self.config.clone(), name).map_err(|error| TransportError::tls(&peer, error))?;
        handshake::complete(&mut tls, &tcp, &peer, options, deadline)?;
        Self::framed(tls, tcp, peer, options)
    }

    fn framed(
        tls: ClientConnection,
        tcp: TcpStream,
        peer: String,
        options: &SocketOptions,
    ) -> Result<TlsSocket, TransportError> {
        let io = |source| TransportError::Io { operation: "connect to", peer, source };
        Framed::new(TlsStream::new(tls.into(), tcp), options.max_frame_len).map(TlsSocket).map_err(io)
    }

    /// The name that the certificate must have.
    fn server_name(&self, host: &str) -> Result<ServerName<'static>, TransportError> {
        let name = self.expected_host_name.as_deref().unwrap_or(host);
        // The zone of a link-local address is of no concern to the other end.
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
        Framed::new(TlsStream::new(tls.into(), tcp), max_frame_len).map(Self).map_err(error)
    }

    /// The TLS version agreed on, such as `TLSv1_3`; `None` before the handshake is done.
    pub fn protocol_version(&self) -> Option<String> {
        self.0.stream().protocol_version()
    }
}

delegate_socket!(TlsSocket);
