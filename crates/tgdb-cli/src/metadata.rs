//! `tgdb metadata`: the types of the graph.

use clap::Args;
use serde_json::{Value, json};
use tgdb_pdu::body::{AttributeDescriptor, EdgeType, NodeType};
use tgdb_pdu::graph::Schema;

use crate::connect::Connection;
use crate::exit::Failure;
use crate::interrupt;
use crate::listing::{Listing, Shown};
use crate::output::Color;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    connection: Connection,
    /// Show what the server made for itself, too: names that start with @ or $
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    shown: Shown,
}

/// Fields of the tables.
pub(crate) const NODE_TYPE: &[&str] = &["name", "key", "nodes", "attributes"];
pub(crate) const EDGE_TYPE: &[&str] = &["name", "from", "to", "direction", "edges", "attributes"];
pub(crate) const ATTRIBUTE: &[&str] = &["name", "type", "precision", "scale", "is_array", "is_encrypted"];

/// Shows the types.
pub(crate) fn run(options: &Options, color: Color) -> Result<(), Failure> {
    let channel = options.connection.connect()?;
    interrupt::guard(&channel, |_| {
        let types = Types::of(&*channel.schema()?, options.all);
        let mut listing = Listing::new(&options.shown, color);
        let parts = [
            ("Node types", types.nodes, NODE_TYPE),
            ("Edge types", types.edges, EDGE_TYPE),
            ("Attributes", types.attributes, ATTRIBUTE),
        ];
        for (title, things, fields) in parts {
            listing.title(title)?;
            listing.list(&things, fields)?;
        }
        Ok(())
    })
}

/// The types of a graph, as JSON objects.
pub(crate) struct Types {
    pub(crate) nodes: Vec<Value>,
    pub(crate) edges: Vec<Value>,
    pub(crate) attributes: Vec<Value>,
}

impl Types {
    /// All, or those that people made.
    pub(crate) fn of(schema: &Schema, all: bool) -> Self {
        let is_wanted = |name: &str| all || !name.starts_with(['@', '$']);
        let nodes = schema.node_types().iter().filter(|found| is_wanted(&found.entity_type.name));
        let edges = schema.edge_types().iter().filter(|found| is_wanted(&found.entity_type.name));
        let attributes = schema.descriptors().iter().filter(|found| is_wanted(&found.name));
        let end = |id| schema.node_type_by_id(id);
        Self {
            nodes: nodes.map(node_type).collect(),
            edges: edges.map(|edge| edge_type(edge, end(edge.from_type_id), end(edge.to_type_id))).collect(),
            attributes: attributes.map(|descriptor| attribute(descriptor)).collect(),
        }
    }
}

pub(crate) fn node_type(found: &NodeType) -> Value {
    let common = &found.entity_type;
    json!({
        "kind": "node type",
        "id": common.id,
        "name": common.name,
        "key": found.primary_key.0,
        "attributes": common.attributes.0,
        "index_ids": found.index_ids.0,
        "page_size": common.page_size,
        "nodes": found.entry_count,
    })
}

pub(crate) fn edge_type(found: &EdgeType, from: Option<&NodeType>, to: Option<&NodeType>) -> Value {
    let common = &found.entity_type;
    let end = |end: Option<&NodeType>| end.map(|end| end.entity_type.name.clone());
    json!({
        "kind": "edge type",
        "id": common.id,
        "name": common.name,
        "from": end(from),
        "to": end(to),
        "direction": found.direction.name().map(str::to_lowercase),
        "attributes": common.attributes.0,
        "page_size": common.page_size,
        "edges": found.entry_count,
    })
}

pub(crate) fn attribute(found: &AttributeDescriptor) -> Value {
    json!({
        "kind": "attribute",
        "id": found.id,
        "name": found.name,
        "type": found.value_type.name().map(str::to_lowercase),
        "precision": found.number.map(|(precision, _)| precision),
        "scale": found.number.map(|(_, scale)| scale),
        "is_array": found.is_array,
        "is_encrypted": found.is_encrypted,
    })
}
