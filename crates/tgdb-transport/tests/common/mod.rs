//! What the tests of the sockets share.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tgdb_pdu::body::DecryptBufferRequest;
use tgdb_pdu::{Body, DEFAULT_MAX_FRAME_LEN, Frame, Header, Message};
use tgdb_testkit::TestCa;
use tgdb_transport::{Roots, SocketOptions, TcpSocket, TgSocket, TlsConnector, TlsOptions, TlsSocket};

/// A time that nothing in these tests should take.
pub const LONG: Duration = Duration::from_secs(20);

pub type AnySocket = Arc<dyn TgSocket>;

pub fn options() -> SocketOptions {
    SocketOptions { connect_timeout: LONG, ..SocketOptions::default() }
}

/// The texts of an error and of its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Waits until the condition holds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A socket and the other end of its connection.
pub fn raw_peer(options: &SocketOptions) -> (TcpSocket, TcpStream) {
    let (listener, port) = listener();
    let client = TcpSocket::connect("127.0.0.1", port, options).unwrap();
    (client, listener.accept().unwrap().0)
}

/// A connector, and the configuration of a server that it trusts.
pub fn tls() -> (TlsConnector, Arc<rustls::ServerConfig>) {
    let ca = TestCa::new("test").unwrap();
    let config = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let tls = TlsOptions::default().roots([Roots::Path(ca.pem_file())]);
    (TlsConnector::new(&tls).unwrap(), config)
}

pub fn plain_pair() -> (AnySocket, AnySocket) {
    let (client, tcp) = raw_peer(&options());
    (Arc::new(client), Arc::new(TcpSocket::from_stream(tcp, DEFAULT_MAX_FRAME_LEN).unwrap()))
}

pub fn tls_pair() -> (AnySocket, AnySocket) {
    let (connector, config) = tls();
    let (listener, port) = listener();
    let client = std::thread::spawn(move || connector.connect("localhost", port, &options()).unwrap());
    let (tcp, _) = listener.accept().unwrap();
    let session = rustls::ServerConnection::new(config).unwrap();
    let server = TlsSocket::from_server(session, tcp, DEFAULT_MAX_FRAME_LEN).unwrap();
    // The server's handshake is completed by its receiving something.
    let client = std::thread::spawn(move || {
        let client = client.join().unwrap();
        client.send(&message(0, 0)).unwrap();
        client
    });
    assert_eq!(number(&server.recv().unwrap()), 0);
    (Arc::new(client.join().unwrap()), Arc::new(server))
}

pub fn pairs() -> [(AnySocket, AnySocket); 2] {
    [plain_pair(), tls_pair()]
}

/// A message of that number with that many bytes of payload, all of them the number.
pub fn message(number: i64, payload: usize) -> Vec<u8> {
    let header = Header { request_id: number, ..Header::default() };
    let buffer = vec![number as u8; payload].into();
    Message::new(header, DecryptBufferRequest { buffer }.into()).encode().unwrap()
}

pub fn number(frame: &Frame) -> i64 {
    let Body::DecryptBufferRequest(request) = Message::decode(frame).unwrap().body else { panic!("{frame:?}") };
    let number = frame.header.request_id;
    assert!(request.buffer.iter().all(|byte| *byte == number as u8), "the payload of {number} is whole");
    number
}
