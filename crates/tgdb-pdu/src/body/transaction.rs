//! Transactions (`CommitTransactionRequest.java`, `CommitTransactionResponse.java`).

use bytes::Bytes;

use super::Remainder;
use crate::wire::{push, wire_code, wire_struct};
use crate::{BodyError, EncodeError, Reader, Wire, Writer};

wire_struct! {
    /// The transaction begun.
    pub struct BeginTransactionResponse {
        /// Its id.
        pub transaction_id: i64,
    }
}

wire_code! {
    /// What a block of a commit holds. Two bytes.
    pub struct CommitOpcode(i16) {
        /// Attribute descriptors.
        ATTRIBUTE_DESCRIPTORS = 0x1010,
        /// Entities created.
        ADDED = 0x1011,
        /// Entities changed.
        UPDATED = 0x1012,
        /// Entities deleted.
        REMOVED = 0x1013,
        /// Entities, in a response for debugging.
        ENTITIES = 0x6789,
    }
}

wire_code! {
    /// How a commit ended. Four bytes.
    pub struct TransactionStatus(i32) {
        /// Java's value for a status that it does not know.
        INVALID = -1,
        /// Committed.
        SUCCESS = 0,
        /// The session already has a transaction.
        ALREADY_IN_PROGRESS = 8001,
        /// The client went away.
        CLIENT_DISCONNECTED = 8002,
        /// The request is not well-formed.
        MALFORMED = 8003,
        /// Another error.
        GENERAL_ERROR = 8004,
        /// Verification failed.
        VERIFICATION_ERROR = 8005,
        /// The transaction is in a state that forbids it.
        IN_BAD_STATE = 8006,
        /// A unique key is there already.
        UNIQUE_CONSTRAINT_VIOLATION = 8007,
        /// Somebody else changed an entity since it was read.
        OPTIMISTIC_LOCK_FAILED = 8008,
        /// Out of a resource.
        RESOURCE_EXCEEDED = 8009,
        /// The thread has no transaction.
        NOT_IN_TRANSACTION = 8010,
        /// An attribute of a unique index is null.
        UNIQUE_INDEX_KEY_ATTRIBUTE_NULL = 8011,
        /// Wrong phase.
        INVALID_PHASE = 8012,
        /// The write-ahead log is busy.
        WRITE_AHEAD_LOG_BUSY = 8013,
        /// The write-ahead log failed.
        WRITE_AHEAD_LOG_FAILED = 8014,
    }
}

wire_struct! {
    /// Commits changes.
    pub struct CommitTransactionRequest {
        /// Length of payload in bytes, this field included.
        pub length: i32,
        /// 0 in Java; a checksum that the server does not check in Python.
        pub checksum: i32,
        /// Blocks of [`CommitOpcode`], `i32` count, entities. How long an
        /// attribute of an entity is depends on its descriptor in the graph's
        /// metadata, so the blocks cannot be separated here. Read them with
        /// [`ChangeSet::from_request`](crate::graph::ChangeSet::from_request).
        pub changes: Remainder,
    }
}

impl CommitTransactionRequest {
    /// A commit as Java writes it: the length given, checksum 0.
    pub fn new(changes: impl Into<Bytes>) -> Self {
        let changes = changes.into();
        // A payload that overflows is an error when the message is encoded.
        let length = i32::try_from(8 + changes.len()).unwrap_or(i32::MAX);
        Self { length, checksum: 0, changes: Remainder(changes) }
    }
}

/// Answer to a commit: `i32` length, `i32` checksum, `i32` status, and the fields
/// of the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CommitTransactionResponse {
    /// Length as the server sent it. The vendor's clients ignore it.
    pub length: i32,
    /// Checksum as the server sent it. The vendor's clients ignore it.
    pub checksum: i32,
    /// How the commit ended.
    pub outcome: CommitOutcome,
}

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum CommitOutcome {
    /// Status 0: blocks up to the end of the payload.
    Committed(Vec<CommitBlock>),
    /// Any other status: a string, if the server gave one.
    Failed {
        /// The status, not 0.
        status: TransactionStatus,
        /// The server's text.
        message: Option<String>,
    },
}

/// One block of a commit's answer: `i16` opcode, `i32` count, items.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum CommitBlock {
    /// Attribute descriptors: the id that the client had given, and the real one.
    AttributeDescriptors(Vec<DescriptorId>),
    /// Entities created.
    Added(Vec<AddedEntity>),
    /// Entities changed.
    Updated(Vec<UpdatedEntity>),
    /// Ids of the entities deleted.
    Removed(Vec<i64>),
    /// Any other opcode, and all that stands behind it.
    Other(CommitOpcode, #[cfg_attr(feature = "serde", serde(serialize_with = "crate::serialize::hex"))] Bytes),
}

wire_struct! {
    /// An attribute descriptor's ids, 8 bytes.
    #[derive(Eq)]
    pub struct DescriptorId {
        /// The id that the client had given, negative.
        pub temporary: i32,
        /// The id that it has now.
        pub real: i32,
    }
}

wire_struct! {
    /// A created entity's ids, 24 bytes.
    #[derive(Eq)]
    pub struct AddedEntity {
        /// The id that the client had given.
        pub temporary: i64,
        /// The id that it has now.
        pub real: i64,
        /// Its version.
        pub version: i64,
    }
}

wire_struct! {
    /// A changed entity, 16 bytes.
    #[derive(Eq)]
    pub struct UpdatedEntity {
        /// Its id.
        pub id: i64,
        /// Its new version.
        pub version: i64,
    }
}

impl Wire for CommitBlock {
    const MIN_LEN: usize = 2;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::AttributeDescriptors(ids) => {
                w.i16(CommitOpcode::ATTRIBUTE_DESCRIPTORS.0);
                ids.encode("attribute_descriptors", w)
            }
            Self::Added(entities) => {
                w.i16(CommitOpcode::ADDED.0);
                entities.encode("added", w)
            }
            Self::Updated(entities) => {
                w.i16(CommitOpcode::UPDATED.0);
                entities.encode("updated", w)
            }
            Self::Removed(ids) => {
                w.i16(CommitOpcode::REMOVED.0);
                ids.encode("removed", w)
            }
            Self::Other(opcode, rest) => {
                w.i16(opcode.0);
                w.share(rest);
                Ok(())
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(match CommitOpcode::decode("opcode", r)? {
            CommitOpcode::ATTRIBUTE_DESCRIPTORS => Self::AttributeDescriptors(Vec::decode("attribute_descriptors", r)?),
            CommitOpcode::ADDED => Self::Added(Vec::decode("added", r)?),
            CommitOpcode::UPDATED => Self::Updated(Vec::decode("updated", r)?),
            CommitOpcode::REMOVED => Self::Removed(Vec::decode("removed", r)?),
            // Java goes on two bytes behind an opcode that it does not know, and so loses its place.
            opcode => Self::Other(opcode, r.take_rest()),
        })
    }
}

impl Wire for CommitTransactionResponse {
    const MIN_LEN: usize = 12;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        w.i32(self.length);
        w.i32(self.checksum);
        match &self.outcome {
            CommitOutcome::Committed(blocks) => {
                w.i32(TransactionStatus::SUCCESS.0);
                crate::wire::encode_list("blocks", blocks, w)
            }
            CommitOutcome::Failed { status: TransactionStatus::SUCCESS, .. } => {
                Err(EncodeError::Inconsistent { field: "status", reason: "a failed commit cannot have status 0" })
            }
            CommitOutcome::Failed { status, message } => {
                w.i32(status.0);
                message.as_ref().map_or(Ok(()), |message| w.utf("message", message))
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let length = r.i32("length")?;
        let checksum = r.i32("checksum")?;
        let status = TransactionStatus::decode("status", r)?;
        let outcome = if status == TransactionStatus::SUCCESS {
            let mut blocks = Vec::new();
            while r.remaining() >= CommitBlock::MIN_LEN {
                let block = CommitBlock::decode("blocks", r)?;
                push("blocks", &mut blocks, block, r)?;
            }
            CommitOutcome::Committed(blocks)
        } else {
            let message = if r.remaining() == 0 { None } else { Some(r.utf("message")?) };
            CommitOutcome::Failed { status, message }
        };
        Ok(Self { length, checksum, outcome })
    }
}
