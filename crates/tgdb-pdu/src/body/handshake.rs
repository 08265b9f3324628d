//! The handshake (`HandshakeRequest.java`, `HandshakeResponse.java`).

use bytes::Bytes;

use crate::wire::{wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

wire_code! {
    /// What a handshake request is about. One byte.
    pub struct HandshakeKind(i8) {
        /// No request.
        INVALID = 0,
        /// Opens the handshake.
        INITIATE = 1,
        /// Accepts the server's challenge.
        CHALLENGE_ACCEPTED = 2,
    }
}

wire_code! {
    /// Status of a handshake response. One byte.
    pub struct HandshakeStatus(i8) {
        /// No status.
        INVALID = 0,
        /// The client is to accept the challenge.
        ACCEPT_CHALLENGE = 1,
        /// The client is to log in.
        PROCEED_WITH_AUTHENTICATION = 2,
        /// The server rejects the client.
        CHALLENGE_FAILED = 3,
    }
}

wire_struct! {
    /// Client's part of the handshake: kind, TLS flag, challenge; 10 bytes.
    pub struct HandshakeRequest {
        /// Which of the two requests it is.
        pub kind: HandshakeKind,
        /// Whether the channel runs over TLS; sent in the second request.
        pub ssl_mode: bool,
        /// 0 in the first request, the client's
        /// [`ProductVersion`](crate::version::ProductVersion) word in the second.
        pub challenge: i64,
    }
}

/// Server's part of the handshake: `i8` status, `i64` challenge, and with status
/// [`HandshakeStatus::CHALLENGE_FAILED`] a byte string with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HandshakeResponse {
    /// The status.
    pub status: HandshakeStatus,
    /// The server's [`ProductVersion`](crate::version::ProductVersion) word.
    pub challenge: i64,
    /// Why the challenge failed; there if and only if it did. Its charset is not known.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
    pub reason: Option<Bytes>,
}

impl Wire for HandshakeResponse {
    const MIN_LEN: usize = 9;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        self.status.encode("status", w)?;
        w.i64(self.challenge);
        match &self.reason {
            Some(reason) if self.status == HandshakeStatus::CHALLENGE_FAILED => w.bytes("reason", reason),
            None if self.status != HandshakeStatus::CHALLENGE_FAILED => Ok(()),
            _ => Err(EncodeError::Inconsistent {
                field: "reason",
                reason: "must be there if and only if the challenge failed",
            }),
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let status = HandshakeStatus::decode("status", r)?;
        let challenge = r.i64("challenge")?;
        let failed = status == HandshakeStatus::CHALLENGE_FAILED;
        let reason = if failed { Some(r.bytes("reason")?) } else { None };
        Ok(Self { status, challenge, reason })
    }
}
