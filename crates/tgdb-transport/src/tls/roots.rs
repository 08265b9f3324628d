//! The certificates that a server's chain may end in.

use std::collections::HashSet;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tgdb_pdu::escaped;

use super::LOG_TARGET;
use super::error::config_error;
use super::material;
use crate::foreign::emit;
use crate::{Roots, TransportError};

const OPTION: &str = "trustedCertificates";

/// The certificates of all sources.
pub(super) struct Trusted {
    pub(super) anchors: RootCertStore,
    /// The certificates of `Roots::Path` and `Roots::Bytes`, whole: a server may have one of them.
    pub(super) named: HashSet<CertificateDer<'static>>,
}

impl Trusted {
    /// Reads the sources.
    ///
    /// # Errors
    /// [`TransportError::TlsConfig`] if one of them gives no certificate.
    pub(super) fn read(sources: &[Roots]) -> Result<Self, TransportError> {
        let mut trusted = Self { anchors: RootCertStore::empty(), named: HashSet::new() };
        for source in sources {
            match source {
                Roots::WebPki => trusted.anchors.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
                Roots::Platform => trusted.add_platform()?,
                Roots::Path(path) => trusted.add_path(path)?,
                Roots::Bytes(bytes) => {
                    trusted.add(&"the certificates in memory", bytes).map_err(|reason| config_error(OPTION, reason))?;
                }
            }
        }
        match trusted.anchors.is_empty() {
            true => Err(config_error(OPTION, "names no certificate".into())),
            false => Ok(trusted),
        }
    }

    fn add_path(&mut self, path: &Path) -> Result<(), TransportError> {
        let unreadable = |error| TransportError::TlsConfig {
            option: OPTION,
            reason: format!("cannot read {}", path.display()),
            source: Some(Box::new(error)),
        };
        if !path.is_dir() {
            let bytes = fs::read(path).map_err(unreadable)?;
            return self.add(&path.display(), &bytes).map_err(|reason| config_error(OPTION, reason));
        }
        let before = self.anchors.len();
        for file in files(path).map_err(unreadable)? {
            let name = file.display();
            let added = fs::read(&file).map_err(|error| format!("cannot read {name}: {error}"));
            if let Err(reason) = added.and_then(|bytes| self.add(&name, &bytes)) {
                emit(|| tracing::warn!(target: LOG_TARGET, "{OPTION}: skipped: {reason}"));
            }
        }
        match self.anchors.len() == before {
            true => Err(config_error(OPTION, format!("no file of the folder {} has a certificate", path.display()))),
            false => Ok(()),
        }
    }

    /// Adds the good certificates of a file, and warns of the others.
    ///
    /// # Errors
    /// Why there is no good one.
    fn add(&mut self, name: &dyn Display, bytes: &[u8]) -> Result<(), String> {
        let mut bad = Vec::new();
        let mut good = 0;
        for entry in material::certificates(bytes).map_err(|reason| format!("{name} {reason}"))? {
            let added = entry.certificate.and_then(|certificate| {
                self.anchors.add(certificate.clone()).map_err(|error| error.to_string())?;
                self.named.insert(certificate);
                Ok(())
            });
            match added {
                Ok(()) => good += 1,
                Err(reason) => bad.push(format!("{}: {}", entry.place, escaped(&reason))),
            }
        }
        if good == 0 {
            return Err(format!("{name} has no certificate that can be used: {}", bad.join("; ")));
        }
        for reason in bad {
            emit(|| tracing::warn!(target: LOG_TARGET, "{OPTION}: {name}: skipped {reason}"));
        }
        Ok(())
    }

    #[cfg(feature = "platform-roots")]
    fn add_platform(&mut self) -> Result<(), TransportError> {
        let rustls_native_certs::CertificateResult { certs, errors, .. } = rustls_native_certs::load_native_certs();
        for error in &errors {
            let text = error.to_string();
            emit(|| tracing::warn!(target: LOG_TARGET, "certificates of the operating system: {}", escaped(&text)));
        }
        let (good, bad) = self.anchors.add_parsable_certificates(certs);
        if bad > 0 {
            emit(
                || tracing::warn!(target: LOG_TARGET, "certificates of the operating system: {bad} cannot be used and are skipped"),
            );
        }
        match good {
            0 => Err(config_error(OPTION, "the operating system has no certificates of authorities".into())),
            _ => Ok(()),
        }
    }

    #[cfg(not(feature = "platform-roots"))]
    fn add_platform(&mut self) -> Result<(), TransportError> {
        let reason = "the certificates of the operating system need the feature `platform-roots` of tgdb-transport, or of tgdb-channel";
        Err(config_error(OPTION, reason.into()))
    }
}

/// The files of a folder in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}
