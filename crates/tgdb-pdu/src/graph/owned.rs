//! Nodes and edges with their values, independent of the message that they came in.

use super::budget::Budget;
use super::{AttributeError, AttributeList, EdgeRef, EntityKind, EntityRef, FromValue, Layout, NodeRef};
use crate::body::EdgeDirection;
use crate::{BodyError, EncodeError, Writer};

/// A node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Its id; negative and made up by the client if it is new.
    pub id: i64,
    /// Its version.
    pub version: i32,
    /// Id of its type; 0 if it has none.
    pub type_id: i32,
    /// Whether it is new. Readers of the vendor take no notice of it in replies.
    pub is_new: bool,
    /// Its attributes.
    pub attributes: AttributeList,
    /// Ids of its edges; to a server, of those that are new.
    pub edges: Vec<i64>,
}

/// An edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Its id; negative and made up by the client if it is new.
    pub id: i64,
    /// Its version.
    pub version: i32,
    /// Id of its type; 0 if it has none.
    pub type_id: i32,
    /// Whether it is new. Readers of the vendor take no notice of it in replies.
    pub is_new: bool,
    /// Its attributes.
    pub attributes: AttributeList,
    /// Where it leads.
    pub direction: EdgeDirection,
    /// Id of the node that it comes from.
    pub from: i64,
    /// Id of the node that it leads to.
    pub to: i64,
}

/// A node or an edge.
///
/// # Example
/// ```
/// use tgdb_pdu::BodyError;
/// use tgdb_pdu::graph::{Answer, Entity};
///
/// /// The entities of an answer, to keep longer than the answer.
/// fn keep(answer: &Answer) -> Result<Vec<Entity>, BodyError> {
///     answer.entities().map(|entity| entity?.to_entity()).collect()
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Entity {
    /// A node.
    Node(Node),
    /// An edge.
    Edge(Edge),
}

/// Length, flag, kind, id, version and type, then attributes and what `tail` writes.
macro_rules! encode_entity {
    ($entity:expr, $kind:expr, $w:ident, $layout:expr, $tail:block) => {{
        let start = $w.len();
        $w.i32(0);
        $w.bool($entity.is_new);
        $w.i8($kind.0);
        $w.i64($entity.id);
        $w.i32($entity.version);
        $w.i32($entity.type_id);
        $entity.attributes.encode($w, $layout)?;
        $tail
        $w.patch_length("entity", start)
    }};
}

impl Node {
    /// The value of an attribute.
    ///
    /// # Errors
    /// [`AttributeError`] if it is not there, or of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self, name: &str) -> Result<T, AttributeError> {
        self.attributes.get(name)
    }

    /// Appends its bytes.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, or a value does not fit its descriptor or the layout.
    pub fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        encode_entity!(self, EntityKind::NODE, w, layout, {
            w.count_i32("edges", self.edges.len())?;
            self.edges.iter().for_each(|id| w.i64(*id));
        })
    }
}

impl Edge {
    /// The value of an attribute.
    ///
    /// # Errors
    /// [`AttributeError`] if it is not there, or of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self, name: &str) -> Result<T, AttributeError> {
        self.attributes.get(name)
    }

    /// Appends its bytes.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, or a value does not fit its descriptor or the layout.
    pub fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        encode_entity!(self, EntityKind::EDGE, w, layout, {
            w.i8(self.direction.0);
            w.i64(self.from);
            w.i64(self.to);
        })
    }
}

impl Entity {
    /// Its id.
    pub fn id(&self) -> i64 {
        match self {
            Self::Node(node) => node.id,
            Self::Edge(edge) => edge.id,
        }
    }

    /// What it is.
    pub fn kind(&self) -> EntityKind {
        match self {
            Self::Node(_) => EntityKind::NODE,
            Self::Edge(_) => EntityKind::EDGE,
        }
    }

    /// Its attributes.
    pub fn attributes(&self) -> &AttributeList {
        match self {
            Self::Node(node) => &node.attributes,
            Self::Edge(edge) => &edge.attributes,
        }
    }

    pub(crate) fn attributes_mut(&mut self) -> &mut AttributeList {
        match self {
            Self::Node(node) => &mut node.attributes,
            Self::Edge(edge) => &mut edge.attributes,
        }
    }

    /// The value of an attribute.
    ///
    /// # Errors
    /// [`AttributeError`] if it is not there, or of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self, name: &str) -> Result<T, AttributeError> {
        self.attributes().get(name)
    }

    /// Appends its bytes.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too long, or a value does not fit its descriptor or the layout.
    pub fn encode(&self, w: &mut Writer, layout: Layout) -> Result<(), EncodeError> {
        match self {
            Self::Node(node) => node.encode(w, layout),
            Self::Edge(edge) => edge.encode(w, layout),
        }
    }
}

impl NodeRef<'_> {
    /// An owned copy.
    ///
    /// # Errors
    /// [`BodyError`] if a text in it is not UTF-8, or it takes more memory than its length and
    /// [`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE).
    pub fn to_node(&self) -> Result<Node, BodyError> {
        self.to_node_within(&mut Budget::of_len(self.encoded_len()))
    }

    fn to_node_within(self, budget: &mut Budget) -> Result<Node, BodyError> {
        let mut node = self.without_attributes(budget)?;
        node.attributes.extend(self.attributes(), budget)?;
        Ok(node)
    }

    /// About as many bytes as it has in the message.
    fn encoded_len(&self) -> usize {
        self.attributes().input().remaining() + self.edges().len() * size_of::<i64>()
    }

    pub(crate) fn without_attributes(&self, budget: &mut Budget) -> Result<Node, BodyError> {
        budget.take::<i64>(self.edges().len(), &self.attributes().input())?;
        let mut edges = Vec::with_capacity(self.edges().len());
        edges.extend(self.edges());
        Ok(Node {
            id: self.id(),
            version: self.version(),
            type_id: self.type_id(),
            is_new: self.is_new(),
            attributes: AttributeList::default(),
            edges,
        })
    }
}

impl EdgeRef<'_> {
    /// An owned copy.
    ///
    /// # Errors
    /// [`BodyError`] if a text in it is not UTF-8, or it takes more memory than its length and
    /// [`DECODE_ALLOWANCE`](crate::DECODE_ALLOWANCE).
    pub fn to_edge(&self) -> Result<Edge, BodyError> {
        self.to_edge_within(&mut Budget::of_len(self.encoded_len()))
    }

    fn to_edge_within(self, budget: &mut Budget) -> Result<Edge, BodyError> {
        let mut edge = self.without_attributes(budget)?;
        edge.attributes.extend(self.attributes(), budget)?;
        Ok(edge)
    }

    fn encoded_len(&self) -> usize {
        self.attributes().input().remaining()
    }

    pub(crate) fn without_attributes(&self, _: &mut Budget) -> Result<Edge, BodyError> {
        Ok(Edge {
            id: self.id(),
            version: self.version(),
            type_id: self.type_id(),
            is_new: self.is_new(),
            attributes: AttributeList::default(),
            direction: self.direction(),
            from: self.from(),
            to: self.to(),
        })
    }
}

impl EntityRef<'_> {
    /// An owned copy.
    ///
    /// # Errors
    /// As [`NodeRef::to_node`].
    pub fn to_entity(&self) -> Result<Entity, BodyError> {
        Ok(match self {
            Self::Node(node) => Entity::Node(node.to_node()?),
            Self::Edge(edge) => Entity::Edge(edge.to_edge()?),
        })
    }

    /// The same, as a part of something larger.
    pub(crate) fn to_entity_within(self, budget: &mut Budget) -> Result<Entity, BodyError> {
        Ok(match self {
            Self::Node(node) => Entity::Node(node.to_node_within(budget)?),
            Self::Edge(edge) => Entity::Edge(edge.to_edge_within(budget)?),
        })
    }
}
