//! The recorded answers of administration commands.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "only values go there and back here")]
mod common;

use common::round_trip;
use serde_json::Value as Json;
use tgdb_pdu::body::*;
use tgdb_pdu::{Reader, Verb, Wire, Writer};

fn vectors() -> Vec<Json> {
    serde_json::from_str(include_str!("../../../tests/vectors/graph_admin.json")).unwrap()
}

fn response(name: &str) -> AdminResponse {
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector["name"] == name).expect(name);
    let bytes = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
    let mut reader = Reader::new(Verb::ADMIN_RESPONSE, bytes.into());
    let response = AdminResponse::decode("body", &mut reader).unwrap();
    assert_eq!(i64::from(response.command.0), vector["command"].as_i64().unwrap());
    response
}

/// The data of an answer, which must encode to the bytes that it came in.
fn data<T: Wire>(name: &str) -> T {
    let response = response(name);
    assert_eq!(response.result, 0);
    let data: T = response.data().unwrap();
    let mut w = Writer::default();
    data.encode("data", &mut w).unwrap();
    assert_eq!(hex::encode(w.into_vec()), hex::encode(&response.payload[..]), "{name}");
    data
}

#[test]
fn users_are_read_in_both_layouts() {
    let Users::WithRoleIds(users) = data("users (Python, Go)") else { panic!() };
    let users: Vec<_> = users.iter().map(|user| (user.id, &*user.name, &user.role_ids[..])).collect();
    assert_eq!(users, [(10, "admin", &[1][..]), (11, "scott", &[2, 3])]);
    let user = |name: &str, role: &str| UserInfo {
        system_type: SystemType::PRINCIPAL,
        id: 10,
        name: name.to_owned(),
        data: vec![0xaa; 32].into(),
        role: role.to_owned(),
    };
    round_trip(&Users::WithRoleName(vec![user("admin", "operator"), user("scott", "")]));
    round_trip(&Users::WithRoleName(vec![user("scott", ""), user("admin", "operator")]));
    round_trip(&Users::WithRoleIds(vec![]));
}

#[test]
fn types_descriptors_indices_and_connections() {
    let types: Types = data("types");
    let names: Vec<_> = types.node_types.iter().map(|ty| (&*ty.entity_type.name, ty.entry_count)).collect();
    assert_eq!(names, [("person", 7), ("city", 0)]);
    assert_eq!(types.edge_types.len(), 5);
    assert_eq!(types.edge_types[0].entry_count, 3);
    assert_eq!(data::<Vec<AttributeDescriptor>>("attribute descriptors")[1].number, Some((20, 5)));
    let indices: Vec<IndexInfo> = data("indices");
    assert_eq!((&*indices[0].name, indices[0].entry_count, &indices[0].status[..]), ("person_pk", 7, &b"Ready"[..]));
    let connections: List64<ConnectionInfo> = data("connections");
    // Python reads the session id as unsigned.
    assert_eq!(connections.0[0].session_id as u64, 9_223_372_036_854_775_813);
}

#[test]
fn stored_procedures() {
    let procedures: Vec<StoredProcedure> = data("stored procedures (Python 14)");
    assert_eq!((procedures[0].id, &*procedures[0].module.0, &*procedures[0].return_type.0), (60, "module.py", "Node"));
    assert_eq!(procedures[0].parameters.0[0].name.0, "ctx");
    let command = PythonAdminCommand::from(response("stored procedures (Python 14)").command);
    assert_eq!(command, PythonAdminCommand::SHOW_STORED_PROCEDURES);
}

#[test]
fn descriptions() {
    let Description::NodeType { node_type, indices, attributes } = data("describe a node type (Python 15)") else {
        panic!()
    };
    assert_eq!(
        (&*node_type.entity_type.name, &*indices.0[0].name, &*attributes.0[0].name),
        ("city", "person_pk", "name")
    );
    let Description::EdgeType { edge_type, from, to, attributes } = data("describe an edge type (Python 15)") else {
        panic!()
    };
    assert_eq!(edge_type.entity_type.name, "knows");
    assert_eq!(from.map(|from| from.entity_type.name).as_deref(), Some("city"));
    assert!(to.is_none() && attributes.0.is_empty());
    let Description::AttributeDescriptor(price) = data("describe a descriptor (Python 15)") else { panic!() };
    assert_eq!(price.name, "price");
    let Description::Index { index, attributes } = data("describe an index (Python 15)") else { panic!() };
    assert_eq!((&*index.name, attributes.0.len()), ("person_pk", 1));
    assert_eq!(
        PythonAdminCommand::from(response("describe an index (Python 15)").command),
        PythonAdminCommand::DESCRIBE
    );
}

/// The fields as the fact sheet has them, one behind the other; no client shows whole bytes.
fn role_bytes() -> Vec<u8> {
    let permission = |object: u8, granted: u8, revoked: u8, flag: u8| {
        [&[0, 0, 3, object][..], &[0, 0, 0, 0, 0, 0, 0, granted], &[0, 0, 0, 0, 0, 0, 0, revoked], &[flag]].concat()
    };
    [
        &[5, 0, 0, 0, 2, 0, 8][..],
        b"operator",
        // Operate and proxy.
        &[0, 0, 0, 0, 0, 0, 0, 0b100_0100],
        &permission(0xe8, 0b10, 0, 1),
        &permission(0xe9, 0b11_1111, 0b1000, 2),
        &[0, 0, 0, 1],
        &permission(0xea, 0b1, 0b10, 0),
    ]
    .concat()
}

#[test]
fn roles_are_read_field_by_field() {
    let mut reader = Reader::new(Verb::ADMIN_RESPONSE, [&[0, 0, 0, 1][..], &role_bytes()].concat().into());
    let roles = Vec::<Role>::decode("roles", &mut reader).unwrap();
    assert_eq!(reader.remaining(), 0);
    let role = Role {
        system_type: SystemType::ROLE,
        id: 2,
        name: "operator".to_owned(),
        privileges: 0b100_0100,
        system_catalog: RolePermission { object_id: 1000, granted: 0b10, revoked: 0, flag: 1 },
        default: RolePermission { object_id: 1001, granted: 0b11_1111, revoked: 0b1000, flag: 2 },
        permissions: vec![RolePermission { object_id: 1002, granted: 1, revoked: 0b10, flag: 0 }],
    };
    assert_eq!(roles, std::slice::from_ref(&role));
    round_trip(&role);
    round_trip(&Description::Role(role.clone()));
    let user = UserWithRoleIds {
        system_type: SystemType::PRINCIPAL,
        id: 10,
        name: "scott".to_owned(),
        password_hash: vec![1, 2].into(),
        role_ids: vec![2],
    };
    round_trip(&Description::User { user, roles: vec![role] });
}

#[test]
fn server_info_is_read_in_both_layouts() {
    let AnyServerInfo::Long(info) = data("server info (Python)") else { panic!() };
    assert_eq!((&*info.name, info.process_id, &*info.server_path), ("tgdb", 99, "/opt/tgdb"));
    assert_eq!((&*info.listeners.0[0].port.0, &*info.database_path), ("8222", "/data"));
    assert_eq!((info.state, info.entity_average_size, info.entity_max_size), (4, 7, 8));
    let short = ServerInfo {
        name: info.name.clone(),
        state: info.state,
        process_id: info.process_id,
        started: info.uptime,
        version: info.version,
        process_memory_free: info.process_memory_free,
        process_memory_percent: info.process_memory_percent,
        process_memory_max: info.process_memory_max,
        shared_memory_file: info.shared_memory_file.clone(),
        shared_memory_free: info.shared_memory_free,
        shared_memory_percent: info.shared_memory_percent,
        shared_memory_max: info.shared_memory_max,
        listeners: info.listeners.clone(),
        transaction_processors: 2,
        transactions_processed: 5,
        transactions_successful: 4,
        transaction_average_time: 1.5,
        transactions_pending: 0,
        transaction_logger_depth: 0,
        data_cache: info.data_cache.clone(),
        index_cache: info.index_cache.clone(),
        database_size: info.database_size,
        data_store: info.data_store.clone(),
        index_store: info.index_store.clone(),
    };
    round_trip(&AnyServerInfo::Short(Box::new(short)));
}

#[test]
fn numbers_killed_and_failures() {
    assert_eq!(data::<u32>("killed (Python 24)"), 2);
    let failed = response("failed, no text");
    assert_eq!((failed.result, failed.error_message()), (328, None));
    assert_eq!(vectors().len(), 13);
}

#[test]
fn kill_names_all_sessions() {
    let bytes = |all_sessions| {
        let arguments = KillConnection { session_id: 7, all_sessions };
        AdminRequest::with(AdminCommand::KILL_CONNECTION, &arguments).unwrap().arguments.expose().to_vec()
    };
    assert_eq!(bytes(false), [0, 0, 0, 0, 0, 0, 0, 7, 0], "one session, as Python writes it");
    assert_eq!(bytes(true), [0, 0, 0, 0, 0, 0, 0, 7, 1], "all sessions; Java writes it for one too");
}

#[test]
fn commands_from_14_on_have_two_sets_of_names() {
    assert_eq!(AdminCommand(14).name(), Some("DESCRIBE"));
    assert_eq!(PythonAdminCommand(14).name(), Some("SHOW_STORED_PROCEDURES"));
    for id in 1..=13 {
        assert_eq!(AdminCommand(id).name(), PythonAdminCommand(id).name());
    }
}
