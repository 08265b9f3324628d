//! From options to a configuration of rustls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::TransportError;

/// Whose signature a server's certificate must have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Roots {
    /// One of the authorities that Mozilla trusts, as of `webpki-roots`.
    #[default]
    WebPki,
    /// One of those in these PEM files, and no other.
    PemFiles(Vec<PathBuf>),
}

/// Options of TLS. The default verifies the server's chain against
/// [`Roots::WebPki`] and its name against the host, with TLS 1.2 or 1.3.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// Whose signature the server's certificate must have.
    pub roots: Roots,
    /// The name that the server's certificate must have, if not that of the host.
    pub expected_host_name: Option<String>,
    /// PEM files with the client's certificate chain and its key.
    pub client_auth: Option<(PathBuf, PathBuf)>,
    /// Refuse TLS 1.2.
    pub tls13_only: bool,
    /// IANA names of the cipher suites allowed; `None` for all that rustls has.
    pub cipher_suites: Option<Vec<String>>,
    accept_any_certificate: bool,
}

/// Options that take the protection of TLS away.
#[derive(Debug)]
pub struct Dangerous<'a>(&'a mut TlsOptions);

impl TlsOptions {
    /// Leads to the options that take the protection of TLS away.
    pub fn dangerous(&mut self) -> Dangerous<'_> {
        Dangerous(self)
    }

    /// Whether the server's certificate goes unverified.
    pub fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

impl Dangerous<'_> {
    /// Accepts any certificate of anybody. Whoever is between client and server can
    /// then read and change everything, passwords included. Each connection logs a
    /// warning.
    pub fn accept_any_certificate(&mut self) {
        self.0.accept_any_certificate = true;
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

fn config_error(option: &'static str, reason: impl Into<String>, source: Option<Cause>) -> TransportError {
    TransportError::TlsConfig { option, reason: reason.into(), source }
}

pub(super) fn client_config(options: &TlsOptions) -> Result<Arc<ClientConfig>, TransportError> {
    let provider = Arc::new(provider(options.cipher_suites.as_deref())?);
    let versions: &[_] = if options.tls13_only { &[&rustls::version::TLS13] } else { rustls::ALL_VERSIONS };
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).map_err(|error| {
            config_error("cipherSuites", "no suite fits the TLS versions allowed", Some(Box::new(error)))
        })?;
    let builder = if options.accept_any_certificate {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
    } else {
        builder.with_root_certificates(roots(&options.roots)?)
    };
    Ok(Arc::new(match &options.client_auth {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let key_error = |error| pem_error("clientKey", key, error);
            builder
                .with_client_auth_cert(
                    certificates("clientCertificate", chain)?,
                    PrivateKeyDer::from_pem_file(key).map_err(key_error)?,
                )
                .map_err(|error| {
                    config_error("clientKey", "does not go with clientCertificate", Some(Box::new(error)))
                })?
        }
    }))
}

fn provider(names: Option<&[String]>) -> Result<CryptoProvider, TransportError> {
    let mut provider = ring::default_provider();
    let Some(names) = names else { return Ok(provider) };
    // rustls calls the suites of TLS 1.3 TLS13_..., IANA calls them TLS_...
    let iana = |suite: &rustls::SupportedCipherSuite| format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
    let known: Vec<_> = provider.cipher_suites.iter().map(iana).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.to_uppercase())) {
        return Err(config_error(
            "cipherSuites",
            format!("{name:?} is not supported; known: {}", known.join(", ")),
            None,
        ));
    }
    provider.cipher_suites.retain(|suite| names.iter().any(|name| name.eq_ignore_ascii_case(&iana(suite))));
    Ok(provider)
}

fn roots(roots: &Roots) -> Result<RootCertStore, TransportError> {
    const OPTION: &str = "trustedCertificates";
    let files = match roots {
        Roots::WebPki => return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()),
        Roots::PemFiles(files) => files,
    };
    let mut store = RootCertStore::empty();
    for file in files {
        for certificate in certificates(OPTION, file)? {
            let reason = || format!("{} holds a certificate that cannot be used", file.display());
            store.add(certificate).map_err(|error| config_error(OPTION, reason(), Some(Box::new(error))))?;
        }
    }
    if store.is_empty() {
        return Err(config_error(OPTION, "names no file", None));
    }
    Ok(store)
}

fn certificates(option: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    let certificates = read().map_err(|error| pem_error(option, file, error))?;
    if certificates.is_empty() {
        return Err(config_error(option, format!("{} holds no certificate in PEM", file.display()), None));
    }
    Ok(certificates)
}

fn pem_error(option: &'static str, file: &Path, error: rustls::pki_types::pem::Error) -> TransportError {
    config_error(option, format!("cannot read {} as PEM: {error}", file.display()), Some(Box::new(error)))
}

/// Verifies signatures of the handshake, but not whose they are.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
