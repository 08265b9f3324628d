//! The threaded server over real sockets, as far as it is more than its sessions.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use common::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tgdb_pdu::body::*;
use tgdb_pdu::{Body, FrameDecoder, Header, Message, Verb};
use tgdb_testkit::{Faults, LoginFault, ServerConfig, TestCa, TestServer, echoed};

/// A client that blocks.
struct Socket {
    tcp: TcpStream,
    decoder: FrameDecoder,
    header: Header,
}

impl Socket {
    fn connect(server: &TestServer) -> Self {
        let tcp = TcpStream::connect(server.address()).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { tcp, decoder: FrameDecoder::default(), header: Header::default() }
    }

    fn send(&mut self, body: Body) {
        self.tcp.write_all(&Message::new(self.header, body).encode().unwrap()).unwrap();
    }

    /// The next message; `None` at the end of the stream.
    fn next(&mut self) -> Option<Message> {
        let mut buf = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(Message::decode(&frame).unwrap());
            }
            match self.tcp.read(&mut buf) {
                Ok(0) => return None,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                count => self.decoder.push(&buf[..count.unwrap()]),
            }
        }
    }

    /// The answer to the login, or to what came before it.
    fn login(&mut self) -> Body {
        for body in [hello(HandshakeKind::INITIATE), hello(HandshakeKind::CHALLENGE_ACCEPTED)] {
            self.send(body);
            let answer = self.next().unwrap().body;
            if matches!(&answer, Body::HandshakeResponse(answer) if answer.status == HandshakeStatus::CHALLENGE_FAILED)
            {
                return answer;
            }
        }
        self.send(login());
        let answer = self.next().unwrap();
        (self.header.auth_token, self.header.session_id) = (answer.header.auth_token, answer.header.session_id);
        answer.body
    }
}

#[test]
fn it_counts_and_records() {
    let mut server = TestServer::start(ServerConfig { record: true, ..ServerConfig::default() }).unwrap();
    let mut client = Socket::connect(&server);
    client.login();
    assert_eq!(client.header.session_id, 1001);
    client.send(Body::Ping);
    client.send(query("text"));
    assert_eq!(echoed(&client.next().unwrap().body), Some("text"));
    client.send(DisconnectChannelRequest { session: None }.into());
    assert_eq!(client.next(), None);
    let mut second = Socket::connect(&server);
    second.login();
    assert_eq!(second.header.session_id, 1002);
    server.kill();
    let counts = [server.accepted(), server.logins(), server.requests(), server.pings(), server.disconnects()];
    assert_eq!(counts, [2, 2, 1, 1, 1]);
    let verbs: Vec<_> = server.received()[..6].iter().map(Message::verb).collect();
    let login = [Verb::HANDSHAKE_REQUEST, Verb::HANDSHAKE_REQUEST, Verb::AUTHENTICATE_REQUEST];
    assert_eq!(verbs, [&login[..], &[Verb::PING, Verb::QUERY_REQUEST, Verb::DISCONNECT_CHANNEL_REQUEST]].concat());
    assert_eq!(server.transcripts().len(), 2);
}

#[test]
fn orders_reach_each_session() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let mut clients = [Socket::connect(&server), Socket::connect(&server)];
    for client in &mut clients {
        client.login();
    }
    server.push(Body::Ping);
    server.terminate_sessions("enough");
    for client in &mut clients {
        assert_eq!(client.next().unwrap().body, Body::Ping);
        let Body::SessionForcefullyTerminated(ended) = client.next().unwrap().body else { panic!() };
        assert_eq!(ended.reason.as_deref(), Some("enough"));
        assert_eq!(client.next(), None);
    }
    let mut third = Socket::connect(&server);
    third.login();
    server.cut_connections();
    assert_eq!(third.next(), None);
}

#[test]
fn logins_fail_on_demand() {
    let answer = |login| {
        let server =
            TestServer::start(ServerConfig::faulty(Faults { login: Some(login), ..Faults::default() })).unwrap();
        let answer = Socket::connect(&server).login();
        assert_eq!(server.logins(), 0);
        answer.verb()
    };
    assert_eq!(answer(LoginFault::Version), Verb::HANDSHAKE_RESPONSE);
    assert_eq!(answer(LoginFault::Rejected), Verb::AUTHENTICATE_RESPONSE);
    assert_eq!(answer(LoginFault::Exception), Verb::EXCEPTION);
}

#[test]
fn a_mute_server_and_one_that_is_full_do_not_speak_tls() {
    let ca = TestCa::new("test").unwrap();
    let tls = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let start =
        |faults| TestServer::start(ServerConfig { tls: Some(tls.clone()), ..ServerConfig::faulty(faults) }).unwrap();

    let server = start(Faults { terminate: Some("full".into()), ..Faults::default() });
    let mut client = Socket::connect(&server);
    assert_eq!(client.next().unwrap().verb(), Verb::SESSION_FORCEFULLY_TERMINATED);
    assert_eq!(client.next(), None);

    let server = start(Faults { mute: true, ..Faults::default() });
    let mut client = Socket::connect(&server).tcp;
    client.write_all(b"neither TLS nor TGDB, and yet it stays open").unwrap();
    client.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let error = client.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
}

#[test]
fn it_listens_on_loopback_addresses_only() {
    let address = "192.0.2.1:0".parse().unwrap();
    let failed = TestServer::start(ServerConfig { address, ..ServerConfig::default() });
    assert!(failed.err().unwrap().to_string().contains("loopback"));
}

#[test]
fn session_tickets_can_be_left_out() {
    let ca = TestCa::new("test").unwrap();
    let identity = ca.issue(&["localhost"]).unwrap();
    let tickets = |tls| {
        let server = TestServer::start(ServerConfig { tls: Some(tls), ..ServerConfig::default() }).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        let pem = std::fs::read(ca.pem_file()).unwrap();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        let name = "localhost".try_into().unwrap();
        let mut tls = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = TcpStream::connect(server.address()).unwrap();
        let mut stream = rustls::Stream::new(&mut tls, &mut tcp);
        // Tickets come before the first reply.
        let hello = HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 };
        stream.write_all(&Message::new(Header::default(), hello.into()).encode().unwrap()).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        tls.tls13_tickets_received()
    };
    assert!(tickets(ca.server_config(&identity).unwrap()) > 0);
    assert_eq!(tickets(ca.server_config_without_tickets(&identity).unwrap()), 0);
}
