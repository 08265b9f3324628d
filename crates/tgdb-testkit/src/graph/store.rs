//! The graph in memory.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use tgdb_pdu::body::{MetadataResponse, TypeGroup};
use tgdb_pdu::graph::{AttributeList, Edge, Entity, Node, Schema, Value};

use super::view::View;
use super::{data, schema};

/// The first id that the server gives to an entity or large object.
const FIRST_ID: i64 = 1001;

/// A graph in memory: types, nodes and edges.
///
/// Encrypted attributes are kept in clear, and large objects with their bytes; how a client sees
/// them is a matter of the reply.
///
/// # Example
/// ```
/// let graph = tgdb_testkit::graph::Graph::airports();
/// let munich = graph.nodes().find(|node| node.get("iata") == Ok("MUC")).expect("Munich");
/// assert_eq!(munich.get::<&str>("city")?, "Munich");
/// assert_eq!(munich.get::<i32>("elevation")?, 1487);
/// # Ok::<(), tgdb_pdu::graph::AttributeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) schema: Schema,
    pub(super) nodes: BTreeMap<i64, Node>,
    pub(super) edges: BTreeMap<i64, Edge>,
    /// Large objects by id.
    pub(super) objects: HashMap<i64, Bytes>,
    /// Which node has a primary key: type id, values.
    pub(super) keys: HashMap<(i32, String), i64>,
    pub(super) next_id: i64,
}

impl Graph {
    /// A graph of those types without entities. Descriptors `@id` and `@count` (Long) and `@label`
    /// (String) are needed for the Gremlin steps `id`, `count` and `label`.
    pub fn new(schema: impl Into<Schema>) -> Self {
        Self {
            schema: schema.into(),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
            objects: HashMap::new(),
            keys: HashMap::new(),
            next_id: FIRST_ID,
        }
    }

    /// Airports, the routes between them, and their countries; see [the module](super).
    ///
    /// # Panics
    /// Never: the tables are part of the crate.
    pub fn airports() -> Self {
        let mut graph = Self::new(schema::airports());
        let additions = data::additions(&graph.schema).unwrap_or_else(|error| panic!("the tables: {error}"));
        if let Err(failure) = graph.commit(additions) {
            panic!("the tables: {}", failure.text);
        }
        graph
    }

    /// Its types. Their counts of entries are not kept up to date.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// All nodes, by id.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// All edges, by id.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.values()
    }

    /// The node with that id.
    pub fn node(&self, id: i64) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// The edge with that id.
    pub fn edge(&self, id: i64) -> Option<&Edge> {
        self.edges.get(&id)
    }

    /// The reply to a request for metadata, with counts of entries.
    pub fn metadata(&self) -> MetadataResponse {
        let mut metadata = MetadataResponse::from(&self.schema);
        for group in &mut metadata.groups {
            match group {
                TypeGroup::NodeTypes(types) => {
                    for item in types {
                        item.entry_count = self.count_nodes(item.entity_type.id);
                    }
                }
                TypeGroup::EdgeTypes(types) => {
                    for item in types {
                        item.entry_count = self.count_edges(item.entity_type.id);
                    }
                }
                TypeGroup::AttributeDescriptors(_) => {}
            }
        }
        metadata
    }

    /// An id that no descriptor and no type has.
    pub(super) fn next_type_id(&self) -> i32 {
        let schema = &self.schema;
        let descriptors = schema.descriptors().iter().map(|descriptor| descriptor.id);
        let node_types = schema.node_types().iter().map(|node_type| node_type.entity_type.id);
        let edge_types = schema.edge_types().iter().map(|edge_type| edge_type.entity_type.id);
        descriptors.chain(node_types).chain(edge_types).max().unwrap_or(0).saturating_add(1)
    }

    pub(super) fn count_nodes(&self, type_id: i32) -> i64 {
        self.nodes().filter(|node| node.type_id == type_id).count() as i64
    }

    pub(super) fn count_edges(&self, type_id: i32) -> i64 {
        self.edges().filter(|edge| edge.type_id == type_id).count() as i64
    }

    /// The node or edge as a reply has it: encrypted attributes obfuscated.
    pub(super) fn entity(&self, id: i64, view: View) -> Option<Entity> {
        if let Some(node) = self.nodes.get(&id) {
            return Some(Entity::Node(Node { attributes: view.of_all(&node.attributes), ..node.clone() }));
        }
        let edge = self.edges.get(&id)?;
        Some(Entity::Edge(Edge { attributes: view.of_all(&edge.attributes), ..edge.clone() }))
    }

    /// The values of the primary key in one text, unless one is null; `None` also for a type without.
    pub(super) fn key_of(&self, type_id: i32, attributes: &AttributeList) -> Option<(i32, String)> {
        let node_type = self.schema.node_type_by_id(type_id)?;
        let names = &node_type.primary_key.0;
        let values: Option<Vec<_>> = names.iter().map(|name| attributes.get::<Value>(name).ok()).collect();
        let values = values.filter(|values| !values.is_empty() && !values.iter().any(Value::is_null))?;
        // A length before each value keeps ("a", "bc") and ("ab", "c") apart.
        let texts = values.iter().map(|value| value.to_string()).map(|text| format!("{}:{text}", text.len()));
        Some((type_id, texts.collect()))
    }
}
