//! Values that must not be shown and do not stay in memory.

use std::fmt;

use bytes::Bytes;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What is shown in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// A password or other secret bytes: wiped on drop, never shown by `Debug`.
///
/// # Example
/// ```
/// use tgdb_pdu::Secret;
///
/// let password = Secret::from("tiger");
/// assert_eq!(format!("{password:?}"), "[redacted]");
/// assert_eq!(password.expose(), b"tiger");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The secret itself. Do not log it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

impl From<Secret> for Bytes {
    /// Without a copy. The bytes are wiped when the last clone or slice of them is dropped.
    fn from(secret: Secret) -> Self {
        if secret.0.is_empty() { Self::new() } else { Self::from_owner(secret.0) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The token that the server hands out on login and that each later message carries.
/// It is enough to act in the name of the session, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthToken(i64);

impl AuthToken {
    /// The token of a message sent before login.
    pub const NONE: Self = Self(0);

    /// Wraps the 64-bit token of the wire.
    pub const fn new(token: i64) -> Self {
        Self(token)
    }

    /// The token itself. Do not log it.
    pub const fn expose(self) -> i64 {
        self.0
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 == 0 { "none" } else { REDACTED })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Secret {
    /// As `[redacted]`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for AuthToken {
    /// As `none` or `[redacted]`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl Zeroize for AuthToken {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

// `Zeroizing<Vec<u8>>` wipes on drop; this states it in the type system.
impl ZeroizeOnDrop for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", Secret::from("tiger"), AuthToken::new(77));
        assert_eq!(shown, "[redacted] [redacted]");
        assert_eq!(format!("{:?}", AuthToken::NONE), "none");
    }
}
