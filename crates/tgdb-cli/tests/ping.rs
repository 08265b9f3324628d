//! `tgdb ping`: what it measures and shows.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{at, graph, lines, shown};
use tgdb_channel::pdu::Verb;
use tgdb_testkit::{Identity, ServerConfig, TestCa, TestServer};

fn tls(ca: &TestCa, identity: &Identity) -> TestServer {
    TestServer::start(ServerConfig { tls: Some(ca.server_config(identity).unwrap()), ..ServerConfig::graph() }).unwrap()
}

#[test]
fn each_step_and_each_request_has_a_line() {
    let server = graph();
    let text = shown(&server, &["ping", "--count", "3", "--interval", "1ms"]);
    let address = server.address();
    assert!(text.starts_with(&format!("{address} at {address}\n")), "{text}");
    let names: Vec<_> = text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["resolve", "connect", "login", "request", "request", "request", "3"]);
    assert!(text.contains("server version 3.0.0 build 39, session 1"), "{text}");
    assert_eq!((server.logins(), server.requests()), (1, 3));
}

#[test]
fn json_is_one_object() {
    let server = graph();
    let [object] = &lines(&server, &["ping", "--json", "--count", "2", "--interval", "1ms"])[..] else { panic!() };
    assert_eq!(object["address"], server.address().to_string());
    for step in ["resolve_ms", "connect_ms", "login_ms"] {
        assert!(object[step].as_f64().unwrap() >= 0.0, "{object}");
    }
    let requests = &object["requests"];
    assert_eq!(requests["count"], 2);
    assert!(requests["min_ms"].as_f64().unwrap() <= requests["max_ms"].as_f64().unwrap());
    assert!(object.get("tls").is_none());
    let [none] = &lines(&server, &["ping", "--json", "--count", "0"])[..] else { panic!() };
    assert_eq!((&none["requests"]["count"], &none["requests"]["min_ms"]), (&0.into(), &().into()));
}

/// The time of a query is that of one request: the types, which reading its results takes, are not
/// asked for.
#[test]
fn a_query_is_one_request() {
    let server = TestServer::start(ServerConfig { record: true, ..ServerConfig::graph() }).unwrap();
    shown(&server, &["ping", "--count", "2", "--interval", "1ms", "--query", "g.V().count()"]);
    let queries = server.received().iter().filter(|message| message.verb() == Verb::QUERY_REQUEST).count();
    assert_eq!((queries, server.requests()), (2, 2));
    let (code, out, errors) = at(&server, &["ping", "--query", "g.fly()"]);
    assert_eq!(code, Some(8));
    assert!(out.contains("login") && !out.contains("request "), "what is known is shown: {out}");
    assert!(errors.contains("error 8104"), "{errors}");
}

#[test]
fn tls_has_a_line_and_so_has_each_certificate() {
    let ca = TestCa::new("The authority").unwrap();
    let server = tls(&ca, &ca.issue(&["localhost"]).unwrap());
    let file = ca.pem_file();
    let trusting = ["ping", "--count", "1", "--ca", file.to_str().unwrap()];
    let text = shown(&server, &trusting);
    assert!(text.contains("\ntls ") && text.contains("TLSv1.3 with TLS_"), "{text}");
    assert!(text.contains("certificate  CN=tgdb-testkit, issued by CN=The authority, valid until "), "{text}");
    let [object] = &lines(&server, &[&trusting[..], &["--json"]].concat())[..] else { panic!() };
    let certificate = &object["tls"]["certificates"][0];
    assert_eq!((&certificate["subject"], &certificate["is_valid"]), (&"CN=tgdb-testkit".into(), &true.into()));
    assert!(certificate["days_left"].as_i64().unwrap() > 0, "{object}");
}

#[test]
fn an_expired_certificate_is_refused_and_can_be_looked_at() {
    let ca = TestCa::new("test").unwrap();
    let server = tls(&ca, &ca.issue_expired("localhost").unwrap());
    let file = ca.pem_file();
    let (code, out, errors) = at(&server, &["ping", "--ca", file.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(6), ""));
    assert!(errors.contains("expired"), "{errors}");
    let (code, out, errors) = at(&server, &["ping", "--insecure", "--count", "1"]);
    assert_eq!((code, errors.lines().count()), (Some(0), 1));
    assert!(errors.starts_with("tgdb: warning: ") && errors.contains("NOT VERIFIED"), "{errors}");
    assert!(out.contains("certificate  CN=tgdb-testkit") || out.contains("certificate  CN="), "{out}");
    assert!(out.contains(", expired 2002-01-01T00:00:00Z\n"), "{out}");
    let object: serde_json::Value = serde_json::from_str(&at(&server, &["ping", "--insecure", "--json"]).1).unwrap();
    let certificate = &object["tls"]["certificates"][0];
    assert!(certificate["days_left"].as_i64().unwrap() < -8000, "{certificate}");
    assert_eq!(certificate["is_valid"], false);
}
