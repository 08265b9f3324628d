//! Certificates for tests.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

/// A certificate authority that lives as long as the test, in a directory of its
/// own for the PEM files that clients read.
pub struct TestCa {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    directory: PathBuf,
    pem: String,
}

/// A certificate and its key.
pub struct Identity {
    /// The certificate in PEM.
    pub certificate_pem: String,
    /// The key in PEM, PKCS#8.
    pub key_pem: String,
    /// The certificate in DER.
    pub certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

impl TestCa {
    /// A new authority of that common name.
    ///
    /// # Errors
    /// If no temporary directory can be made.
    pub fn new(common_name: &str) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("tgdb-testkit-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        let key = KeyPair::generate().map_err(other)?;
        let mut params = named(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).map_err(other)?;
        let ca = Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            directory,
        };
        ca.write("ca.pem", &ca.pem)?;
        Ok(ca)
    }

    /// A certificate for a server of those names and addresses.
    ///
    /// # Errors
    /// If one of them is neither a name nor an address.
    pub fn issue(&self, names: &[&str]) -> io::Result<Identity> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(other)?;
        params.distinguished_name = named("tgdb-testkit").distinguished_name;
        self.sign(params)
    }

    /// A certificate of that common name, as for a client or a database.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn issue_common_name(&self, common_name: &str) -> io::Result<Identity> {
        self.sign(named(common_name))
    }

    /// A certificate for a server of that name that is no longer valid.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn issue_expired(&self, name: &str) -> io::Result<Identity> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(other)?;
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(other)?;
        Ok(Identity {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?,
        })
    }

    /// The PEM file with the authority's certificate, for `trustedCertificates`.
    pub fn pem_file(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Writes a file beside the authority's, and returns its path.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.directory.join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// A TLS configuration of a server, TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// If certificate and key do not go together.
    pub fn server_config(&self, identity: &Identity) -> io::Result<Arc<rustls::ServerConfig>> {
        self.server_config_with(identity, rustls::ALL_VERSIONS, false)
    }

    /// As [`server_config`](Self::server_config), but without session tickets in TLS 1.3: the
    /// vendor's Python client mostly hangs on them, as it takes each readable byte for a message.
    ///
    /// # Errors
    /// If certificate and key do not go together.
    pub fn server_config_without_tickets(&self, identity: &Identity) -> io::Result<Arc<rustls::ServerConfig>> {
        let mut config = Arc::unwrap_or_clone(self.server_config(identity)?);
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    /// A TLS configuration of a server of those TLS versions, which can demand a
    /// client certificate of this authority.
    ///
    /// # Errors
    /// If certificate and key do not go together.
    pub fn server_config_with(
        &self,
        identity: &Identity,
        versions: &[&'static rustls::SupportedProtocolVersion],
        client_auth: bool,
    ) -> io::Result<Arc<rustls::ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(versions).map_err(other)?;
        let builder = if client_auth {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).map_err(other)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(other)?)
        } else {
            builder.with_no_client_auth()
        };
        let config = builder.with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key());
        Ok(Arc::new(config.map_err(other)?))
    }
}

impl Drop for TestCa {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}
