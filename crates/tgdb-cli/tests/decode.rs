//! `tgdb decode` of each kind of input, whole and damaged.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{Directory, Proxy, channel, outputs, session, tgdb};
use proptest::prelude::*;
use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::pdu::{Body, Frame, Header, Message, Verb};
use tgdb_testkit::{ServerConfig, TestServer};

fn ping(request_id: i64) -> Vec<u8> {
    Message::new(Header { request_id, ..Header::default() }, Body::Ping).encode().unwrap()
}

fn query(text: &str) -> Vec<u8> {
    Message::new(Header::default(), QueryRequest::text(QueryCommand::EXECUTE, text).into()).encode().unwrap()
}

fn decode(path: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    outputs(&tgdb().arg("decode").arg(path).args(arguments).output().unwrap())
}

fn decode_stdin(bytes: &[u8], arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = tgdb();
    command.args(["decode", "-"]).args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || {
        // It can end before it has read all.
        let _ = stdin.write_all(&bytes);
    });
    let output = outputs(&child.wait_with_output().unwrap());
    writer.join().unwrap();
    output
}

/// The capture of a session that a proxy saved.
fn capture(directory: &Directory) -> Vec<u8> {
    let file = directory.path("session.pcap");
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--save", file.to_str().unwrap()]);
    session(channel(&format!("tcp://{}", proxy.address))).unwrap();
    assert_eq!(proxy.end().0, Some(0));
    std::fs::read(file).unwrap()
}

#[test]
fn all_kinds_of_input_give_the_same() {
    let stream = [ping(7), query("g.V();"), ping(8)].concat();
    let (code, expected, errors) = decode_stdin(&stream, &[]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(expected.lines().count(), 3);
    assert!(expected.starts_with("PingMessage request 7 56 B"), "{expected}");
    assert!(expected.contains("g.V();"), "{expected}");

    let trace = |message: Vec<u8>| [(message.len() as i32).to_be_bytes().to_vec(), message].concat();
    let traced = [trace(ping(7)), trace(query("g.V();")), trace(ping(8))].concat();
    let plain = hex::encode(&stream);
    let xxd: String = stream
        .chunks(16)
        .enumerate()
        .map(|(line, bytes)| format!("{:08x}: {}  characters\n", line * 16, hex::encode(bytes)))
        .collect();
    for (kind, input) in [("hex", plain.as_bytes()), ("hex", xxd.as_bytes()), ("stream", &stream)] {
        assert_eq!(decode_stdin(input, &[]), (Some(0), expected.clone(), String::new()), "{kind}");
        assert_eq!(decode_stdin(input, &["--input", kind]).1, expected, "{kind}");
    }
    // What Java traced comes from a client.
    let (code, out, _) = decode_stdin(&traced, &[]);
    assert_eq!((code, out.replace("-> ", "")), (Some(0), expected));
}

#[test]
fn json_lines_are_objects() {
    let (_, out, _) = decode_stdin(&query("g.V();"), &["--json"]);
    let value: serde_json::Value = serde_json::from_str(out.trim_end()).unwrap();
    assert_eq!(value["event"], "message");
    assert_eq!(value["verb_id"], Verb::QUERY_REQUEST.0);
    assert_eq!(value["length"], query("g.V();").len());
}

#[test]
fn long_content_is_cut() {
    let long = query(&"x".repeat(30_000));
    let (_, out, _) = decode_stdin(&long, &[]);
    assert!(out.len() < 500, "{} characters", out.len());
    let (_, out, _) = decode_stdin(&long, &["--width", "100000"]);
    assert!(out.len() > 30_000);
    let (code, out, _) = decode_stdin(&long, &["--max-frame", "1000"]);
    assert_eq!(code, Some(4), "its content was not decoded: {out}");
}

#[test]
fn what_encodes_differently_is_reported() {
    let mut padded = Frame::new(Header::default(), Verb::PING, Vec::new());
    padded.padding = vec![0; 8].into();
    let (code, out, _) = decode_stdin(&padded.encode().unwrap(), &[]);
    assert_eq!(code, Some(0));
    assert!(out.contains("encodes without its 8 bytes of padding"), "{out}");
    // A boolean is 0 or 1 when we write it.
    let mut handshake = query("");
    handshake.truncate(56);
    handshake[3] = 66;
    handshake[11] = Verb::HANDSHAKE_REQUEST.0 as u8;
    handshake.extend([1, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
    let (_, out, _) = decode_stdin(&handshake, &[]);
    assert!(out.contains("encodes differently: from offset 57 on"), "{out}");
    let (_, out, _) = decode_stdin(&handshake, &["--no-check"]);
    assert!(!out.contains("encodes differently"), "{out}");
}

#[test]
fn damage_is_passed_over_and_gives_an_exit_code() {
    let stream = [&ping(1)[..], b"garbage", &ping(2), &ping(3)[..30]].concat();
    let (code, out, errors) = decode_stdin(&stream, &[]);
    assert_eq!(code, Some(4), "{errors}");
    assert!(out.contains("request 1 ") && out.contains("request 2 "), "{out}");
    assert!(out.contains("skipped 7 bytes") && out.contains("of which there are 30 bytes"), "{out}");
}

#[test]
fn inputs_that_are_nothing_are_errors() {
    let directory = Directory::new();
    for (content, code) in [(&b"hello, world"[..], 4), (b"", 4), (&[0; 5000], 4)] {
        let (found, out, errors) = decode(&directory.write("input", content), &[]);
        assert_eq!((found, out.as_str()), (Some(code), ""), "{errors}");
    }
    let (code, _, errors) = decode(&directory.path("missing"), &[]);
    assert_eq!(code, Some(3));
    assert!(errors.contains("missing"), "{errors}");
    assert_eq!(outputs(&tgdb().arg("decode").output().unwrap()).0, Some(2));
}

/// Captures whose packets are doubled, lost or in another order.
#[test]
fn tcp_is_put_together() {
    let directory = Directory::new();
    let capture = capture(&directory);
    let (code, expected, _) = decode(&directory.write("whole.pcap", &capture), &[]);
    assert_eq!(code, Some(0));
    let (header, mut packets) = packets(&capture);
    let joined = |packets: &[&[u8]]| [header, &packets.concat()].concat();
    let verbs = |out: &str| -> Vec<String> {
        let verb = |line: &str| {
            line.split(' ').find(|word| Verb::ALL.iter().any(|verb| verb.to_string() == *word)).map(str::to_owned)
        };
        out.lines().filter_map(verb).collect()
    };
    let all = verbs(&expected);
    assert!(all.len() >= 8, "{expected}");

    let doubled: Vec<_> = packets.iter().flat_map(|packet| [*packet, *packet]).collect();
    let (code, out, _) = decode(&directory.write("doubled.pcap", joined(&doubled)), &[]);
    assert_eq!((code, verbs(&out)), (Some(0), all.clone()));

    // Behind the handshake of TCP, the first message is lost: the stream goes on behind the gap.
    let lost: Vec<_> = [&packets[..3], &packets[4..]].concat();
    let (_, out, _) = decode(&directory.write("lost.pcap", joined(&lost)), &[]);
    assert!(out.contains("bytes are missing here"), "{out}");
    assert_eq!(verbs(&out).len(), all.len() - 1, "{out}");

    // Without its start.
    let (_, out, _) = decode(&directory.write("late.pcap", joined(&packets[4..])), &[]);
    assert_eq!(verbs(&out).len(), all.len() - 1, "{out}");

    // A request behind its reply.
    packets.swap(3, 4);
    let (_, out, _) = decode(&directory.write("swapped.pcap", joined(&packets)), &[]);
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    assert_eq!(sorted(verbs(&out)), sorted(all), "{out}");
}

fn packets(capture: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let (header, mut rest) = capture.split_at(24);
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let length = 16 + u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        packets.push(&rest[..length]);
        rest = &rest[length..];
    }
    (header, packets)
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let stream = ping(1).repeat(100_000);
    let directory = Directory::new();
    let mut child = tgdb()
        .arg("decode")
        .arg(directory.write("long", &stream))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

/// Lengths that announce what does not come.
#[test]
#[cfg(target_os = "linux")]
fn announced_lengths_take_no_memory() {
    let directory = Directory::new();
    let mut frame = ping(1);
    frame[..4].copy_from_slice(&i32::MAX.to_be_bytes());
    let traced = [&i32::MAX.to_be_bytes()[..], &frame].concat();
    let mut pcap = capture(&directory)[..24].to_vec();
    pcap.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]);
    for (name, content) in [("frame", frame), ("trace", traced), ("pcap", pcap)] {
        let path = directory.write(name, content);
        // 256 MiB of addresses, of which the program itself takes a part.
        let limited = "ulimit -v 262144; exec \"$0\" decode \"$1\" --max-frame 2147483647";
        let mut command = std::process::Command::new("sh");
        let output = command.args(["-c", limited, env!("CARGO_BIN_EXE_tgdb")]).arg(path).output().unwrap();
        let (code, _, errors) = outputs(&output);
        assert_eq!(code, Some(4), "{name}: {errors}");
        assert!(!errors.contains("panic"), "{name}: {errors}");
    }
}

/// What is damaged at random ends with one of the exit codes, and without a panic.
#[test]
fn hostile_files_are_no_panic() {
    let directory = Directory::new();
    let capture = capture(&directory);
    let stream = [ping(7), query("g.V();"), ping(8)].concat();
    let hex = hex::encode(&stream).into_bytes();
    let trace = [&(stream.len() as i32).to_be_bytes()[..], &stream].concat();
    let inputs = [("pcap", capture), ("stream", stream), ("hex", hex), ("trace", trace)];
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) };
    proptest!(config, |(which in 0..inputs.len(), damage in damage, cut in any::<prop::sample::Index>())| {
        let (kind, input) = &inputs[which];
        let mut input = input.clone();
        for (at, byte) in damage {
            let at = at.index(input.len());
            input[at] = byte;
        }
        input.truncate(cut.index(input.len()) + 1);
        let path = directory.write("hostile", &input);
        for arguments in [&["--input", kind][..], &["--json"]] {
            let (code, _, errors) = decode(&path, arguments);
            prop_assert!(matches!(code, Some(0 | 4)), "{}: {:?} {}", kind, code, errors);
            prop_assert!(!errors.contains("panicked"), "{}", errors);
        }
    });
}
