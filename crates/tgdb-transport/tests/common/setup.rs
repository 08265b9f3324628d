//! Servers with certificates of all kinds.
#![allow(dead_code, unreachable_pub)]

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tgdb_transport::{Roots, TlsConnector, TlsOptions, TlsSocket, TransportError};

use crate::common::{listener, options};

/// The path of a file of the folder `fixtures`.
pub fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A certificate and its key.
pub struct Made {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key: PrivateKeyDer<'static>,
    pub key_pem: String,
    pub issuer: Option<Issuer<'static, KeyPair>>,
}

/// What a certificate of these names is made of; with the common name `localhost`.
pub fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params
}

/// The same, of an authority.
pub fn authority_params(names: &[&str]) -> CertificateParams {
    let mut params = params(names);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// An authority of that name.
pub fn authority(name: &str) -> Made {
    let mut params = authority_params(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    self_signed(params)
}

pub fn self_signed(params: CertificateParams) -> Made {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Made {
        certificate: certificate.der().clone(),
        pem: certificate.pem(),
        key_pem: key.serialize_pem(),
        key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        issuer: Some(Issuer::new(params, key)),
    }
}

impl Made {
    /// A certificate signed by this one.
    pub fn issue(&self, params: &CertificateParams) -> Made {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, self.issuer.as_ref().unwrap()).unwrap();
        Made {
            certificate: certificate.der().clone(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            issuer: Some(Issuer::new(params.clone(), key)),
        }
    }

    /// That of two fixtures.
    pub fn fixture(certificate: &str, key: &str) -> Made {
        let pem = std::fs::read_to_string(fixture(certificate)).unwrap();
        let key_pem = std::fs::read_to_string(fixture(key)).unwrap();
        Made {
            certificate: CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(),
            key: PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).unwrap(),
            pem,
            key_pem,
            issuer: None,
        }
    }

    /// The roots that trust this certificate.
    pub fn roots(&self) -> Roots {
        Roots::Bytes(self.pem.clone().into_bytes())
    }

    /// A server with this certificate, valid or not, which sends others with it.
    pub fn server(&self, others: &[&Made], client_authority: Option<&Made>) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = provider.key_provider.load_private_key(self.key.clone_key()).unwrap();
        let chain = [self].iter().chain(others).map(|made| made.certificate.clone()).collect();
        let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)));
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = builder.unwrap();
        let builder = match client_authority {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(authority.certificate.clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.unwrap())
            }
        };
        Arc::new(builder.with_cert_resolver(resolver))
    }
}

/// Serves one connection: shakes hands, and reads until the client is gone.
pub fn serve(config: Arc<ServerConfig>) -> u16 {
    let (listener, port) = listener();
    std::thread::spawn(move || serve_one(&listener, config));
    port
}

fn serve_one(listener: &TcpListener, config: Arc<ServerConfig>) {
    let (tcp, _) = listener.accept().unwrap();
    let tls = rustls::ServerConnection::new(config).unwrap();
    let mut stream = rustls::StreamOwned::new(tls, tcp);
    // A client that gives up is what many tests are about.
    if std::io::copy(&mut stream, &mut std::io::sink()).is_ok() {
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}

/// Connects to `localhost` at that port.
pub fn connect(port: u16, tls: &TlsOptions) -> Result<TlsSocket, TransportError> {
    TlsConnector::new(tls)?.connect("localhost", port, &options())
}
