//! The verb of a message: what it asks for or answers.

use std::fmt;

/// A verb id, the signed 16-bit field at offset 10 of the header.
///
/// Ids without a name of ours are kept, so that a proxy can pass them on.
/// Source: `VerbId.java`, and `pdu.py` for 25..36 and 70..77, which Java omits.
///
/// # Example
/// ```
/// use tgdb_pdu::Verb;
///
/// assert_eq!((Verb::PING, Verb::PING.name()), (Verb(0), Some("PingMessage")));
/// assert_eq!(Verb(1234).name(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Verb(pub i16);

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $shown:literal;)+) => {
        impl Verb {
            $($(#[$doc])* pub const $name: Self = Self($id);)+

            /// All verbs that the vendor's clients know.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The vendor's name, or `None` for an id that its clients do not know.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($id => Some($shown),)+
                    _ => None,
                }
            }
        }
    };
}

verbs! {
    /// Heartbeat, both directions, no body.
    PING = 0, "PingMessage";
    /// Client opens the handshake, and later accepts the challenge.
    HANDSHAKE_REQUEST = 1, "HandShakeRequest";
    /// Server's answer to a handshake request.
    HANDSHAKE_RESPONSE = 2, "HandShakeResponse";
    /// Login.
    AUTHENTICATE_REQUEST = 3, "AuthenticateRequest";
    /// Answer to a login.
    AUTHENTICATE_RESPONSE = 4, "AuthenticateResponse";
    /// Begin a transaction.
    BEGIN_TRANSACTION_REQUEST = 5, "BeginTransactionRequest";
    /// Answer with the transaction id.
    BEGIN_TRANSACTION_RESPONSE = 6, "BeginTransactionResponse";
    /// Commit with the changed entities.
    COMMIT_TRANSACTION_REQUEST = 7, "CommitTransactionRequest";
    /// Answer with ids and versions of the entities.
    COMMIT_TRANSACTION_RESPONSE = 8, "CommitTransactionResponse";
    /// Roll a transaction back.
    ROLLBACK_TRANSACTION_REQUEST = 9, "RollbackTransactionRequest";
    /// Answer to a rollback.
    ROLLBACK_TRANSACTION_RESPONSE = 10, "RollbackTransactionResponse";
    /// Create, execute or close a query.
    QUERY_REQUEST = 11, "QueryRequest";
    /// Result of a query.
    QUERY_RESPONSE = 12, "QueryResponse";
    /// Traverse; the vendor's clients define no body.
    TRAVERSE_REQUEST = 13, "TraverseRequest";
    /// Answer to a traversal; the vendor's clients define no body.
    TRAVERSE_RESPONSE = 14, "TraverseResponse";
    /// Administration command.
    ADMIN_REQUEST = 15, "AdminRequest";
    /// Answer to an administration command.
    ADMIN_RESPONSE = 16, "AdminResponse";
    /// Ask for the graph's types.
    METADATA_REQUEST = 19, "MetadataRequest";
    /// The graph's types.
    METADATA_RESPONSE = 20, "MetadataResponse";
    /// Get entities by key or id.
    GET_ENTITY_REQUEST = 21, "GetEntityRequest";
    /// The entities found.
    GET_ENTITY_RESPONSE = 22, "GetEntityResponse";
    /// Get a BLOB or CLOB.
    GET_LARGE_OBJECT_REQUEST = 23, "GetLargeObjectRequest";
    /// The BLOB or CLOB.
    GET_LARGE_OBJECT_RESPONSE = 24, "GetLargeObjectResponse";
    /// Begin an export.
    BEGIN_EXPORT_REQUEST = 25, "BeginExportRequest";
    /// Answer with the types to be exported.
    BEGIN_EXPORT_RESPONSE = 26, "BeginExportResponse";
    /// Ask for one portion of an export.
    PARTIAL_EXPORT_REQUEST = 27, "PartialExportRequest";
    /// One portion of an export.
    PARTIAL_EXPORT_RESPONSE = 28, "PartialExportResponse";
    /// Cancel an export.
    CANCEL_EXPORT_REQUEST = 29, "CancelExportRequest";
    /// Begin an import.
    BEGIN_IMPORT_REQUEST = 31, "BeginImportRequest";
    /// Answer to the begin of an import.
    BEGIN_IMPORT_RESPONSE = 32, "BeginImportResponse";
    /// One portion of an import.
    PARTIAL_IMPORT_REQUEST = 33, "PartialImportRequest";
    /// Answer to a portion of an import.
    PARTIAL_IMPORT_RESPONSE = 34, "PartialImportResponse";
    /// End an import.
    END_IMPORT_REQUEST = 35, "EndImportRequest";
    /// Answer to the end of an import.
    END_IMPORT_RESPONSE = 36, "EndImportResponse";
    /// Make the server write its stack traces to its log.
    DUMP_STACKTRACE_REQUEST = 39, "DumpStacktraceRequest";
    /// Client leaves.
    DISCONNECT_CHANNEL_REQUEST = 40, "DisconnectChannelRequest";
    /// Server ends the session, unasked.
    SESSION_FORCEFULLY_TERMINATED = 41, "SessionForcefullyTerminated";
    /// Decrypt a buffer with the server's key.
    DECRYPT_BUFFER_REQUEST = 44, "DecryptBufferRequest";
    /// The decrypted buffer.
    DECRYPT_BUFFER_RESPONSE = 45, "DecryptBufferResponse";
    /// Client sends its properties; no reply.
    CONNECTION_PROPERTIES = 48, "ConnectionPropertiesMessage";
    /// Begin a bulk export session.
    BEGIN_BULK_EXPORT_SESSION_REQUEST = 70, "BeginBulkExportSessionRequest";
    /// Answer to the begin of a bulk export session.
    BEGIN_BULK_EXPORT_SESSION_RESPONSE = 71, "BeginBulkExportSessionResponse";
    /// Begin the export of one type.
    BEGIN_BATCH_EXPORT_ENTITY_REQUEST = 72, "BeginBatchExportEntityRequest";
    /// Answer with descriptor and column labels.
    BEGIN_BATCH_EXPORT_ENTITY_RESPONSE = 73, "BeginBatchExportEntityResponse";
    /// Ask for one batch.
    SINGLE_BATCH_EXPORT_ENTITY_REQUEST = 74, "SingleBatchExportEntityRequest";
    /// One batch.
    SINGLE_BATCH_EXPORT_ENTITY_RESPONSE = 75, "SingleBatchExportEntityResponse";
    /// End a bulk export session.
    END_BULK_EXPORT_SESSION_REQUEST = 76, "EndBulkExportSessionRequest";
    /// Answer to the end of a bulk export session.
    END_BULK_EXPORT_SESSION_RESPONSE = 77, "EndBulkExportSessionResponse";
    /// The server could not do what a request asked for.
    EXCEPTION = 100, "ExceptionMessage";
    /// Not a message; the vendor's name for an unknown verb.
    INVALID = -1, "InvalidMessage";
}

impl Verb {
    /// Whether its payload can hold a password or another secret: what is decoded from it is not
    /// shown, and its bytes are wiped after use.
    pub const fn holds_secret(self) -> bool {
        matches!(
            self,
            Self::AUTHENTICATE_REQUEST
                | Self::ADMIN_REQUEST
                | Self::CONNECTION_PROPERTIES
                | Self::DECRYPT_BUFFER_RESPONSE
        )
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "verb {}", self.0),
        }
    }
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}({})", self.0)
    }
}
