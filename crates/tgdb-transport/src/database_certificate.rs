//! The vendor's check that a certificate is that of a database.

use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

/// A certificate is not that of the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseNameError {
    /// It is not an X.509 certificate in DER.
    #[error("the server's certificate is not X.509: {0}")]
    NotX509(String),
    /// It is for something else.
    #[error(
        "the server's certificate has {field} CN {found:?}, the one of the database has {expected:?}; check the database name and the server"
    )]
    WrongName {
        /// `subject` or `issuer`.
        field: &'static str,
        /// The common name that it has, if any.
        found: Option<String>,
        /// The common name that it must have.
        expected: String,
    },
}

/// Whether the certificate, in DER, names the database: subject CN `<db>.ce$t`
/// and issuer CN `<db>.1nit` (`SslSocket.verifyDB`).
///
/// This compares names only. What makes them trustworthy is the TLS connection
/// over which the certificate came.
///
/// # Errors
/// [`DatabaseNameError`] if it does not.
///
/// # Example
/// ```
/// use tgdb_transport::{DatabaseNameError, verify_database_name};
///
/// let error = verify_database_name(b"no certificate", "routes").unwrap_err();
/// assert!(matches!(error, DatabaseNameError::NotX509(_)));
/// ```
pub fn verify_database_name(certificate: &[u8], database: &str) -> Result<(), DatabaseNameError> {
    let (_, certificate) =
        X509Certificate::from_der(certificate).map_err(|error| DatabaseNameError::NotX509(error.to_string()))?;
    check("subject", certificate.subject(), format!("{database}.ce$t"))?;
    check("issuer", certificate.issuer(), format!("{database}.1nit"))
}

fn check(field: &'static str, name: &X509Name<'_>, expected: String) -> Result<(), DatabaseNameError> {
    let found = name.iter_common_name().next().and_then(|cn| cn.as_str().ok()).map(str::to_owned);
    if found.as_deref() == Some(&expected) {
        return Ok(());
    }
    Err(DatabaseNameError::WrongName { field, found, expected })
}
