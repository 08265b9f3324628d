//! Whether a server's certificate is to be trusted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Verifies chains as rustls does, and takes a certificate that is itself trusted, as Go
/// and Java do. A self-signed certificate with CA:TRUE, which many servers start with, is
/// no server's certificate to rustls.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    chains: Arc<WebPkiServerVerifier>,
    /// The certificates that the program named, whole.
    trusted: HashSet<CertificateDer<'static>>,
}

/// What rustls rejects with an error that does not say what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Finding {
    #[error("X.509 version {0}, which has no place for names and purposes")]
    OldVersion(u32),
    #[error("an authority's certificate in place of a server's")]
    Authority,
}

impl ServerVerifier {
    pub(super) fn new(chains: Arc<WebPkiServerVerifier>, trusted: HashSet<CertificateDer<'static>>) -> Self {
        Self { chains, trusted }
    }
}

/// All that is to be checked of a certificate that is itself trusted.
fn verify_trusted(certificate: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let (_, fields) = X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let [not_before, not_after] = [fields.validity().not_before, fields.validity().not_after]
        .map(|time| UnixTime::since_unix_epoch(Duration::from_secs(time.timestamp().try_into().unwrap_or(0))));
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    let purposes = fields.extended_key_usage().map_err(|_| CertificateError::BadEncoding)?;
    if purposes.is_some_and(|purposes| !purposes.value.any && !purposes.value.server_auth) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    verify_server_name(&parsed, name)
}

/// Says what is special about the certificate where rustls only says that it is not right.
fn explained(error: Error, certificate: &CertificateDer<'_>) -> Error {
    use CertificateError::{BadEncoding, Other};
    let Error::InvalidCertificate(BadEncoding | Other(_)) = &error else { return error };
    let Ok((_, fields)) = X509Certificate::from_der(certificate) else { return error };
    let finding = match fields.version().0 {
        2 if fields.is_ca() => Finding::Authority,
        2 => return error,
        // Version 1 is 0 on the wire.
        version => Finding::OldVersion(version.saturating_add(1)),
    };
    Other(OtherError(Arc::new(finding))).into()
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = if self.trusted.contains(certificate) {
            verify_trusted(certificate, name, now).map(|()| ServerCertVerified::assertion())
        } else {
            self.chains.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
        };
        verified.map_err(|error| explained(error, certificate))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// Verifies signatures of the handshake, but not the certificate: any is accepted.
#[derive(Debug)]
pub(super) struct AcceptAny(pub(super) Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
            .map_err(|error| explained(error, certificate))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
            .map_err(|error| explained(error, certificate))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
