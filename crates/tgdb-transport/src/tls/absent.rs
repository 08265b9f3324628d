//! The types of TLS in a build without it, so that users of this crate need no `cfg`.

use std::convert::Infallible;

use crate::delegate::delegate_socket;
use crate::{ConnectCancel, SocketOptions, TcpSocket, TlsOptions, TransportError};

/// Makes TLS sockets, if the feature `tls` is on; it is not, so there is none.
#[derive(Debug, Clone)]
pub struct TlsConnector(Infallible);

/// A TLS socket, if the feature `tls` is on; it is not, so there is none.
#[derive(Debug)]
pub struct TlsSocket(TcpSocket);

impl TlsConnector {
    /// Fails, because TLS is not in this build.
    ///
    /// # Errors
    /// [`TransportError::NoTls`], always.
    pub fn new(_: &TlsOptions) -> Result<Self, TransportError> {
        Err(TransportError::NoTls)
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// None.
    pub fn connect(&self, _: &str, _: u16, _: &SocketOptions) -> Result<TlsSocket, TransportError> {
        match self.0 {}
    }

    /// Cannot be called.
    ///
    /// # Errors
    /// None.
    pub fn connect_with(
        &self,
        _: &str,
        _: u16,
        _: &SocketOptions,
        _: &ConnectCancel,
    ) -> Result<TlsSocket, TransportError> {
        match self.0 {}
    }
}

delegate_socket!(TlsSocket);
