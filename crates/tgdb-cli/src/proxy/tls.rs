//! TLS towards clients and towards the target.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tgdb_transport::{Roots, TlsConnector as Options, TlsOptions};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::exit::Failure;

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS")]
pub(crate) struct TlsArgs {
    /// Speak TLS with the target
    #[arg(long)]
    tls_target: bool,
    /// Trust the authorities in this PEM file instead of those that Mozilla trusts
    #[arg(long, value_name = "FILE", requires = "tls_target")]
    ca: Vec<PathBuf>,
    /// The name that the target's certificate must have, if not that of its host
    #[arg(long, value_name = "NAME", requires = "tls_target")]
    tls_name: Option<String>,
    /// Accept any certificate of the target; anybody can pose as it then
    #[arg(long, requires = "tls_target", conflicts_with = "ca")]
    insecure: bool,
    /// Speak TLS with clients, with the certificate chain in this PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// TLS on either side.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) clients: Option<TlsAcceptor>,
    pub(super) target: Option<(TlsConnector, ServerName<'static>)>,
}

fn failed(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::Tls(reason.into())
}

impl TlsArgs {
    /// Whether any certificate of the target will do.
    pub(super) fn is_unverified(&self) -> bool {
        self.insecure
    }

    /// Reads certificates and keys.
    pub(super) fn load(&self, target_host: &str) -> Result<Tls, Failure> {
        let clients = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(acceptor(certificate, key)?),
            _ => None,
        };
        Ok(Tls { clients, target: self.target(target_host)? })
    }

    fn target(&self, host: &str) -> Result<Option<(TlsConnector, ServerName<'static>)>, Failure> {
        if !self.tls_target {
            return Ok(None);
        }
        let mut options = TlsOptions::default();
        if !self.ca.is_empty() {
            options = options.roots(self.ca.iter().cloned().map(Roots::Path));
        }
        if self.insecure {
            options.dangerous().accept_any_certificate();
        }
        let config = Options::new(&options).map_err(failed)?.rustls_config();
        let name = self.tls_name.as_deref().unwrap_or(host).to_owned();
        let name = ServerName::try_from(name.clone()).map_err(|error| failed(format!("{name:?}: {error}")))?;
        Ok(Some((TlsConnector::from(config), name)))
    }
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let in_file = |path: &Path, error: &dyn std::fmt::Display| failed(format!("{}: {error}", path.display()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| in_file(certificate, &error))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(failed)?;
    // The vendor's Python client takes them for a message, and mostly hangs.
    config.send_tls13_tickets = 0;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use tgdb_testkit::TestCa;

    use super::*;

    #[test]
    fn clients_get_no_session_tickets() {
        let ca = TestCa::new("tgdb-cli tickets").unwrap();
        let identity = ca.issue(&["localhost"]).unwrap();
        let certificate = ca.write("chain.pem", &identity.certificate_pem).unwrap();
        let key = ca.write("key.pem", &identity.key_pem).unwrap();
        let server = acceptor(&certificate, &key).unwrap().config().clone();
        let options = TlsOptions::default().roots([Roots::Path(ca.pem_file())]);
        let client = Options::new(&options).unwrap().rustls_config();
        let mut client = rustls::ClientConnection::new(client, "localhost".try_into().unwrap()).unwrap();
        let mut server = rustls::ServerConnection::new(server).unwrap();
        while client.wants_write() || server.wants_write() {
            let (mut sent, mut answered) = (Vec::new(), Vec::new());
            client.write_tls(&mut sent).unwrap();
            server.read_tls(&mut &*sent).unwrap();
            server.process_new_packets().unwrap();
            server.write_tls(&mut answered).unwrap();
            client.read_tls(&mut &*answered).unwrap();
            client.process_new_packets().unwrap();
        }
        assert!(!client.is_handshaking());
        assert_eq!(client.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
        assert_eq!(client.tls13_tickets_received(), 0);
    }
}
