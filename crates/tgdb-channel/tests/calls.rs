//! Typed calls: what they give, and each way in which a server reports a failure.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use support::graph::*;
use support::*;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::call::*;
use tgdb_channel::pdu::graph::*;
use tgdb_channel::pdu::{Body, BodyErrorKind, Message, Verb, Wire, Writer};
use tgdb_channel::*;
use tgdb_testkit::{ServerConfig, ServerSession, TestServer};

/// A server at which each request fails, in its own way.
fn failing(session: &mut ServerSession, request: &Message) {
    let reply: Body = match &request.body {
        Body::QueryRequest(_) => failed_query(8102, "parse error at 3"),
        Body::CommitTransactionRequest(_) => failed_commit(8008, "node 5 was changed"),
        Body::AdminRequest(admin) => {
            let mut w = Writer::default();
            w.utf("text", "no such role").unwrap();
            AdminResponse { result: 328, command: admin.command, payload: Remainder(w.into_vec().into()) }.into()
        }
        Body::GetLargeObjectRequest(_) => GetLargeObjectResponse::Failed { status: 5 }.into(),
        Body::BeginTransactionRequest => Exception { code: 8001, message: Some("there is one".into()) }.into(),
        _ => Exception { code: 7, message: None }.into(),
    };
    session.reply(request, reply);
}

/// What a call gives in each of its forms, which must be the same.
fn forms<R: Request + Clone>(channel: &TgChannel, request: R) -> ChannelError
where
    R::Reply: std::fmt::Debug,
{
    let errors = [
        channel.call(request.clone()).unwrap_err(),
        channel.call_with(request.clone(), within_ms(20_000)).unwrap_err(),
        block_on(channel.call_async(request.clone(), RequestOptions::default())).unwrap_err(),
        // A raw request has what was sent, and can be read by the same rule.
        match channel.request(request) {
            Ok(reply) => R::reply(reply.body).unwrap_err().into(),
            Err(error) => error,
        },
    ];
    for error in &errors {
        assert!(error.session_survives(), "{error:?}");
        assert_eq!(error.to_string(), errors[0].to_string());
        assert_eq!(channel.handle_exception(error), ExceptionHandleResult::RethrowException);
    }
    let [error, ..] = errors;
    error
}

#[test]
fn each_failure_of_the_server_is_an_error_with_verb_code_name_and_text() {
    let server = TestServer::start(ServerConfig::scripted(failing)).unwrap();
    let channel = started(builder(&server.url()));
    let error = |verb, code, text: Option<&str>| ServerError::new(verb, code, text.map(str::to_owned));
    let commit = CommitTransactionRequest::new(Vec::new());
    let object = GetLargeObjectRequest { entity_id: 1, decrypt: false };
    let admin = AdminRequest::new(AdminCommand::CREATE_USER);
    let cases = [
        (
            forms(&channel, QueryRequest::gremlin("x")),
            error(Verb::QUERY_REQUEST, 8102, Some("parse error at 3")),
            Some("PARSING_ERROR"),
        ),
        (
            forms(&channel, commit),
            error(Verb::COMMIT_TRANSACTION_REQUEST, 8008, Some("node 5 was changed")),
            Some("OPTIMISTIC_LOCK_FAILED"),
        ),
        (forms(&channel, admin), error(Verb::ADMIN_REQUEST, 328, Some("no such role")), Some("INVALID_ROLE")),
        (forms(&channel, object), error(Verb::GET_LARGE_OBJECT_REQUEST, 5, None), None),
        (
            forms(&channel, BeginTransaction),
            error(Verb::BEGIN_TRANSACTION_REQUEST, 8001, Some("there is one")),
            Some("ALREADY_IN_PROGRESS"),
        ),
        (forms(&channel, GetMetadata), error(Verb::METADATA_REQUEST, 7, None), None),
        (forms(&channel, RollbackTransaction), error(Verb::ROLLBACK_TRANSACTION_REQUEST, 7, None), None),
    ];
    for (found, expected, name) in cases {
        let ChannelError::Server(found) = found else { panic!("{found:?}") };
        assert_eq!(found, expected);
        assert_eq!(found.name(), name);
    }
    assert!(channel.is_connected());
}

#[test]
fn a_reply_of_another_verb_is_an_error() {
    let other = |session: &mut ServerSession, request: &Message| {
        session.reply(request, BeginTransactionResponse { transaction_id: 1 });
    };
    let server = TestServer::start(ServerConfig::scripted(other)).unwrap();
    let channel = started(builder(&server.url()));
    let error = forms(&channel, QueryRequest::gremlin("x"));
    let ChannelError::WrongReply(error) = error else { panic!("{error:?}") };
    let expected = CallError::WrongReply { request: Verb::QUERY_REQUEST, reply: Verb::BEGIN_TRANSACTION_RESPONSE };
    assert_eq!(error, expected);
}

#[test]
fn what_calls_give() {
    let server = narrow_server();
    let channel = started(builder(&server.url()));
    assert_eq!(channel.call(GetMetadata).unwrap(), narrow());
    assert_eq!(channel.call(BeginTransaction).unwrap().transaction_id, 1);
    channel.call(RollbackTransaction).unwrap();
    let admin = channel.call(AdminRequest::new(AdminCommand::SHOW_USERS)).unwrap();
    assert_eq!(admin.command, AdminCommand::SHOW_USERS);
    assert_eq!(channel.call(QueryRequest::gremlin("nodes")).unwrap().result_count, 2);
    let decrypt = DecryptBufferRequest { buffer: Bytes::from_static(b"x") };
    assert_eq!(block_on(channel.call_async(decrypt, within_ms(20_000))).unwrap().buffer.expose(), b"x");
}

#[test]
fn the_answer_to_a_query_is_read_with_the_schema() {
    let server = narrow_server();
    let channel = started(builder(&server.url()));
    let answers = [
        channel.query("nodes").unwrap(),
        channel.query_with(QueryRequest::gremlin("nodes"), within_ms(20_000)).unwrap(),
        block_on(channel.query_async("gremlin://nodes", RequestOptions::default())).unwrap(),
    ];
    for answer in answers {
        // It owns all that it needs.
        let codes = std::thread::spawn(move || {
            let codes = answer.nodes().map(|node| node.unwrap().get::<String>("iata").unwrap());
            let codes: Vec<_> = codes.collect();
            assert!(answer.nodes().all(|node| node.unwrap().node_type().unwrap().entity_type.name == "airport"));
            assert_eq!((answer.elements().count(), answer.entities().count(), answer.edges().count()), (2, 2, 0));
            codes
        });
        assert_eq!(codes.join().unwrap(), ["MUC", "OSL"]);
    }
    let names = channel.query("names").unwrap();
    assert_eq!(names.values::<&str>().collect::<Result<Vec<_>, _>>().unwrap(), ["MUC", "OSL"]);
    assert_eq!(names.value::<String>().unwrap().as_deref(), Some("MUC"));
    assert_eq!(names.nodes().count(), 0);
    let wrong = names.values::<i64>().map(|value| value.unwrap_err().to_string()).collect::<Vec<_>>();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].contains("`iata`"), "{wrong:?}");
    let nodes = channel.query("nodes").unwrap();
    assert_eq!(nodes.value::<&str>(), Err(AttributeError::NoValue { found: "node" }));
    let tgql = channel.query("tgql://tgql").unwrap();
    assert_eq!(tgql.nodes().next().unwrap().unwrap().get::<&str>("iata"), Ok("MUC"));
    assert_eq!(tgql.result().total_count, Some(1));
    assert_eq!(count(&server, Verb::METADATA_REQUEST), 1);
}

#[test]
fn a_query_that_failed_or_cannot_be_read_is_an_error() {
    let malformed = |session: &mut ServerSession, request: &Message| match text_of(request) {
        "short" => {
            let entities = Remainder(Bytes::from_static(b"\x01\0\0\0\x01\x02\0\0\0\x01\0\0\x09MUC"));
            let result = QueryResult { result_count: 1, entities, ..QueryResult::default() };
            let outcome = QueryOutcome::Success(result);
            session.reply(request, Some(QueryResponse { length: 0, checksum: 0, outcome }));
        }
        _ => serve(session, request, narrow()),
    };
    let server = recording(malformed);
    let channel = started(builder(&server.url()));
    assert_eq!(server_error(channel.query("fail 8120")), (8120, Some("ACCESS_DENIED")));
    let failed = block_on(channel.query_async("fail 8103", RequestOptions::default()));
    assert_eq!(server_error(failed), (8103, Some("STEP_NOT_SUPPORTED")));
    let error = channel.query("short").unwrap_err();
    let ChannelError::BadReply { verb: Verb::QUERY_REQUEST, source } = &error else { panic!("{error:?}") };
    assert!(matches!(source.kind, BodyErrorKind::Truncated { .. }), "{source:?}");
    assert!(error.session_survives());
    // That was not for want of a schema.
    assert_eq!(count(&server, Verb::METADATA_REQUEST), 1);
}

#[test]
fn an_entity_is_found_by_its_key() {
    let by_key = |session: &mut ServerSession, request: &Message| match &request.body {
        Body::GetEntityRequest(get) => {
            let (_, key) = get.key.as_ref().unwrap();
            let mut reader = tgdb_channel::pdu::Reader::new(Verb::GET_ENTITY_REQUEST, key.clone());
            let key = EntityKey::decode("key", &mut reader).unwrap();
            assert_eq!(key.type_name.as_deref(), Some("airport"));
            let schema = Schema::from(narrow());
            let code: String = key.attributes(&schema).unwrap().get("iata").unwrap();
            match code.as_str() {
                "MUC" => session.reply(request, found(&[airport(1, "MUC"), airport(2, "OSL")])),
                "none" => session.reply(request, Body::GetEntityResponse(None)),
                _ => session.reply(request, found(&[])),
            }
        }
        _ => serve(session, request, narrow()),
    };
    let server = recording(by_key);
    let channel = started(builder(&server.url()));
    let found = channel.get_entity("airport", [("iata", "MUC")]).unwrap();
    assert_eq!(found.entity().unwrap().unwrap().get::<&str>("iata"), Ok("MUC"));
    assert_eq!(found.to_map().unwrap().len(), 2);
    for code in ["XXX", "none"] {
        let found = channel.get_entity_with("airport", [("iata", code)], within_ms(20_000)).unwrap();
        assert!(found.entity().unwrap().is_none());
    }
    let task = channel.get_entity_async("airport", [("iata", "MUC")], RequestOptions::default());
    assert_eq!(block_on(task).unwrap().entity().unwrap().unwrap().id(), 1);
    let before = asked(&server).len();
    let error = channel.get_entity("airport", [("icao", "EDDM")]).unwrap_err();
    assert!(matches!(&error, ChannelError::Value(_)) && error.session_survives(), "{error:?}");
    assert_eq!(error.to_string(), "the graph has no attribute `icao`; check the name, or get the metadata again");
    let error = channel.get_entity("airport", [("iata", 5)]).unwrap_err();
    assert!(matches!(&error, ChannelError::Value(_)), "{error:?}");
    assert_eq!(asked(&server).len(), before, "nothing was sent");
}

#[test]
fn the_certificate_is_that_of_the_session() {
    let with_certificate = |certificate: &'static [u8]| {
        let certificate = Some(Bytes::from_static(certificate));
        TestServer::start(ServerConfig { certificate, ..ServerConfig::default() }).unwrap()
    };
    let (mut first, second) = (with_certificate(b"first"), with_certificate(b"second"));
    let channel = builder(&format!("{}/{{ftHosts={}}}", first.url(), second.address())).build().unwrap();
    assert_eq!(channel.server_certificate(), None);
    channel.connect().unwrap();
    channel.start().unwrap();
    assert_eq!(channel.server_certificate().unwrap(), "first");
    first.kill();
    eventually("the second one's", || channel.server_certificate().is_some_and(|certificate| certificate == "second"));
    let none = TestServer::start(ServerConfig::default()).unwrap();
    assert_eq!(started(builder(&none.url())).server_certificate(), None);
}

#[test]
fn errors_of_values_and_changes_are_errors_of_the_channel() {
    fn read(channel: &TgChannel) -> Result<(), ChannelError> {
        for name in channel.query("names")?.values::<i64>() {
            name?;
        }
        Ok(())
    }
    fn change(channel: &TgChannel) -> Result<(), ChannelError> {
        let schema = channel.schema()?;
        Changes::new(&schema).add_node(Some("planet"))?;
        Ok(())
    }
    let server = narrow_server();
    let channel = started(builder(&server.url()));
    let error = read(&channel).unwrap_err();
    assert!(matches!(&error, ChannelError::Value(_)) && error.session_survives(), "{error:?}");
    let error = change(&channel).unwrap_err();
    assert!(matches!(&error, ChannelError::Change(_)) && error.session_survives(), "{error:?}");
}

#[test]
fn tasks_can_be_moved_to_other_threads() {
    fn sendable<T: Send>(_: &T) {}
    let channel = builder("tcp://localhost").build().unwrap();
    let options = RequestOptions::default();
    let changes = ChangeSet::default();
    sendable(&channel.call_async(GetMetadata, options));
    sendable(&channel.schema_async());
    sendable(&channel.refresh_schema_async());
    sendable(&channel.query_async("x", options));
    sendable(&channel.get_entity_async("airport", [("iata", "MUC")], options));
    sendable(&channel.get_large_object_async(1, options));
    sendable(&channel.get_encrypted_large_object_async(1, options));
    sendable(&channel.commit_async(&changes, options));
    sendable(&channel.begin_async(options));
    fn transaction(transaction: Transaction, changes: &ChangeSet) -> impl Send {
        transaction.commit_async(changes, RequestOptions::default())
    }
    fn rollback(transaction: Transaction) -> impl Send {
        transaction.rollback_async(RequestOptions::default())
    }
    let _ = (transaction, rollback);
}
