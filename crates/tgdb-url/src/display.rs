//! Writing URLs.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::escape::escape;
use crate::{Protocol, TgUrl};

/// What must not stand bare in a user.
const USER: &AsciiSet =
    &CONTROLS.add(b' ').add(b'%').add(b'/').add(b':').add(b'@').add(b'{').add(b'}').add(b'?').add(b'#');

pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Ssl => "ssl",
        })
    }
}

fn write(url: &TgUrl, redact: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}://", url.protocol)?;
    if let Some(user) = &url.user {
        write!(f, "{}@", utf8_percent_encode(user, USER))?;
    }
    f.write_str(&url.authority())?;
    if url.properties.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for (key, value) in url.properties.iter() {
        text.push(if text.is_empty() { '{' } else { ';' });
        escape(key, &mut text);
        text.push('=');
        if redact && crate::properties::is_secret(key) {
            text.push_str("[redacted]");
        } else {
            escape(value, &mut text);
        }
    }
    write!(f, "/{text}}}")
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

/// A URL for logs: passwords are not shown.
#[derive(Debug, Clone, Copy)]
pub struct Redacted<'a>(&'a TgUrl);

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, true, f)
    }
}

impl TgUrl {
    /// The URL for logs and errors, without passwords.
    pub fn redacted(&self) -> Redacted<'_> {
        Redacted(self)
    }
}
