//! Which reply belongs to which request, and what failures mean.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use tgdb_pdu::body::*;
use tgdb_pdu::call::*;
use tgdb_pdu::{AuthToken, Body, Message, Secret, Verb, Writer};

/// The error of a reply, which must be the server's.
fn server_error<R: Request>(reply: impl Into<Body>) -> ServerError
where
    R::Reply: std::fmt::Debug,
{
    match R::reply(reply.into()) {
        Err(CallError::Server(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn failed_query(result: i32, detail: &'static [u8]) -> Body {
    let detail = Remainder(Bytes::from_static(detail));
    Some(QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Failed { result, detail } }).into()
}

fn failed_commit(status: i32, message: Option<&str>) -> Body {
    let outcome = CommitOutcome::Failed { status: TransactionStatus(status), message: message.map(str::to_owned) };
    CommitTransactionResponse { length: 0, checksum: 0, outcome }.into()
}

fn failed_admin(result: i32, text: &str) -> Body {
    let mut w = Writer::default();
    w.utf("text", text).unwrap();
    let payload = Remainder(w.into_vec().into());
    AdminResponse { result, command: AdminCommand::CREATE_USER, payload }.into()
}

/// All replies that mean success, by the verb of the request.
fn replies() -> Vec<(Verb, Body)> {
    let result = QueryResult { query_hash_id: 7, ..QueryResult::default() };
    let query = QueryResponse { length: 0, checksum: 0, outcome: QueryOutcome::Success(result) };
    let found = GetLargeObjectResponse::Found { entity_id: 5, chunks: None };
    let outcome = CommitOutcome::Committed(Vec::new());
    let admin = AdminResponse { result: 0, command: AdminCommand::SHOW_USERS, payload: Remainder::default() };
    let accepted = AuthenticateResponse::Accepted { auth_token: AuthToken::new(1), session_id: 2, certificate: None };
    let proceed =
        HandshakeResponse { status: HandshakeStatus::PROCEED_WITH_AUTHENTICATION, challenge: 0, reason: None };
    vec![
        (Verb::QUERY_REQUEST, Some(query).into()),
        (Verb::GET_ENTITY_REQUEST, Body::GetEntityResponse(None)),
        (Verb::METADATA_REQUEST, MetadataResponse { groups: Vec::new() }.into()),
        (Verb::BEGIN_TRANSACTION_REQUEST, BeginTransactionResponse { transaction_id: 17 }.into()),
        (Verb::COMMIT_TRANSACTION_REQUEST, CommitTransactionResponse { length: 0, checksum: 0, outcome }.into()),
        (Verb::ROLLBACK_TRANSACTION_REQUEST, Body::RollbackTransactionResponse),
        (Verb::GET_LARGE_OBJECT_REQUEST, found.into()),
        (Verb::DECRYPT_BUFFER_REQUEST, DecryptBufferResponse { buffer: Secret::from("x") }.into()),
        (Verb::ADMIN_REQUEST, admin.into()),
        (Verb::HANDSHAKE_REQUEST, proceed.into()),
        (Verb::AUTHENTICATE_REQUEST, accepted.into()),
    ]
}

/// What each request makes of a reply: the verb of the request, and the error.
fn readings(reply: &Body) -> Vec<(Verb, Option<CallError>)> {
    macro_rules! readings {
        ($($request:ty, $verb:ident;)+) => {
            vec![$((Verb::$verb, <$request>::reply(reply.clone()).err()),)+]
        };
    }
    readings! {
        QueryRequest, QUERY_REQUEST;
        GetEntityRequest, GET_ENTITY_REQUEST;
        GetMetadata, METADATA_REQUEST;
        BeginTransaction, BEGIN_TRANSACTION_REQUEST;
        CommitTransactionRequest, COMMIT_TRANSACTION_REQUEST;
        RollbackTransaction, ROLLBACK_TRANSACTION_REQUEST;
        GetLargeObjectRequest, GET_LARGE_OBJECT_REQUEST;
        DecryptBufferRequest, DECRYPT_BUFFER_REQUEST;
        AdminRequest, ADMIN_REQUEST;
        HandshakeRequest, HANDSHAKE_REQUEST;
        AuthenticateRequest, AUTHENTICATE_REQUEST;
    }
}

#[test]
fn each_request_takes_its_own_reply_and_no_other() {
    let replies = replies();
    for (asked, reply) in &replies {
        for (request, error) in readings(reply) {
            let expected = CallError::WrongReply { request, reply: reply.verb() };
            assert_eq!(error, (request != *asked).then_some(expected), "{request} with {}", reply.verb());
        }
    }
    assert_eq!(readings(&Body::Ping).len(), replies.len());
    assert_eq!(
        GetMetadata::reply(Body::Ping).unwrap_err().to_string(),
        "MetadataRequest was answered with PingMessage; client and server may be of different versions"
    );
}

#[test]
fn an_exception_in_place_of_any_reply_is_the_servers_error() {
    let exception = Body::from(Exception { code: 4711, message: Some("no".into()) });
    for (request, error) in readings(&exception) {
        assert_eq!(error, Some(ServerError::new(request, 4711, Some("no".into())).into()));
    }
}

#[test]
fn requests_without_payload_are_those_bodies() {
    assert_eq!(Body::from(GetMetadata), Body::MetadataRequest);
    assert_eq!(Body::from(BeginTransaction), Body::BeginTransactionRequest);
    assert_eq!(Body::from(RollbackTransaction), Body::RollbackTransactionRequest);
}

#[test]
fn what_a_reply_holds() {
    let body = |verb| replies().into_iter().find(|(asked, _)| *asked == verb).unwrap().1;
    assert_eq!(QueryRequest::reply(body(Verb::QUERY_REQUEST)).unwrap().query_hash_id, 7);
    assert_eq!(BeginTransaction::reply(body(Verb::BEGIN_TRANSACTION_REQUEST)).unwrap().transaction_id, 17);
    assert_eq!(GetLargeObjectRequest::reply(body(Verb::GET_LARGE_OBJECT_REQUEST)).unwrap().entity_id, 5);
    // Without a payload there are no results.
    assert_eq!(QueryRequest::reply(Body::QueryResponse(None)).unwrap(), QueryResult::default());
    assert_eq!(GetEntityRequest::reply(Body::GetEntityResponse(None)).unwrap(), GetEntityResponse::default());
}

#[test]
fn a_query_that_failed() {
    // Java's place for the text, and Python's.
    for detail in [&b"\0\0\0\0\0\0\0\0\0\0\x03bad"[..], b"\0\x03bad"] {
        let error = server_error::<QueryRequest>(failed_query(8103, detail));
        assert_eq!(error, ServerError::new(Verb::QUERY_REQUEST, 8103, Some("bad".into())));
        assert_eq!(error.code, QueryStatus::STEP_NOT_SUPPORTED.0);
    }
    let error = server_error::<QueryRequest>(failed_query(8102, b""));
    assert_eq!(error.to_string(), "QueryRequest: the server reports error 8102 (PARSING_ERROR)");
    assert_eq!(error.transaction_status(), None);
    // Not a code of queries.
    assert_eq!(server_error::<QueryRequest>(failed_query(8008, b"")).name(), None);
}

#[test]
fn every_code_of_the_vendor_has_a_name_where_it_belongs_and_no_other_has() {
    let names = |verb| (-10..10_000).filter(move |code| ServerError::new(verb, *code, None).name().is_some());
    assert!(names(Verb::QUERY_REQUEST).eq(8100..=8120));
    // -1 and 0 are no failures, but have names.
    assert!(names(Verb::COMMIT_TRANSACTION_REQUEST).eq([-1, 0].into_iter().chain(8001..=8014)));
    assert!(names(Verb::ADMIN_REQUEST).eq([328, 342, 343, 369]));
    assert_eq!(names(Verb::GET_LARGE_OBJECT_REQUEST).count(), 0);
    assert_eq!(names(Verb::AUTHENTICATE_REQUEST).count(), 0);
}

#[test]
fn a_commit_that_failed() {
    let error = server_error::<CommitTransactionRequest>(failed_commit(8007, Some("key MUC")));
    assert_eq!(error, ServerError::new(Verb::COMMIT_TRANSACTION_REQUEST, 8007, Some("key MUC".into())));
    assert_eq!(error.transaction_status(), Some(TransactionStatus::UNIQUE_CONSTRAINT_VIOLATION));
    assert_eq!(error.root(), None);
    let error = server_error::<CommitTransactionRequest>(failed_commit(12345, None));
    assert_eq!(error.to_string(), "CommitTransactionRequest: the server reports error 12345");
    assert_eq!(error.transaction_status(), Some(TransactionStatus(12345)));
}

#[test]
fn the_root_error_is_that_of_the_text_of_a_general_error() {
    let root = |code, text: &str| {
        let error = server_error::<CommitTransactionRequest>(failed_commit(code, Some(text)));
        error.root().map(|root| (root.status, root.message.to_owned()))
    };
    let found = |status, text: &str| Some((status, text.to_owned()));
    let lock = TransactionStatus::OPTIMISTIC_LOCK_FAILED;
    assert_eq!(
        root(8004, "Transaction:17 failed. Root Error:TGTransactionOptimisticLockFailed node 5"),
        found(lock, "node 5")
    );
    assert_eq!(root(8004, "Transaction:1 failed. Root Error:TGTransactionOptimisticLockFailed"), found(lock, ""));
    let nested = "Transaction:1 failed. Root Error:TGTransactionGeneralErrorTransaction:2 failed. Root Error:TGTransactionOptimisticLockFailed.";
    assert_eq!(root(8004, nested), found(lock, "."));
    let general = "Transaction:1 failed. Root Error:TGTransactionGeneralError why";
    assert_eq!(root(8004, general), found(TransactionStatus::GENERAL_ERROR, "why"));
    let longest = "Transaction:1 failed. Root Error:TGTransactionUniqueIndexKeyAttributeNullError";
    assert_eq!(root(8004, longest), found(TransactionStatus::UNIQUE_INDEX_KEY_ATTRIBUTE_NULL, ""));
    for (code, text) in [
        // Of another status there is none.
        (8005, "Transaction:17 failed. Root Error:TGTransactionOptimisticLockFailed"),
        (8004, "Transaction: failed. Root Error:TGTransactionOptimisticLockFailed"),
        (8004, " Transaction:17 failed. Root Error:TGTransactionOptimisticLockFailed"),
        (8004, "Transaction:17 failed. Root Error:Unheard"),
        (8004, ""),
    ] {
        assert_eq!(root(code, text), None, "{text}");
    }
    // The text of a failed query is not looked into, even with that number.
    let text = b"\0\x48Transaction:17 failed. Root Error:TGTransactionUniqueConstraintViolation";
    let error = server_error::<QueryRequest>(failed_query(8004, text));
    assert!(error.message.is_some() && error.root().is_none(), "{error:?}");
}

#[test]
fn an_admin_command_that_failed() {
    let error = server_error::<AdminRequest>(failed_admin(328, "no role guest"));
    assert_eq!(error, ServerError::new(Verb::ADMIN_REQUEST, 328, Some("no role guest".into())));
    assert_eq!(error.to_string(), "AdminRequest: the server reports error 328 (INVALID_ROLE): no role guest");
}

#[test]
fn a_large_object_or_login_that_failed_has_a_code_without_a_name() {
    for status in [-5, 7] {
        let error = server_error::<GetLargeObjectRequest>(GetLargeObjectResponse::Failed { status });
        assert_eq!(error, ServerError::new(Verb::GET_LARGE_OBJECT_REQUEST, status, None));
    }
    let error = server_error::<AuthenticateRequest>(AuthenticateResponse::Rejected { status: 1 });
    assert_eq!(error, ServerError::new(Verb::AUTHENTICATE_REQUEST, 1, None));
    let reason = Some(Bytes::from_static(b"too old"));
    let failed = HandshakeResponse { status: HandshakeStatus::CHALLENGE_FAILED, challenge: 0, reason };
    let error = server_error::<HandshakeRequest>(failed);
    assert_eq!(error, ServerError::new(Verb::HANDSHAKE_REQUEST, 3, Some("too old".into())));
}

#[test]
fn the_chunks_of_a_large_object_are_one_piece() {
    let object = |chunks| Chunks { entity_id: 1, chunks };
    let parts = |parts: &[&'static str]| Some(parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect());
    assert_eq!(object(None).to_bytes(), "");
    assert_eq!(object(parts(&[])).to_bytes(), "");
    assert_eq!(object(parts(&["one"])).to_bytes(), "one");
    let three = object(parts(&["one", "", "two"]));
    assert_eq!((three.to_bytes(), three.len(), three.is_empty()), (Bytes::from_static(b"onetwo"), 6, false));
    assert!(object(parts(&[""])).is_empty());
    // Only one that was decrypted has a key in front.
    assert!(three.reveal().is_err());
    assert!(object(None).reveal().is_err());
}

#[test]
fn queries_go_out_under_the_command_of_their_language() {
    let command = |query: QueryRequest| match query.target {
        QueryTarget::Text(text) => (query.command, text.query.unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!(command(QueryRequest::gremlin("g.V();")), (QueryCommand::EXECUTE_GREMLIN_STR, "g.V();".to_owned()));
    assert_eq!(command(QueryRequest::tgql("@x")), (QueryCommand::EXECUTE, "@x".to_owned()));
    for (text, expected) in [
        ("g.V()", (QueryCommand::EXECUTE_GREMLIN_STR, "g.V()")),
        ("GREMLIN://g.V()", (QueryCommand::EXECUTE_GREMLIN_STR, "g.V()")),
        ("tgql://@x", (QueryCommand::EXECUTE, "@x")),
        ("gbc://[]", (QueryCommand(7), "[]")),
        ("sql://x", (QueryCommand::EXECUTE_GREMLIN_STR, "sql://x")),
        ("gremliñ://", (QueryCommand::EXECUTE_GREMLIN_STR, "gremliñ://")),
        ("", (QueryCommand::EXECUTE_GREMLIN_STR, "")),
    ] {
        assert_eq!(command(text.into()), (expected.0, expected.1.to_owned()));
    }
}

#[test]
fn a_request_by_key_holds_the_keys_bytes() {
    let key = EntityKey { type_name: Some("a".into()), attribute_count: 0, attributes: Remainder::default() };
    for (request, command) in [
        (GetEntityRequest::by_key(&key).unwrap(), GetEntityCommand::GET),
        (GetEntityRequest::all_by_key(&key).unwrap(), GetEntityCommand::GET_MULTIPLES),
    ] {
        assert_eq!(request.command, command);
        assert_eq!(&request.key.as_ref().unwrap().1[..], b"\x01\0\x01a\0\0");
        let message = Message::new(Default::default(), request.into());
        assert!(message.encode().is_ok());
    }
}
