//! The graph of airports by itself.

use std::collections::HashSet;

use tgdb_pdu::body::{AttributeType, MetadataResponse, TypeGroup};
use tgdb_pdu::graph::*;
use tgdb_testkit::graph::Graph;

#[test]
fn it_is_as_large_as_the_documentation_says_and_the_same_each_time() {
    let graph = Graph::airports();
    let of_type = |name: &str| {
        let id = graph.schema().node_type(name).unwrap().entity_type.id;
        graph.nodes().filter(|node| node.type_id == id).count()
    };
    assert_eq!((of_type("airport"), of_type("country"), graph.edges().count()), (52, 39, 624 + 52));
    let again = Graph::airports();
    assert!(graph.nodes().eq(again.nodes()) && graph.edges().eq(again.edges()));
    assert_eq!(graph.metadata(), again.metadata());
}

#[test]
fn each_value_of_the_tables_was_understood() {
    let graph = Graph::airports();
    let airport = graph.schema().node_type("airport").unwrap();
    let rare = ["access_code", "notes", "picture"];
    for node in graph.nodes().filter(|node| node.type_id == airport.entity_type.id) {
        let name: &str = node.get("iata").unwrap();
        for attribute in airport.entity_type.attributes.0.iter().filter(|name| !rare.contains(&name.as_str())) {
            let value: Value = node.get(attribute).unwrap();
            assert!(!value.is_null() || (name, attribute.as_str()) == ("BER", "passengers"), "{name}: {attribute}");
        }
        assert!(node.get::<Date>("opened").unwrap().is_valid());
        assert!((-90.0..=90.0).contains(&node.get::<f64>("latitude").unwrap()));
    }
    for edge in graph.edges() {
        let ends = [edge.from, edge.to].map(|end| graph.node(end).unwrap());
        assert!(ends.iter().all(|end| end.edges.contains(&edge.id)));
        if edge.type_id == graph.schema().edge_type("route").unwrap().entity_type.id {
            assert!(edge.get::<i32>("distance").unwrap() > 100);
            assert!(edge.get::<NumberRef<'_>>("fare").unwrap().to_f64().unwrap() > 20.0);
        }
    }
}

#[test]
fn values_of_most_types_are_there() {
    let graph = Graph::airports();
    let attributes =
        graph.nodes().flat_map(|node| &node.attributes).chain(graph.edges().flat_map(|edge| &edge.attributes));
    let types: HashSet<AttributeType> = attributes.map(|attribute| attribute.descriptor.value_type).collect();
    let all = (1..=15).map(AttributeType);
    // A time of day would keep Python's client from reading the rest.
    let missing: Vec<_> = all.filter(|value_type| !types.contains(value_type)).collect();
    assert_eq!(missing, [AttributeType::TIME]);
}

#[test]
fn ids_are_unique_among_descriptors_and_types() {
    let MetadataResponse { groups } = Graph::airports().metadata();
    let ids = groups.iter().flat_map(|group| match group {
        TypeGroup::AttributeDescriptors(items) => items.iter().map(|item| item.id).collect::<Vec<_>>(),
        TypeGroup::NodeTypes(items) => items.iter().map(|item| item.entity_type.id).collect(),
        TypeGroup::EdgeTypes(items) => items.iter().map(|item| item.entity_type.id).collect(),
    });
    let ids: Vec<i32> = ids.collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "Python keeps them in one map");
}
