//! From options to a configuration of rustls.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tgdb_pdu::Secret;

use super::error::{TlsError, config_error};
use super::info::iana_name;
use super::material;
use super::options::ClientIdentity;
use super::roots::Trusted;
use super::verifier::{AcceptAny, ServerVerifier};
use crate::{Roots, TlsOptions, TransportError};

const CERTIFICATE: &str = "clientCertificate";
const KEY: &str = "clientKey";

fn caused(option: &'static str, reason: &str, error: rustls::Error) -> TransportError {
    TransportError::TlsConfig { option, reason: reason.into(), source: Some(Box::new(TlsError::from(error))) }
}

/// The configuration that these options describe.
///
/// # Errors
/// [`TransportError::TlsConfig`] if one of them cannot be used.
pub(super) fn client_config(options: &TlsOptions) -> Result<Arc<ClientConfig>, TransportError> {
    if let Some(config) = &options.client_config {
        return own_config(options, config);
    }
    let provider = Arc::new(provider(options.cipher_suites.as_deref())?);
    let versions: &[_] = if options.tls13_only { &[&rustls::version::TLS13] } else { rustls::ALL_VERSIONS };
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .map_err(|error| caused("cipherSuites", "no suite fits the TLS versions allowed", error))?;
    let builder = if options.accept_any_certificate {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
    } else {
        let trusted = Trusted::read(options.roots.as_deref().unwrap_or(&[Roots::WebPki]))?;
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted.anchors), provider).build();
        let chains = chains.map_err(|error| TransportError::TlsConfig {
            option: "trustedCertificates",
            reason: "cannot be used".into(),
            source: Some(Box::new(error)),
        })?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(ServerVerifier::new(chains, trusted.named)))
    };
    Ok(Arc::new(match &options.client_identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = read_identity(identity)?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| caused(KEY, "does not go with clientCertificate", error))?
        }
    }))
}

/// The program's own configuration, if no option of ours contradicts it.
fn own_config(options: &TlsOptions, config: &Arc<ClientConfig>) -> Result<Arc<ClientConfig>, TransportError> {
    let others = [
        ("trustedCertificates", options.roots.is_some()),
        (CERTIFICATE, options.client_identity.is_some()),
        ("tlsProtocol", options.tls13_only),
        ("cipherSuites", options.cipher_suites.is_some()),
        ("dangerous", options.accept_any_certificate),
    ];
    match others.iter().find(|(_, is_set)| *is_set) {
        None => Ok(config.clone()),
        Some((option, _)) => Err(config_error(
            option,
            "cannot be combined with a rustls::ClientConfig of the program; set it there".into(),
        )),
    }
}

/// The cryptography: that which the program has installed for the process, else that of
/// the features.
fn provider(names: Option<&[String]>) -> Result<CryptoProvider, TransportError> {
    let mut provider = match CryptoProvider::get_default() {
        Some(installed) => CryptoProvider::clone(installed),
        None => built_in().ok_or_else(|| {
            let reason = "this build has no cryptography: turn on the feature `ring` or `aws-lc-rs` of tgdb-transport (or tgdb-channel), install a rustls::crypto::CryptoProvider, or set a rustls::ClientConfig";
            config_error("cryptography", reason.into())
        })?,
    };
    let Some(names) = names else { return Ok(provider) };
    let known: Vec<_> = provider.cipher_suites.iter().map(|suite| iana_name(*suite)).collect();
    if let Some(name) = names.iter().find(|name| !known.contains(&name.to_uppercase())) {
        let reason = format!("{name:?} is not supported; known: {}", known.join(", "));
        return Err(config_error("cipherSuites", reason));
    }
    provider.cipher_suites.retain(|suite| names.iter().any(|name| name.eq_ignore_ascii_case(&iana_name(*suite))));
    Ok(provider)
}

fn built_in() -> Option<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Some(rustls::crypto::ring::default_provider());
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    return None;
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The chain and the key of the client; here a bad certificate is an error.
fn read_identity(identity: &ClientIdentity) -> Result<Identity, TransportError> {
    match identity {
        ClientIdentity::Bytes { chain, key } => Ok((
            chain_of(chain).map_err(|reason| config_error(CERTIFICATE, format!("the chain in memory {reason}")))?,
            material::private_key(key.expose())
                .map_err(|reason| config_error(KEY, format!("the key in memory {reason}")))?,
        )),
        ClientIdentity::Files { chain, key } => {
            let chain_bytes = read(CERTIFICATE, chain)?;
            let key_bytes = read(KEY, key)?;
            Ok((
                chain_of(chain_bytes.expose())
                    .map_err(|reason| config_error(CERTIFICATE, format!("{} {reason}", chain.display())))?,
                material::private_key(key_bytes.expose())
                    .map_err(|reason| config_error(KEY, format!("{} {reason}", key.display())))?,
            ))
        }
    }
}

fn chain_of(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let entries = material::certificates(bytes)?.into_iter();
    entries.map(|entry| entry.certificate.map_err(|reason| format!("has a bad {}: {reason}", entry.place))).collect()
}

fn read(option: &'static str, path: &Path) -> Result<Secret, TransportError> {
    let bytes = std::fs::read(path).map_err(|error| TransportError::TlsConfig {
        option,
        reason: format!("cannot read {}", path.display()),
        source: Some(Box::new(error)),
    })?;
    Ok(Secret::new(bytes))
}
