//! Options of TLS.

use std::path::PathBuf;
#[cfg(feature = "tls")]
use std::sync::Arc;

use tgdb_pdu::Secret;

/// Whose signature a server's certificate must have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Roots {
    /// The authorities that Mozilla trusts, as of the crate `webpki-roots`.
    WebPki,
    /// The authorities that the operating system trusts; `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` replace them on Unix. Needs the feature `platform-roots`.
    Platform,
    /// The certificates of a file, or of all files of a folder, without its subfolders.
    /// A file is PEM, with any number of certificates, or one certificate in DER.
    Path(PathBuf),
    /// The same in memory: PEM or DER.
    Bytes(Vec<u8>),
}

/// Options of TLS. The default verifies the server's chain against [`Roots::WebPki`]
/// and its name against the host, with TLS 1.2 or 1.3.
///
/// # Example
/// ```
/// use tgdb_transport::{Roots, TlsOptions};
///
/// // The certificates of one's own authority besides those of Mozilla.
/// let options = TlsOptions::default()
///     .roots([Roots::WebPki, Roots::Path("/etc/tgdb/ca.pem".into())])
///     .expected_host_name("graph.example.com");
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct TlsOptions {
    pub(super) roots: Option<Vec<Roots>>,
    pub(super) expected_host_name: Option<String>,
    pub(super) client_identity: Option<ClientIdentity>,
    pub(super) tls13_only: bool,
    pub(super) cipher_suites: Option<Vec<String>>,
    pub(super) accept_any_certificate: bool,
    #[cfg(feature = "tls")]
    pub(super) client_config: Option<Arc<rustls::ClientConfig>>,
}

/// Certificate chain and key of the client.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "only TLS reads it"))]
pub(super) enum ClientIdentity {
    Files { chain: PathBuf, key: PathBuf },
    Bytes { chain: Vec<u8>, key: Secret },
}

/// Options that take the protection of TLS away.
#[derive(Debug)]
pub struct Dangerous<'a>(&'a mut TlsOptions);

impl TlsOptions {
    /// Whose signature the server's certificate must have: that of any of these.
    /// Default [`Roots::WebPki`] only.
    ///
    /// In PEM a certificate that cannot be read is skipped with a warning in the log, which
    /// names it. No certificate at all is an error of
    /// [`TlsConnector::new`](crate::TlsConnector::new).
    ///
    /// A server's own certificate in [`Roots::Path`] or [`Roots::Bytes`] is trusted too, be
    /// it self-signed or not: it must be valid at the time, have the server's name, and be
    /// the same byte for byte.
    pub fn roots(mut self, roots: impl IntoIterator<Item = Roots>) -> Self {
        self.roots = Some(roots.into_iter().collect());
        self
    }

    /// The name that the server's certificate must have, if not that of the host.
    pub fn expected_host_name(mut self, name: impl Into<String>) -> Self {
        self.expected_host_name = Some(name.into());
        self
    }

    /// Files with the client's certificate chain, its own certificate first, and with its
    /// key. Both are PEM or DER; the key is not encrypted. Default none.
    pub fn client_certificate_files(mut self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.client_identity = Some(ClientIdentity::Files { chain: chain.into(), key: key.into() });
        self
    }

    /// The same in memory.
    pub fn client_certificate(mut self, chain: impl Into<Vec<u8>>, key: impl Into<Secret>) -> Self {
        self.client_identity = Some(ClientIdentity::Bytes { chain: chain.into(), key: key.into() });
        self
    }

    /// Whether TLS 1.3 is the only version. Default false: TLS 1.2 is used with servers that have no other.
    pub fn tls13_only(mut self, only: bool) -> Self {
        self.tls13_only = only;
        self
    }

    /// The cipher suites allowed, by their IANA names. Default all that rustls has, which
    /// are those with forward secrecy and authenticated encryption.
    pub fn cipher_suites(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.cipher_suites = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// A configuration of rustls that is used as it is: roots, verifier, client
    /// certificate, versions, cipher suites and cryptography are its own. It cannot be
    /// combined with other options but [`expected_host_name`](Self::expected_host_name).
    ///
    /// # Example
    /// ```
    /// use std::sync::Arc;
    /// use tgdb_transport::{TlsConnector, TlsOptions, rustls};
    ///
    /// # fn provider() -> Arc<rustls::crypto::CryptoProvider> { Arc::new(rustls::crypto::ring::default_provider()) }
    /// let config = rustls::ClientConfig::builder_with_provider(provider())
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(rustls::RootCertStore::empty())
    ///     .with_no_client_auth();
    /// let connector = TlsConnector::new(&TlsOptions::default().client_config(Arc::new(config)))?;
    /// # let _ = connector;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "tls")]
    pub fn client_config(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.client_config = Some(config);
        self
    }

    /// Leads to the options that take the protection of TLS away.
    pub fn dangerous(&mut self) -> Dangerous<'_> {
        Dangerous(self)
    }
}

impl Dangerous<'_> {
    /// Accepts any certificate, whoever issued it. An attacker between client and server can
    /// then read and change everything, passwords included. Each connection logs a
    /// warning.
    pub fn accept_any_certificate(&mut self) {
        self.0.accept_any_certificate = true;
    }
}
