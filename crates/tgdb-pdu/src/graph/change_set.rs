//! What a commit request holds (`CommitTransactionRequest.java`, `pduimpl.py`).
//!
//! Blocks, each `i16` opcode, `i32` count, items, in this order; empty ones are left out as in
//! Java (Python always writes the last three):
//!
//! | opcode | items |
//! |---|---|
//! | 0x1010 | new attribute descriptors, with negative ids |
//! | 0x1011 | entities added |
//! | 0x1012 | entities changed, and those whose version is to be checked |
//! | 0x1013 | entities removed, whole |

use std::collections::HashMap;

use super::budget::Budget;
use super::entity::MIN_ENTITY_LEN;
use super::{Context, Entity, EntityKind, EntityRef, Input, Layout, Schema};
use crate::body::{
    AddedEntity, AttributeDescriptor, AttributeType, CommitBlock, CommitOpcode, CommitOutcome,
    CommitTransactionRequest, CommitTransactionResponse, SystemType,
};
use crate::{BodyError, BodyErrorKind, EncodeError, Verb, Wire, Writer};

/// The changes of a commit. [`Changes`](super::Changes) makes one.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ChangeSet {
    /// New attribute descriptors, with negative ids.
    pub descriptors: Vec<AttributeDescriptor>,
    /// Entities added, with negative ids.
    pub added: Vec<Entity>,
    /// Entities changed, with the attributes and edges that are new; and existing ends of edges,
    /// so that their versions are checked.
    pub changed: Vec<Entity>,
    /// Entities removed.
    pub removed: Vec<Entity>,
}

impl ChangeSet {
    /// Whether there is nothing to commit. Java does not send such a request.
    pub fn is_empty(&self) -> bool {
        self.descriptors.is_empty() && self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// The request, byte for byte as Java writes it.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, or a value does not fit its descriptor.
    pub fn to_request(&self) -> Result<CommitTransactionRequest, EncodeError> {
        let mut w = Writer::default();
        if !self.descriptors.is_empty() {
            CommitOpcode::ATTRIBUTE_DESCRIPTORS.encode("opcode", &mut w)?;
            self.descriptors.encode("descriptors", &mut w)?;
        }
        for (opcode, entities) in [
            (CommitOpcode::ADDED, &self.added),
            (CommitOpcode::UPDATED, &self.changed),
            (CommitOpcode::REMOVED, &self.removed),
        ] {
            if !entities.is_empty() {
                opcode.encode("opcode", &mut w)?;
                w.count_i32("entities", entities.len())?;
                entities.iter().try_for_each(|entity| entity.encode(&mut w, Layout::Request))?;
            }
        }
        Ok(CommitTransactionRequest::new(w.into_vec()))
    }

    /// The changes of a request, as a server reads them. Blocks may come in any order, but new
    /// descriptors before the entities that use them.
    ///
    /// # Errors
    /// [`BodyError`] if the request is malformed, names a descriptor that neither the schema nor
    /// the request has, or takes more memory than its length and 64 MiB
    /// ([`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE)).
    pub fn from_request(request: &CommitTransactionRequest, schema: &Schema) -> Result<Self, BodyError> {
        // Offset of the blocks: length and checksum come before.
        let mut input = Input::new(Verb::COMMIT_TRANSACTION_REQUEST, &request.changes, 8);
        let mut budget = Budget::of(&input);
        let mut extended = None;
        let mut changes = Self::default();
        while input.remaining() > 0 {
            let start = input;
            let opcode = CommitOpcode(input.i16("opcode")?);
            if opcode == CommitOpcode::ATTRIBUTE_DESCRIPTORS {
                let schema = extended.get_or_insert_with(|| schema.clone());
                for _ in 0..input.count("descriptors", 10)? {
                    let descriptor = read_descriptor(&mut input)?;
                    // In the list and in the schema, there by id and by name; with room to grow.
                    budget.take::<[AttributeDescriptor; 2]>(4, &input)?;
                    budget.take_bytes(4 * descriptor.name.len(), &input)?;
                    schema.add_descriptor(descriptor.clone());
                    changes.descriptors.push(descriptor);
                }
                continue;
            }
            let entities = match opcode {
                CommitOpcode::ADDED => &mut changes.added,
                CommitOpcode::UPDATED => &mut changes.changed,
                CommitOpcode::REMOVED => &mut changes.removed,
                CommitOpcode(other) => {
                    return Err(start.error("opcode", BodyErrorKind::UnknownValue(other.into())));
                }
            };
            let context = Context { schema: extended.as_ref().unwrap_or(schema), layout: Layout::Request };
            // Each block is read here as a whole, because the next block of descriptors replaces the schema.
            let count = input.count("entities", MIN_ENTITY_LEN)?;
            let mut block = input;
            budget.reserve(entities, count, &block)?;
            for _ in 0..count {
                let entity = EntityRef::read_any(&mut block, context)?;
                entities.push(entity.to_entity_within(&mut budget)?);
            }
            input.raw("entities", block.offset() - input.offset())?;
        }
        Ok(changes)
    }
}

fn read_descriptor(input: &mut Input<'_>) -> Result<AttributeDescriptor, BodyError> {
    let mut descriptor = AttributeDescriptor {
        system_type: SystemType(input.i8("system_type")?),
        id: input.i32("id")?,
        name: input.utf("name")?.to_owned(),
        value_type: AttributeType(input.i8("value_type")?),
        is_array: input.bool("is_array")?,
        is_encrypted: input.bool("is_encrypted")?,
        number: None,
    };
    if descriptor.value_type == AttributeType::NUMBER {
        descriptor.number = Some((input.i16("precision")?, input.i16("scale")?));
    }
    Ok(descriptor)
}

impl AsRef<ChangeSet> for ChangeSet {
    fn as_ref(&self) -> &ChangeSet {
        self
    }
}

/// What became of the ids that the client had made up.
/// ```
/// use tgdb_pdu::body::{AddedEntity, CommitBlock, CommitOutcome, CommitTransactionResponse};
/// use tgdb_pdu::graph::CommitIds;
///
/// let added = AddedEntity { temporary: -1, real: 100, version: 1 };
/// let outcome = CommitOutcome::Committed(vec![CommitBlock::Added(vec![added])]);
/// let ids = CommitIds::from(&CommitTransactionResponse { length: 0, checksum: 0, outcome });
/// assert_eq!(ids.entity(-1).map(|entity| entity.real), Some(100));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CommitIds {
    entities: HashMap<i64, AddedEntity>,
    versions: HashMap<i64, i64>,
    descriptors: HashMap<i32, i32>,
}

impl CommitIds {
    /// The real id and the version of the entity that was added with that id.
    pub fn entity(&self, temporary: i64) -> Option<&AddedEntity> {
        self.entities.get(&temporary)
    }

    /// The new version of a changed entity.
    pub fn version(&self, id: i64) -> Option<i64> {
        self.versions.get(&id).copied()
    }

    /// The real id of the descriptor that was added with that id.
    pub fn descriptor(&self, temporary: i32) -> Option<i32> {
        self.descriptors.get(&temporary).copied()
    }
}

impl From<&CommitTransactionResponse> for CommitIds {
    /// None of a commit that failed.
    fn from(response: &CommitTransactionResponse) -> Self {
        let mut ids = Self::default();
        let CommitOutcome::Committed(blocks) = &response.outcome else { return ids };
        for block in blocks {
            match block {
                CommitBlock::AttributeDescriptors(items) => {
                    ids.descriptors.extend(items.iter().map(|item| (item.temporary, item.real)));
                }
                CommitBlock::Added(items) => {
                    ids.entities.extend(items.iter().map(|item| (item.temporary, item.clone())))
                }
                CommitBlock::Updated(items) => ids.versions.extend(items.iter().map(|item| (item.id, item.version))),
                CommitBlock::Removed(_) | CommitBlock::Other(..) => {}
            }
        }
        ids
    }
}

impl<'a> EntityRef<'a> {
    /// Reads an entity that no kind stands before.
    fn read_any(input: &mut Input<'a>, context: Context<'a>) -> Result<Self, BodyError> {
        let mut peek = *input;
        // The kind is behind the length and the flag "is new".
        peek.raw("entity", 4 + 1)?;
        let kind = EntityKind(peek.i8("kind")?);
        Self::read(input, kind, context)
    }
}
