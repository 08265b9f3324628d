//! A certificate of the server, for people.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tgdb_channel::pdu::escaped;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate};

const DAY: i64 = 24 * 3600;

/// What is shown of a certificate. Its texts are escaped.
pub(super) struct Certificate {
    subject: String,
    issuer: String,
    validity: Option<Validity>,
}

struct Validity {
    expires: String,
    /// Negative if it has expired.
    days_left: i64,
    has_begun: bool,
}

impl Certificate {
    /// Reads a certificate in DER.
    pub(super) fn of(der: &[u8]) -> Self {
        let Ok((_, certificate)) = X509Certificate::from_der(der) else {
            return Self { subject: "unreadable".into(), issuer: "unreadable".into(), validity: None };
        };
        let (validity, now) = (certificate.validity(), ASN1Time::now().timestamp());
        let seconds_left = validity.not_after.timestamp() - now;
        Self {
            subject: escaped(&certificate.subject().to_string()).to_string(),
            issuer: escaped(&certificate.issuer().to_string()).to_string(),
            validity: Some(Validity {
                expires: time(validity.not_after.timestamp()),
                days_left: seconds_left.div_euclid(DAY),
                has_begun: validity.not_before.timestamp() <= now,
            }),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let validity = self.validity.as_ref();
        json!({
            "subject": self.subject,
            "issuer": self.issuer,
            "expires": validity.map(|validity| &validity.expires),
            "days_left": validity.map(|validity| validity.days_left),
            "is_valid": validity.is_some_and(|validity| validity.has_begun && validity.days_left >= 0),
        })
    }
}

/// Seconds since 1970. Certificates can go on to the year 9999, as the format can.
fn time(timestamp: i64) -> String {
    let since = Duration::from_secs(u64::try_from(timestamp).unwrap_or_default());
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string()
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, issued by {}", self.subject, self.issuer)?;
        match &self.validity {
            None => Ok(()),
            Some(Validity { expires, days_left: ..0, .. }) => write!(f, ", expired {expires}"),
            Some(Validity { expires, has_begun: false, .. }) => write!(f, ", not valid yet, until {expires}"),
            Some(Validity { expires, days_left, .. }) => write!(f, ", valid until {expires} ({days_left} days left)"),
        }
    }
}
