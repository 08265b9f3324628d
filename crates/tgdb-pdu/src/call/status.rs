//! The codes of failures that the vendor's clients know, and their names.
//!
//! | where | codes | source |
//! |---|---|---|
//! | reply to a query | [`QueryStatus`] | `QueryResponse.java`; Go knows those up to 8114 |
//! | reply to a commit | [`TransactionStatus`] | `CommitTransactionResponse.java`; Python and Go know those up to 8011 |
//! | reply to an administration command | [`AdminStatus`] | `AdminConnectionImpl.java`, `adminimpl.py` |
//!
//! The status of a login or of a large object, and the code of an exception to any other request,
//! have no names in the vendor's clients.

use crate::Verb;
use crate::body::TransactionStatus;
use crate::wire::wire_code;

wire_code! {
    /// Why a query failed. Four bytes.
    pub struct QueryStatus(i32) {
        /// The query is not valid; in Java every code without a name, too.
        INVALID = 8100,
        /// The provider of the query language is not initialised.
        PROVIDER_NOT_INITIALIZED = 8101,
        /// The text cannot be parsed.
        PARSING_ERROR = 8102,
        /// A step is not supported.
        STEP_NOT_SUPPORTED = 8103,
        /// A step is not allowed there.
        STEP_NOT_ALLOWED = 8104,
        /// A step lacks an argument.
        STEP_ARGUMENT_MISSING = 8105,
        /// An argument of a step is not supported.
        STEP_ARGUMENT_NOT_SUPPORTED = 8106,
        /// A step is missing.
        STEP_MISSING = 8107,
        /// There is no such query.
        NOT_DEFINED = 8108,
        /// There is no such attribute descriptor.
        ATTRIBUTE_DESCRIPTOR_NOT_FOUND = 8109,
        /// There is no such edge type.
        EDGE_TYPE_NOT_FOUND = 8110,
        /// There is no such node type.
        NODE_TYPE_NOT_FOUND = 8111,
        /// Data inside the server does not match.
        INTERNAL_DATA_MISMATCH = 8112,
        /// No step has these arguments.
        STEP_SIGNATURE_NOT_SUPPORTED = 8113,
        /// A value has the wrong type.
        INVALID_DATA_TYPE = 8114,
        /// A stored procedure failed.
        STORED_PROCEDURE_FAILED = 8115,
        /// There is no such stored procedure.
        STORED_PROCEDURE_NOT_FOUND = 8116,
        /// A stored procedure lacks an argument.
        STORED_PROCEDURE_ARGUMENT_MISSING = 8117,
        /// An argument of a step is not valid.
        STEP_ARGUMENT_INVALID = 8118,
        /// The modulation of a step is not valid.
        STEP_MODULATION_INVALID = 8119,
        /// The user may not do this.
        ACCESS_DENIED = 8120,
    }
}

wire_code! {
    /// Why an administration command failed. Four bytes.
    pub struct AdminStatus(i32) {
        /// There is no such role.
        INVALID_ROLE = 328,
        /// Something has that name already. Python's code; Java takes 369 for the same.
        DUPLICATE_OBJECT = 342,
        /// An attribute descriptor has that name already. Python takes no notice of it.
        DUPLICATE_ATTRIBUTE_DESCRIPTOR = 343,
        /// Something has that name already. Java's code; Python takes 342 for the same.
        DUPLICATE_OBJECT_JAVA = 369,
    }
}

/// The name of a code in the reply to a request of that verb.
pub(super) fn name_of(request: Verb, code: i32) -> Option<&'static str> {
    match request {
        Verb::QUERY_REQUEST => QueryStatus(code).name(),
        Verb::COMMIT_TRANSACTION_REQUEST | Verb::BEGIN_TRANSACTION_REQUEST | Verb::ROLLBACK_TRANSACTION_REQUEST => {
            TransactionStatus(code).name()
        }
        Verb::ADMIN_REQUEST => AdminStatus(code).name(),
        _ => None,
    }
}

/// The names by which texts of the server call the errors of transactions
/// (`CommitTransactionResponse.java`, `exception.py`).
pub(super) const TRANSACTION_NAMES: &[(&str, TransactionStatus)] = &[
    ("TGTransactionAlreadyInProgress", TransactionStatus::ALREADY_IN_PROGRESS),
    ("TGTransactionClientDisconnected", TransactionStatus::CLIENT_DISCONNECTED),
    ("TGTransactionMalFormed", TransactionStatus::MALFORMED),
    ("TGTransactionGeneralError", TransactionStatus::GENERAL_ERROR),
    ("TGTransactionVerificationError", TransactionStatus::VERIFICATION_ERROR),
    ("TGTransactionInBadState", TransactionStatus::IN_BAD_STATE),
    ("TGTransactionUniqueConstraintViolation", TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION),
    ("TGTransactionOptimisticLockFailed", TransactionStatus::OPTIMISTIC_LOCK_FAILED),
    ("TGTransactionResourceExceeded", TransactionStatus::RESOURCE_EXCEEDED),
    ("TGCurrentThreadNotinTransaction", TransactionStatus::NOT_IN_TRANSACTION),
    ("TGTransactionUniqueIndexKeyAttributeNullError", TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL),
    ("TGTxnInvalidPhase", TransactionStatus::INVALID_PHASE),
    ("TGTransactionWriteAheadLogBusy", TransactionStatus::WRITE_AHEAD_LOG_BUSY),
    ("TGTransactionWriteAheadLogFailed2Commit", TransactionStatus::WRITE_AHEAD_LOG_FAILED),
];
