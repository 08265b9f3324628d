//! Decisions on entities.

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::support::*;

#[test]
fn an_attribute_that_comes_twice_has_the_later_value() {
    // Python writes an attribute as often as it was set.
    let bytes = "000000320002000000000000006400000003000003e90000000200000005000000000700000005000000000800000000";
    let Entity::Node(node) = entity(&hex::decode(bytes).unwrap(), Layout::Reply) else { panic!() };
    assert_eq!((node.attributes.len(), node.get("count")), (1, Ok(8)));
    let reply = of_entity(&hex::decode(bytes).unwrap());
    let found = reply.found(GetEntityCommand::GET, &*SCHEMA).unwrap().next().unwrap().unwrap();
    assert_eq!(found.entity.get("count"), Ok(8));
}

#[test]
fn a_type_need_not_be_known() {
    for (name, type_id) in [("node from the server, type 0", 0), ("node from the server, unknown type", 4711)] {
        let reply = of_entity(&hex(&named("entities", name)["hex"]));
        let found = reply.found(GetEntityCommand::GET, &*SCHEMA).unwrap().next().unwrap().unwrap();
        let node = found.entity.as_node().unwrap();
        assert_eq!((node.type_id(), node.node_type()), (type_id, None));
    }
}

#[test]
fn any_other_direction_is_bidirectional() {
    let bytes = hex(&named("entities", "edge from the server, direction 9")["hex"]);
    let Entity::Edge(edge) = entity(&bytes, Layout::Reply) else { panic!() };
    assert_eq!(edge.direction, EdgeDirection::BIDIRECTIONAL);
}

#[test]
fn new_in_a_reply_means_nothing() {
    let bytes = hex(&named("entities", "node from the server, flagged new")["hex"]);
    let Entity::Node(node) = entity(&bytes, Layout::Reply) else { panic!() };
    assert!(node.is_new, "kept as it was sent");
    let mut changes = Changes::new(&SCHEMA);
    changes.update_node(&node);
    let Entity::Node(sent) = &changes.as_set().changed[0] else { panic!() };
    assert!(!sent.is_new);
}

#[test]
fn shells_are_written_with_their_ids() {
    // Java writes 0 for the edges and ends that it knows by id only.
    for name in ["node from the server with one attribute changed", "edge from the server with one attribute changed"] {
        let bytes = hex(&named("entities", name)["hex"]);
        let changed = entity(&bytes, Layout::Request);
        let mut changes = Changes::new(&SCHEMA);
        match &changed {
            Entity::Node(node) => changes.update_node(&Node { edges: vec![200, 201, 202], ..node.clone() }),
            Entity::Edge(edge) => changes.update_edge(edge),
        }
        let attribute = changed.attributes().iter().next().unwrap();
        changes.set(changed.id(), &attribute.descriptor.name, attribute.value.clone()).unwrap();
        assert_eq!(hex::encode(bytes_of(&changes.as_set().changed[0], Layout::Request)), hex::encode(bytes), "{name}");
    }
}

#[test]
fn existing_ends_of_a_new_edge_go_along() {
    let node = |id| Node { id, version: 3, type_id: 1001, edges: vec![7], ..Node::default() };
    let mut changes = Changes::new(&SCHEMA);
    let edge = changes.add_edge("knows", &node(100), &node(101)).unwrap();
    let set = changes.as_set();
    assert_eq!((set.added.len(), set.changed.len()), (1, 2));
    assert_eq!(set.changed[0], Entity::Node(Node { edges: vec![edge], ..node(100) }));
}

#[test]
fn the_length_of_an_entity_is_not_looked_at_and_written_right() {
    let bytes = hex(&named("entities", "edge from the server")["hex"]);
    let mut wrong = bytes.clone();
    wrong[..4].copy_from_slice(&[0x7f; 4]);
    assert_eq!(bytes_of(&entity(&wrong, Layout::Reply), Layout::Reply), bytes);
}

#[test]
fn the_id_before_an_entity_is_not_looked_at() {
    let bytes = hex(&named("entities", "edge from the server")["hex"]);
    let mut reply = of_entity(&bytes);
    let expected = entity(&bytes, Layout::Reply);
    reply.entities.0 = [&reply.entities[..1], &[0xee; 8], &bytes].concat().into();
    let map = EntityMap::read(reply.found(GetEntityCommand::GET, &*SCHEMA).unwrap()).unwrap();
    assert_eq!(map.get(expected.id()), Some(&expected));
}
