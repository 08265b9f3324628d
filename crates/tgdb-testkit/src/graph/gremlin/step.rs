//! Steps that can be walked.

use std::sync::Arc;

use tgdb_pdu::body::AttributeDescriptor;

use super::Test;

/// The type of the items that go from one step to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Shape {
    Node,
    Edge,
    /// Values of attributes.
    Value,
    Map,
    Path,
    /// Values that are no attribute's: counts, ids, labels.
    Transient,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Out,
    In,
    Both,
}

/// An end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    From,
    To,
    Both,
    /// The one that the path did not come from.
    Other,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Nodes; those with these ids, or all.
    Nodes(Vec<i64>),
    /// Edges; those with these ids, or all.
    Edges(Vec<i64>),
    /// Keeps what is of one of these types.
    OfType(Vec<i32>),
    /// Keeps what has one of these ids.
    WithId(Vec<i64>),
    /// Keeps what has the attribute, and a value for it that meets the condition.
    Has(Arc<AttributeDescriptor>, Option<Test>),
    /// Keeps what does not have the attribute.
    HasNot(Arc<AttributeDescriptor>),
    /// Keeps values that meet the condition.
    Is(Test),
    /// From nodes to edges of these types, or all.
    ToEdges(Way, Vec<i32>),
    /// From nodes over edges of these types, or all, to nodes.
    ToNodes(Way, Vec<i32>),
    /// From edges to their ends.
    ToEnd(End),
    /// Values of these attributes, or all, each by itself.
    Values(Vec<Arc<AttributeDescriptor>>),
    /// A map of these attributes, or all.
    ValueMap(Vec<Arc<AttributeDescriptor>>),
    Path,
    Count(Arc<AttributeDescriptor>),
    Dedup,
    /// Leaves that many out, and keeps that many of the rest.
    Range(usize, usize),
    /// Sorts by attributes, or by the values themselves; true for the maximum first.
    Order(Vec<(Option<Arc<AttributeDescriptor>>, bool)>),
    Id(Arc<AttributeDescriptor>),
    Label(Arc<AttributeDescriptor>),
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// What the last step gives.
    pub(super) shape: Shape,
}
