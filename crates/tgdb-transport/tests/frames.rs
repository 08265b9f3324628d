//! Frames through the sockets, plain and TLS, both ends of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::{Duration, Instant};

use tgdb_pdu::{Body, DEFAULT_MAX_FRAME_LEN, Header, Message};
use tgdb_testkit::TestCa;
use tgdb_transport::{Roots, TgSocket, TlsConnector, TlsOptions, TlsSocket, TransportError};

use common::{LONG, eventually, listener, message, number, options, pairs, tls_pair};

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
fn a_frame_that_comes_with_the_end_of_the_handshake_is_not_lost() {
    let ca = TestCa::new("test").unwrap();
    let config = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let tls = TlsOptions::default()
        .roots([Roots::Path(ca.pem_file())])
        // Of TLS 1.2, where the server ends the handshake.
        .cipher_suites(["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]);
    let connector = TlsConnector::new(&tls).unwrap();
    let (listener, port) = listener();
    let server = std::thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        let session = rustls::ServerConnection::new(config).unwrap();
        let server = TlsSocket::from_server(session, tcp, DEFAULT_MAX_FRAME_LEN).unwrap();
        server.send(&message(1, 10)).unwrap();
        server.recv()
    });
    let client = connector.connect("localhost", port, &options()).unwrap();
    assert_eq!(client.tls_info().map(|info| info.version).as_deref(), Some("TLSv1.2"));
    assert_eq!(number(&client.recv_deadline(Instant::now() + LONG).unwrap()), 1);
    client.finish();
    assert!(matches!(server.join().unwrap(), Err(TransportError::PeerClosed { .. })));
}
