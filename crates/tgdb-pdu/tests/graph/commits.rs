//! The vectors of commits and keys.

use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::support::*;
use crate::vectors::stamp;

#[test]
fn commit_requests() {
    for vector in list("commit_requests") {
        let name = &vector["name"];
        let bytes = hex(&vector["hex"]);
        let request: CommitTransactionRequest = decode(&bytes);
        let changes = ChangeSet::from_request(&request, &SCHEMA).unwrap();
        for (block, entities) in
            [("added", &changes.added), ("changed", &changes.changed), ("removed", &changes.removed)]
        {
            let Some(names) = vector[block].as_array() else { continue };
            let expected: Vec<_> = names.iter().map(|name| hex(&vector["entities"][name.as_str().unwrap()])).collect();
            let ours: Vec<_> = entities.iter().map(|entity| bytes_of(entity, Layout::Request)).collect();
            assert_eq!(ours, expected, "{name}");
        }
        assert_eq!(hex::encode(encode(&changes.to_request().unwrap())), hex::encode(&bytes), "{name}");
        // What Python wrote, with its empty blocks, are the same changes.
        if let Some(python) = vector["python_writes"].as_str() {
            let request: CommitTransactionRequest = decode(&hex::decode(python).unwrap());
            assert_eq!(ChangeSet::from_request(&request, &SCHEMA).as_ref(), Ok(&changes), "{name}");
        }
    }
    assert_eq!(list("commit_requests").len(), 7);
}

#[test]
fn the_builder_s_commit_is_java_s() {
    let request = |name: &str| hex(&named("commit_requests", name)["hex"]);
    let robert = |changes: &mut Changes<'_>| {
        let node = changes.add_node(Some("person")).unwrap();
        changes.set(node, "name", "Robert").unwrap();
        changes.set(node, "count", 3).unwrap();
        node
    };
    let mut changes = Changes::new(&SCHEMA);
    let node = robert(&mut changes);
    assert_eq!(node, -1);
    assert_eq!(encode(&changes.to_request().unwrap()), request("one new node"));

    // An attribute that the graph does not have yet.
    let mut changes = Changes::counting_from(&SCHEMA, -1, -30);
    let node = robert(&mut changes);
    assert!(matches!(changes.set(node, "fresh", "x"), Err(ChangeError::Attribute(AttributeError::Unknown { .. }))));
    changes.add_descriptor("fresh", AttributeType::STRING);
    changes.set(node, "fresh", "x").unwrap();
    let name = "one new node with an attribute that has no descriptor (Java: descriptor block)";
    assert_eq!(encode(&changes.to_request().unwrap()), request(name));

    // All three blocks; the removed node had changed before.
    let vector = named("commit_requests", "all three");
    let Entity::Edge(edge) = entity(&hex(&vector["entities"]["s5"]), Layout::Request) else { panic!() };
    let removed = entity(&hex(&vector["entities"]["s4"]), Layout::Request);
    let mut changes = Changes::new(&SCHEMA);
    robert(&mut changes);
    changes.update_edge(&edge);
    changes.set(edge.id, "stamp", stamp(2021, 1, 1, 0, 0, 0, 0)).unwrap();
    changes.remove(&removed);
    let mut set = changes.as_set().clone();
    assert_eq!(set.removed[0].attributes().len(), 0);
    set.removed = vec![removed];
    assert_eq!(encode(&set.to_request().unwrap()), hex(&vector["hex"]));

    assert!(Changes::new(&SCHEMA).as_set().is_empty());
    assert_eq!(encode(&Changes::new(&SCHEMA).to_request().unwrap()), request("nothing"));
}

#[test]
fn new_edges_stand_at_both_ends() {
    // Ids as in the entity vectors: nodes -5 and -6, edges -7, -8 and the loop -9.
    let mut changes = Changes::counting_from(&SCHEMA, -5, -1);
    let a = changes.add_node(Some("person")).unwrap();
    changes.set(a, "name", "a").unwrap();
    let b = changes.add_node(Some("person")).unwrap();
    changes.set(b, "name", "b").unwrap();
    let edge = changes.add_edge("knows", a, b).unwrap();
    changes.set(edge, "stamp", stamp(2020, 6, 15, 12, 0, 0, 0)).unwrap();
    changes.add_untyped_edge(EdgeDirection::UNDIRECTED, a, b);
    changes.add_untyped_edge(EdgeDirection::BIDIRECTIONAL, b, b);
    let ours: Vec<_> = changes.as_set().added.iter().map(|entity| bytes_of(entity, Layout::Request)).collect();
    let names = [
        "new node with two new edges",
        "new node with a self-loop",
        "new directed edge, typed, one attribute",
        "new undirected edge without type",
        "new bidirectional self-loop without type",
    ];
    let java: Vec<_> = names.iter().map(|name| hex(&named("entities", name)["hex"])).collect();
    assert_eq!(ours, java);
}

#[test]
fn commit_replies() {
    let reply = |name: &str| decode::<CommitTransactionResponse>(&hex(&named("commit_replies", name)["hex"]));
    let ids = CommitIds::from(&reply("two added"));
    assert_eq!(ids.entity(-1).map(|entity| (entity.real, entity.version)), Some((100, 1)));
    assert_eq!(ids.entity(-2).map(|entity| entity.real), Some(101));
    assert_eq!(ids.entity(-3), None);
    assert_eq!(CommitIds::from(&reply("failed: unknown")), CommitIds::default());
    for vector in list("commit_replies") {
        let bytes = hex(&vector["hex"]);
        assert_eq!(encode(&decode::<CommitTransactionResponse>(&bytes)), bytes, "{}", vector["name"]);
    }
    let debug = reply("debug entities behind the blocks");
    let mut entities = debug.debug_entities(&*SCHEMA).unwrap().unwrap();
    assert_eq!(entities.next().unwrap().unwrap().entity.get("name"), Ok("Robert"));
    assert!(entities.next().is_none());
    assert!(reply("two added").debug_entities(&*SCHEMA).unwrap().is_none());
}

#[test]
fn keys() {
    let day = Date::new(2020, 2, 29).unwrap();
    for (name, attributes) in [
        ("person by name", vec![("name", "Robert".into())]),
        ("two attributes", vec![("name", "Robert".into()), ("count", 3.into())]),
        ("by date and number", vec![("day", day.into()), ("price", "1.5".into())]),
    ] {
        let bytes = hex(&named("keys", name)["hex"]);
        let key = EntityKey::new(&SCHEMA, Some("person"), attributes.clone()).unwrap();
        assert_eq!(hex::encode(encode(&key)), hex::encode(&bytes), "{name}");
        let key: EntityKey = decode(&bytes);
        let read: Vec<_> = key.attributes(&SCHEMA).unwrap().map(|attribute| attribute.name().to_owned()).collect();
        assert_eq!(read, attributes.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
