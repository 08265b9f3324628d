//! The types of the embedded graph.

use tgdb_pdu::body::*;
use tgdb_pdu::graph::Schema;

use AttributeType as T;

/// The descriptors of values that are no attribute of an entity. Java and Python hide attributes
/// whose names start with `@`.
pub(super) const ID: &str = "@id";
pub(super) const LABEL: &str = "@label";
pub(super) const COUNT: &str = "@count";

/// Ids are unique among descriptors, types and indices, because Python keeps them in one map.
const FIRST_DESCRIPTOR: i32 = 101;
const FIRST_NODE_TYPE: i32 = 1101;
const FIRST_EDGE_TYPE: i32 = 1201;
/// The index of the primary key of a node type has the type's id and that.
pub(super) const INDEX_OFFSET: i32 = 1_000_000;

/// Page size of each type and block size of each index, in bytes, as Java creates them.
pub(super) const PAGE_SIZE: i32 = 512;

const DESCRIPTORS: [(&str, AttributeType); 26] = [
    (ID, T::LONG),
    (LABEL, T::STRING),
    (COUNT, T::LONG),
    ("iata", T::STRING),
    ("icao", T::STRING),
    ("name", T::STRING),
    ("city", T::STRING),
    ("elevation", T::INTEGER),
    ("latitude", T::DOUBLE),
    ("longitude", T::DOUBLE),
    ("runways", T::BYTE),
    ("longest_runway", T::SHORT),
    ("passengers", T::LONG),
    ("utc_offset", T::FLOAT),
    ("code_letter", T::CHAR),
    ("opened", T::DATE),
    ("updated", T::TIMESTAMP),
    ("hub", T::BOOLEAN),
    (ACCESS_CODE, T::STRING),
    ("notes", T::CLOB),
    ("picture", T::BLOB),
    ("code", T::STRING),
    ("continent", T::STRING),
    ("distance", T::INTEGER),
    ("fare", T::NUMBER),
    ("departs", T::TIME),
];

/// The attribute that is encrypted.
const ACCESS_CODE: &str = "access_code";

/// Python's client makes each edge that it reads one of these at first, and fails without them
/// (`GraphMetadataImpl.defaultEdgetype` in `gmdimpl.py`).
const DEFAULT_EDGE_TYPES: [(&str, EdgeDirection); 3] = [
    ("$def-directed-edge$", EdgeDirection::DIRECTED),
    ("$def-bidirected-edge$", EdgeDirection::BIDIRECTIONAL),
    ("$def-undirected-edge$", EdgeDirection::UNDIRECTED),
];

const AIRPORT: [&str; 18] = [
    "iata",
    "icao",
    "name",
    "city",
    "elevation",
    "latitude",
    "longitude",
    "runways",
    "longest_runway",
    "passengers",
    "utc_offset",
    "code_letter",
    "opened",
    "updated",
    "hub",
    ACCESS_CODE,
    "notes",
    "picture",
];

/// Airports, countries, and the edges between them, without entries.
pub(super) fn airports() -> Schema {
    let descriptors = DESCRIPTORS.iter().zip(FIRST_DESCRIPTOR..).map(|((name, value_type), id)| AttributeDescriptor {
        system_type: SystemType::ATTRIBUTE_DESCRIPTOR,
        id,
        name: (*name).to_owned(),
        value_type: *value_type,
        is_array: false,
        is_encrypted: *name == ACCESS_CODE,
        number: (*value_type == T::NUMBER).then_some((20, 2)),
    });
    let airport = node_type(FIRST_NODE_TYPE, "airport", &AIRPORT, &["iata"]);
    let country = node_type(FIRST_NODE_TYPE + 1, "country", &["code", "name", "continent"], &["code"]);
    let mut edge_types = vec![
        edge_type(FIRST_EDGE_TYPE, "route", &["distance", "fare", "departs"], Some((&airport, &airport))),
        edge_type(FIRST_EDGE_TYPE + 1, "located_in", &[], Some((&airport, &country))),
    ];
    for ((name, direction), id) in DEFAULT_EDGE_TYPES.into_iter().zip(FIRST_EDGE_TYPE + 2..) {
        edge_types.push(EdgeType { direction, ..edge_type(id, name, &[], None) });
    }
    MetadataResponse {
        groups: vec![
            TypeGroup::AttributeDescriptors(descriptors.collect()),
            TypeGroup::NodeTypes(vec![airport, country]),
            TypeGroup::EdgeTypes(edge_types),
        ],
    }
    .into()
}

fn entity_type(system_type: SystemType, id: i32, name: &str, attributes: &[&str]) -> EntityType {
    EntityType { system_type, id, name: name.to_owned(), page_size: PAGE_SIZE, attributes: names(attributes) }
}

fn node_type(id: i32, name: &str, attributes: &[&str], key: &[&str]) -> NodeType {
    NodeType {
        entity_type: entity_type(SystemType::NODE_TYPE, id, name, attributes),
        primary_key: names(key),
        index_ids: List16(vec![id + INDEX_OFFSET]),
        entry_count: 0,
    }
}

/// A directed edge type, between nodes of these types or any nodes.
fn edge_type(id: i32, name: &str, attributes: &[&str], ends: Option<(&NodeType, &NodeType)>) -> EdgeType {
    EdgeType {
        entity_type: entity_type(SystemType::EDGE_TYPE, id, name, attributes),
        from_type_id: ends.map_or(0, |(from, _)| from.entity_type.id),
        to_type_id: ends.map_or(0, |(_, to)| to.entity_type.id),
        direction: EdgeDirection::DIRECTED,
        entry_count: 0,
    }
}

fn names(names: &[&str]) -> List16<String> {
    List16(names.iter().map(|name| (*name).to_owned()).collect())
}
