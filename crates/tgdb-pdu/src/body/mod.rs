//! The payload of each verb.
//!
//! A payload that holds graph data is decoded as far as the vendor's clients
//! define its layout; what depends on the graph's metadata stays [`Bytes`],
//! a slice of the frame, which [`crate::graph`] reads. Fields behind the known ones go to
//! [`Message::trailing`](crate::Message::trailing). Both re-encode byte for byte.

mod admin;
mod authenticate;
mod bulk;
mod entity;
mod handshake;
mod large_object;
mod metadata;
mod pieces;
mod query;
mod query_text;
mod session;
mod transaction;

pub use admin::*;
pub use authenticate::*;
pub use bulk::*;
pub use entity::*;
pub use handshake::*;
pub use large_object::*;
pub use metadata::*;
pub use pieces::*;
pub use query::*;
pub use session::*;
pub use transaction::*;

use std::fmt;

use bytes::Bytes;

use crate::{BodyError, EncodeError, Reader, Verb, Wire, Writer};

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident $(($ty:ty))? = $verb:ident;)+) => {
        /// A decoded payload.
        ///
        /// # Example
        /// ```
        /// use tgdb_pdu::body::SessionForcefullyTerminated;
        /// use tgdb_pdu::{Body, Verb};
        ///
        /// let body = Body::from(SessionForcefullyTerminated { reason: Some("maintenance".into()) });
        /// assert_eq!(body.verb(), Verb::SESSION_FORCEFULLY_TERMINATED);
        /// if let Body::SessionForcefullyTerminated(end) = &body {
        ///     assert_eq!(end.reason.as_deref(), Some("maintenance"));
        /// }
        /// ```
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub enum Body {
            $($(#[$doc])* $name $(($ty))?,)+
            /// A verb without a layout of ours: ids that the vendor's clients do not know, and
            /// 70 to 77, a design of the export whose classes are commented out in Python, so
            /// that no client speaks it.
            Raw(RawBody),
        }

        impl Body {
            /// The verb that goes with this body.
            pub fn verb(&self) -> Verb {
                match self {
                    $(bodies!(@pattern $name $(, _body: $ty)?) => Verb::$verb,)+
                    Self::Raw(raw) => raw.verb,
                }
            }

            /// Appends the payload.
            ///
            /// # Errors
            /// [`EncodeError`] if a field does not fit its encoding.
            pub fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                if self.is_secret() {
                    w.mark_secret();
                }
                match self {
                    $(bodies!(@pattern $name $(, body: $ty)?) => { $(<$ty as Wire>::encode(body, stringify!($name), w)?;)? })+
                    Self::Raw(raw) => w.share(&raw.payload),
                }
                Ok(())
            }

            /// Decodes the payload of a message with that verb.
            ///
            /// # Errors
            /// [`BodyError`] if it does not have the layout of the verb, or takes more memory than
            /// its length and [`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE).
            pub fn decode(verb: Verb, r: &mut Reader) -> Result<Self, BodyError> {
                Ok(match verb {
                    $(Verb::$verb => Self::$name $((<$ty as Wire>::decode(stringify!($name), r)?))?,)+
                    _ => Self::Raw(RawBody { verb, payload: r.take_rest() }),
                })
            }
        }

        $($(impl From<$ty> for Body {
            fn from(body: $ty) -> Self {
                Self::$name(body)
            }
        })?)+
    };
    (@pattern $name:ident) => { Self::$name };
    (@pattern $name:ident, $body:ident: $ty:ty) => { Self::$name($body) };
}

bodies! {
    /// Heartbeat.
    Ping = PING;
    /// Opens the handshake, or accepts the challenge.
    HandshakeRequest(HandshakeRequest) = HANDSHAKE_REQUEST;
    /// Answers a handshake request.
    HandshakeResponse(HandshakeResponse) = HANDSHAKE_RESPONSE;
    /// Login.
    AuthenticateRequest(AuthenticateRequest) = AUTHENTICATE_REQUEST;
    /// Answers a login.
    AuthenticateResponse(AuthenticateResponse) = AUTHENTICATE_RESPONSE;
    /// Begins a transaction.
    BeginTransactionRequest = BEGIN_TRANSACTION_REQUEST;
    /// The transaction begun.
    BeginTransactionResponse(BeginTransactionResponse) = BEGIN_TRANSACTION_RESPONSE;
    /// Commits changes.
    CommitTransactionRequest(CommitTransactionRequest) = COMMIT_TRANSACTION_REQUEST;
    /// Ids and versions after a commit, or why it failed.
    CommitTransactionResponse(CommitTransactionResponse) = COMMIT_TRANSACTION_RESPONSE;
    /// Rolls back.
    RollbackTransactionRequest = ROLLBACK_TRANSACTION_REQUEST;
    /// Rolled back.
    RollbackTransactionResponse = ROLLBACK_TRANSACTION_RESPONSE;
    /// A query.
    QueryRequest(QueryRequest) = QUERY_REQUEST;
    /// A query's result; `None` if the server sent no payload.
    QueryResponse(Option<QueryResponse>) = QUERY_RESPONSE;
    /// A traversal. No layout is known; a payload is in [`Message::trailing`](crate::Message::trailing).
    TraverseRequest = TRAVERSE_REQUEST;
    /// Answers a traversal. No layout is known.
    TraverseResponse = TRAVERSE_RESPONSE;
    /// An administration command.
    AdminRequest(AdminRequest) = ADMIN_REQUEST;
    /// Answers an administration command.
    AdminResponse(AdminResponse) = ADMIN_RESPONSE;
    /// Asks for the graph's types.
    MetadataRequest = METADATA_REQUEST;
    /// The graph's types.
    MetadataResponse(MetadataResponse) = METADATA_RESPONSE;
    /// Gets entities.
    GetEntityRequest(GetEntityRequest) = GET_ENTITY_REQUEST;
    /// The entities found; `None` if the server sent no payload.
    GetEntityResponse(Option<GetEntityResponse>) = GET_ENTITY_RESPONSE;
    /// Gets a BLOB or CLOB.
    GetLargeObjectRequest(GetLargeObjectRequest) = GET_LARGE_OBJECT_REQUEST;
    /// The BLOB or CLOB.
    GetLargeObjectResponse(GetLargeObjectResponse) = GET_LARGE_OBJECT_RESPONSE;
    /// Begins an export.
    BeginExportRequest(BeginExportRequest) = BEGIN_EXPORT_REQUEST;
    /// The types that are exported, or why the export failed.
    BeginExportResponse(BeginExportResponse) = BEGIN_EXPORT_RESPONSE;
    /// Asks for a portion of an export.
    PartialExportRequest(PartialExportRequest) = PARTIAL_EXPORT_REQUEST;
    /// A portion of an export.
    PartialExportResponse(PartialExportResponse) = PARTIAL_EXPORT_RESPONSE;
    /// Cancels an export. No client sends it, and no reply to it is known.
    CancelExportRequest = CANCEL_EXPORT_REQUEST;
    /// Begins an import.
    BeginImportRequest(BeginImportRequest) = BEGIN_IMPORT_REQUEST;
    /// The import has begun, or why it has not.
    BeginImportResponse(BeginImportResponse) = BEGIN_IMPORT_RESPONSE;
    /// A portion of an import.
    PartialImportRequest(PartialImportRequest) = PARTIAL_IMPORT_REQUEST;
    /// What was loaded of a portion, or why it failed.
    PartialImportResponse(PartialImportResponse) = PARTIAL_IMPORT_RESPONSE;
    /// Ends an import.
    EndImportRequest = END_IMPORT_REQUEST;
    /// Answers the end of an import.
    EndImportResponse(EndImportResponse) = END_IMPORT_RESPONSE;
    /// Makes the server dump its stack traces.
    DumpStacktraceRequest = DUMP_STACKTRACE_REQUEST;
    /// The client ends the session.
    DisconnectChannelRequest(DisconnectChannelRequest) = DISCONNECT_CHANNEL_REQUEST;
    /// The server ends the session.
    SessionForcefullyTerminated(SessionForcefullyTerminated) = SESSION_FORCEFULLY_TERMINATED;
    /// Asks the server to decrypt.
    DecryptBufferRequest(DecryptBufferRequest) = DECRYPT_BUFFER_REQUEST;
    /// The decrypted bytes.
    DecryptBufferResponse(DecryptBufferResponse) = DECRYPT_BUFFER_RESPONSE;
    /// The client sends its properties.
    ConnectionProperties(ConnectionProperties) = CONNECTION_PROPERTIES;
    /// The request failed at the server.
    Exception(Exception) = EXCEPTION;
    /// Not a message.
    Invalid = INVALID;
}

/// Above this length a payload is mostly one byte string.
const LARGE_PAYLOAD: usize = 16 * 1024;

/// A payload that is not looked into. `Debug` shows its length.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RawBody {
    /// The verb. One with a typed body decodes to that, not to a `RawBody`.
    pub verb: Verb,
    /// All of the payload.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))]
    pub payload: Bytes,
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({:?}, {} bytes)", self.verb, self.payload.len())
    }
}

impl Body {
    /// Whether it can hold a password or other secret, so that its bytes are to be
    /// wiped after use; see [`Verb::holds_secret`].
    pub fn is_secret(&self) -> bool {
        self.verb().holds_secret()
    }

    /// The encoded payload, without a header, in the parts of [`Writer::into_parts`]. Where it
    /// holds a secret it is one part, whose buffer does not grow on the way, so that no copy
    /// is left behind.
    ///
    /// # Errors
    /// [`EncodeError`] if a field does not fit its encoding.
    pub fn to_payload(&self) -> Result<(Vec<u8>, Bytes), EncodeError> {
        let hint = self.size_hint();
        if self.is_secret() {
            let mut writer = Writer::with_capacity(hint);
            self.encode(&mut writer)?;
            return Ok((writer.into_vec(), Bytes::new()));
        }
        // Most of a large payload is shared.
        let mut writer = Writer::with_capacity(if hint > LARGE_PAYLOAD { 128 } else { hint });
        self.encode(&mut writer)?;
        Ok(writer.into_parts())
    }

    /// At least as many bytes as the payload takes where it holds a secret, so
    /// that the buffer never grows and leaves a copy; elsewhere a good guess.
    pub(crate) fn size_hint(&self) -> usize {
        match self {
            Self::AuthenticateRequest(request) => request.max_len(),
            Self::AdminRequest(request) => 12 + request.arguments.expose().len(),
            Self::ConnectionProperties(properties) => properties.max_len(),
            Self::DecryptBufferResponse(response) => 4 + response.buffer.expose().len(),
            Self::DecryptBufferRequest(request) => 4 + request.buffer.len(),
            Self::GetEntityRequest(request) => 20 + request.key.as_ref().map_or(0, |(_, key)| key.len()),
            Self::GetEntityResponse(Some(response)) => 8 + response.entities.len(),
            Self::CommitTransactionRequest(request) => 8 + request.changes.len(),
            Self::PartialImportRequest(request) => 128 + request.data.len(),
            Self::PartialExportResponse(response) => 128 + response.data.len(),
            Self::Raw(raw) => raw.payload.len(),
            _ => 128,
        }
    }
}
