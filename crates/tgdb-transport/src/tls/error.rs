//! What TLS says when it fails, and what to do about it.

use std::fmt;

use rustls::{AlertDescription, CertificateError, Error};
use tgdb_pdu::escaped;
use x509_parser::der_parser::Oid;
use x509_parser::prelude::FromDer;

use super::verifier::Finding;
use crate::TransportError;

/// What the TLS library said. `Display` escapes what comes from the peer's certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct TlsError(Error);

impl TlsError {
    /// The error of rustls.
    pub fn get(&self) -> &Error {
        &self.0
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            // rustls shows these as `Debug` does.
            Error::InvalidCertificate(CertificateError::Other(other)) => {
                write!(f, "invalid peer certificate: {}", escaped(&other.0.to_string()))
            }
            Error::InvalidCertificate(CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id,
                ..
            }) => {
                f.write_str("invalid peer certificate: signed by an algorithm that is not supported")?;
                match Oid::from_der(signature_algorithm_id) {
                    Ok((_, id)) => write!(f, ", {id}"),
                    Err(_) => Ok(()),
                }
            }
            other => escaped(&other.to_string()).fmt(f),
        }
    }
}

impl std::error::Error for TlsError {}

impl From<Error> for TlsError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is not signed by a trusted authority.
    UnknownIssuer,
    /// It is for another host.
    WrongName,
    /// It has no subject alternative names; its common name does not count.
    NoNames,
    /// It is not valid any more.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is that of an authority (CA:TRUE), and not itself among the trusted ones.
    Authority,
    /// It is of X.509 version 1 or 2.
    OldVersion,
    /// It is not for TLS servers.
    WrongPurpose,
    /// A signature in its chain, or of the handshake, does not fit.
    BadSignature,
    /// It is signed in a way that is not safe any more, or not known.
    UnsupportedAlgorithm,
    /// Another problem.
    Other,
}

impl CertificateProblem {
    fn of(error: &CertificateError) -> Self {
        use CertificateError as E;
        match error {
            E::UnknownIssuer => Self::UnknownIssuer,
            E::NotValidForNameContext { presented, .. } if presented.is_empty() => Self::NoNames,
            E::NotValidForName | E::NotValidForNameContext { .. } => Self::WrongName,
            E::Expired | E::ExpiredContext { .. } => Self::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => Self::WrongPurpose,
            E::BadSignature => Self::BadSignature,
            E::UnsupportedSignatureAlgorithmContext { .. }
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Self::UnsupportedAlgorithm,
            E::Other(other) => match other.0.downcast_ref() {
                Some(Finding::Authority) => Self::Authority,
                Some(Finding::OldVersion(_)) => Self::OldVersion,
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }

    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "put the certificate of its issuer, or itself if it is self-signed, into trustedCertificates; if that is done, the server may have to send its intermediate certificates"
            }
            Self::WrongName => "connect under a name that the certificate has, or set expectedHostName to one",
            Self::NoNames => {
                "it has no subjectAltName, and the common name (CN) does not count any more; have it issued again with a subjectAltName for the host"
            }
            Self::Expired => "renew it, or set the clock of this computer",
            Self::NotYetValid => "set the clock of this computer, or that of its issuer, or wait",
            Self::Authority => {
                "it is that of an authority (CA:TRUE); put this very certificate into trustedCertificates, or let the authority issue one for the server"
            }
            Self::OldVersion => {
                "have it issued again in X.509 version 3, with a subjectAltName for the host (openssl x509 -req needs -extfile for that)"
            }
            Self::WrongPurpose => "have it issued for TLS servers (extended key usage serverAuth)",
            Self::BadSignature => {
                "the trusted issuer of that name has another key, so trust the issuer's present certificate; or a key is too short, RSA needs 2048 bits"
            }
            Self::UnsupportedAlgorithm => "have it issued again with SHA-256; SHA-1, MD5 and DSA are rejected",
            Self::Other => "have the server's certificate checked",
        }
    }
}

impl TransportError {
    /// An error of the TLS library, sorted.
    pub(crate) fn tls(peer: &str, error: Error) -> Self {
        let peer = peer.to_owned();
        match &error {
            Error::InvalidCertificate(cause) => {
                Self::Certificate { peer, problem: CertificateProblem::of(cause), source: error.into() }
            }
            _ => Self::Tls { peer, source: error.into() },
        }
    }
}

/// What to do about an error other than that of a certificate.
pub(crate) fn remedy(error: &TlsError) -> &'static str {
    use AlertDescription as A;
    match error.get() {
        Error::AlertReceived(alert) => match *alert {
            A::ProtocolVersion => {
                "the server has none of the TLS versions that this client offers: 1.3, and 1.2 unless tlsProtocol is TLSv1.3"
            }
            A::HandshakeFailure | A::InsufficientSecurity => {
                "client and server have no cipher suite in common, or the server demands a client certificate (clientCertificate, clientKey)"
            }
            A::CertificateRequired => "the server demands a client certificate; set clientCertificate and clientKey",
            A::BadCertificate
            | A::UnsupportedCertificate
            | A::CertificateRevoked
            | A::CertificateExpired
            | A::CertificateUnknown
            | A::UnknownCA
            | A::AccessDenied
            | A::DecryptError => "the server rejected the client's certificate; set another clientCertificate",
            A::UnrecognisedName => {
                "the server does not know itself by that name; connect under another one, or set expectedHostName"
            }
            _ => "the server gave up; its log may say why",
        },
        Error::PeerIncompatible(_) => "have the TLS of the server updated: this client has versions 1.2 and 1.3",
        Error::InvalidMessage(_) => "check that the port speaks TLS",
        _ => "check that versions and cipher suites agree",
    }
}

/// An option that cannot be used.
pub(super) fn config_error(option: &'static str, reason: String) -> TransportError {
    TransportError::TlsConfig { option, reason, source: None }
}
