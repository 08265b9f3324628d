//! Messages and graph data as JSON.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "only messages are made here")]
mod strategies;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use strategies::message;
use tgdb_pdu::body::*;
use tgdb_pdu::graph::*;
use tgdb_pdu::*;

fn to_json(value: impl serde::Serialize) -> Json {
    serde_json::to_value(value).unwrap()
}

fn recorded() -> Json {
    serde_json::from_str(include_str!("../../../tests/vectors/graph.json")).unwrap()
}

fn decode<T: Wire>(hex: &Json) -> T {
    let bytes = hex::decode(hex.as_str().unwrap()).unwrap();
    T::decode("body", &mut Reader::new(Verb::INVALID, bytes.into())).unwrap()
}

fn result(recorded: &Json, name: &str) -> QueryResult {
    let replies = recorded["query_replies"].as_array().unwrap();
    let reply = replies.iter().find(|reply| reply["name"] == name).unwrap();
    match decode::<QueryResponse>(&reply["hex"]).outcome {
        QueryOutcome::Success(result) => result,
        failed => panic!("{failed:?}"),
    }
}

#[test]
fn values_are_natural_json() {
    let day = Date::new(2020, 2, 29).unwrap();
    let time = Time { hour: 1, minute: 2, second: 3, millisecond: 4 };
    for (value, expected) in [
        (Value::Null, json!(null)),
        (true.into(), json!(true)),
        ((-1i8).into(), json!(-1)),
        (i64::MAX.into(), json!(9_223_372_036_854_775_807_i64)),
        (0.1.into(), json!(0.1)),
        (f64::NAN.into(), json!(null)),
        (Char(0x4e2d).into(), json!("中")),
        (Char(0xd800).into(), json!("\u{fffd}")),
        (Number::new("12.5", 20, 5).unwrap().into(), json!("12.50000")),
        ("x".into(), json!("x")),
        (day.into(), json!("2020-02-29")),
        (time.into(), json!("01:02:03.004")),
        (Timestamp::new(day, time).into(), json!("2020-02-29T01:02:03.004")),
        (vec![0u8, 255].into(), json!({"id": 0, "data": "00ff"})),
        (Value::Clob(LargeObject::new("text")), json!({"id": 0, "data": "text"})),
        (Value::Clob(LargeObject { id: 7, data: None }), json!({"id": 7, "data": null})),
        (Value::Encrypted(Cipher::obfuscate(1, b"clear")), json!("[redacted]")),
    ] {
        assert_eq!(to_json(&value), expected, "{value:?}");
        assert_eq!(to_json(value.as_ref()), expected, "{value:?}");
    }
}

#[test]
fn entities_and_results_are_natural_json() {
    let recorded = recorded();
    let schema = Schema::from(decode::<MetadataResponse>(&recorded["metadata"]["hex"]));
    let nodes = result(&recorded, "nodes");
    let list = nodes.elements(&schema).unwrap();
    let shown = to_json(list);
    assert_eq!(shown[0]["kind"], "node");
    assert_eq!(shown[0]["type"], "person");
    let Element::List(_, elements) = list.to_element().unwrap() else { panic!() };
    for (element, shown) in elements.iter().zip(shown.as_array().unwrap()) {
        let mut owned = to_json(element);
        owned["type"] = shown["type"].clone();
        assert_eq!(&owned, shown, "the owned form does not know the name of the type");
        let Element::Entity(entity) = element else { panic!() };
        assert_eq!(shown["attributes"], to_json(entity.attributes()));
    }
    let long = result(&recorded, "one long, transient");
    assert!(to_json(long.elements(&schema).unwrap())[0].is_i64());
    let values = result(&recorded, "a null among values");
    assert!(to_json(values.elements(&schema).unwrap()).as_array().unwrap().contains(&Json::Null));
    let tgql = result(&recorded, "TGQL, two nodes and the edge between");
    let kinds: Vec<_> = to_json(tgql.entities(&schema).unwrap()).as_array().unwrap().clone();
    let edge = kinds.iter().find(|entity| entity["kind"] == "edge").unwrap();
    assert!(edge["from"].is_i64() && edge["to"].is_i64() && edge["direction"].is_string());
    assert_eq!(to_json(EntityMap::read(tgql.entities(&schema).unwrap()).unwrap()).as_array().unwrap().len(), 3);
    // What is malformed is an error, and not the end of the list.
    let unknown = result(&recorded, "unknown descriptor");
    let error = serde_json::to_string(&unknown.elements(&schema).unwrap()).unwrap_err();
    assert!(error.to_string().contains("no attribute descriptor"), "{error}");
    let types = to_json(&schema);
    assert_eq!(types["node_types"][0]["entity_type"]["name"], "person");
    assert_eq!(types["descriptors"][0]["value_type"], "BOOLEAN");
}

#[test]
fn messages_are_serialized_with_their_names() {
    let header = Header { request_id: 7, auth_token: AuthToken::new(1), ..Header::default() };
    let query = QueryRequest::text(QueryCommand::EXECUTE, "@nodetype = 'person';");
    let shown = to_json(Message::new(header, query.into()));
    assert_eq!(shown["verb"], "QueryRequest");
    assert_eq!((&shown["header"]["request_id"], &shown["header"]["auth_token"]), (&json!(7), &json!("[redacted]")));
    assert_eq!(shown["body"]["QueryRequest"]["command"], "EXECUTE");
    assert_eq!(shown["body"]["QueryRequest"]["target"]["Text"]["query"], "@nodetype = 'person';");
    let frame = to_json(Frame::new(header, Verb(999), vec![1; 3]));
    assert_eq!((&frame["verb"], &frame["payload_len"]), (&json!(999), &json!(3)));
}

#[test]
fn byte_strings_are_cut_after_1024_bytes() {
    let raw = |length| {
        let body = Body::Raw(RawBody { verb: Verb(999), payload: vec![0xab; length].into() });
        to_json(Message::new(Header::default(), body))["body"]["Raw"]["payload"].as_str().unwrap().to_owned()
    };
    assert_eq!(raw(1024), "ab".repeat(1024));
    assert_eq!(raw(1 << 20), "ab".repeat(1024) + "... (1048576 bytes)");
    let chunks = Some(vec![bytes::Bytes::from_static(&[0xab]); 1_000_000]);
    let body = GetLargeObjectResponse::Found { entity_id: 1, chunks };
    let text = serde_json::to_string(&Message::new(Header::default(), body.into())).unwrap();
    assert!(text.len() < 3000, "in one piece, however many there were");
}

#[test]
fn secrets_are_not_serialized() {
    let password = || Secret::from("tiger");
    let hash = || Secret::from("tiger");
    let header = Header { auth_token: AuthToken::new(7_304_404), ..Header::default() };
    let user = CreateUser { name: "scott".into(), password: password(), roles: vec![] };
    let property = Property { key: "tgdb.channel.password".into(), value: Some("tiger".into()) };
    let with_hash = UserWithRoleIds {
        system_type: SystemType::PRINCIPAL,
        id: 1,
        name: "scott".into(),
        password_hash: hash(),
        role_ids: vec![],
    };
    let mut w = Writer::default();
    Users::WithRoleIds(vec![with_hash.clone()]).encode("users", &mut w).unwrap();
    let payload = Remainder(w.into_vec().into());
    let bodies: [Body; 6] = [
        AuthenticateRequest { password: password(), ..Default::default() }.into(),
        AdminRequest::with(AdminCommand::CREATE_USER, &user).unwrap().into(),
        AdminResponse { result: 0, command: AdminCommand::SHOW_USERS, payload }.into(),
        ConnectionProperties { properties: vec![property] }.into(),
        DecryptBufferResponse { buffer: password() }.into(),
        DisconnectChannelRequest { session: Some((header.auth_token, 1)) }.into(),
    ];
    let hidden = |text: String| {
        let hex = hex::encode("tiger");
        assert!(!["tiger", &*hex, "7304404"].iter().any(|secret| text.contains(secret)), "{text}");
    };
    for body in bodies {
        let mut message = Message::new(header, body);
        if message.body.is_secret() {
            message.trailing = "tiger".into();
        }
        hidden(serde_json::to_string(&message).unwrap());
        hidden(format!("{:?}", message.body));
        hidden(message.to_string());
    }
    hidden(serde_json::to_string(&with_hash).unwrap());
    hidden(format!("{with_hash:?}"));
}

proptest! {
    #[test]
    fn any_message_can_be_serialized(message in message()) {
        prop_assert!(to_json(&message)["verb"] != json!(null));
    }
}
