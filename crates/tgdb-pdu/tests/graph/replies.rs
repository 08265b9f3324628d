//! The recorded replies as bodies: read as the vendor reads them, written as the same bytes.

use serde_json::Value as Json;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, Frame, Header, Message, Verb};

use crate::support::*;

fn message(vector: &Json, verb: Verb) -> Message {
    let bytes = hex(&vector["hex"]);
    let message = Message::decode(&Frame::new(Header::default(), verb, bytes.clone())).unwrap();
    let again = message.encode().unwrap();
    assert_eq!(hex::encode(&again[tgdb_pdu::HEADER_LEN..]), hex::encode(bytes), "{}", vector["name"]);
    message
}

#[test]
fn all_recorded_replies_are_written_as_they_were_read() {
    for (section, verb, count) in [
        ("query_replies", Verb::QUERY_RESPONSE, 20),
        ("get_entity_replies", Verb::GET_ENTITY_RESPONSE, 6),
        ("commit_replies", Verb::COMMIT_TRANSACTION_RESPONSE, 13),
        ("large_object_replies", Verb::GET_LARGE_OBJECT_RESPONSE, 4),
    ] {
        list(section).iter().for_each(|vector| drop(message(vector, verb)));
        assert_eq!(list(section).len(), count, "{section}");
    }
}

/// Java looks for the text behind the query id and the syntax, Python right behind the result.
#[test]
fn the_text_of_a_failed_query_is_found_where_java_and_where_python_has_it() {
    let mut failed = 0;
    for vector in list("query_replies") {
        let name = vector["name"].as_str().unwrap();
        let Some(reason) = name.split_once("reads it: ").map(|(_, reason)| reason) else { continue };
        let Body::QueryResponse(Some(response)) = message(vector, Verb::QUERY_RESPONSE).body else { panic!() };
        let QueryOutcome::Failed { result, .. } = &response.outcome else { panic!("{name}") };
        assert_eq!(i64::from(*result), vector["python_reads"]["code"].as_i64().unwrap(), "{name}");
        assert_eq!(response.outcome.message(), Some(format!("text of {reason}")), "{name}");
        failed += 1;
    }
    assert_eq!(failed, 6);
}

#[test]
fn a_failed_commit_has_a_status_and_the_server_s_text() {
    let mut failed = 0;
    for vector in list("commit_replies") {
        let name = vector["name"].as_str().unwrap();
        let Body::CommitTransactionResponse(response) = message(vector, Verb::COMMIT_TRANSACTION_RESPONSE).body else {
            panic!()
        };
        let CommitOutcome::Failed { status, message } = response.outcome else { continue };
        // "exception TxnGeneralError reason general error 8004"
        let java = vector["java_reads"].as_str().unwrap();
        assert!(java.ends_with(&format!(" {}", status.0)), "{name}: {status}");
        match message {
            Some(text) => assert!(java.contains(&format!(" {text} ")), "{name}: {text}"),
            None => assert_eq!(name, "failed without text"),
        }
        failed += 1;
    }
    assert_eq!(failed, 10);
}

/// Python takes the count of chunks for a length. Java takes a negative status for success.
#[test]
fn a_large_object_comes_in_chunks_unless_its_status_is_not_0() {
    let read = |name: &str| {
        let message = message(named("large_object_replies", name), Verb::GET_LARGE_OBJECT_RESPONSE);
        let Body::GetLargeObjectResponse(response) = message.body else { panic!() };
        (response, message.trailing.len())
    };
    let found = |chunks: &[&'static [u8]]| {
        let chunks = chunks.iter().map(|chunk| bytes::Bytes::from_static(chunk)).collect();
        (GetLargeObjectResponse::Found { entity_id: 77, chunks: Some(chunks) }, 0)
    };
    assert_eq!(read("two chunks"), found(&[b"abc", b"de"]));
    assert_eq!(read("no chunks"), found(&[]));
    assert_eq!(read("failed"), (GetLargeObjectResponse::Failed { status: 5 }, 0));
    assert_eq!(read("failed, negative status"), (GetLargeObjectResponse::Failed { status: -5 }, 9));
}
