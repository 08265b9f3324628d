//! `tgdb proxy` between clients and servers.

#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use common::{Directory, Proxy, channel, outputs, session, tgdb};
use tgdb_channel::pdu::Verb;
use tgdb_channel::url::ConfigName;
use tgdb_testkit::{DEFAULT_PASSWORD, Faults, ServerConfig, TestCa, TestServer};

fn server(config: ServerConfig) -> TestServer {
    TestServer::start(ServerConfig { record: true, ..config }).unwrap()
}

fn url(proxy: &Proxy) -> String {
    format!("tcp://{}", proxy.address)
}

/// A server that sends back what comes, until its client has nothing more.
fn echo(connections: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().take(connections) {
            let (mut reader, mut writer) = (client.as_ref().unwrap(), client.as_ref().unwrap());
            let _ = std::io::copy(&mut reader, &mut writer);
            let _ = writer.shutdown(Shutdown::Write);
        }
    });
    address
}

/// Sends the bytes and returns what comes back.
fn echoed(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let stream = TcpStream::connect(address).unwrap();
    let mut back = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // A connection that is cut takes no more.
            let _ = (&stream).write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
        });
        let _ = (&stream).read_to_end(&mut back);
    });
    back
}

#[test]
fn a_session_is_decoded_and_its_secrets_are_hidden() {
    let server = server(ServerConfig::default());
    let proxy = Proxy::start(server.address(), &["--connections", "1"]);
    session(channel(&url(&proxy))).unwrap();
    let (code, out, errors) = proxy.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for verb in [
        Verb::HANDSHAKE_REQUEST,
        Verb::HANDSHAKE_RESPONSE,
        Verb::AUTHENTICATE_REQUEST,
        Verb::AUTHENTICATE_RESPONSE,
        Verb::QUERY_REQUEST,
        Verb::QUERY_RESPONSE,
        Verb::DISCONNECT_CHANNEL_REQUEST,
    ] {
        assert!(out.contains(&verb.to_string()), "{verb}: {out}");
    }
    assert!(out.contains("g.V().count();") && out.contains(" after "), "{out}");
    assert!(!out.contains(DEFAULT_PASSWORD), "{out}");
    assert!(!out.contains('\u{1b}'), "colours in a pipe: {out}");
    assert!(out.ends_with("#1 closed\n"), "{out}");
}

#[test]
fn secrets_are_shown_to_those_who_ask() {
    let server = server(ServerConfig::default());
    for json in [&["--json"][..], &[]] {
        let proxy = Proxy::start(server.address(), &[&["--connections", "1", "--show-secrets"], json].concat());
        session(channel(&url(&proxy))).unwrap();
        let (_, out, _) = proxy.end();
        assert!(out.contains(DEFAULT_PASSWORD) && out.contains("auth_token"), "{out}");
    }
}

#[test]
fn a_saved_session_has_all_bytes() {
    let directory = Directory::new();
    let file = directory.path("session.pcap");
    let server = server(ServerConfig::default());
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--save", file.to_str().unwrap()]);
    session(channel(&url(&proxy))).unwrap();
    let (_, shown, _) = proxy.end();
    let (code, decoded, errors) = outputs(&tgdb().arg("decode").arg(&file).output().unwrap());
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    // The same messages in the same order; the last line has no time.
    let messages =
        |text: &str| -> Vec<String> { text.lines().filter(|line| line.contains(" B ")).map(str::to_owned).collect() };
    assert_eq!(messages(&decoded), messages(&shown));
    assert!(!decoded.contains("differ"), "{decoded}");
    // The stream in the file is that which the server saw.
    let capture = std::fs::read(&file).unwrap();
    let payloads = payloads(&capture, server.address().port());
    let transcript = &server.transcripts()[0];
    assert_eq!(payloads, [transcript.from_client.clone(), transcript.from_server.clone()]);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "it holds a password");
    }
}

/// The streams to and from a port, from a little-endian pcap file without lost packets.
fn payloads(mut capture: &[u8], port: u16) -> [Vec<u8>; 2] {
    let mut streams = [Vec::new(), Vec::new()];
    capture = &capture[24..];
    while !capture.is_empty() {
        let length = u32::from_le_bytes(capture[8..12].try_into().unwrap()) as usize;
        let packet = etherparse::SlicedPacket::from_ip(&capture[16..16 + length]).unwrap();
        let Some(etherparse::TransportSlice::Tcp(tcp)) = &packet.transport else { panic!("not TCP") };
        streams[usize::from(tcp.source_port() == port)].extend_from_slice(tcp.payload());
        capture = &capture[16 + length..];
    }
    streams
}

#[test]
fn bytes_that_are_no_messages_pass_unchanged() {
    // More than a piece, and with magic numbers and lengths that mean nothing.
    let noise: Vec<u8> = (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let trap = [&[0, 0, 0, 60, 0x0d, 0xb2, 0xd1, 0xe4, 3, 0][..], &[0xff; 44], &[0, 56], &noise].concat();
    let proxy = Proxy::start(echo(2), &["--connections", "2"]);
    assert!(echoed(proxy.address, &noise) == noise);
    assert!(echoed(proxy.address, &trap) == trap);
    let (code, out, _) = proxy.end();
    assert_eq!(code, Some(0));
    assert!(out.contains("skipped"), "{out}");
}

#[test]
fn connections_are_cut_after_bytes_or_frames() {
    let proxy = Proxy::start(echo(1), &["--connections", "1", "--cut-after", "to-client:1000"]);
    assert_eq!(echoed(proxy.address, &[7; 100_000]), [7; 1000]);
    let (_, out, _) = proxy.end();
    assert!(out.contains("fault: cut"), "{out}");

    let server = server(ServerConfig::default());
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--cut-after", "to-server:2frames"]);
    let failed = session(channel(&url(&proxy)).property(ConfigName::ChannelConnectTimeout, "2000"));
    assert!(failed.is_err(), "the login was cut");
    drop(proxy);
    assert_eq!(server.logins(), 0);
}

#[test]
fn only_the_connection_that_was_named_is_hit() {
    let proxy = Proxy::start(echo(2), &["--connections", "2", "--corrupt-at", "2/to-server:3^0x01"]);
    assert_eq!(echoed(proxy.address, b"abcdef"), b"abcdef");
    assert_eq!(echoed(proxy.address, b"abcdef"), b"abceef");
    let (_, out, _) = proxy.end();
    assert!(out.contains("#2 -> fault: changed a byte from 0x64 to 0x65"), "{out}");
    assert!(!out.contains("#1 -> fault"), "{out}");
}

#[test]
fn corruption_shows_in_what_is_decoded() {
    let server = server(ServerConfig::default());
    // The magic number of the first reply.
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--corrupt-at", "to-client:4"]);
    let failed = session(channel(&url(&proxy)).property(ConfigName::ChannelConnectTimeout, "2000"));
    assert!(failed.is_err());
    let (_, out, _) = proxy.end();
    assert!(out.contains("<- skipped") && out.contains("bad magic"), "{out}");
}

#[test]
fn delays_are_of_latency_and_not_of_throughput() {
    let proxy = Proxy::start(echo(1), &["--connections", "1", "--delay", "to-client:300ms"]);
    let started = Instant::now();
    let bytes = vec![1; 4 << 20];
    assert!(echoed(proxy.address, &bytes) == bytes);
    assert!(started.elapsed() >= Duration::from_millis(300));
    // In single file the pieces would take many times the delay; the bound is that of a stuck test.
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

#[test]
fn tls_on_both_sides() {
    let ca = TestCa::new("tgdb-cli tests").unwrap();
    let identity = ca.issue(&["localhost"]).unwrap();
    let certificate = ca.write("chain.pem", &identity.certificate_pem).unwrap();
    let key = ca.write("key.pem", &identity.key_pem).unwrap();
    let tls = Some(ca.server_config(&identity).unwrap());
    let server = server(ServerConfig { tls, ..ServerConfig::default() });
    let ca_file = ca.pem_file();
    let arguments = [
        "--connections",
        "1",
        "--tls-target",
        "--tls-name",
        "localhost",
        "--ca",
        ca_file.to_str().unwrap(),
        "--tls-cert",
        certificate.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let proxy = Proxy::start(server.address(), &arguments);
    let url = format!("ssl://localhost:{}", proxy.address.port());
    let builder = channel(&url).property(ConfigName::TlsTrustedCertificates, ca_file.display().to_string());
    session(builder).unwrap();
    let (code, out, errors) = proxy.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(out.contains("QueryResponse"), "{out}");

    // A client in clear text, and a server whose authority is not trusted.
    let proxy = Proxy::start(server.address(), &arguments);
    echoed(proxy.address, &[0; 100]);
    let (_, out, _) = proxy.end();
    assert!(out.contains("no TLS with the client"), "{out}");
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--tls-target", "--tls-name", "localhost"]);
    echoed(proxy.address, &[0; 100]);
    let (_, out, _) = proxy.end();
    assert!(out.contains("no TLS with the server"), "{out}");
    let proxy = Proxy::start(server.address(), &["--connections", "1", "--tls-target", "--insecure"]);
    session(channel(&format!("tcp://{}", proxy.address))).unwrap_err();
    let (_, out, _) = proxy.end();
    assert!(out.contains("NOT VERIFIED") && out.contains("HandShakeResponse"), "{out}");
}

#[test]
fn a_target_that_is_away_ends_the_connection_only() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Proxy::start(gone, &["--connections", "2"]);
    assert_eq!(echoed(proxy.address, b"x"), b"");
    assert_eq!(echoed(proxy.address, b"x"), b"");
    let (code, out, _) = proxy.end();
    assert_eq!(code, Some(0));
    assert_eq!(out.matches("cannot connect").count(), 2, "{out}");
}

#[test]
fn half_closed_connections_go_on_in_the_other_direction() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = Proxy::start(server.local_addr().unwrap(), &["--connections", "1"]);
    let mut client = TcpStream::connect(proxy.address).unwrap();
    let (mut accepted, _) = server.accept().unwrap();
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut question = String::new();
    accepted.read_to_string(&mut question).unwrap();
    assert_eq!(question, "question");
    accepted.write_all(b"answer").unwrap();
    drop(accepted);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer");
    assert_eq!(proxy.end().0, Some(0));
}

#[test]
#[cfg(unix)]
fn signals_end_it_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let directory = Directory::new();
        let file = directory.path("session.pcap");
        let proxy = Proxy::start(echo(1), &["--save", file.to_str().unwrap()]);
        let mut client = TcpStream::connect(proxy.address).unwrap();
        client.write_all(&[0; 100]).unwrap();
        client.read_exact(&mut [0; 100]).unwrap();
        proxy.signal(signal);
        assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0, "the connection is closed");
        let (code, out, errors) = proxy.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{signal}");
        assert!(out.contains("closed"), "{out}");
        assert!(file.metadata().unwrap().len() > 200, "the capture is written");
    }
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, errors) = outputs(&tgdb().args(["proxy", &address, "127.0.0.1:1"]).output().unwrap());
    assert_eq!(code, Some(5));
    assert!(errors.contains(&address), "{errors}");
    let (code, ..) = outputs(&tgdb().args(["proxy", "x", "127.0.0.1:1"]).output().unwrap());
    assert_eq!(code, Some(5));
    let (code, ..) = outputs(&tgdb().args(["proxy", "127.0.0.1:0", "127.0.0.1:1", "--delay", "x"]).output().unwrap());
    assert_eq!(code, Some(2));
}

/// A stopped reader of the output fills the queue; the relay goes on, in bounded memory.
#[test]
#[cfg(target_os = "linux")]
fn an_output_that_is_not_read_stops_nothing() {
    use std::process::Stdio;
    let target = echo(1);
    // A line a frame, each longer than its frame, to fill the pipe and then the queue.
    let mut child = tgdb()
        .args(["proxy", "127.0.0.1:0", &target.to_string(), "--connections", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    let address: SocketAddr = first.trim_end().rsplit_once(' ').unwrap().1.parse().unwrap();
    let ping = tgdb_channel::pdu::Message::new(Default::default(), tgdb_channel::pdu::Body::Ping).encode().unwrap();
    let bytes = ping.repeat((100 << 20) / ping.len());
    assert!(echoed(address, &bytes) == bytes);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").trim().parse().unwrap();
    assert!(peak < 200 * 1024, "{peak} KiB for 200 MiB relayed");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("bytes are missing here"), "no word of it");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn faults_of_the_server_pass_too() {
    let server = server(ServerConfig::faulty(Faults { split_writes: Some(1), ..Faults::default() }));
    let proxy = Proxy::start(server.address(), &["--connections", "1"]);
    session(channel(&url(&proxy))).unwrap();
    let (_, out, _) = proxy.end();
    assert!(out.contains("QueryResponse") && !out.contains("skipped"), "{out}");
}
