//! Bytes that the vendor's clients wrote, against ours. How they were recorded is in
//! `docs/interop.md`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::{AuthToken, Body, EncodeError, Header, Message, Reader, Secret, Verb, Wire, Writer};
use tgdb_tests::{frames, recorded, replayed};

fn load(file: &str) -> Vec<Value> {
    serde_json::from_slice(&recorded(file)).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no integer"))
}

fn narrow<T: TryFrom<i64>>(value: &Value) -> T {
    T::try_from(int(value)).ok().expect("the integer fits")
}

fn header(fields: &Value) -> Header {
    Header {
        sequence_no: int(&fields["sequence_no"]),
        timestamp: int(&fields["timestamp"]),
        request_id: int(&fields["request_id"]),
        auth_token: AuthToken::new(int(&fields["auth_token"])),
        session_id: int(&fields["session_id"]),
        tenant_id: 0,
    }
}

/// The body that the vector's fields describe.
fn body(verb: &str, fields: &Value, header: &Header) -> Body {
    match verb {
        "PingMessage" => Body::Ping,
        "InvalidMessage" => Body::Invalid,
        "BeginTransactionRequest" => Body::BeginTransactionRequest,
        "RollbackTransactionRequest" => Body::RollbackTransactionRequest,
        "RollbackTransactionResponse" => Body::RollbackTransactionResponse,
        "TraverseRequest" => Body::TraverseRequest,
        "TraverseResponse" => Body::TraverseResponse,
        "MetadataRequest" => Body::MetadataRequest,
        "DumpStacktraceRequest" => Body::DumpStacktraceRequest,
        "HandShakeRequest" => HandshakeRequest {
            kind: HandshakeKind(narrow(&fields["kind"])),
            ssl_mode: fields["ssl_mode"].as_bool().unwrap(),
            challenge: int(&fields["challenge"]),
        }
        .into(),
        "HandShakeResponse" => HandshakeResponse {
            status: HandshakeStatus(narrow(&fields["status"])),
            challenge: int(&fields["challenge"]),
            reason: None,
        }
        .into(),
        "AuthenticateRequest" => AuthenticateRequest {
            database: text(&fields["database"]),
            client_id: text(&fields["client_id"]),
            inbox_addr: text(&fields["inbox_addr"]),
            roles: fields["roles"].as_array().map(|roles| roles.iter().filter_map(text).collect()),
            user: text(&fields["user"]),
            password: Secret::from(fields["password"].as_str().unwrap()),
        }
        .into(),
        // Java repeats token and session id, Python does not.
        "DisconnectChannelRequest" => {
            let session = (fields["repeats_session"] == true).then_some((header.auth_token, header.session_id));
            DisconnectChannelRequest { session }.into()
        }
        "BeginTransactionResponse" => {
            BeginTransactionResponse { transaction_id: int(&fields["transaction_id"]) }.into()
        }
        "CommitTransactionRequest" => CommitTransactionRequest {
            length: narrow(&fields["length"]),
            checksum: narrow(&fields["checksum"]),
            changes: Remainder(bytes(&fields["changes"]).into()),
        }
        .into(),
        "QueryRequest" => query(fields).into(),
        "GetEntityRequest" => GetEntityRequest {
            command: GetEntityCommand(narrow(&fields["command"])),
            result_id: narrow(&fields["result_id"]),
            key: None,
        }
        .into(),
        "GetLargeObjectRequest" => GetLargeObjectRequest {
            entity_id: int(&fields["entity_id"]),
            decrypt: fields["decrypt"].as_bool().unwrap(),
        }
        .into(),
        "DecryptBufferRequest" => DecryptBufferRequest { buffer: bytes(&fields["buffer"]).into() }.into(),
        "AdminRequest" => admin(fields).unwrap().into(),
        "ConnectionPropertiesMessage" => {
            let property = |pair: &Value| Property { key: text(&pair[0]).unwrap(), value: text(&pair[1]) };
            let properties = fields["properties"].as_array().unwrap().iter().map(property).collect();
            ConnectionProperties { properties }.into()
        }
        "BeginExportRequest" => BeginExportRequest::Batches { max_entities: narrow(&fields["max_entities"]) }.into(),
        "PartialExportRequest" => PartialExportRequest { request: narrow(&fields["request"]) }.into(),
        "CancelExportRequest" => Body::CancelExportRequest,
        "EndImportRequest" => Body::EndImportRequest,
        raw => {
            let verb = Verb::ALL.iter().find(|verb| verb.name() == Some(raw)).expect(raw);
            Body::Raw(RawBody { verb: *verb, payload: bytes(&fields["payload"]).into() })
        }
    }
}

fn query(fields: &Value) -> QueryRequest {
    let options = &fields["options"];
    let sort = &fields["sort"];
    QueryRequest {
        length: narrow(&fields["length"]),
        checksum: narrow(&fields["checksum"]),
        command: QueryCommand(narrow(&fields["command"])),
        options: FetchOptions {
            fetch_size: narrow(&options[0]),
            batch_size: narrow(&options[1]),
            traversal_depth: narrow(&options[2]),
            edge_fetch_size: narrow(&options[3]),
        },
        sort: sort.is_array().then(|| SortOrder {
            attribute: text(&sort[0]).unwrap(),
            descending: sort[1].as_bool().unwrap(),
            limit: narrow(&sort[2]),
        }),
        target: match (&fields["id"], &fields["text"]) {
            (Value::Number(id), _) => QueryTarget::Id(id.as_i64().unwrap()),
            (_, Value::Array(texts)) => QueryTarget::Text(QueryText {
                query: text(&texts[0]),
                edge_filter: text(&texts[1]),
                traversal_condition: text(&texts[2]),
                end_condition: text(&texts[3]),
            }),
            _ => QueryTarget::Nothing,
        },
    }
}

fn admin(fields: &Value) -> Result<AdminRequest, EncodeError> {
    let command = AdminCommand(narrow(&fields["command"]));
    let mut request = if let Value::Array(user) = &fields["create_user"] {
        let user = CreateUser {
            name: text(&user[0]).unwrap(),
            password: Secret::from(user[1].as_str().unwrap()),
            roles: user[2].as_array().unwrap().iter().filter_map(text).collect(),
        };
        AdminRequest::with(command, &user)?
    } else if let Value::Number(session) = &fields["kill_connection"] {
        AdminRequest::with(command, &KillConnection { session_id: session.as_i64().unwrap(), all_sessions: true })?
    } else {
        AdminRequest::new(command)
    };
    // Java writes 0.
    request.length = fields["length"].as_i64().map_or(0, |length| i32::try_from(length).unwrap());
    Ok(request)
}

fn check(file: &str) -> usize {
    let vectors = load(file);
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let theirs = bytes(&vector["hex"]);
        let header = header(&vector["header"]);
        let body = body(vector["verb"].as_str().unwrap(), &vector["fields"], &header);
        let message = Message::new(header, body);
        assert_eq!(hex::encode(message.encode().unwrap()), hex::encode(&theirs), "{name}: our bytes are theirs");
        let frame = frames(&[&theirs]).pop().unwrap();
        assert_eq!(frame.verb.name(), vector["verb"].as_str(), "{name}");
        assert_eq!(frame.encode().unwrap(), theirs, "{name}");
        assert_eq!(Message::decode(&frame).unwrap(), message, "{name}: their bytes are our message");
    }
    vectors.len()
}

#[test]
fn java_s_messages() {
    assert_eq!(check("java.json"), 39);
}

#[test]
fn python_s_messages() {
    assert_eq!(check("python.json"), 32);
}

/// Writes and reads back one primitive.
fn primitive<T: Wire + PartialEq + std::fmt::Debug>(value: T) -> Vec<u8> {
    let mut writer = Writer::default();
    value.encode("value", &mut writer).unwrap();
    let bytes = writer.into_vec();
    let mut reader = Reader::new(Verb::INVALID, bytes.clone().into());
    assert_eq!(T::decode("value", &mut reader).unwrap(), value);
    assert_eq!(reader.remaining(), 0);
    bytes
}

#[test]
fn java_s_primitives() {
    for vector in load("primitives.json") {
        let value = &vector["value"];
        let ours = match vector["type"].as_str().unwrap() {
            "utf" => primitive(text(value).unwrap()),
            "chars" => primitive(Chars(text(value).unwrap())),
            "bytes" => primitive(bytes::Bytes::from(bytes(value))),
            "bool" => primitive(value.as_bool().unwrap()),
            "i8" => primitive::<i8>(narrow(value)),
            "i16" => primitive::<i16>(narrow(value)),
            "i32" => primitive::<i32>(narrow(value)),
            "i64" => primitive(int(value)),
            // The narrowing to f32 is exact: the value was one.
            "f32" => primitive(value.as_f64().unwrap() as f32),
            "f64" => primitive(value.as_f64().unwrap()),
            "i64_le" => {
                let mut writer = Writer::default();
                writer.u64_le(int(value) as u64);
                writer.into_vec()
            }
            "utf16_unit" => {
                let mut writer = Writer::default();
                writer.utf16_unit(narrow(value));
                writer.into_vec()
            }
            "var_long" => {
                let mut writer = Writer::default();
                writer.var_long("value", Some(int(value))).unwrap();
                let bytes = writer.into_vec();
                let mut reader = Reader::new(Verb::INVALID, bytes.clone().into());
                assert_eq!(reader.var_long("value").unwrap(), Some(int(value)));
                bytes
            }
            other => panic!("{other}"),
        };
        assert_eq!(hex::encode(ours), vector["hex"].as_str().unwrap(), "{vector}");
    }
}

#[test]
fn whole_sessions_of_the_vendor_s_clients() {
    for session in load("sessions.json") {
        for side in ["from_client", "from_server"] {
            let stream = bytes(&session[side]);
            let whole = replayed(&stream);
            assert!(whole.len() >= 8, "{} {side}", session["name"]);
            for frame in &whole {
                let message = Message::decode(frame).unwrap();
                assert!(!matches!(message.body, Body::Raw(_)), "{message:?}");
                // Go writes the password twice.
                let again = match &message.body {
                    Body::AuthenticateRequest(login) if session["name"] == "go" => {
                        primitive(bytes::Bytes::copy_from_slice(login.password.expose()))
                    }
                    _ => Vec::new(),
                };
                assert_eq!(message.trailing, again, "{message:?}");
            }
        }
    }
}
