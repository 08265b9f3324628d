//! Nodes and edges as they travel (`AbstractEntity.java`, `NodeImpl.java`, `EdgeImpl.java`,
//! `entityimpl.py`).
//!
//! | size | field |
//! |---|---|
//! | 4 | length in bytes, this field included; no reader of the vendor checks it, nor do we |
//! | 1 | bool "is new" |
//! | 1 | [`EntityKind`] |
//! | 8 | id; negative and made up by the client if it is new |
//! | 4 | version |
//! | 4 | type id; 0 is none |
//! | 4 | count, then attributes |
//! | | node: `i32` count, then `i64` ids of edges |
//! | | edge: `i8` direction, `i64` id of the node it comes from, `i64` id of that it leads to |

use super::attribute::MIN_ATTRIBUTE_LEN;
use super::{AttributeError, Attributes, Context, FromValue, Input, Schema};
use crate::body::{EdgeDirection, EdgeType, NodeType};
use crate::wire::wire_code;
use crate::{BodyError, BodyErrorKind};

wire_code! {
    /// What an entity is. One byte.
    pub struct EntityKind(i8) {
        /// None; nothing follows it.
        INVALID = 0,
        /// Not further known.
        ENTITY = 1,
        /// A node.
        NODE = 2,
        /// An edge.
        EDGE = 3,
        /// A graph; no layout is known.
        GRAPH = 4,
        /// A hyperedge; no layout is known.
        HYPEREDGE = 5,
    }
}

/// The minimum number of bytes that an entity takes.
pub(crate) const MIN_ENTITY_LEN: usize = 30;

/// A node or an edge, borrowed from the message that it came in.
///
/// Reading one goes over its bytes once and takes no memory; its values are decoded when they
/// are asked for.
#[derive(Debug, Clone, Copy)]
pub enum EntityRef<'a> {
    /// A node.
    Node(NodeRef<'a>),
    /// An edge.
    Edge(EdgeRef<'a>),
}

/// What nodes and edges have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) is_new: bool,
    pub(crate) id: i64,
    pub(crate) version: i32,
    pub(crate) type_id: i32,
    schema: &'a Schema,
    attributes: Attributes<'a>,
}

/// A node, borrowed from the message that it came in.
#[derive(Debug, Clone, Copy)]
pub struct NodeRef<'a> {
    pub(crate) head: Head<'a>,
    edges: &'a [[u8; 8]],
}

/// An edge, borrowed from the message that it came in.
#[derive(Debug, Clone, Copy)]
pub struct EdgeRef<'a> {
    pub(crate) head: Head<'a>,
    direction: EdgeDirection,
    from: i64,
    to: i64,
}

impl<'a> EntityRef<'a> {
    /// Reads an entity behind its kind, which stands before it in all replies and must be that
    /// of the entity.
    #[inline]
    pub(crate) fn read(input: &mut Input<'a>, outer: EntityKind, context: Context<'a>) -> Result<Self, BodyError> {
        let start = *input;
        input.i32("length")?;
        let is_new = input.bool("is_new")?;
        let kind = EntityKind(input.i8("kind")?);
        if kind != outer || !matches!(kind, EntityKind::NODE | EntityKind::EDGE) {
            return Err(start.error("kind", BodyErrorKind::UnknownValue(kind.0.into())));
        }
        let id = input.i64("id")?;
        let version = input.i32("version")?;
        let type_id = input.i32("type")?;
        let count = input.count("attributes", MIN_ATTRIBUTE_LEN)?;
        let attributes = Attributes::read(input, count, context)?;
        let head = Head { is_new, id, version, type_id, schema: context.schema, attributes };
        Ok(match kind {
            EntityKind::NODE => {
                let count = input.count("edges", 8)?;
                let (edges, _) = input.raw("edges", count * 8)?.as_chunks();
                Self::Node(NodeRef { head, edges })
            }
            _ => {
                // As in Java and Go, any direction except 0 and 1 counts as bidirectional.
                let direction = match EdgeDirection(input.i8("direction")?) {
                    direction @ (EdgeDirection::UNDIRECTED | EdgeDirection::DIRECTED) => direction,
                    _ => EdgeDirection::BIDIRECTIONAL,
                };
                Self::Edge(EdgeRef { head, direction, from: input.i64("from")?, to: input.i64("to")? })
            }
        })
    }

    fn head(&self) -> &Head<'a> {
        match self {
            Self::Node(node) => &node.head,
            Self::Edge(edge) => &edge.head,
        }
    }

    /// The node, if it is one.
    pub fn as_node(&self) -> Option<&NodeRef<'a>> {
        if let Self::Node(node) = self { Some(node) } else { None }
    }

    /// The edge, if it is one.
    pub fn as_edge(&self) -> Option<&EdgeRef<'a>> {
        if let Self::Edge(edge) = self { Some(edge) } else { None }
    }
}

/// The methods that all three have.
macro_rules! common {
    ($($ty:ident: $self:ident => $head:expr;)+) => {
        $(impl<'a> $ty<'a> {
            /// Its id; negative and made up by the client if it is new.
            pub fn id(&$self) -> i64 {
                $head.id
            }

            /// Its version, which grows with each change.
            pub fn version(&$self) -> i32 {
                $head.version
            }

            /// The flag "is new". Readers of the vendor take no notice of it in replies.
            pub fn is_new(&$self) -> bool {
                $head.is_new
            }

            /// Id of its type; 0 if it has none. The schema need not have it.
            pub fn type_id(&$self) -> i32 {
                $head.type_id
            }

            /// Its attributes.
            pub fn attributes(&$self) -> Attributes<'a> {
                $head.attributes
            }

            /// The value of an attribute. Of two of that name the later one counts.
            ///
            /// # Errors
            /// [`AttributeError`] if the schema has no such attribute, the entity does not have it,
            /// it is of another type, or its bytes are malformed.
            pub fn get<T: FromValue<'a>>(&$self, name: &str) -> Result<T, AttributeError> {
                $self.attributes().get(name)
            }
        })+
    };
}

common! {
    EntityRef: self => self.head();
    NodeRef: self => self.head;
    EdgeRef: self => self.head;
}

impl<'a> NodeRef<'a> {
    /// Its type, or `None` if it has none or one that the schema does not have.
    pub fn node_type(&self) -> Option<&'a NodeType> {
        self.head.schema.node_type_by_id(self.head.type_id)
    }

    /// Ids of its edges.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = i64> + use<'a> {
        self.edges.iter().map(|id| i64::from_be_bytes(*id))
    }
}

impl<'a> EdgeRef<'a> {
    /// Its type, or `None` if it has none or one that the schema does not have.
    pub fn edge_type(&self) -> Option<&'a EdgeType> {
        self.head.schema.edge_type_by_id(self.head.type_id)
    }

    /// Where it leads.
    pub fn direction(&self) -> EdgeDirection {
        self.direction
    }

    /// Id of the node that it comes from.
    pub fn from(&self) -> i64 {
        self.from
    }

    /// Id of the node that it leads to.
    pub fn to(&self) -> i64 {
        self.to
    }
}
