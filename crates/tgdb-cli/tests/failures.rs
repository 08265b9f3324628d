//! Each kind of failure has its exit code, in each command that connects.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{at, graph, outputs, silent, user};
use tgdb_channel::pdu::{Body, Header, Message};
use tgdb_testkit::{Faults, LoginFault, ServerConfig, TestCa, TestServer};

const COMMANDS: [&[&str]; 4] = [&["ping"], &["query", "g.V()"], &["metadata"], &["admin", "users"]];

/// Runs all commands at that URL. Nothing goes to the standard output, and one line says why.
fn all_fail(url: &str, options: &[&str], expected: i32, why: &str) {
    for command in COMMANDS.iter().chain([&["shell"][..]].iter()) {
        let (code, out, errors) = outputs(&user(url, &[command, options].concat()).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(expected), ""), "{command:?}: {errors}");
        assert!(errors.contains(why) && errors.lines().count() == 1, "{command:?}: {errors}");
        assert!(!errors.contains("tiger"), "{errors}");
    }
}

#[test]
fn without_a_server_it_is_5() {
    let mut server = graph();
    let url = server.url();
    server.kill();
    all_fail(&url, &[], 5, "refused");
}

#[test]
fn a_rejected_login_is_7() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    server.set_faults(Faults { login: Some(LoginFault::Rejected), ..Faults::default() });
    all_fail(&server.url(), &[], 7, "check user, password");
    let server = graph();
    let mut wrong = user(&server.url(), &["query", "g.V()"]);
    assert_eq!(outputs(&wrong.env("TGDB_PASSWORD", "lion").output().unwrap()).0, Some(7));
}

#[test]
fn a_server_that_is_silent_is_9() {
    let server = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    all_fail(&server.url(), &["--timeout", "200ms"], 9, "200ms");
}

#[test]
fn a_request_without_a_reply_is_9() {
    let (server, requests) = silent();
    for command in COMMANDS {
        let (code, _, errors) = at(&server, &[command, &["--timeout", "300ms"]].concat());
        assert_eq!(code, Some(9), "{command:?}: {errors}");
        requests.recv().unwrap();
    }
}

#[test]
fn certificates_that_are_not_trusted_are_6() {
    let ca = TestCa::new("test").unwrap();
    let identity = ca.issue(&["localhost"]).unwrap();
    let tls = Some(ca.server_config(&identity).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::graph() }).unwrap();
    all_fail(&server.url(), &[], 6, "certificate");
}

#[test]
fn files_of_the_command_line_that_cannot_be_used_have_their_codes() {
    let server = graph();
    all_fail(&server.url(), &["--password-file", "missing"], 3, "missing");
    let url = "ssl://localhost:1";
    all_fail(url, &["--ca", "missing.pem"], 6, "missing.pem");
    let directory = common::Directory::new();
    let empty = directory.write("empty.pem", "");
    all_fail(url, &["--ca", empty.to_str().unwrap()], 6, "no certificate");
}

#[test]
fn what_a_server_says_cannot_change_the_terminal() {
    let faults = Faults { terminate: Some("a\u{1b}[2J\nb\u{202e}".into()), ..Faults::default() };
    let server = TestServer::start(ServerConfig { faults, ..ServerConfig::graph() }).unwrap();
    all_fail(&server.url(), &[], 7, "a\\u{1b}[2J\\nb\\u{202e}");
}

#[test]
fn tls_on_one_side_only_is_6() {
    let ca = TestCa::new("test").unwrap();
    let tls = Some(ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::graph() }).unwrap();
    all_fail(&server.url().replace("ssl://", "tcp://"), &[], 6, "use an ssl:// URL for this port");
    let plain = answering(Message::new(Header::default(), Body::Ping).encode().unwrap());
    all_fail(&format!("ssl://{plain}"), &[], 6, "a plain port needs a tcp:// URL");
}

#[test]
fn a_peer_that_does_not_speak_tgdb_is_4() {
    let http = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    all_fail(&format!("tcp://{http}"), &[], 4, "the peer is an HTTP server");
}

/// A server that answers with these bytes, whatever it is sent.
fn answering(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in listener.incoming() {
            let mut tcp = tcp.unwrap();
            if tcp.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {
                let _ = tcp.write_all(&bytes);
            }
            let _ = tcp.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut tcp, &mut std::io::sink());
        }
    });
    address
}

#[test]
fn a_wrong_command_line_or_setting_is_2() {
    let server = graph();
    for arguments in [
        &["query", "g.V()", "--format", "xml"][..],
        &["query", "g.V()", "--json", "--format", "csv"],
        &["query", "g.V()", "--limit", "-1"],
        &["query", "http://h", "g.V()"],
        &["query", "g.V()", "--set", "nonsense=1"],
        &["admin", "dance"],
        &["admin", "kill"],
        &["shell", "--wrong"],
        &["ping", "tcp://h:port"],
    ] {
        let (code, out, errors) = at(&server, arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {errors}");
    }
}

/// A third signal ends a program whose output nobody reads.
#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_where_the_output_is_stuck() {
    let server = graph();
    // Longer than a pipe holds.
    let query = "g.V().out('route').out('route').out('route')";
    let mut command = user(&server.url(), &["query", query, "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut output, &mut [0; 1000]).unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "it does not end");
        common::signal(&child, "-INT");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(130), "tgdb: interrupted\n"));
}

/// Starts a command, and waits until the server has its request.
fn waiting(
    server: &TestServer,
    requests: &std::sync::mpsc::Receiver<tgdb_channel::pdu::Verb>,
    command: &[&str],
) -> Child {
    let mut command = user(&server.url(), command);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    requests.recv().unwrap();
    child
}

#[test]
fn a_connection_that_is_cut_is_10() {
    let (server, requests) = silent();
    for command in COMMANDS {
        let child = waiting(&server, &requests, command);
        server.cut_connections();
        let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
        assert_eq!(code, Some(10), "{command:?}: {errors}");
        let child = waiting(&server, &requests, command);
        server.terminate_sessions("maintenance");
        let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
        assert_eq!(code, Some(10), "{command:?}: {errors}");
        assert!(errors.contains("maintenance"), "{errors}");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_is_130() {
    let (server, requests) = silent();
    for command in COMMANDS {
        for name in ["-INT", "-TERM"] {
            let child = waiting(&server, &requests, command);
            let start = Instant::now();
            common::signal(&child, name);
            let (code, _, errors) = outputs(&child.wait_with_output().unwrap());
            assert_eq!((code, errors.as_str()), (Some(130), "tgdb: interrupted\n"), "{command:?}");
            assert!(start.elapsed() < Duration::from_secs(5), "the reply is not waited for");
        }
    }
}
