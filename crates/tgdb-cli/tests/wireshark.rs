//! The dissector, run by tshark on the capture of a session.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{Directory, Proxy, channel, outputs, session};
use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::pdu::{Header, Message, Verb};
use tgdb_testkit::{ServerConfig, TestServer};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/wireshark/tgdb.lua");

/// What tshark prints of a capture: the fields of the frames that the filter leaves, a line each.
fn tshark(capture: &std::path::Path, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-X", &format!("lua_script:{SCRIPT}"), "-Y", filter, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let (code, out, errors) = outputs(&command.output().unwrap());
    assert_eq!(code, Some(0), "{errors}");
    assert!(!errors.contains("Lua Error") && !errors.contains("lua_script"), "{errors}");
    out.lines().map(str::to_owned).collect()
}

/// Whether there is none, which the test says.
fn is_missing() -> bool {
    let missing = Command::new("tshark").arg("--version").output().is_err();
    if missing {
        eprintln!("SKIPPED: tshark is not installed, so the dissector was not run");
    }
    missing
}

#[test]
fn a_session_is_dissected() {
    if is_missing() {
        return;
    }
    let directory = Directory::new();
    let file = directory.path("session.pcap");
    let server = TestServer::start(ServerConfig::default()).unwrap();
    // On a port that is not TGDB's, so that the heuristics have to find it.
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--save", file.to_str().unwrap()]);
    session(channel(&format!("tcp://{}", proxy.address))).unwrap();
    assert_eq!(proxy.end().0, Some(0));

    let verbs = tshark(&file, "tgdb", &["tgdb.verb"]);
    for verb in [Verb::HANDSHAKE_REQUEST, Verb::AUTHENTICATE_RESPONSE, Verb::QUERY_RESPONSE] {
        assert!(verbs.iter().any(|line| line.split(',').any(|id| id == verb.0.to_string())), "{verb}: {verbs:?}");
    }
    let replies = tshark(&file, "tgdb.verb == 12", &["tgdb.request_id", "tgdb.response_to", "tgdb.time"]);
    assert_eq!(replies.len(), 2, "{replies:?}");
    for reply in &replies {
        let [id, request, time] = reply.split('\t').collect::<Vec<_>>()[..] else { panic!("{reply}") };
        let asked = tshark(
            &file,
            &format!("tgdb.request_id == {id} && tgdb.verb == 11"),
            &["frame.number", "tgdb.response_in"],
        );
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(asked[0].split('\t').next(), Some(request));
        assert!(time.parse::<f64>().unwrap() > 0.0, "{reply}");
    }
    let wrong = tshark(&file, "_ws.malformed || tgdb.bad_length || tgdb.bad_version", &["frame.number"]);
    assert!(wrong.is_empty(), "{wrong:?}");
    // Tables and encoder agree on where things are: the payload is what the lengths say.
    let lengths = tshark(&file, "tgdb.verb == 1", &["tgdb.length", "tgdb.data_offset", "tgdb.payload_length"]);
    assert_eq!(lengths[0], "66\t56\t10");
}

#[test]
fn messages_of_several_packets_are_put_together() {
    if is_missing() {
        return;
    }
    let directory = Directory::new();
    let file = directory.path("long.pcap");
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--save", file.to_str().unwrap()]);
    let channel = channel(&format!("tcp://{}", proxy.address)).build().unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    let request = DecryptBufferRequest { buffer: vec![7; 200_000].into() };
    let length = Message::new(Header::default(), request.clone().into()).encode().unwrap().len();
    channel.request(request).unwrap();
    channel.stop(tgdb_channel::StopMethod::Graceful);
    drop(channel);
    assert_eq!(proxy.end().0, Some(0));
    let found = tshark(&file, "tgdb.verb == 44", &["tgdb.length"]);
    assert_eq!(found, [length.to_string()]);
    let found = tshark(&file, "tgdb.verb == 45 && tgdb.response_to", &["tgdb.length"]);
    assert_eq!(found, [length.to_string()]);
}
