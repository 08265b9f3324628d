//! Commits, and what is there afterwards.

use std::sync::Arc;

use tgdb_pdu::Body;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;

use crate::support::*;

#[test]
fn what_was_committed_is_read_by_all_sessions_of_the_graph() {
    let mut client = Client::new();
    let mut other = Client::of(client.graph.clone(), 78);
    let mut stranger = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let mut changes = Changes::new(&schema);
    let tegel = changes.add_node(Some("airport")).unwrap();
    changes.set(tegel, "iata", "TXL").unwrap();
    changes.set(tegel, "elevation", 122).unwrap();
    let route = changes.add_edge("route", &munich, tegel).unwrap();
    changes.set(route, "distance", 480).unwrap();
    changes.set(route, "departs", Time { hour: 7, minute: 5, ..Time::default() }).unwrap();
    let ids = client.committed(&changes);
    let tegel = ids.entity(tegel).unwrap();
    assert!(tegel.real > munich.id && tegel.version == 1);
    assert_eq!(ids.version(munich.id), Some(2));

    assert_eq!(other.texts("g.V().has('iata', 'MUC').out('route').has('elevation', 122)"), ["TXL"]);
    assert_eq!(other.texts("g.E().has('departs').values('departs')"), ["07:05:00.000"]);
    let node = other.airport("TXL");
    assert_eq!((node.id, node.version, node.is_new), (tegel.real, 1, false));
    assert_eq!(node.edges, [ids.entity(route).unwrap().real]);
    assert_eq!(other.airport("MUC").version, 2);
    assert_eq!(stranger.count("g.V().has('iata', 'TXL').count()"), 0, "a graph of its own");
    other.refresh();
    assert_eq!(other.schema.node_type("airport").unwrap().entry_count, 53);
}

#[test]
fn attributes_are_changed_and_cleared() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let mut changes = Changes::new(&schema);
    changes.update_node(&munich);
    changes.set(munich.id, "city", "München").unwrap();
    changes.set(munich.id, "notes", Value::Null).unwrap();
    assert_eq!(client.committed(&changes).version(munich.id), Some(2));
    let node = client.airport("MUC");
    assert_eq!((node.get("city"), node.get::<Option<Value>>("notes")), (Ok("München"), Ok(None)));
    assert_eq!(node.edges, munich.edges);
    assert_eq!(client.count("g.V().has('notes').count()"), 3);

    let answer = client.query("g.V().has('iata', 'MUC').outE('route').limit(1)");
    let edge = answer.edges().next().unwrap().unwrap().to_edge().unwrap();
    let mut changes = Changes::new(&schema);
    // Java writes 0 for ends that it has not loaded.
    changes.update_edge(&Edge { from: 0, to: 0, ..edge.clone() });
    changes.set(edge.id, "distance", 7).unwrap();
    client.committed(&changes);
    let query = format!("g.E({}).values('distance')", edge.id);
    assert_eq!(client.texts(&query), ["7"]);
    assert_eq!(client.texts(&format!("g.E({}).outV()", edge.id)), ["MUC"]);
}

#[test]
fn a_removed_node_takes_its_edges_with_it() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let edges = client.count("g.E().count()");
    let mut changes = Changes::new(&schema);
    changes.remove(&Entity::Node(munich.clone()));
    let reply = client.commit(&changes);
    assert_eq!(reply.outcome, CommitOutcome::Committed(vec![CommitBlock::Removed(vec![munich.id])]));
    assert_eq!(client.count("g.V().has('iata', 'MUC').count()"), 0);
    assert_eq!(client.count("g.E().count()"), edges - munich.edges.len() as i64);
    let graph = client.graph.snapshot();
    assert!(graph.nodes().flat_map(|node| &node.edges).all(|edge| graph.edge(*edge).is_some()), "none dangles");
    // Its key is free again.
    let mut changes = Changes::new(&schema);
    let node = changes.add_node(Some("airport")).unwrap();
    changes.set(node, "iata", "MUC").unwrap();
    client.committed(&changes);
}

#[test]
fn a_removed_edge_leaves_its_ends() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let answer = client.query("g.V().has('iata', 'MUC').outE('located_in')");
    let edge = answer.edges().next().unwrap().unwrap().to_edge().unwrap();
    let mut changes = Changes::new(&schema);
    changes.remove(&Entity::Edge(edge.clone()));
    client.committed(&changes);
    assert_eq!(client.texts("g.V().has('iata', 'MUC').out('located_in')"), Vec::<String>::new());
    assert!(!client.airport("MUC").edges.contains(&edge.id));
}

#[test]
fn new_descriptors_can_be_used_at_once_and_later() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let mut changes = Changes::new(&schema);
    changes.add_descriptor("gates", AttributeType::INTEGER);
    // The same name and type again, as of another session, is the same descriptor.
    changes.add_descriptor("city", AttributeType::STRING);
    changes.update_node(&munich);
    changes.set(munich.id, "gates", 200).unwrap();
    let ids = client.committed(&changes);
    assert_eq!(ids.descriptor(-2), schema.descriptor("city").map(|found| found.id));
    client.refresh();
    assert_eq!(ids.descriptor(-1), client.schema.descriptor("gates").map(|found| found.id));
    assert_eq!(client.texts("g.V().has('gates', 200)"), ["MUC"]);
    // Another type is an error.
    let mut changes = Changes::new(&schema);
    changes.add_descriptor("city", AttributeType::LONG);
    assert_eq!(client.failed(&changes), TransactionStatus::VERIFICATION_ERROR);
}

#[test]
fn nodes_and_edges_need_no_type() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let mut changes = Changes::new(&schema);
    let ends = [changes.add_node(None).unwrap(), changes.add_node(None).unwrap()];
    changes.set(ends[0], "name", "untyped").unwrap();
    changes.add_untyped_edge(EdgeDirection::UNDIRECTED, ends[0], ends[1]);
    let ids = client.committed(&changes);
    let far = ids.entity(ends[1]).unwrap().real.to_string();
    // An edge without direction goes both ways.
    for way in ["out", "in"] {
        let found = client.texts(&format!("g.V().has('name', 'untyped').{way}().id()"));
        assert_eq!(found.join(" "), far, "{way}");
    }
}

#[test]
fn a_stale_version_is_an_error_and_nothing_is_changed() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let mut first = Changes::new(&schema);
    first.update_node(&munich);
    client.committed(&first);
    let changed = |change: &dyn Fn(&mut Changes<'_>)| {
        let mut changes = Changes::new(&schema);
        let node = changes.add_node(Some("country")).unwrap();
        changes.set(node, "code", "XX").unwrap();
        change(&mut changes);
        changes
    };
    let gone = Node { id: 999_999, ..munich.clone() };
    for changes in [
        changed(&|changes| changes.update_node(&munich)),
        changed(&|changes| changes.remove(&Entity::Node(munich.clone()))),
        changed(&|changes| changes.update_node(&gone)),
        changed(&|changes| changes.remove(&Entity::Node(gone.clone()))),
        changed(&|changes| assert!(changes.add_edge("route", 999_999, 999_999).is_ok())),
    ] {
        assert_eq!(client.failed(&changes), TransactionStatus::OPTIMISTIC_LOCK_FAILED);
        assert_eq!(client.count("g.V().has('code', 'XX').count()"), 0, "all or nothing");
    }
    assert_eq!(client.airport("MUC").version, 2);
}

#[test]
fn of_two_edges_to_one_node_that_were_read_alike_the_later_one_fails() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let (munich, prague) = (client.airport("MUC"), client.airport("PRG"));
    let mut changes = Changes::new(&schema);
    changes.add_edge("route", &munich, &prague).unwrap();
    client.committed(&changes);
    assert_eq!(client.failed(&changes), TransactionStatus::OPTIMISTIC_LOCK_FAILED);
}

#[test]
fn primary_keys_are_unique_and_not_null() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let with_key = |keys: &[Option<&str>]| {
        let mut changes = Changes::new(&schema);
        for key in keys {
            let node = changes.add_node(Some("airport")).unwrap();
            changes.set(node, "iata", *key).unwrap();
        }
        changes
    };
    assert_eq!(client.failed(&with_key(&[Some("MUC")])), TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION);
    let twice = with_key(&[Some("AAA"), Some("AAA")]);
    assert_eq!(client.failed(&twice), TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION);
    assert_eq!(client.failed(&with_key(&[None])), TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL);
    let mut changes = Changes::new(&schema);
    changes.add_node(Some("airport")).unwrap();
    assert_eq!(client.failed(&changes), TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL);
    let (munich, oslo) = (client.airport("MUC"), client.airport("OSL"));
    let swap = |key: Value, other: Value| {
        let mut changes = Changes::new(&schema);
        changes.update_node(&munich);
        changes.set(munich.id, "iata", key).unwrap();
        changes.update_node(&oslo);
        changes.set(oslo.id, "iata", other).unwrap();
        changes
    };
    let null = swap(Value::Null, "OSL".into());
    assert_eq!(client.failed(&null), TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL);
    let third = swap("FRA".into(), "OSL".into());
    assert_eq!(client.failed(&third), TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION);
    client.committed(&swap("OSL".into(), "MUC".into()));
    assert_eq!((client.airport("OSL").id, client.airport("MUC").id), (munich.id, oslo.id));
    assert_eq!(client.failed(&with_key(&[Some("OSL")])), TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION);
}

#[test]
fn types_that_do_not_fit_are_errors() {
    let mut client = Client::new();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let request = |added: Vec<Entity>| ChangeSet { added, ..ChangeSet::default() }.to_request().unwrap();
    let node = |type_id| Entity::Node(Node { id: -1, type_id, is_new: true, ..Node::default() });
    let edge = |type_id, from, to| {
        let (attributes, direction) = (AttributeList::default(), EdgeDirection::DIRECTED);
        Entity::Edge(Edge { id: -2, version: 0, type_id, is_new: true, attributes, direction, from, to })
    };
    let route = schema.edge_type("route").unwrap().entity_type.id;
    let country = client.query("g.V().has('code', 'DE')").nodes().next().unwrap().unwrap().id();
    for (added, status) in [
        (vec![node(4711)], TransactionStatus::VERIFICATION_ERROR),
        (vec![edge(4711, munich.id, munich.id)], TransactionStatus::VERIFICATION_ERROR),
        (vec![edge(route, munich.id, country)], TransactionStatus::VERIFICATION_ERROR),
        (vec![edge(route, munich.id, -9)], TransactionStatus::MALFORMED),
        (vec![edge(route, 0, munich.id)], TransactionStatus::MALFORMED),
        (vec![node(0), node(0)], TransactionStatus::MALFORMED),
    ] {
        let Body::CommitTransactionResponse(reply) = client.ask(request(added.clone())) else { panic!() };
        assert!(
            matches!(reply.outcome, CommitOutcome::Failed { status: found, .. } if found == status),
            "{added:?} {reply:?}"
        );
    }
}

#[test]
fn malformed_and_empty_requests() {
    let mut client = Client::new();
    for (bytes, status) in [
        (&[][..], None),
        (&[0x10][..], Some(TransactionStatus::MALFORMED)),
        (&[0x10, 0x14, 0, 0, 0, 0][..], Some(TransactionStatus::MALFORMED)),
        (&[0x10, 0x11, 0x7f, 0xff, 0xff, 0xff][..], Some(TransactionStatus::MALFORMED)),
        (&[0x10, 0x11, 0, 0, 0, 0][..], None),
    ] {
        let Body::CommitTransactionResponse(reply) = client.ask(CommitTransactionRequest::new(bytes)) else { panic!() };
        let found = match reply.outcome {
            CommitOutcome::Failed { status, .. } => Some(status),
            CommitOutcome::Committed(blocks) => {
                assert_eq!(blocks, []);
                None
            }
        };
        assert_eq!(found, status, "{bytes:x?}");
    }
}

#[test]
fn a_commit_needs_no_begin_and_ends_one() {
    let mut client = Client::new();
    let begin = |client: &mut Client| match client.ask(Body::BeginTransactionRequest) {
        Body::BeginTransactionResponse(begun) => Ok(begun.transaction_id),
        Body::Exception(exception) => Err(exception.code),
        other => panic!("{other:?}"),
    };
    assert_eq!((begin(&mut client), begin(&mut client)), (Ok(1), Err(8001)));
    let mut other = Client::of(Arc::clone(&client.graph), 78);
    assert_eq!(begin(&mut other), Ok(2 + 1), "of its own");
    assert_eq!(client.ask(Body::RollbackTransactionRequest), Body::RollbackTransactionResponse);
    assert!(begin(&mut client).is_ok());
    let schema = client.schema.clone();
    client.committed(&Changes::new(&schema));
    assert!(begin(&mut client).is_ok());
    assert_eq!(client.ask(Body::RollbackTransactionRequest), Body::RollbackTransactionResponse);
    assert_eq!(client.ask(Body::RollbackTransactionRequest), Body::RollbackTransactionResponse);
}
