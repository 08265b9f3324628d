//! What a TLS handshake agreed on.

use std::fmt;

/// What client and server agreed on, and the server's certificates; from
/// [`TgSocket::tls_info`](crate::TgSocket::tls_info). `Display` shows version and suite.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The version of TLS, such as `TLSv1.3`.
    pub version: String,
    /// The IANA name of the cipher suite, such as `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The peer's certificates in DER, its own first, then those that it sent with it.
    /// They have been verified, unless the options say otherwise. A resumed session has
    /// those of the first one.
    pub peer_certificates: Vec<Vec<u8>>,
}

impl fmt::Display for TlsInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {}", self.version, self.cipher_suite)
    }
}

#[cfg(feature = "tls")]
impl TlsInfo {
    /// That of a connection; `None` before its handshake is done.
    pub(super) fn of(tls: &rustls::Connection) -> Option<Self> {
        let version = tls.protocol_version().filter(|_| !tls.is_handshaking())?;
        let certificates = tls.peer_certificates().unwrap_or_default();
        Some(Self {
            version: format!("{version:?}").replace('_', "."),
            cipher_suite: tls.negotiated_cipher_suite().map(iana_name).unwrap_or_default(),
            peer_certificates: certificates.iter().map(|certificate| certificate.to_vec()).collect(),
        })
    }
}

/// rustls calls the suites of TLS 1.3 TLS13_..., IANA calls them TLS_...
#[cfg(feature = "tls")]
pub(super) fn iana_name(suite: rustls::SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}
