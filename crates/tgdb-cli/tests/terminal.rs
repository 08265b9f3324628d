//! `tgdb shell` with somebody at a terminal.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::terminal::Terminal;
use common::{Directory, graph, signal, user};
use tgdb_channel::pdu::Message;
use tgdb_testkit::graph::GraphServer;
use tgdb_testkit::{Script, ServerConfig, ServerSession, TestServer};

const PROMPT: &str = "tgdb> ";

fn sit_down(server: &TestServer, state: &Path, options: &[&str]) -> Terminal {
    let mut command = user(&server.url(), &[&["shell"], options].concat());
    command.env("XDG_STATE_HOME", state).env("HOME", state);
    let mut terminal = Terminal::start(command, 80);
    terminal.expect(PROMPT);
    terminal
}

#[test]
fn lines_are_edited_completed_and_continued() {
    let (server, directory) = (graph(), Directory::new());
    let mut terminal = sit_down(&server, &directory.path(""), &["--format", "csv"]);
    terminal.type_in("g.V(\r");
    terminal.type_in(").cuont()\u{1b}[D\u{1b}[D\u{1b}[D\u{1b}[D\u{8}\u{8}ou\r");
    terminal.expect("count\r\n91\r\n");
    terminal.expect(PROMPT);
    terminal.type_in("\\d cont\t\r");
    terminal.expect("name          continent\r\n");
    terminal.expect(PROMPT);
    terminal.type_in("no query\u{3}");
    terminal.expect(PROMPT);
    terminal.type_in("\\conninfo\r");
    terminal.expect(", user scott, session ");
    terminal.expect(PROMPT);
    terminal.type_in("\u{4}");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn the_history_is_kept_unless_it_is_not_wanted() {
    let (server, directory) = (graph(), Directory::new());
    let file = directory.path("tgdb").join("history");
    let mut terminal = sit_down(&server, &directory.path(""), &["--no-history"]);
    terminal.type_in("g.V().count()\r\\q\r");
    assert_eq!(terminal.end().0, Some(0));
    assert!(!file.exists());
    let mut terminal = sit_down(&server, &directory.path(""), &[]);
    terminal.type_in("g.E().count()\r");
    terminal.expect(PROMPT);
    terminal.type_in(" \\d secret\r\\q\r");
    assert_eq!(terminal.end().0, Some(0));
    let history = std::fs::read_to_string(&file).unwrap();
    assert!(history.contains("g.E().count()\n") && !history.contains("secret"), "{history}");
    let mut terminal = sit_down(&server, &directory.path(""), &["--json"]);
    terminal.type_in("\u{1b}[A\u{1b}[A\r");
    terminal.expect("\r\n676\r\n");
}

#[test]
fn ctrl_c_gives_up_a_query_and_not_the_session() {
    let (sender, came) = std::sync::mpsc::channel();
    let graph = GraphServer::airports();
    let script = move |session: &mut ServerSession, message: &Message| {
        if message.to_string().contains("slow") {
            sender.send(()).unwrap();
        } else {
            graph.on_request(session, message);
        }
    };
    let server = TestServer::start(ServerConfig::scripted(script)).unwrap();
    let directory = Directory::new();
    let mut terminal = sit_down(&server, &directory.path(""), &["--json"]);
    terminal.type_in("g.V('slow')\r");
    came.recv().unwrap();
    signal(terminal.child(), "-INT");
    terminal.expect("tgdb: interrupted\r\n");
    terminal.expect(PROMPT);
    terminal.type_in("g.V().count()\r");
    terminal.expect("\r\n91\r\n");
    terminal.expect(PROMPT);
    assert_eq!(server.logins(), 1);
    // At the prompt a signal is no key, and ends the shell.
    signal(terminal.child(), "-TERM");
    assert_eq!(terminal.end().0, Some(130));
}

#[test]
fn a_loss_is_told_and_mended() {
    let (server, directory) = (graph(), Directory::new());
    let mut terminal = sit_down(&server, &directory.path(""), &["--json"]);
    server.cut_connections();
    let mut text = String::new();
    while !text.contains("connected again to 127.0.0.1:") {
        terminal.type_in("g.V().count()\r");
        text += &terminal.expect(PROMPT);
    }
    assert!(text.contains("connection lost: "), "{text}");
    terminal.type_in("g.V().count()\r");
    terminal.expect("\r\n91\r\n");
}
