//! Administration commands.

use tgdb_pdu::Body;
use tgdb_pdu::Wire;
use tgdb_pdu::body::*;

use crate::support::*;

pub(crate) fn admin(client: &mut Client, request: AdminRequest) -> AdminResponse {
    let command = request.command;
    match client.ask(request) {
        Body::AdminResponse(reply) => {
            assert_eq!(reply.command, command);
            assert!(reply.result == 0 || reply.error_message().is_some_and(|text| !text.is_empty()));
            reply
        }
        other => panic!("{other:?}"),
    }
}

/// What a command answers that must succeed.
fn data<T: Wire>(client: &mut Client, request: AdminRequest) -> T {
    let reply = admin(client, request);
    assert_eq!(reply.result, 0, "{:?}", reply.error_message());
    reply.data().unwrap()
}

/// As Python sends it: the length of the payload is not 0.
fn python(command: PythonAdminCommand) -> AdminRequest {
    AdminRequest { length: 12, ..AdminRequest::new(command.into()) }
}

fn describe(client: &mut Client, name: &str) -> Result<Description, String> {
    let request = AdminRequest::with(AdminCommand::DESCRIBE, &name.to_owned()).unwrap();
    let reply = admin(client, request.clone());
    let in_python = AdminRequest { command: PythonAdminCommand::DESCRIBE.into(), length: 12, ..request };
    assert_eq!(admin(client, in_python).payload, reply.payload, "under Python's number");
    match reply.result {
        0 => Ok(reply.data().unwrap()),
        _ => Err(reply.error_message().unwrap()),
    }
}

#[test]
fn the_types_are_those_of_the_metadata() {
    let mut client = Client::new();
    let types: Types = data(&mut client, AdminRequest::new(AdminCommand::SHOW_TYPES));
    assert_eq!(
        (&types.node_types[..], &types.edge_types[..]),
        (client.schema.node_types(), client.schema.edge_types())
    );
    assert_eq!(types.node_types.iter().map(|found| found.entry_count).collect::<Vec<_>>(), [52, 39]);
    let descriptors: Vec<AttributeDescriptor> = data(&mut client, AdminRequest::new(AdminCommand::SHOW_ATTR_DESCS));
    assert!(descriptors.iter().eq(client.schema.descriptors().iter().map(|descriptor| &**descriptor)));
    let indices: Vec<IndexInfo> = data(&mut client, AdminRequest::new(AdminCommand::SHOW_INDICES));
    let names: Vec<_> = indices.iter().map(|index| (index.name.as_str(), index.entry_count, index.is_unique)).collect();
    assert_eq!(names, [("airport_pk", 52, true), ("country_pk", 39, true)]);
    assert_eq!(types.node_types[0].index_ids.0, [indices[0].id]);
}

#[test]
fn users_roles_and_procedures() {
    let mut client = Client::new();
    let roles: Vec<Role> = data(&mut client, AdminRequest::new(AdminCommand::SHOW_ROLES));
    assert_eq!(roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>(), ["admin", "user"]);
    let users: Users = data(&mut client, python(PythonAdminCommand::SHOW_USERS));
    let Users::WithRoleIds(users) = users else { panic!("{users:?}") };
    assert_eq!((users[0].name.as_str(), &users[0].role_ids[..], users.len()), ("scott", &[1, 2][..], 1));
    assert_eq!(users[0].password_hash.expose(), b"", "no hash is given away");
    for request in [python(PythonAdminCommand::SHOW_STORED_PROCEDURES), AdminRequest::new(AdminCommand(14))] {
        assert_eq!(data::<Vec<StoredProcedure>>(&mut client, request), []);
    }
}

#[test]
fn descriptions_of_all_kinds() {
    let mut client = Client::new();
    let Ok(Description::NodeType { node_type, indices, attributes }) = describe(&mut client, "airport") else {
        panic!()
    };
    assert_eq!((node_type.entry_count, indices.0.len(), attributes.0.len()), (52, 1, 18));
    let Ok(Description::EdgeType { from, to, attributes, .. }) = describe(&mut client, "located_in") else { panic!() };
    assert_eq!((from.unwrap().entity_type.name, to.unwrap().entity_type.name), ("airport".into(), "country".into()));
    assert_eq!(attributes.0, []);
    assert!(
        matches!(describe(&mut client, "fare"), Ok(Description::AttributeDescriptor(found)) if found.number == Some((20, 2)))
    );
    assert!(
        matches!(describe(&mut client, "country_pk"), Ok(Description::Index { attributes, .. }) if attributes.0.len() == 1)
    );
    assert!(matches!(describe(&mut client, "admin"), Ok(Description::Role(_))));
    assert!(matches!(describe(&mut client, "scott"), Ok(Description::User { roles, .. }) if roles.len() == 2));
    assert!(describe(&mut client, "nowhere").unwrap_err().contains("nowhere"));
}

#[test]
fn the_server_tells_about_itself_as_each_client_reads_it() {
    let mut client = Client::new();
    client.count("g.V().count()");
    client.failure("g.V().drop()");
    let schema = client.schema.clone();
    client.committed(&tgdb_pdu::graph::Changes::new(&schema));
    let info: ServerInfo = data(&mut client, AdminRequest::new(AdminCommand::SHOW_INFO));
    assert_eq!((info.state, info.started), (2, NOW.as_nanos() as i64));
    assert_eq!((info.transactions_processed, info.transactions_successful), (1, 1));
    assert_eq!(info.listeners.0[0].connections, 1);
    let info: LongServerInfo = data(&mut client, python(PythonAdminCommand::SHOW_INFO));
    assert_eq!((info.state, info.queries.processed, info.queries.successful), (4, 2, 1));
}

#[test]
fn types_and_descriptors_are_created() {
    let mut client = Client::new();
    let descriptor = CreateAttributeDescriptor {
        is_array: false,
        is_encrypted: false,
        name: "length".into(),
        value_type: AttributeType::NUMBER,
        number: (10, 3),
    };
    let create = AdminRequest::with(AdminCommand::CREATE_ATTR_DESC, &descriptor).unwrap();
    assert_eq!(admin(&mut client, create.clone()).result, 0);
    assert_eq!(admin(&mut client, create).result, 343);
    let chars = |names: &[&str]| names.iter().map(|name| Chars((*name).to_owned())).collect::<Vec<_>>();
    let runway = CreateNodeType {
        name: "runway".into(),
        page_size: 512,
        attributes: chars(&["name", "length"]),
        primary_key: chars(&["name"]),
    };
    let create = AdminRequest::with(AdminCommand::CREATE_NODE_TYPE, &runway).unwrap();
    assert_eq!(admin(&mut client, create.clone()).result, 0);
    assert_eq!(admin(&mut client, create).result, 369);
    let of = CreateEdgeType {
        name: "of".into(),
        from_node_type: "runway".into(),
        to_node_type: "airport".into(),
        direction: "directed".into(),
        attributes: chars(&[]),
        primary_key: chars(&[]),
    };
    let create = |edge_type: &CreateEdgeType| AdminRequest::with(AdminCommand::CREATE_EDGE_TYPE, edge_type).unwrap();
    assert_eq!(admin(&mut client, create(&of)).result, 0);
    let lost = CreateEdgeType { name: "lost".into(), to_node_type: "nowhere".into(), ..of };
    assert_ne!(admin(&mut client, create(&lost)).result, 0);

    client.refresh();
    let schema = client.schema.clone();
    let munich = client.airport("MUC");
    let mut changes = tgdb_pdu::graph::Changes::new(&schema);
    let node = changes.add_node(Some("runway")).unwrap();
    changes.set(node, "name", "08L/26R").unwrap();
    changes.set(node, "length", 4000).unwrap();
    changes.add_edge("of", node, &munich).unwrap();
    client.committed(&changes);
    assert_eq!(client.texts("g.V().has('iata', 'MUC').in('of').values('length')"), ["4000.000"]);
}

#[test]
fn other_commands_do_nothing_or_fail() {
    let mut client = Client::new();
    let level = SetLogLevel { level: 1, component: 1 };
    assert_eq!(admin(&mut client, AdminRequest::with(AdminCommand::SET_LOG_LEVEL, &level).unwrap()).result, 0);
    assert_eq!(admin(&mut client, AdminRequest::new(AdminCommand::CHECKPOINT_SERVER)).result, 0);
    assert_eq!(admin(&mut client, python(PythonAdminCommand::CHECKPOINT_SERVER)).result, 0);
    for command in [AdminCommand::CREATE_ROLE, AdminCommand::CREATE_INDEX, AdminCommand::STOP_SERVER, AdminCommand(99)]
    {
        let reply = admin(&mut client, AdminRequest::new(command));
        assert!(reply.error_message().unwrap().contains(&format!("command {}", command.0)));
    }
    // Arguments that are cut off.
    for command in [1, 3, 5, 6, 21] {
        assert_ne!(admin(&mut client, AdminRequest::new(AdminCommand(command))).result, 0, "{command}");
    }
    assert_eq!(client.count("g.V().count()"), 91);
}
