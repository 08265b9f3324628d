//! Users that are created, and sessions that are killed.

use std::sync::Arc;

use tgdb_pdu::Body;
use tgdb_pdu::body::*;
use tgdb_testkit::graph::GraphServer;

use crate::admin::admin;
use crate::support::*;

#[test]
fn a_user_that_was_created_can_log_in() {
    let mut client = Client::new();
    let user =
        |name: &str, role: &str| CreateUser { name: name.into(), password: "secret".into(), roles: vec![role.into()] };
    assert!(log_in(client.graph.clone(), 78, "anna", "secret").is_none());
    let create = |user| AdminRequest::with(AdminCommand::CREATE_USER, &user).unwrap();
    assert_eq!(admin(&mut client, create(user("anna", "user"))).result, 0);
    assert!(log_in(client.graph.clone(), 78, "anna", "secret").is_some());
    assert!(log_in(client.graph.clone(), 78, "anna", "wrong").is_none());
    assert!(log_in(Arc::new(GraphServer::airports()), 78, "anna", "secret").is_none(), "of that graph only");

    assert_eq!(admin(&mut client, create(user("anna", "user"))).result, 369, "Java's code");
    let python = |request: AdminRequest| AdminRequest { length: 1, ..request };
    assert_eq!(admin(&mut client, python(create(user("anna", "user")))).result, 342, "Python's");
    assert_eq!(admin(&mut client, create(user("airport", "user"))).result, 369, "the name of a type");
    assert_eq!(admin(&mut client, create(user("bert", "nobody"))).result, 328);
    let users: Users = admin(&mut client, AdminRequest::new(AdminCommand::SHOW_USERS)).data().unwrap();
    let Users::WithRoleName(users) = users else { panic!("{users:?}") };
    let names: Vec<_> = users.iter().map(|user| (user.name.as_str(), user.role.as_str())).collect();
    assert_eq!(names, [("scott", "admin"), ("anna", "user")]);
}

#[test]
fn connections_are_listed_and_killed() {
    let mut first = Client::new();
    let mut second = Client::of(first.graph.clone(), 78);
    let third = Client::of(first.graph.clone(), 79);
    let connections = |client: &mut Client| {
        let reply = admin(client, AdminRequest::new(AdminCommand::SHOW_CONNECTIONS));
        let all: List64<ConnectionInfo> = reply.data().unwrap();
        all.0
    };
    let all = connections(&mut first);
    assert_eq!(all.iter().map(|connection| connection.session_id).collect::<Vec<_>>(), [77, 78, 79]);
    assert_eq!((all[1].user.as_str(), all[1].client_id.as_str()), ("scott", "tests"));
    assert_eq!((all[1].remote_addr.as_str(), all[1].created), ("127.0.0.1:4711", NOW.as_nanos() as i64));
    drop(third);
    assert_eq!(connections(&mut first).len(), 2, "those that ended are gone");

    // Java sets the flag for all, and means one session.
    let kill = KillConnection { session_id: 78, all_sessions: true };
    let kill = AdminRequest::with(AdminCommand::KILL_CONNECTION, &kill).unwrap();
    assert_eq!(admin(&mut first, kill.clone()).payload.0[..], [0, 0, 0, 1]);
    let ended = second.replies().pop().unwrap();
    assert!(matches!(ended.body, Body::SessionForcefullyTerminated(_)) && second.session.is_over());
    assert_eq!(admin(&mut first, kill).payload.0[..], [0, 0, 0, 0], "it is killed already");

    let mut fourth = Client::of(first.graph.clone(), 80);
    let all = KillConnection { session_id: 0, all_sessions: true };
    let all = AdminRequest::with(PythonAdminCommand::KILL_CONNECTION.into(), &all).unwrap();
    assert_eq!(admin(&mut first, AdminRequest { length: 21, ..all }).payload.0[..], [0, 0, 0, 1]);
    assert_eq!((fourth.replies().len(), fourth.session.is_over(), first.session.is_over()), (1, true, false));
}
