//! Writing URLs.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::TgUrl;
use crate::escape::escape;
use crate::properties::is_shown;

/// What is percent-encoded in a user.
const USER: &AsciiSet =
    &CONTROLS.add(b' ').add(b'%').add(b'/').add(b':').add(b'@').add(b'{').add(b'}').add(b'?').add(b'#');

pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn write(url: &TgUrl, redact: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}://", url.protocol)?;
    if let Some(user) = &url.user {
        write!(f, "{}@", utf8_percent_encode(user, USER))?;
    }
    f.write_str(&url.authority())?;
    for (number, (key, value)) in url.properties.iter().enumerate() {
        f.write_str(if number == 0 { "/{" } else { ";" })?;
        escape(key, f)?;
        f.write_str("=")?;
        if redact && !is_shown(key) {
            f.write_str("[redacted]")?;
        } else {
            escape(value, f)?;
        }
    }
    f.write_str(if url.properties.is_empty() { "" } else { "}" })
}

impl fmt::Display for TgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, false, f)
    }
}

impl fmt::Debug for TgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, true, f)
    }
}

/// A URL for logs: neither secrets nor the values of unknown properties are shown.
#[derive(Debug, Clone, Copy)]
pub struct Redacted<'a>(&'a TgUrl);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, true, f)
    }
}

impl TgUrl {
    /// The URL for logs and errors, without secrets and values of unknown properties.
    pub fn redacted(&self) -> Redacted<'_> {
        Redacted(self)
    }
}
