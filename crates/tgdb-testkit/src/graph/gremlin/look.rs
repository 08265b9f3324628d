//! Looking items up in the graph: types, attributes, neighbours.

use std::sync::Arc;

use tgdb_pdu::body::{AttributeDescriptor, EdgeDirection};
use tgdb_pdu::graph::{Attribute, AttributeList, Edge, Value};

use super::step::Way;
use super::walk::Traverser;
use super::{Item, QueryFailure, value_order};
use crate::graph::Graph;

impl Graph {
    fn attributes(&self, item: &Item) -> Option<&AttributeList> {
        match item {
            Item::Node(id) => self.nodes.get(id).map(|node| &node.attributes),
            Item::Edge(id) => self.edges.get(id).map(|edge| &edge.attributes),
            _ => None,
        }
    }

    pub(super) fn type_of(&self, item: &Item) -> Option<i32> {
        match item {
            Item::Node(id) => self.nodes.get(id).map(|node| node.type_id),
            Item::Edge(id) => self.edges.get(id).map(|edge| edge.type_id),
            _ => None,
        }
    }

    /// The name of its type; empty if it has none.
    pub(super) fn label(&self, item: &Item) -> Option<&str> {
        let id = self.type_of(item)?;
        let found = match item {
            Item::Node(_) => self.schema.node_type_by_id(id).map(|found| &found.entity_type),
            _ => self.schema.edge_type_by_id(id).map(|found| &found.entity_type),
        };
        Some(found.map_or("", |found| found.name.as_str()))
    }

    pub(super) fn value(&self, item: &Item, descriptor: &AttributeDescriptor) -> Option<&Attribute> {
        self.attributes(item)?.iter().find(|attribute| attribute.descriptor.id == descriptor.id)
    }

    /// The attributes of these descriptors, or all, that it has.
    pub(super) fn values(&self, item: &Item, descriptors: &[Arc<AttributeDescriptor>]) -> Vec<Attribute> {
        match (self.attributes(item), descriptors) {
            (Some(attributes), []) => attributes.iter().cloned().collect(),
            _ => descriptors.iter().filter_map(|descriptor| self.value(item, descriptor)).cloned().collect(),
        }
    }

    /// Edges of a node, each with the node at its other end. An edge without direction, or in both,
    /// goes either way.
    pub(super) fn near(
        &self,
        item: &Item,
        way: Way,
        types: &[i32],
        mut visit: impl FnMut(&Edge, i64) -> Result<(), QueryFailure>,
    ) -> Result<(), QueryFailure> {
        let Item::Node(id) = item else { return Ok(()) };
        let edges = self.nodes.get(id).into_iter().flat_map(|node| &node.edges);
        for edge in edges.filter_map(|edge| self.edges.get(edge)) {
            if !types.is_empty() && !types.contains(&edge.type_id) {
                continue;
            }
            let both_ways = way == Way::Both || edge.direction != EdgeDirection::DIRECTED;
            if edge.from == *id && (both_ways || way == Way::Out) {
                visit(edge, edge.to)?;
            } else if edge.to == *id && (both_ways || way == Way::In) {
                visit(edge, edge.from)?;
            }
        }
        Ok(())
    }

    /// Sorted by the first key, then the second, and so on. What lacks an attribute comes last.
    pub(super) fn sorted(
        &self,
        mut all: Vec<Traverser>,
        keys: &[(Option<Arc<AttributeDescriptor>>, bool)],
    ) -> Vec<Traverser> {
        let by_itself = [(None, false)];
        let keys = if keys.is_empty() { &by_itself } else { keys };
        all.sort_by(|a, b| {
            let orders = keys.iter().map(|(descriptor, is_descending)| {
                let [a, b] = [a, b].map(|traverser| self.sort_value(&traverser.item, descriptor.as_deref()));
                match (a, b) {
                    (Some(a), Some(b)) if *is_descending => value_order(&b, &a),
                    (Some(a), Some(b)) => value_order(&a, &b),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        all
    }

    pub(in crate::graph) fn sort_value(&self, item: &Item, descriptor: Option<&AttributeDescriptor>) -> Option<Value> {
        match (item, descriptor) {
            (Item::Map(attributes), Some(wanted)) => attributes
                .iter()
                .find(|attribute| attribute.descriptor.id == wanted.id)
                .map(|found| found.value.clone()),
            (item, Some(descriptor)) => self.value(item, descriptor).map(|attribute| attribute.value.clone()),
            (Item::Node(id) | Item::Edge(id), None) => Some(Value::Long(*id)),
            (Item::Value(attribute) | Item::Transient(attribute), None) => Some(attribute.value.clone()),
            (Item::Map(_) | Item::Path(_), None) => None,
        }
    }
}
