//! Where the password comes from, and how it is asked for.

#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::terminal::Terminal;
use common::{Directory, graph, outputs, signal, user};
use tgdb_testkit::{ServerConfig, TestServer};

/// A command at a terminal that is about to be asked for a password.
fn asked(server: &TestServer, arguments: &[&str]) -> Terminal {
    let mut command = user(&server.url(), arguments);
    command.env_remove("TGDB_PASSWORD");
    let mut terminal = Terminal::controlling(&command, 80);
    terminal.expect("Password: ");
    terminal.expect_secrecy();
    terminal
}

#[test]
fn it_comes_from_the_environment_a_file_or_nowhere() {
    let (server, directory) = (graph(), Directory::new());
    let file = directory.write("password", "tiger\n");
    let mut command = user(&server.url(), &["ping", "--count", "1", "--password-file", file.to_str().unwrap()]);
    assert_eq!(outputs(&command.env_remove("TGDB_PASSWORD").output().unwrap()).0, Some(0));
    let mut command = user(&server.url(), &["ping"]);
    assert_eq!(outputs(&command.env_remove("TGDB_PASSWORD").output().unwrap()).0, Some(7), "nobody can be asked");
}

#[test]
fn it_is_asked_for_at_a_terminal() {
    let server = graph();
    let mut terminal = asked(&server, &["ping", "--count", "1"]);
    terminal.type_in("tiger\n");
    let (code, text) = terminal.wait();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("login") && !text.contains("tiger"), "{text}");
    assert!(terminal.is_echoing());
    assert_eq!(server.logins(), 1);
}

#[test]
fn a_wrong_one_is_7() {
    let server = graph();
    let mut terminal = asked(&server, &["ping"]);
    terminal.type_in("lion\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(7), "{text}");
    assert!(text.contains("was rejected") && !text.contains("lion"), "{text}");
}

#[test]
fn it_is_asked_for_once_for_many_connections() {
    let server = graph();
    let mut terminal = asked(&server, &["bench", "--connections", "3", "--requests", "3"]);
    terminal.type_in("tiger\n");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("Password"), "{text}");
    assert_eq!(server.logins(), 3);
}

#[test]
fn ctrl_c_and_signals_end_the_question_and_the_terminal_is_as_before() {
    let server = graph();
    for arguments in [&["ping"][..], &["ping", "--ask-password"], &["shell", "--no-history"]] {
        let mut terminal = asked(&server, arguments);
        terminal.type_in("tig\u{3}");
        let (code, text) = terminal.wait();
        assert_eq!(code, Some(130), "{text}");
        assert!(text.ends_with("\ntgdb: interrupted\r\n") && terminal.is_echoing(), "{text:?}");
        for name in ["-INT", "-TERM", "-HUP"] {
            let mut terminal = asked(&server, arguments);
            signal(terminal.child(), name);
            let (code, text) = terminal.wait();
            assert_eq!(code, Some(130), "{name}: {text}");
            assert!(text.ends_with("\ntgdb: interrupted\r\n") && terminal.is_echoing(), "{name}: {text:?}");
        }
    }
}

#[test]
fn the_shell_takes_ctrl_c_as_before_after_a_question() {
    let server = TestServer::start(ServerConfig::graph()).unwrap();
    let mut terminal = asked(&server, &["shell", "--no-history"]);
    terminal.type_in("tiger\n");
    terminal.expect("tgdb> ");
    terminal.type_in("no query\u{3}");
    terminal.expect("tgdb> ");
    signal(terminal.child(), "-TERM");
    assert_eq!(terminal.wait().0, Some(130));
    assert!(terminal.is_echoing());
}
