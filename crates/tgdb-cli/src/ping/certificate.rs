//! A certificate of the server, for people.

use std::fmt;

use serde_json::{Value, json};
use tgdb_channel::pdu::escaped;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What is shown of a certificate. Its texts are escaped.
pub(super) struct Certificate {
    subject: String,
    issuer: String,
    expires: String,
    days_left: Option<i64>,
}

impl Certificate {
    /// Reads a certificate in DER.
    pub(super) fn of(der: &[u8]) -> Self {
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            let unknown = || "unreadable".to_owned();
            return Self { subject: unknown(), issuer: unknown(), expires: unknown(), days_left: None };
        };
        let validity = certificate.validity();
        Self {
            subject: escaped(&certificate.subject().to_string()).to_string(),
            issuer: escaped(&certificate.issuer().to_string()).to_string(),
            expires: validity.not_after.to_string(),
            days_left: validity.time_to_expiration().map(|left| left.whole_days()),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let Self { subject, issuer, expires, days_left } = self;
        json!({ "subject": subject, "issuer": issuer, "expires": expires, "days_left": days_left })
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, issued by {}, valid until {}", self.subject, self.issuer, self.expires)?;
        match self.days_left {
            Some(days) => write!(f, " ({days} days left)"),
            None => write!(f, " (expired)"),
        }
    }
}
