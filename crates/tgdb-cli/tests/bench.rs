//! The command `bench`, as a process, against `serve`.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Stdio;
use std::time::Instant;

use common::serve::Serve;
use common::*;
use serde_json::Value;

/// `tgdb bench` with user and password in its environment.
fn bench(arguments: &[&str]) -> std::process::Command {
    let mut command = client("bench");
    command.args(arguments);
    command
}

fn json(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out:?}"))
}

#[test]
fn it_sends_that_many_requests() {
    let (mut server, url) = Serve::url(&["--trace"]);
    let arguments = [&url, "--requests", "50", "--connections", "3", "--in-flight", "4", "--json"];
    let (code, out, errors) = outputs(&bench(&arguments).output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let figures = json(&out);
    assert_eq!((&figures["requests"], &figures["errors"]), (&50.into(), &serde_json::json!({})));
    let latency = |name: &str| figures["latency_us"][name].as_f64().unwrap();
    let sorted = ["min", "p50", "p90", "p99", "p999", "p9999", "max"].map(latency);
    assert!(sorted.is_sorted() && sorted[0] > 0.0, "{sorted:?}");
    let rate = 50.0 / figures["seconds"].as_f64().unwrap();
    assert!((figures["per_second"].as_f64().unwrap() - rate).abs() < 1e-6);

    server.signal("-TERM");
    let asked = server.rest();
    assert_eq!(asked.matches("MetadataRequest").count(), 50, "{asked}");
    let sessions: std::collections::BTreeSet<_> = asked.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(sessions.len(), 3, "{sessions:?}");
}

#[test]
fn it_ends_at_its_time_with_a_query() {
    let (_server, url) = Serve::url(&[]);
    let start = Instant::now();
    let (code, out, errors) =
        outputs(&bench(&[&url, "--duration", "300ms", "--query", "g.V().count()"]).output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(start.elapsed().as_millis() >= 300);
    for part in ["connections 1, requests in flight on each 1\n", "\nrate  ", " a second\n", "\n  99.9%  ", "\n  max  "]
    {
        assert!(out.contains(part), "{part:?}: {out}");
    }
    assert!(!out.contains('\u{1b}') && !out.contains("errors"), "{out}");
}

#[test]
fn errors_are_counted_by_kind() {
    let (_server, url) = Serve::url(&[]);
    let (code, out, errors) =
        outputs(&bench(&[&url, "--requests", "7", "--query", "g.V().fly()", "--json"]).output().unwrap());
    let figures = json(&out);
    assert_eq!((code, &figures["requests"], &figures["latency_us"]), (Some(8), &0.into(), &Value::Null));
    assert_eq!(figures["errors"], serde_json::json!({ "Server": 7 }));
    assert!(errors.contains("fly"), "{errors}");
}

#[test]
fn a_lost_server_ends_it_with_the_figures_so_far() {
    let (_server, url) = Serve::url(&["--cut-after-sent", "60000"]);
    let (code, out, errors) =
        outputs(&bench(&[&url, "--duration", "1h", "--in-flight", "2", "--json"]).output().unwrap());
    assert_eq!(code, Some(10), "{errors}");
    let figures = json(&out);
    assert!(figures["requests"].as_u64().unwrap() > 0, "{out}");
    // The second thread may find the connection lost already.
    let errors = figures["errors"].as_object().unwrap();
    assert!(errors.keys().all(|kind| kind == "ConnectionLost" || kind == "Closed"), "{out}");
    assert_eq!(errors.values().filter_map(Value::as_u64).sum::<u64>(), 2, "{out}");
}

#[test]
fn ctrl_c_ends_it_with_the_figures_so_far() {
    // In the second case a request waits that is never answered.
    for fault in [&["--trace"][..], &["--trace", "--no-reply"]] {
        let (mut server, url) = Serve::url(fault);
        let mut command = bench(&[&url, "--duration", "1h", "--json", "--timeout", "1h"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        server.line("session ");
        signal(&child, "-INT");
        let (code, out, errors) = outputs(&child.wait_with_output().unwrap());
        assert_eq!((code, errors.as_str()), (Some(130), "tgdb: interrupted\n"));
        assert_eq!(json(&out)["errors"], serde_json::json!({}), "{out}");
    }
}

#[test]
fn no_server_and_a_wrong_command_line_have_their_codes() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, _, errors) = outputs(&bench(&[&format!("tcp://{nowhere}")]).output().unwrap());
    assert_eq!(code, Some(5), "{errors}");
    for arguments in [&["--requests", "0"][..], &["--requests", "5", "--duration", "1s"], &["--in-flight", "0"]] {
        assert_eq!(outputs(&bench(arguments).output().unwrap()).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let (_server, url) = Serve::url(&[]);
    let (code, _, errors) = outputs(&to_closed_pipe(bench(&[&url, "--requests", "1"])));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_bar_and_bold_are_for_terminals() {
    let (_server, url) = Serve::url(&[]);
    let mut terminal = common::terminal::Terminal::start(bench(&[&url, "--duration", "1h"]), 80);
    // It draws the number of requests again and again.
    terminal.expect(" requests");
    terminal.expect(" requests");
    signal(terminal.child(), "-INT");
    terminal.expect("connections 1");
    terminal.expect("rate        \u{1b}[1m");
    let (code, rest) = terminal.end();
    assert!(code == Some(130) && rest.contains("tgdb: interrupted"), "{rest:?}");
}
