//! What a description of an object holds (`adminimpl.py`, `AdminResponseMessage.description`).

use super::{IndexInfo, Role, StoredProcedure, UserWithRoleIds};
use crate::body::{AttributeDescriptor, EdgeType, List64, NodeType, SystemType};
use crate::{BodyError, BodyErrorKind, EncodeError, Reader, Wire, Writer};

/// A description of an object. Answer to a describe command, which is 14 in Java and 15 in Python.
///
/// Which object it is follows from the [`SystemType`] that it starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Description {
    /// A node type, `i64` count of indices, indices, `i64` count of descriptors, descriptors.
    NodeType {
        /// The type.
        node_type: NodeType,
        /// Its indices.
        indices: List64<IndexInfo>,
        /// Its attributes.
        attributes: List64<AttributeDescriptor>,
    },
    /// An edge type, twice bool and, if true, a node type, `i64` count of descriptors, descriptors.
    EdgeType {
        /// The type.
        edge_type: EdgeType,
        /// The node type that it starts at.
        from: Option<NodeType>,
        /// The node type that it ends at.
        to: Option<NodeType>,
        /// Its attributes.
        attributes: List64<AttributeDescriptor>,
    },
    /// An attribute descriptor.
    AttributeDescriptor(AttributeDescriptor),
    /// An index, `i64` count of descriptors, descriptors.
    Index {
        /// The index.
        index: IndexInfo,
        /// Its attributes.
        attributes: List64<AttributeDescriptor>,
    },
    /// A stored procedure.
    StoredProcedure(StoredProcedure),
    /// A role.
    Role(Role),
    /// A user, `i32` count of roles, roles.
    User {
        /// The user.
        user: UserWithRoleIds,
        /// The roles of the user.
        roles: Vec<Role>,
    },
}

impl Wire for Description {
    const MIN_LEN: usize = 10;

    fn encode(&self, _: &'static str, w: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::NodeType { node_type, indices, attributes } => {
                node_type.encode("node_type", w)?;
                indices.encode("indices", w)?;
                attributes.encode("attributes", w)
            }
            Self::EdgeType { edge_type, from, to, attributes } => {
                edge_type.encode("edge_type", w)?;
                for end in [from, to] {
                    w.bool(end.is_some());
                    end.as_ref().map_or(Ok(()), |end| end.encode("end", w))?;
                }
                attributes.encode("attributes", w)
            }
            Self::AttributeDescriptor(descriptor) => descriptor.encode("descriptor", w),
            Self::Index { index, attributes } => {
                index.encode("index", w)?;
                attributes.encode("attributes", w)
            }
            Self::StoredProcedure(procedure) => procedure.encode("procedure", w),
            Self::Role(role) => role.encode("role", w),
            Self::User { user, roles } => {
                user.encode("user", w)?;
                roles.encode("roles", w)
            }
        }
    }

    fn decode(_: &'static str, r: &mut Reader) -> Result<Self, BodyError> {
        let system_type = SystemType::decode("system_type", &mut r.fork())?;
        Ok(match system_type {
            SystemType::NODE_TYPE => Self::NodeType {
                node_type: NodeType::decode("node_type", r)?,
                indices: List64::decode("indices", r)?,
                attributes: List64::decode("attributes", r)?,
            },
            SystemType::EDGE_TYPE => {
                let edge_type = EdgeType::decode("edge_type", r)?;
                let mut end = || Ok(if r.bool("has_end")? { Some(NodeType::decode("end", r)?) } else { None });
                let (from, to) = (end()?, end()?);
                Self::EdgeType { edge_type, from, to, attributes: List64::decode("attributes", r)? }
            }
            SystemType::ATTRIBUTE_DESCRIPTOR => {
                Self::AttributeDescriptor(AttributeDescriptor::decode("descriptor", r)?)
            }
            SystemType::INDEX => {
                Self::Index { index: IndexInfo::decode("index", r)?, attributes: List64::decode("attributes", r)? }
            }
            SystemType::STORED_PROCEDURE => Self::StoredProcedure(StoredProcedure::decode("procedure", r)?),
            SystemType::ROLE => Self::Role(Role::decode("role", r)?),
            SystemType::PRINCIPAL => {
                Self::User { user: UserWithRoleIds::decode("user", r)?, roles: Vec::decode("roles", r)? }
            }
            SystemType(other) => return Err(r.error("system_type", BodyErrorKind::UnknownValue(other.into()))),
        })
    }
}
