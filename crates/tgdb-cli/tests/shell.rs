//! `tgdb shell`: scripts, and people at a terminal.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use common::{Directory, graph, reading, user};
use tgdb_testkit::TestServer;

fn start(server: &TestServer, options: &[&str]) -> Child {
    let mut command = user(&server.url(), &[&["shell"], options].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Executes a script.
fn script(server: &TestServer, options: &[&str], text: &str) -> (Option<i32>, String, String) {
    reading(server, &[&["shell"], options].concat(), text)
}

#[test]
fn a_script_is_executed_statement_by_statement() {
    let server = graph();
    let text = "# how many are there?\ng.V().count()\n\n\\format csv\ng.V().hasLabel(\n  'country'\n).limit(1)\n\
                g.V()\\\n.count()\n\\format\n\\format json\n\\d country\n\\q\ng.nonsense()\n";
    let (code, out, errors) = script(&server, &[], text);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let (values, types) = out.split_once("csv\n").unwrap();
    assert_eq!(
        values,
        "count\n-----\n   91\n(1 row)\n@id,@type,code,name,continent\n1001,country,AE,United Arab Emirates,Asia\ncount\n91\n"
    );
    let kinds = types.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].clone());
    assert_eq!(kinds.collect::<Vec<_>>(), ["node type", "attribute", "attribute", "attribute"]);
    assert_eq!(server.logins(), 1);
}

#[test]
fn errors_end_a_script_only_if_that_is_wanted() {
    let server = graph();
    let text = "g.fly()\n\\dance\n\\d nothing\ng.V().count()\n";
    let (code, out, errors) = script(&server, &["--format", "csv"], text);
    assert_eq!((code, out.as_str(), errors.lines().count()), (Some(0), "count\n91\n", 3), "{errors}");
    let (code, out, errors) = script(&server, &["--stop-on-error"], text);
    assert_eq!((code, out.as_str(), errors.lines().count()), (Some(8), "", 1), "{errors}");
    assert_eq!(script(&server, &["--stop-on-error"], "\\dance\ng.V()\n").0, Some(2));
    let (code, _, errors) = script(&server, &["--stop-on-error"], "g.V(");
    assert_eq!(code, Some(8), "what is left at the end is executed, too: {errors}");
}

#[test]
fn scripts_include_others_but_not_themselves() {
    let (server, directory) = (graph(), Directory::new());
    let inner = directory.write("inner", "g.V().count()\n\\timing on\n");
    let text = format!("\\i {}\ng.E().count()\n", inner.display());
    let (code, out, errors) = script(&server, &["--json"], &text);
    assert_eq!((code, out.as_str()), (Some(0), "91\n676\n"));
    assert!(errors.starts_with("Time: "), "{errors}");
    let path = directory.path("loop");
    std::fs::write(&path, format!("\\i {}\n", path.display())).unwrap();
    let (code, _, errors) = script(&server, &["--stop-on-error"], &format!("\\i {}\n", path.display()));
    assert_eq!(code, Some(2), "{errors}");
    assert_eq!(script(&server, &["--stop-on-error"], "\\i missing\n").0, Some(3));
}

#[test]
fn a_lost_connection_comes_back() {
    let server = graph();
    let mut child = start(&server, &["--json"]);
    let (mut keyboard, mut out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut line = String::new();
    writeln!(keyboard, "g.V().count()").unwrap();
    out.read_line(&mut line).unwrap();
    server.cut_connections();
    // The loss is seen by the next statement, or fails it.
    let text = loop {
        writeln!(keyboard, "g.E().count()\n\\d nothing").unwrap();
        let seen: Vec<_> = errors.by_ref().map(Result::unwrap).take_while(|line| !line.contains("nothing")).collect();
        if seen.iter().any(|line| line.contains("connected again to 127.0.0.1:")) {
            break seen.join("\n");
        }
    };
    assert!(text.contains("tgdb: connection lost: "), "{text}");
    assert!(server.logins() >= 2);
    writeln!(keyboard, "g.E().count()").unwrap();
    drop(keyboard);
    out.read_to_string(&mut line).unwrap();
    assert!(line.starts_with("91\n") && line.ends_with("676\n"), "{line}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_server_that_does_not_come_back_ends_a_script() {
    let mut server = graph();
    let mut child = start(&server, &["--json"]);
    let (mut keyboard, mut out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    writeln!(keyboard, "g.V().count()").unwrap();
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    server.kill();
    // The first can find the connection lost; no other is tried when there is no server.
    let _ = writeln!(keyboard, "g.V().count()\ng.V().count()\ng.V().count()\ng.V().count()");
    drop(keyboard);
    out.read_to_string(&mut line).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5), "{errors}");
    assert_eq!(line, "91\n");
    assert!(errors.lines().count() <= 3, "{errors}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_script() {
    let (server, requests) = common::silent();
    let mut child = start(&server, &[]);
    writeln!(child.stdin.as_mut().unwrap(), "g.V()\ng.E()").unwrap();
    requests.recv().unwrap();
    common::signal(&child, "-INT");
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!((child.wait().unwrap().code(), errors.as_str()), (Some(130), "tgdb: interrupted\n"));
    // One that waits for its input ends, too.
    let server = graph();
    let mut child = start(&server, &["--json"]);
    let mut keyboard = child.stdin.take().unwrap();
    writeln!(keyboard, "g.V().count()").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    common::signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
