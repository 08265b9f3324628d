//! Requests that are no queries, commits or entities.

use tgdb_pdu::Body;
use tgdb_pdu::Verb;
use tgdb_pdu::body::*;

use crate::support::*;

#[test]
fn one_way_messages_have_no_answer() {
    let mut client = Client::new();
    client.send(ConnectionProperties { properties: Vec::new() });
    client.send(Body::DumpStacktraceRequest);
    assert_eq!(client.replies(), []);
}

#[test]
fn what_is_not_supported_is_an_exception_that_names_it() {
    let mut client = Client::new();
    let decrypt = DecryptBufferRequest { buffer: vec![1; 256].into() };
    for (body, verb) in [
        (Body::TraverseRequest, Verb::TRAVERSE_REQUEST),
        (decrypt.into(), Verb::DECRYPT_BUFFER_REQUEST),
        (Body::Raw(RawBody { verb: Verb(70), payload: bytes::Bytes::new() }), Verb(70)),
    ] {
        let Body::Exception(exception) = client.ask(body) else { panic!("{verb}") };
        assert!(exception.message.unwrap().contains(&verb.to_string()));
    }
    assert_eq!(client.count("g.V().count()"), 91, "the session goes on");
}
