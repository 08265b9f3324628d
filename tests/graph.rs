//! The channel against the testkit's graph, over sockets.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tgdb_channel::ChannelError;
use tgdb_channel::pdu::graph::{Changes, Date, LargeObjectRef};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{ServerConfig, TestServer};
use tgdb_tests::*;

fn code(error: &ChannelError) -> Option<i32> {
    match error {
        ChannelError::Server(server) => Some(server.code),
        _ => None,
    }
}

#[test]
fn airports_are_found_changed_and_read_again() {
    let graph = Arc::new(GraphServer::airports());
    let server = TestServer::start(ServerConfig::scripted(graph.clone())).unwrap();
    let channel = started(builder(&server.url()));
    assert_eq!(channel.query("g.V().hasLabel('airport').count()").unwrap().value(), Ok(Some(52i64)));
    let names = channel.query("g.V().has('iata', 'MUC').out('route').order().by('distance').values('name')").unwrap();
    let names: Vec<&str> = names.values().map(Result::unwrap).collect();
    assert_eq!(names.len(), 19);

    let found = channel.get_entity("airport", [("iata", "MUC")]).unwrap();
    let munich = found.entity().unwrap().unwrap().to_entity().unwrap();
    assert_eq!(munich.get("opened"), Ok(Date::new(1992, 5, 17).unwrap()));
    let notes = munich.get::<LargeObjectRef<'_>>("notes").unwrap().id;
    let notes = channel.get_large_object(notes).unwrap().to_bytes();
    assert!(std::str::from_utf8(&notes).unwrap().contains("runways"));

    let schema = channel.schema().unwrap();
    let mut changes = Changes::new(&schema);
    let tegel = changes.add_node(Some("airport")).unwrap();
    changes.set(tegel, "iata", "TXL").unwrap();
    changes.add_descriptor("closed", tgdb_channel::pdu::body::AttributeType::DATE);
    changes.set(tegel, "closed", Date::new(2020, 11, 8)).unwrap();
    let ids = channel.begin().unwrap().commit(&changes).unwrap();
    // Its schema is older than the new descriptor, and is fetched again.
    let other = started(builder(&server.url()));
    let found = other.query(format!("g.V({}).values('closed')", ids.entity(tegel).unwrap().real)).unwrap();
    assert_eq!(found.value(), Ok(Some(Date::new(2020, 11, 8).unwrap())));
    assert_eq!(channel.query("g.V().has('closed').count()").unwrap().value(), Ok(Some(1i64)));
    assert_eq!(channel.query("g.V().has('closed')").unwrap().nodes().count(), 1);
    assert_eq!(graph.snapshot().nodes().filter(|node| node.get::<Date>("closed").is_ok()).count(), 1);

    assert_eq!(code(&channel.query("g.V().drop()").unwrap_err()), Some(8103));
    assert_eq!(code(&channel.commit(&changes).unwrap_err()), Some(8007));
}
