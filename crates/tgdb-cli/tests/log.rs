//! What `--verbose` shows on the standard error, and what is shown without it.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{at, graph, outputs, tgdb};
use tgdb_testkit::{DEFAULT_PASSWORD, ServerConfig, TestCa, TestServer};

/// The standard error of a query.
fn log(server: &TestServer, options: &[&str]) -> String {
    let (code, out, errors) = at(server, &[options, &["query", "g.V().count()", "--format", "csv"]].concat());
    assert_eq!((code, out.as_str()), (Some(0), "count\n91\n"), "{errors}");
    assert!(!errors.contains(DEFAULT_PASSWORD) && !errors.contains('\u{1b}'), "{errors}");
    errors
}

#[test]
fn each_v_shows_more() {
    let server = graph();
    assert_eq!(log(&server, &[]), "");
    let shown = [
        (" INFO tgdb::connect: logged in ", &["-v"][..]),
        ("DEBUG tgdb::request: ended verb=QueryRequest id=1 ", &["-vv"]),
        ("TRACE tgdb::frame: sent ", &["-vvv"]),
        ("TRACE tgdb::payload: ", &["-vvvv"]),
    ];
    for (level, (_, options)) in shown.iter().enumerate() {
        let log = log(&server, options);
        for (above, (line, _)) in shown.iter().enumerate() {
            assert_eq!(log.contains(line), above <= level, "{line:?} with {options:?}:\n{log}");
        }
        assert_eq!(log.contains("g.V().count()"), level == 3, "{log}");
    }
    assert!(log(&server, &["--verbose"]).lines().count() >= 1);
}

#[test]
fn each_command_has_it() {
    let server = graph();
    for command in [&["ping"][..], &["metadata"], &["admin", "users"], &["shell"], &["bench", "--requests", "1"]] {
        let (code, _, errors) = at(&server, &[command, &["-v"]].concat());
        assert!(code == Some(0) && errors.contains("logged in"), "{command:?}: {errors}");
    }
    for command in [&["man"][..], &["completions", "bash"], &["decode", "missing"], &["export"], &["import"]] {
        let (code, _, errors) = outputs(&tgdb().args(command).arg("-v").output().unwrap());
        assert!(code.is_some_and(|code| code < 10), "{command:?}: {errors}");
    }
}

#[test]
fn failed_attempts_are_in_it() {
    let mut server = graph();
    server.kill();
    let (code, _, errors) = at(&server, &["ping", "-v"]);
    let lines: Vec<_> = errors.lines().collect();
    assert_eq!(code, Some(5));
    assert!(matches!(lines[..], [attempt, end, _] if attempt.contains(" INFO ") && end.contains(" WARN ")), "{errors}");
}

#[test]
fn a_warning_is_shown_once_for_all_connections() {
    let ca = TestCa::new("test").unwrap();
    let tls = Some(ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::graph() }).unwrap();
    let arguments = ["bench", "--requests", "3", "--connections", "3", "--insecure"];
    let (code, _, errors) = at(&server, &arguments);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(errors.matches("NOT VERIFIED").count(), 1, "{errors}");
    assert!(errors.lines().all(|line| line.starts_with("tgdb: warning: ")), "{errors}");
}

#[test]
fn a_log_that_nobody_reads_is_no_failure() {
    let server = graph();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = common::user(&server.url(), &["-vvvv", "query", "g.V().count()", "--json"]);
    let child = command.stderr(writer).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(command);
    let (code, out, _) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, out.as_str()), (Some(0), "91\n"));
}
