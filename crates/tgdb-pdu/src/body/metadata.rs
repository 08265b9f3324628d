//! The types of a graph (`MetadataResponse.java`, `AttributeDescriptorImpl.java`,
//! `NodeTypeImpl.java`, `EdgeTypeImpl.java`).

use super::List16;
use crate::wire::{encode_list, push, wire_code, wire_struct};
use crate::{BodyError, BodyErrorKind, EncodeError, Reader, Wire, Writer};

wire_code! {
    /// What a system object is. One byte.
    pub struct SystemType(i8) {
        /// None.
        INVALID = -1,
        /// An attribute descriptor.
        ATTRIBUTE_DESCRIPTOR = 0,
        /// A node type.
        NODE_TYPE = 1,
        /// An edge type.
        EDGE_TYPE = 2,
        /// An index.
        INDEX = 3,
        /// A user.
        PRINCIPAL = 4,
        /// A role.
        ROLE = 5,
        /// A sequence.
        SEQUENCE = 6,
        /// A stored procedure; in Python only.
        STORED_PROCEDURE = 7,
    }
}

wire_code! {
    /// The type of an attribute's value. One byte (`TGAttributeType.java`).
    pub struct AttributeType(i8) {
        /// None.
        INVALID = 0,
        /// True or false.
        BOOLEAN = 1,
        /// 8 bits.
        BYTE = 2,
        /// A character.
        CHAR = 3,
        /// 16 bits.
        SHORT = 4,
        /// 32 bits.
        INTEGER = 5,
        /// 64 bits.
        LONG = 6,
        /// 32-bit float.
        FLOAT = 7,
        /// 64-bit float.
        DOUBLE = 8,
        /// Decimal number with precision and scale.
        NUMBER = 9,
        /// Text.
        STRING = 10,
        /// Date.
        DATE = 11,
        /// Time of day.
        TIME = 12,
        /// Date and time.
        TIMESTAMP = 13,
        /// Large text.
        CLOB = 14,
        /// Large bytes.
        BLOB = 15,
    }
}

/// An attribute descriptor: `i8` system type, `i32` id, string name, `i8` value
/// type, bool "is array", bool "is encrypted", and for numbers `i16` precision
/// and `i16` scale.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AttributeDescriptor {
    /// [`SystemType::ATTRIBUTE_DESCRIPTOR`].
    pub system_type: SystemType,
    /// Id of the descriptor.
    pub id: i32,
    /// Name of the attribute.
    pub name: String,
    /// Type of its value.
    pub value_type: AttributeType,
    /// Whether it holds many values.
    pub is_array: bool,
    /// Whether its value is encrypted.
    pub is_encrypted: bool,
    /// Precision and scale; there if and only if it is a [`AttributeType::NUMBER`].
    pub number: Option<(i16, i16)>,
}

impl Wire for AttributeDescriptor {
    const MIN_LEN: usize = 10;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        self.system_type.encode("system_type", w)?;
        w.i32(self.id);
        w.utf("name", &self.name)?;
        self.value_type.encode("value_type", w)?;
        w.bool(self.is_array);
        w.bool(self.is_encrypted);
        match self.number {
            Some((precision, scale)) if self.value_type == AttributeType::NUMBER => {
                w.i16(precision);
                w.i16(scale);
            }
            None if self.value_type != AttributeType::NUMBER => {}
            _ => {
                return Err(EncodeError::Inconsistent {
                    field: "number",
                    reason: "must be there if and only if the value is a number",
                });
            }
        }
        Ok(())
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let mut descriptor = Self {
            system_type: SystemType::decode("system_type", r)?,
            id: r.i32("id")?,
            name: r.utf("name")?,
            value_type: AttributeType::decode("value_type", r)?,
            is_array: r.bool("is_array")?,
            is_encrypted: r.bool("is_encrypted")?,
            number: None,
        };
        if descriptor.value_type == AttributeType::NUMBER {
            descriptor.number = Some((r.i16("precision")?, r.i16("scale")?));
        }
        Ok(descriptor)
    }
}

wire_struct! {
    /// What node types and edge types have in common.
    #[derive(Eq)]
    pub struct EntityType {
        /// Which of the two it is.
        pub system_type: SystemType,
        /// Id of the type.
        pub id: i32,
        /// Its name. Java hides node types whose name starts with `@` or `$`.
        pub name: String,
        /// Page size in the server's store, in bytes.
        pub page_size: i32,
        /// Names of its attributes.
        pub attributes: List16<String>,
    }
}

wire_struct! {
    /// A node type.
    #[derive(Eq)]
    pub struct NodeType {
        /// What it shares with edge types.
        pub entity_type: EntityType,
        /// Names of the attributes of its primary key.
        pub primary_key: List16<String>,
        /// Ids of its indices.
        pub index_ids: List16<i32>,
        /// How many nodes there are of it.
        pub entry_count: i64,
    }
}

wire_code! {
    /// Where an edge leads. One byte.
    pub struct EdgeDirection(i8) {
        /// Nowhere in particular.
        UNDIRECTED = 0,
        /// From its first node to its second.
        DIRECTED = 1,
        /// Both ways.
        BIDIRECTIONAL = 2,
    }
}

wire_struct! {
    /// An edge type.
    #[derive(Eq)]
    pub struct EdgeType {
        /// What it shares with node types.
        pub entity_type: EntityType,
        /// Id of the node type that it starts at.
        pub from_type_id: i32,
        /// Id of the node type that it ends at.
        pub to_type_id: i32,
        /// Where it leads.
        pub direction: EdgeDirection,
        /// How many edges there are of it.
        pub entry_count: i64,
    }
}

/// The types of one kind: `i8` [`SystemType`], `i32` count, items.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum TypeGroup {
    /// Attribute descriptors.
    AttributeDescriptors(Vec<AttributeDescriptor>),
    /// Node types.
    NodeTypes(Vec<NodeType>),
    /// Edge types.
    EdgeTypes(Vec<EdgeType>),
}

impl TypeGroup {
    /// How many types there are.
    pub fn len(&self) -> usize {
        match self {
            Self::AttributeDescriptors(items) => items.len(),
            Self::NodeTypes(items) => items.len(),
            Self::EdgeTypes(items) => items.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a [`Schema`](crate::graph::Schema) takes for them beyond themselves: their names once more,
    /// and their places by name and by id.
    fn schema_memory(&self) -> usize {
        /// Each place is in a list or map that grows by doubling.
        const PLACES: usize = 384;
        let names: usize = match self {
            Self::AttributeDescriptors(items) => items.iter().map(|item| item.name.len()).sum(),
            Self::NodeTypes(items) => items.iter().map(|item| item.entity_type.name.len()).sum(),
            Self::EdgeTypes(items) => items.iter().map(|item| item.entity_type.name.len()).sum(),
        };
        names + self.len().saturating_mul(PLACES)
    }
}

impl Wire for TypeGroup {
    const MIN_LEN: usize = 5;

    fn encode(&self, field: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::AttributeDescriptors(items) => {
                w.i8(SystemType::ATTRIBUTE_DESCRIPTOR.0);
                items.encode(field, w)
            }
            Self::NodeTypes(items) => {
                w.i8(SystemType::NODE_TYPE.0);
                items.encode(field, w)
            }
            Self::EdgeTypes(items) => {
                w.i8(SystemType::EDGE_TYPE.0);
                items.encode(field, w)
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        Ok(match SystemType::decode("system_type", r)? {
            SystemType::ATTRIBUTE_DESCRIPTOR => Self::AttributeDescriptors(Vec::decode("attribute_descriptors", r)?),
            SystemType::NODE_TYPE => Self::NodeTypes(Vec::decode("node_types", r)?),
            SystemType::EDGE_TYPE => Self::EdgeTypes(Vec::decode("edge_types", r)?),
            // Java logs it and reads on, although the length of the unknown group is not known.
            SystemType(other) => return Err(r.error("system_type", BodyErrorKind::UnknownValue(other.into()))),
        })
    }
}

/// The types of a graph: `i32` count of all types, then groups until that many
/// were read. An empty payload reads as no groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MetadataResponse {
    /// The groups, none of them empty.
    pub groups: Vec<TypeGroup>,
}

impl Wire for MetadataResponse {
    const MIN_LEN: usize = 0;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        if self.groups.iter().any(TypeGroup::is_empty) {
            return Err(EncodeError::Inconsistent { field: "groups", reason: "a group must not be empty" });
        }
        w.count_i32("groups", self.groups.iter().map(TypeGroup::len).sum())?;
        encode_list("groups", &self.groups, w)
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let mut groups = Vec::new();
        if r.remaining() == 0 {
            return Ok(Self { groups });
        }
        let count = r.i32("count")?;
        let mut missing = r.check_count("count", count.into(), 1)?;
        while missing > 0 {
            let group = TypeGroup::decode("groups", r)?;
            missing = missing
                .checked_sub(group.len())
                .filter(|_| !group.is_empty())
                .ok_or_else(|| r.error("groups", BodyErrorKind::UnknownValue(group.len() as i64)))?;
            // The schema that is made of it is within the bound, too.
            r.take_memory("groups", group.schema_memory())?;
            push("groups", &mut groups, group, r)?;
        }
        Ok(Self { groups })
    }
}
