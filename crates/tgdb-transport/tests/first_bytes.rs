//! What is at the other end is named by its first bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{Read, Write};
use std::time::Duration;

use common::*;
use tgdb_pdu::{Body, FrameError, Header, Message};
use tgdb_transport::{SocketOptions, TcpSocket, TgSocket, TlsConnector, TlsOptions, TransportError};

/// A server that answers the first bytes it gets with these pieces, and then closes.
fn answering(pieces: &[&[u8]]) -> u16 {
    let (listener, port) = listener();
    let pieces: Vec<_> = pieces.iter().map(|piece| piece.to_vec()).collect();
    std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.set_nodelay(true).unwrap();
        tcp.set_read_timeout(Some(LONG)).unwrap();
        assert!(tcp.read(&mut [0; 1024]).unwrap() > 0);
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                // The pieces arrive one by one, mostly; the outcome is the same if not.
                std::thread::sleep(Duration::from_millis(20));
            }
            tcp.write_all(piece).unwrap();
        }
        let _ = tcp.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut tcp, &mut std::io::sink());
    });
    port
}

fn ping() -> Vec<u8> {
    Message::new(Header::default(), Body::Ping).encode().unwrap()
}

fn plain_error(port: u16) -> TransportError {
    let socket = TcpSocket::connect("127.0.0.1", port, &options()).unwrap();
    socket.send(&ping()).unwrap();
    socket.recv().unwrap_err()
}

fn tls_error(port: u16) -> TransportError {
    TlsConnector::new(&TlsOptions::default()).unwrap().connect("127.0.0.1", port, &options()).unwrap_err()
}

const ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_plain_client_at_a_tls_port() {
    for pieces in [&[ALERT][..], &[&ALERT[..2], &ALERT[2..]], &[b"\x16\x03\x03\x00\x7a"]] {
        let error = plain_error(answering(pieces));
        assert!(matches!(error, TransportError::Frame { source: FrameError::TlsRecord, .. }), "{error:?}");
        assert!(chain(&error).contains("use an ssl:// URL"), "{}", chain(&error));
    }
}

#[test]
fn a_plain_client_at_a_real_tls_server() {
    let (_, config) = tls();
    let (listener, port) = listener();
    std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(config).unwrap();
        assert!(tls.complete_io(&mut tcp).is_err());
        let _ = tls.write_tls(&mut tcp);
        let _ = tcp.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut tcp, &mut std::io::sink());
    });
    let error = plain_error(port);
    assert!(matches!(error, TransportError::Frame { source: FrameError::TlsRecord, .. }), "{error:?}");
}

#[test]
fn a_plain_client_at_a_tls_server_that_only_closes() {
    let error = plain_error(answering(&[]));
    assert!(matches!(error, TransportError::PeerClosed { partial: 0, .. }), "{error:?}");
    assert!(error.to_string().contains("a TLS port needs an ssl:// URL"), "{error}");
    // What has answered in clear text is no TLS port.
    let socket = TcpSocket::connect("127.0.0.1", answering(&[&ping()]), &options()).unwrap();
    socket.send(&ping()).unwrap();
    socket.recv().unwrap();
    let error = socket.recv().unwrap_err();
    assert!(matches!(error, TransportError::PeerClosed { operation: "receive from", .. }), "{error:?}");
    assert!(!error.to_string().contains("ssl://"), "{error}");
}

#[test]
fn an_http_server() {
    for pieces in [&[HTTP][..], &[&HTTP[..1], &HTTP[1..3], &HTTP[3..]]] {
        let error = plain_error(answering(pieces));
        assert!(matches!(error, TransportError::Frame { source: FrameError::Http, .. }), "{error:?}");
        let error = tls_error(answering(pieces));
        assert!(matches!(error, TransportError::NotTls { source: FrameError::Http, .. }), "{error:?}");
        let text = chain(&error);
        assert!(text.contains("HTTP server") && !text.contains("maximum frame size"), "{text}");
    }
    // With frames passed over, as channels do.
    let options = SocketOptions { omit_large_frames: true, ..options() };
    let socket = TcpSocket::connect("127.0.0.1", answering(&[HTTP]), &options).unwrap();
    socket.send(&ping()).unwrap();
    let error = socket.recv().unwrap_err();
    assert!(matches!(error, TransportError::Frame { source: FrameError::Http, .. }), "{error:?}");
}

#[test]
fn a_tls_client_at_a_plain_port() {
    let frame = ping();
    // A TGDB server that says something, in one piece or several.
    for pieces in [&[&frame[..]][..], &[&frame[..3], &frame[3..20], &frame[20..]]] {
        let error = tls_error(answering(pieces));
        assert!(matches!(error, TransportError::PlainFrame { .. }), "{error:?}");
        assert!(chain(&error).contains("tcp:// URL"), "{error}");
    }
    // One that says nothing, or not all.
    for pieces in [&[][..], &[&frame[..30]]] {
        let error = tls_error(answering(pieces));
        assert!(matches!(error, TransportError::PeerClosed { operation: "TLS handshake with", .. }), "{error:?}");
        assert!(chain(&error).contains("tcp:// URL"), "{error}");
    }
    // Something else.
    let error = tls_error(answering(&[b"SSH-2.0-OpenSSH_9.6\r\n"]));
    assert!(matches!(error, TransportError::NotTls { source: FrameError::BadMagic { .. }, .. }), "{error:?}");
    assert!(chain(&error).contains("is not TLS"), "{error}");
}

#[test]
fn a_tls_client_at_a_server_that_waits() {
    let (_listener, port) = listener();
    let options = SocketOptions { connect_timeout: Duration::from_millis(200), ..SocketOptions::default() };
    let connector = TlsConnector::new(&TlsOptions::default()).unwrap();
    let error = connector.connect("127.0.0.1", port, &options).unwrap_err();
    assert!(matches!(error, TransportError::ConnectTimeout { .. }), "{error:?}");
    assert!(error.to_string().contains("tcp:// URL"), "{error}");
}

#[test]
fn a_frame_before_tls_has_a_bound() {
    let mut frame = (64 * 1024 + 1i32).to_be_bytes().to_vec();
    frame.extend(tgdb_pdu::MAGIC.to_be_bytes());
    let error = tls_error(answering(&[&frame]));
    assert!(matches!(error, TransportError::NotTls { source: FrameError::TooLarge { .. }, .. }), "{error:?}");
}

#[test]
fn what_an_old_server_answers() {
    // TLS 1.1 and older: the server says so by an alert in its own version.
    let error = tls_error(answering(&[&[0x15, 3, 2, 0, 2, 2, 70]]));
    assert!(chain(&error).contains("none of the TLS versions that this client offers"), "{}", chain(&error));
    // Other alerts have a text of their own.
    for (alert, part) in [(40, "no cipher suite in common"), (112, "expectedHostName"), (80, "its log")] {
        let error = tls_error(answering(&[&[0x15, 3, 3, 0, 2, 2, alert]]));
        assert!(matches!(error, TransportError::Tls { .. }), "{error:?}");
        assert!(chain(&error).contains(part), "{}", chain(&error));
    }
}
