//! `tgdb metadata` and `tgdb admin`.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{at, graph, lines, reading, shown, started};
use tgdb_channel::TgChannel;
use tgdb_channel::pdu::body::{AdminCommand, AdminResponse, Remainder};
use tgdb_channel::pdu::{Body, Message};
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{Script, ServerConfig, ServerSession, TestServer};

/// A server that answers administration commands as `answer` does, others as the graph does; and
/// the numbers of the commands that came.
fn scripted(
    answer: impl Fn(&mut ServerSession, AdminCommand) -> Option<AdminResponse> + Send + Sync + 'static,
) -> (TestServer, Arc<Mutex<Vec<i32>>>) {
    let (graph, came) = (GraphServer::airports(), Arc::new(Mutex::new(Vec::new())));
    let numbers = came.clone();
    let script = move |session: &mut ServerSession, message: &Message| {
        let answer = match &message.body {
            Body::AdminRequest(request) => {
                numbers.lock().unwrap().push(request.command.0);
                answer(session, request.command)
            }
            _ => None,
        };
        match answer {
            Some(answer) => session.reply(message, answer),
            None => graph.on_request(session, message),
        }
    };
    (TestServer::start(ServerConfig::scripted(script)).unwrap(), came)
}

fn response(result: i32, command: AdminCommand, data: &'static [u8]) -> Option<AdminResponse> {
    Some(AdminResponse { result, command, payload: Remainder(data.into()) })
}

fn client(server: &TestServer) -> TgChannel {
    let channel = started(server);
    channel.schema().unwrap();
    channel
}

#[test]
fn metadata_has_types_and_attributes() {
    let server = graph();
    let text = shown(&server, &["metadata"]);
    let country = "country | code |    39 | code, name, continent\n";
    let route = "route      | airport | airport | directed  |   624 | distance, fare, departs\n";
    let fare = "fare           | number    |        20 |     2 | false    | false\n";
    for part in ["Node types\nname ", country, "\nEdge types\nname ", route, "\nAttributes\nname ", fare] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('$') && !text.contains('@'), "{text}");
    let kinds = |arguments: &[&str], kind: &str| {
        lines(&server, arguments).iter().filter(|object| object["kind"] == kind).count()
    };
    assert_eq!(["node type", "edge type", "attribute"].map(|kind| kinds(&["metadata", "--json"], kind)), [2, 2, 23]);
    assert_eq!(kinds(&["metadata", "--json", "--all"], "edge type"), 5);
}

#[test]
fn questions_have_tables_and_json() {
    let server = graph();
    assert_eq!(
        shown(&server, &["admin", "users"]),
        "id | name  | roles\n---+-------+------\n 1 | scott | admin\n(1 row)\n"
    );
    let roles = lines(&server, &["admin", "roles", "--json"]);
    assert_eq!((&roles[0]["name"], &roles[0]["privileges"][0]), (&"admin".into(), &"grant".into()));
    let indices = shown(&server, &["admin", "indices"]);
    assert!(indices.contains("airport_pk | true      | airport | iata       |      52 | online\n"), "{indices}");
    let connections = lines(&server, &["admin", "connections", &server.url(), "--json"]);
    assert_eq!((connections.len(), &connections[0]["user"]), (1, &"scott".into()));
    let info = shown(&server, &["admin", "info"]);
    for line in ["state                        started\n", "version                      3.0.0 build 39\n"] {
        assert!(info.contains(line), "{info}");
    }
    let info = lines(&server, &["admin", "info", "--json"]);
    assert_eq!(info[0]["listeners"][0]["port"], "0");
}

#[test]
fn things_are_described_by_name() {
    let server = graph();
    let kind = |name: &str| lines(&server, &["admin", "describe", name, "--json"])[0]["kind"].clone();
    for (name, expected) in [
        ("airport", "node type"),
        ("route", "edge type"),
        ("elevation", "attribute"),
        ("airport_pk", "index"),
        ("admin", "role"),
        ("scott", "user"),
    ] {
        assert_eq!(kind(name), expected);
    }
    let country = shown(&server, &["admin", "describe", &server.url(), "country"]);
    assert!(country.contains("\nAttributes\n") && country.contains("\nIndices\n"), "{country}");
    let user = shown(&server, &["admin", "describe", "scott"]);
    assert!(!user.contains("hash"), "{user}");
    let (code, _, errors) = at(&server, &["admin", "describe", "nothing"]);
    assert_eq!(code, Some(8));
    assert!(errors.contains("nothing has the name"), "{errors}");
}

#[test]
fn a_connection_is_killed() {
    let server = graph();
    let other = client(&server);
    let session = other.session_id().to_string();
    assert_eq!(shown(&server, &["admin", "kill", &session]), format!("ended session {session}\n"));
    // The server ends the session a little later.
    let deadline = Instant::now() + Duration::from_secs(20);
    while other.query("g.V().count()").is_ok() {
        assert!(Instant::now() < deadline, "the session goes on");
    }
    assert_eq!(at(&server, &["admin", "kill", &session]).0, Some(8), "there is none any more");
    let other = client(&server);
    let session = other.session_id().to_string();
    assert_eq!(
        lines(&server, &["admin", "kill", &server.url(), &session, "--json"]),
        [serde_json::json!({ "killed": 1 })]
    );
}

#[test]
fn what_has_no_answer_says_that_it_is_done() {
    let server = graph();
    assert_eq!(shown(&server, &["admin", "checkpoint"]), "made a checkpoint\n");
    assert_eq!(shown(&server, &["admin", "log-level", "3"]), "set the log level to 3\n");
}

/// With Python's numbers Java's "kill" is "stop the server".
#[test]
fn a_server_that_counts_like_python_gets_its_numbers() {
    let (server, came) = scripted(|_, command| match command {
        AdminCommand(14) => response(0, command, &[0; 4]),
        _ => None,
    });
    let other = client(&server);
    shown(&server, &["admin", "kill", &other.session_id().to_string()]);
    shown(&server, &["admin", "checkpoint"]);
    assert_eq!(*came.lock().unwrap(), [14, 24, 14, 22]);
    assert_eq!(shown(&server, &["admin", "procedures"]), "(0 rows)\n".to_owned().replace("(0", &header("(0")));
}

fn header(rest: &str) -> String {
    format!("id | name | module | parameters | returns\n---+------+--------+------------+--------\n{rest}")
}

#[test]
fn nothing_is_done_with_numbers_of_unknown_meaning() {
    let (server, came) = scripted(|_, command| response(1, command, &[0, 2, b'n', b'o']));
    for command in [&["checkpoint"][..], &["kill", "1"], &["stop", "--yes"], &["log-level", "1"]] {
        let (code, _, errors) = at(&server, &[&["admin"], command].concat());
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains("--numbering"), "{errors}");
    }
    assert_eq!(*came.lock().unwrap(), [14; 4]);
    assert_eq!(at(&server, &["admin", "checkpoint", "--numbering", "java"]).0, Some(8));
    assert_eq!(came.lock().unwrap().last(), Some(&19));
}

#[test]
fn the_server_is_stopped_by_those_who_mean_it() {
    let (server, came) = scripted(|session, command| {
        if command == AdminCommand::STOP_SERVER {
            session.terminate(Duration::ZERO, "stopping");
        }
        None
    });
    let (code, _, errors) = at(&server, &["admin", "stop"]);
    assert_eq!((code, server.logins()), (Some(2), 0), "{errors}");
    let (code, _, errors) = reading(&server, &["admin", "stop"], "y\n");
    assert_eq!((code, server.logins()), (Some(2), 0), "a pipe is nobody who means it: {errors}");
    assert_eq!(shown(&server, &["admin", "stop", "--yes"]), "the server stops\n");
    assert_eq!(*came.lock().unwrap(), [14, 18]);
}

#[test]
#[cfg(unix)]
fn people_are_asked_before_the_server_is_stopped() {
    use common::{terminal::Terminal, user};
    let server = graph();
    for (answer, expected) in [("n\n", Some(2)), ("\n", Some(2)), ("y\n", Some(8))] {
        let mut terminal = Terminal::start(user(&server.url(), &["admin", "stop"]), 80);
        terminal.expect("[y/N] ");
        terminal.type_in(answer);
        let (code, text) = terminal.end();
        assert_eq!(code, expected, "{answer:?}: {text}");
    }
    assert_eq!(server.logins(), 1);
}
