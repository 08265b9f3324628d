//! Messages in one line: bounded, without control characters, without secrets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "only messages are made here")]
mod strategies;

use proptest::prelude::*;
use strategies::message;
use tgdb_pdu::body::*;
use tgdb_pdu::*;

fn shown(body: impl Into<Body>) -> String {
    Message::new(Header { request_id: 7, session_id: 42, ..Header::default() }, body.into()).to_string()
}

#[test]
fn a_line_has_the_fields_that_matter() {
    assert_eq!(Message::new(Header::default(), Body::Ping).to_string(), "PingMessage");
    let query = QueryRequest::text(QueryCommand::EXECUTE_GREMLIN_STR, "g.V()");
    assert_eq!(shown(query), r#"QueryRequest request 7 session 42: EXECUTE_GREMLIN_STR(4) "g.V()""#);
    let outcome = QueryOutcome::Failed { result: 8102, detail: Remainder(b"\0\x03bad"[..].into()) };
    let failed = QueryResponse { length: 0, checksum: 0, outcome };
    assert_eq!(shown(Some(failed)), r#"QueryResponse request 7 session 42: failed with 8102 "bad""#);
    let killed = Exception { code: 3, message: Some("no\nmore \u{202e}\x1b[31m".to_owned()) };
    let expected = r#"ExceptionMessage request 7 session 42: code 3 "no\nmore \u{202e}\u{1b}[31m""#;
    assert_eq!(shown(killed), expected);
    let frame = Frame::new(Header { request_id: 7, ..Header::default() }, Verb(999), vec![0; 12]);
    assert_eq!(frame.to_string(), "verb 999 request 7: 12 bytes");
}

#[test]
fn a_payload_of_1_mib_takes_one_line() {
    const MIB: usize = 1 << 20;
    let bytes = || bytes::Bytes::from(vec![0xff; MIB]);
    let text = || "\u{1}".repeat(32_767);
    let changes = CommitTransactionRequest::new(bytes());
    let bodies: [Body; 7] = [
        changes.into(),
        Body::Raw(RawBody { verb: Verb(999), payload: bytes() }),
        QueryRequest::text(QueryCommand::EXECUTE, text()).into(),
        AuthenticateRequest {
            user: Some(text()),
            database: Some(text()),
            client_id: Some(text()),
            ..Default::default()
        }
        .into(),
        GetLargeObjectResponse::Found { entity_id: 1, chunks: Some(vec![bytes()]) }.into(),
        Some(GetEntityResponse { result_id: 1, total_count: 1, entities: Remainder(bytes()) }).into(),
        HandshakeResponse { status: HandshakeStatus::CHALLENGE_FAILED, challenge: 0, reason: Some(bytes()) }.into(),
    ];
    for body in bodies {
        let message = Message::new(Header::default(), body);
        let line = message.to_string();
        assert!(line.chars().count() <= 200, "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
        let frame = Frame::new(message.header, message.verb(), bytes());
        assert!(frame.to_string().len() < 100, "{frame}");
        // The reason of a failed handshake is the one that is not cut.
        if !matches!(message.body, Body::HandshakeResponse(_) | Body::QueryRequest(_) | Body::AuthenticateRequest(_)) {
            assert!(format!("{:?}", message.body).len() < 1000);
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let login = AuthenticateRequest { user: Some("scott".into()), password: "tiger".into(), ..Default::default() };
    assert_eq!(shown(login), r#"AuthenticateRequest request 7 session 42: user "scott", database null, client null"#);
    let user = CreateUser { name: "scott".into(), password: "tiger".into(), roles: vec![] };
    let create = AdminRequest::with(AdminCommand::CREATE_USER, &user).unwrap();
    assert!(!shown(create).contains("tiger"));
    let property = Property { key: "tgdb.channel.password".into(), value: Some("tiger".into()) };
    assert!(!shown(ConnectionProperties { properties: vec![property] }).contains("tiger"));
    assert!(!shown(DecryptBufferResponse { buffer: "tiger".into() }).contains("tiger"));
    let header = Header { auth_token: AuthToken::new(123_456_789), ..Header::default() };
    assert!(!Message::new(header, Body::Ping).to_string().contains("123456789"));
}

proptest! {
    #[test]
    fn any_message_is_one_bounded_line(message in message()) {
        let line = message.to_string();
        prop_assert!(line.chars().count() <= 200, "{}", line);
        prop_assert!(!line.contains(char::is_control), "{:?}", line);
        let name = message.verb().to_string();
        prop_assert!(line.starts_with(&name), "{}", line);
    }
}
