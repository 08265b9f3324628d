//! The sockets themselves, plain and TLS, both ends of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::pdu::{Body, DEFAULT_MAX_FRAME_LEN, Frame, Header, Message};
use tgdb_channel::transport::*;
use tgdb_testkit::TestCa;
use tgdb_tests::*;

type AnySocket = Arc<dyn TgSocket>;

fn options() -> SocketOptions {
    SocketOptions { connect_timeout: LONG, ..SocketOptions::default() }
}

fn plain_pair() -> (AnySocket, AnySocket) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpSocket::connect("127.0.0.1", listener.local_addr().unwrap().port(), &options()).unwrap();
    let (tcp, _) = listener.accept().unwrap();
    (Arc::new(client), Arc::new(TcpSocket::from_stream(tcp, DEFAULT_MAX_FRAME_LEN).unwrap()))
}

fn tls_pair() -> (AnySocket, AnySocket) {
    let ca = TestCa::new("test").unwrap();
    let config = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tls = TlsOptions::default();
    tls.roots = Roots::PemFiles(vec![ca.pem_file()]);
    let connector = TlsConnector::new(&tls).unwrap();
    let client = std::thread::spawn(move || connector.connect("localhost", port, &options()).unwrap());
    let (tcp, _) = listener.accept().unwrap();
    let session = rustls::ServerConnection::new(config).unwrap();
    let server = TlsSocket::from_server(session, tcp, DEFAULT_MAX_FRAME_LEN).unwrap();
    // Completes the handshake.
    while !client.is_finished() {
        assert!(server.try_read().unwrap().is_none());
    }
    (Arc::new(client.join().unwrap()), Arc::new(server))
}

fn pairs() -> [(AnySocket, AnySocket); 2] {
    [plain_pair(), tls_pair()]
}

/// A message of that number with that many bytes of payload, all of them the number.
fn message(number: i64, payload: usize) -> Vec<u8> {
    let header = Header { request_id: number, ..Header::default() };
    let buffer = vec![number as u8; payload].into();
    Message::new(header, DecryptBufferRequest { buffer }.into()).encode().unwrap()
}

fn number(frame: &Frame) -> i64 {
    let Body::DecryptBufferRequest(request) = Message::decode(frame).unwrap().body else { panic!("{frame:?}") };
    let number = frame.header.request_id;
    assert!(request.buffer.iter().all(|byte| *byte == number as u8), "the payload of {number} is whole");
    number
}

#[test]
fn a_frame_there_and_back() {
    for (client, server) in pairs() {
        let ping = Message::new(Header::default(), Body::Ping).encode().unwrap();
        assert_eq!(client.send(&ping).unwrap(), 56);
        let frame = server.recv().unwrap();
        assert_eq!(frame.encode().unwrap(), ping);
        assert_eq!(server.send(&message(3, 100)).unwrap(), 160);
        assert_eq!(number(&client.recv().unwrap()), 3);
        assert_eq!((client.inbox_addr(), client.outbox_addr()), (server.outbox_addr(), server.inbox_addr()));
        assert!(format!("{client:?}").contains(&server.inbox_addr().to_string()));
    }
}

#[test]
fn many_writers_and_a_reader_at_once_both_ways() {
    const WRITERS: i64 = 4;
    const MESSAGES: i64 = 100;
    for (client, server) in pairs() {
        std::thread::scope(|scope| {
            for (from, to) in [(&client, &server), (&server, &client)] {
                for writer in 0..WRITERS {
                    scope.spawn(move || {
                        for index in 0..MESSAGES {
                            // From nothing to several TLS records.
                            let length = (index as usize * 7919) % 100_000;
                            from.send(&message(writer * MESSAGES + index, length)).unwrap();
                        }
                    });
                }
                scope.spawn(move || {
                    let mut next = [0; WRITERS as usize];
                    for _ in 0..WRITERS * MESSAGES {
                        let number = number(&to.recv().unwrap());
                        let next = &mut next[(number / MESSAGES) as usize];
                        assert_eq!(number % MESSAGES, *next, "each writer's messages stay in order");
                        *next += 1;
                    }
                });
            }
        });
    }
}

#[test]
fn close_unblocks_the_reader() {
    for (client, server) in pairs() {
        let waiting = client.clone();
        let reader = std::thread::spawn(move || waiting.recv());
        std::thread::sleep(Duration::from_millis(50));
        let closed = Instant::now();
        client.close();
        client.close();
        assert!(matches!(reader.join().unwrap(), Err(TransportError::Closed { .. })));
        assert!(closed.elapsed() < LONG / 4);
        assert!(matches!(client.send(&message(1, 1)), Err(TransportError::Closed { .. })));
        assert!(matches!(client.recv(), Err(TransportError::Closed { .. })));
        let error = server.recv().unwrap_err();
        assert!(!matches!(error, TransportError::Closed { .. }), "the other end sees that its peer is gone: {error}");
    }
}

#[test]
fn try_read_does_not_wait() {
    for (client, server) in pairs() {
        let asked = Instant::now();
        assert!(client.try_read().unwrap().is_none());
        assert!(asked.elapsed() < LONG / 4);
        server.send(&message(5, 10)).unwrap();
        eventually("the message is there", || client.try_read().unwrap().is_some_and(|frame| number(&frame) == 5));
        assert!(client.try_read().unwrap().is_none());

        // Not even for another reader.
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| client.recv());
            std::thread::sleep(Duration::from_millis(20));
            assert!(client.try_read().unwrap().is_none());
            server.send(&message(6, 10)).unwrap();
            assert_eq!(number(&reader.join().unwrap().unwrap()), 6);
        });
    }
}

#[test]
fn a_deadline_keeps_what_had_come() {
    let (client, server) = tls_pair();
    let error = client.recv_deadline(Instant::now() + Duration::from_millis(20)).unwrap_err();
    assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
    server.send(&message(6, 10)).unwrap();
    assert_eq!(number(&client.recv_deadline(Instant::now() + LONG).unwrap()), 6);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpSocket::connect("127.0.0.1", listener.local_addr().unwrap().port(), &options()).unwrap();
    let (mut tcp, _) = listener.accept().unwrap();
    let bytes = message(7, 100);
    for part in bytes.chunks(60) {
        let error = client.recv_deadline(Instant::now() + Duration::from_millis(20)).unwrap_err();
        assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
        tcp.write_all(part).unwrap();
    }
    assert_eq!(number(&client.recv_deadline(Instant::now() + LONG).unwrap()), 7);

    // A peer that ends inside a message.
    tcp.write_all(&bytes[..99]).unwrap();
    drop(tcp);
    let error = client.recv().unwrap_err();
    assert!(matches!(error, TransportError::PeerClosed { partial: 99, .. }), "{error}");
}

#[test]
fn finish_closes_one_direction() {
    for (client, server) in pairs() {
        client.send(&message(8, 50_000)).unwrap();
        client.finish();
        assert_eq!(number(&server.recv().unwrap()), 8, "what was sent arrives");
        assert!(matches!(server.recv(), Err(TransportError::PeerClosed { partial: 0, .. })));
        server.send(&message(9, 10)).unwrap();
        assert_eq!(number(&client.recv().unwrap()), 9, "the other direction goes on");
        server.finish();
        assert!(matches!(client.recv(), Err(TransportError::PeerClosed { partial: 0, .. })));
    }
}

#[test]
fn a_cut_tls_connection_is_no_proper_end() {
    let (client, server) = tls_pair();
    // Without TLS's own end, an attacker could have cut the connection.
    server.close();
    let error = client.recv().unwrap_err();
    assert!(matches!(error, TransportError::Io { .. }), "{error}");
}

#[test]
fn what_is_not_a_frame_ends_the_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = SocketOptions { max_frame_len: 1000, ..options() };
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], &message(1, 2000)] {
        let client = TcpSocket::connect("127.0.0.1", listener.local_addr().unwrap().port(), &options).unwrap();
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.write_all(bytes).unwrap();
        for _ in 0..2 {
            let error = client.recv().unwrap_err();
            assert!(matches!(error, TransportError::Frame { .. }), "{error}");
            assert!(error.to_string().contains("127.0.0.1"), "{error}");
        }
    }
}

#[test]
fn a_slow_peer_is_given_up_and_nothing_is_sent_behind_a_part() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = SocketOptions { send_timeout: Some(Duration::from_millis(200)), ..options() };
    let client = TcpSocket::connect("127.0.0.1", listener.local_addr().unwrap().port(), &options).unwrap();
    let (mut tcp, _) = listener.accept().unwrap();
    let received = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    let started = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Reads, but so slowly that the message would take minutes.
            let mut buf = [0; 1000];
            while !done.load(Ordering::SeqCst) {
                match tcp.read(&mut buf) {
                    Ok(0) | Err(_) => return,
                    Ok(count) => received.fetch_add(count, Ordering::SeqCst),
                };
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let error = client.send(&message(1, 50 << 20)).unwrap_err();
        assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
        let error = client.send(&message(2, 1)).unwrap_err();
        assert!(matches!(error, TransportError::Io { .. }), "{error}");
        assert!(started.elapsed() < LONG / 2);
        done.store(true, Ordering::SeqCst);
    });
    assert!(received.into_inner() > 0);
}

#[test]
fn a_peer_that_pauses_is_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = SocketOptions { send_timeout: Some(Duration::from_secs(1)), ..options() };
    let client = TcpSocket::connect("127.0.0.1", listener.local_addr().unwrap().port(), &options).unwrap();
    let (tcp, _) = listener.accept().unwrap();
    let server = TcpSocket::from_stream(tcp, DEFAULT_MAX_FRAME_LEN).unwrap();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| client.send(&message(1, 30 << 20)));
        // Longer than the time-out of one system call, shorter than twice that.
        std::thread::sleep(Duration::from_millis(1300));
        assert_eq!(number(&server.recv().unwrap()), 1);
        assert_eq!(sender.join().unwrap().unwrap(), 60 + (30 << 20));
    });
}

#[test]
fn a_host_without_a_listener_and_without_an_address() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = TcpSocket::connect("127.0.0.1", port, &options()).unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
    let error = TcpSocket::connect("a..b", port, &options()).unwrap_err();
    assert!(matches!(error, TransportError::Resolve { .. }), "{error}");
}

#[test]
fn every_address_of_a_host_is_tried() {
    // Nobody listens on the host's IPv6 address, if it has one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = TcpSocket::connect("localhost", listener.local_addr().unwrap().port(), &options()).unwrap();
    assert_eq!(socket.outbox_addr(), listener.local_addr().unwrap());
}

/// A listener whose queue is full: on Linux it answers no further connection.
#[cfg(target_os = "linux")]
#[test]
fn connecting_takes_no_longer_than_asked_for() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut held = Vec::new();
    while let Ok(tcp) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        held.push(tcp);
        assert!(held.len() < 100, "the queue is never full");
    }
    let options = SocketOptions { connect_timeout: Duration::from_millis(200), ..options() };
    let started = Instant::now();
    let error = TcpSocket::connect("127.0.0.1", address.port(), &options).unwrap_err();
    assert!(matches!(error, TransportError::ConnectTimeout { .. }), "{error}");
    assert!((Duration::from_millis(150)..LONG).contains(&started.elapsed()));
    assert!(error.to_string().contains("connectTimeout"), "{error}");
    // A time-out that no clock can tell is no reason to panic.
    let options = SocketOptions { connect_timeout: Duration::MAX, ..options };
    held.clear();
    drop(listener);
    assert!(TcpSocket::connect("127.0.0.1", address.port(), &options).is_err());
}
