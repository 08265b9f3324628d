//! From settings to the options of TLS.

use std::path::PathBuf;

use tgdb_transport::{Roots, TlsOptions};
use tgdb_url::{ConfigName, Properties, PropertyError, TlsVersion};

use super::ChannelBuilder;

/// The properties that have an option of [`TlsOptions`].
pub(super) const PROPERTIES: &[ConfigName] = &[
    ConfigName::TlsProtocol,
    ConfigName::TlsCipherSuites,
    ConfigName::TlsExpectedHostName,
    ConfigName::TlsTrustedCertificates,
    ConfigName::TlsClientCertificate,
    ConfigName::TlsClientKey,
];

impl ChannelBuilder {
    pub(super) fn tls_of(&self, properties: &Properties) -> Result<TlsOptions, PropertyError> {
        let mut options = match &self.tls {
            Some(options) => options.clone(),
            None => from_properties(properties)?,
        };
        if self.accept_any_certificate {
            options.dangerous().accept_any_certificate();
        }
        Ok(options)
    }
}

fn from_properties(properties: &Properties) -> Result<TlsOptions, PropertyError> {
    let mut options = TlsOptions::default();
    if let Some(files) = properties.trusted_certificates()?.filter(|files| !files.is_empty()) {
        options = options.roots(files.into_iter().map(|path| Roots::Path(path.into())));
    }
    if let Some(name) = properties.expected_host_name()? {
        options = options.expected_host_name(name);
    }
    if let Some((chain, key)) = client_auth(properties)? {
        options = options.client_certificate_files(chain, key);
    }
    if let Some(names) = properties.cipher_suites()?.filter(|names| !names.is_empty()) {
        options = options.cipher_suites(names);
    }
    Ok(options.tls13_only(properties.tls_version()? == Some(TlsVersion::Tls13)))
}

/// Certificate chain and key of the client: both or none.
fn client_auth(properties: &Properties) -> Result<Option<(PathBuf, PathBuf)>, PropertyError> {
    let missing = |name, expected| Err(PropertyError::Value { name, expected });
    match (properties.client_certificate()?, properties.client_key()?) {
        (Some(chain), Some(key)) => Ok(Some((chain.into(), key.into()))),
        (None, None) => Ok(None),
        (Some(_), None) => missing(ConfigName::TlsClientKey, "a PEM file, for clientCertificate is set"),
        (None, Some(_)) => missing(ConfigName::TlsClientCertificate, "a PEM file, for clientKey is set"),
    }
}
