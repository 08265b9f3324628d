//! Messages about the session itself.

use std::fmt;

use zeroize::Zeroize;

use crate::wire::wire_struct;
use crate::{AuthToken, BodyError, EncodeError, Reader, Wire, Writer};

/// The client leaves. Java and Go repeat token and session id in the payload, 16
/// bytes (`AuthenticatedMessage.java`); Python's class writes no payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DisconnectChannelRequest {
    /// Token and session id; `None` for an empty payload.
    pub session: Option<(AuthToken, i64)>,
}

impl Wire for DisconnectChannelRequest {
    const MIN_LEN: usize = 0;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        if let Some((auth_token, session_id)) = self.session {
            w.i64(auth_token.expose());
            w.i64(session_id);
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        if r.remaining() == 0 {
            return Ok(Self { session: None });
        }
        Ok(Self { session: Some((AuthToken::new(r.i64("auth_token")?), r.i64("session_id")?)) })
    }
}

/// The server ends the session, at any time and even before the handshake.
/// Payload: a string (`SessionForcefullyTerminated.java`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SessionForcefullyTerminated {
    /// Why; `None` for an empty payload.
    pub reason: Option<String>,
}

impl Wire for SessionForcefullyTerminated {
    const MIN_LEN: usize = 0;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        self.reason.as_ref().map_or(Ok(()), |reason| w.utf("reason", reason))
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let reason = if r.remaining() == 0 { None } else { Some(r.utf("reason")?) };
        Ok(Self { reason })
    }
}

/// A request failed at the server. `i32` code; unless it is 0, a nullable string
/// (`ExceptionMessage.java`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Exception {
    /// The server's code.
    pub code: i32,
    /// The server's text; there is none with code 0.
    pub message: Option<String>,
}

impl Wire for Exception {
    const MIN_LEN: usize = 4;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.code);
        match (self.code, &self.message) {
            (0, None) => Ok(()),
            (0, Some(_)) => {
                Err(EncodeError::Inconsistent { field: "message", reason: "an exception with code 0 has no text" })
            }
            (_, message) => message.encode("message", w),
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let code = r.i32("code")?;
        let message = if code == 0 { None } else { r.nullable_utf("message")? };
        Ok(Self { code, message })
    }
}

wire_struct! {
    /// The client's properties, one way: `i32` count, then key and nullable value
    /// of each (`ConnectionPropertiesMessage.java`).
    pub struct ConnectionProperties {
        /// In the order in which they travel.
        pub properties: Vec<Property>,
    }
}

impl ConnectionProperties {
    /// An upper bound of the encoded length.
    pub(crate) fn max_len(&self) -> usize {
        let value = |property: &Property| property.value.as_ref().map_or(0, String::len);
        4 + self.properties.iter().map(|property| 5 + property.key.len() + value(property)).sum::<usize>()
    }
}

/// One property of the client. A value that is a secret by its name, such as a password, is wiped on
/// drop and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// The full name.
    pub key: String,
    /// The value, if it is set.
    pub value: Option<String>,
}

impl Wire for Property {
    const MIN_LEN: usize = 3;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.utf("key", &self.key)?;
        self.value.encode("value", w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(Self { key: r.utf("key")?, value: r.nullable_utf("value")? })
    }
}

/// What is part of the names of properties whose value is a secret.
const SECRET_NAMES: [&str; 8] = ["password", "passwd", "pwd", "passphrase", "secret", "credential", "apikey", "token"];

impl Property {
    /// Whether the value is a password. The vendor's clients send theirs along.
    fn is_secret(&self) -> bool {
        let key = self.key.to_ascii_lowercase();
        SECRET_NAMES.iter().any(|name| key.contains(name))
    }
}

impl Drop for Property {
    /// Wipes the value if it is a secret.
    fn drop(&mut self) {
        if self.is_secret() {
            self.value.zeroize();
        }
    }
}

impl fmt::Debug for Property {
    /// Passwords are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            return write!(f, "{}=[redacted]", self.key);
        }
        write!(f, "{}={:?}", self.key, self.value)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Property {
    /// A pair of key and value. Passwords are not shown.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hidden = if self.is_secret() { Some(crate::secret::REDACTED) } else { self.value.as_deref() };
        (&self.key, hidden).serialize(serializer)
    }
}
