//! `tgdb decode` of the trace that a channel writes.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::process::Output;

use common::{Directory, channel, outputs, session, tgdb};
use tgdb_channel::url::ConfigName;
use tgdb_testkit::{DEFAULT_PASSWORD, ServerConfig, TestServer};

#[test]
fn a_trace_of_the_channel_is_decoded() {
    let directory = Directory::new();
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let builder = channel(&server.url()).client_id("client").property(ConfigName::EnableConnectionTrace, "true");
    let path = directory.path("traces");
    session(builder.property(ConfigName::ConnectionTraceDir, path.to_str().unwrap())).unwrap();

    let file = path.join("client.trace.0");
    let decode = |more: &[&str]| -> Output { tgdb().arg("decode").arg(&file).args(more).output().unwrap() };
    let (code, text, errors) = outputs(&decode(&[]));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let lines: Vec<&str> = text.lines().collect();
    assert!(matches!(lines[..], [one, two] if one.contains("g.V().count();") && two.contains("g.E();")), "{text}");
    assert!(lines.iter().all(|line| line.starts_with("-> ")), "{text}");

    // Encoding them again gives the same bytes.
    let (code, json, _) = outputs(&decode(&["--json", "--input", "trace"]));
    assert_eq!(code, Some(0));
    assert!(!json.contains("differs") && !json.contains(DEFAULT_PASSWORD), "{json}");
    assert_eq!(json.lines().filter(|line| line.contains(r#""event":"message""#)).count(), 2, "{json}");
}
