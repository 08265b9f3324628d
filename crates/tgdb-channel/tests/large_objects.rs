//! Large objects: from the server in chunks, to it inside their entities.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use support::graph::*;
use support::*;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::graph::*;
use tgdb_channel::pdu::obfuscation::Obfuscated;
use tgdb_channel::pdu::{Body, Message, Verb, Wire, Writer};
use tgdb_channel::*;
use tgdb_testkit::ServerSession;

/// The bytes of an object, obfuscated.
fn obfuscated(clear: &'static [u8]) -> Bytes {
    let mut w = Writer::default();
    Obfuscated { key: 0x0123_4567_89ab_cdef, data: Bytes::from_static(clear) }.encode("object", &mut w).unwrap();
    w.into_vec().into()
}

#[test]
fn large_objects_come_down_in_chunks_and_in_clear() {
    let objects = |session: &mut ServerSession, request: &Message| {
        let Body::GetLargeObjectRequest(get) = &request.body else { return serve(session, request, narrow()) };
        let chunks = match (get.entity_id, get.decrypt) {
            (1, false) => Some(vec![Bytes::from_static(b"one "), Bytes::from_static(b"two")]),
            (2, true) => {
                let sent = obfuscated(b"clear text of 22 bytes");
                Some(vec![sent.slice(..3), sent.slice(3..20), sent.slice(20..)])
            }
            (3, true) => Some(vec![Bytes::from_static(b"in clear")]),
            (4, _) => None,
            _ => return session.reply(request, GetLargeObjectResponse::Failed { status: 12 }),
        };
        session.reply(request, GetLargeObjectResponse::Found { entity_id: get.entity_id, chunks });
    };
    let server = recording(objects);
    let channel = started(builder(&server.url()));
    let object = channel.get_large_object(1).unwrap();
    assert_eq!((object.entity_id, object.iter().count(), object.to_bytes()), (1, 2, Bytes::from_static(b"one two")));
    assert_eq!(block_on(channel.get_large_object_async(1, RequestOptions::default())).unwrap(), object);
    assert_eq!(channel.get_large_object(4).unwrap().chunks, None);
    assert_eq!(channel.get_encrypted_large_object(2).unwrap(), "clear text of 22 bytes");
    let task = channel.get_encrypted_large_object_async(2, RequestOptions::default());
    assert_eq!(block_on(task).unwrap(), "clear text of 22 bytes");
    for id in [3, 4] {
        let error = channel.get_encrypted_large_object(id).unwrap_err();
        assert!(matches!(error, ChannelError::BadReply { verb: Verb::GET_LARGE_OBJECT_REQUEST, .. }), "{error:?}");
    }
    assert_eq!(server_error(channel.get_large_object(9)), (12, None));
    assert_eq!(server_error(channel.get_encrypted_large_object(9)), (12, None));
}

#[test]
fn a_large_object_goes_up_inside_its_entity() {
    let server = narrow_server();
    let channel = started(builder(&server.url()));
    let schema = channel.schema().unwrap();
    let mut changes = Changes::new(&schema);
    let munich = changes.add_node(Some("airport")).unwrap();
    changes.set(munich, "plan", vec![7u8; 100_000]).unwrap();
    let ids = channel.commit(&changes).unwrap();
    assert_eq!(ids.entity(munich).unwrap().real, 1001);
    let committed = server.received().into_iter().find_map(|message| match message.body {
        Body::CommitTransactionRequest(commit) => Some(ChangeSet::from_request(&commit, &schema).unwrap()),
        _ => None,
    });
    let Some(Entity::Node(node)) = committed.unwrap().added.pop() else { panic!("no node") };
    let plan: LargeObject = node.attributes.get("plan").unwrap();
    assert_eq!(plan.data.unwrap(), vec![7u8; 100_000]);
    // Made up by the client, and the only one that it knows: the reply has none for objects.
    assert!(plan.id < 0 && ids.entity(plan.id).is_none());
}
