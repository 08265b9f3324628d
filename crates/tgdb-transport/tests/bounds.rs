//! What a peer that means harm can make a socket take of memory and time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::alloc::System;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tgdb_pdu::{Body, FrameError, Header, Message};
use tgdb_transport::{SocketOptions, TransportError};

use common::{AnySocket, LONG, listener, message, number, options, raw_peer, tls};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const KIB: usize = 1024;

/// Bytes that are held, beyond those of the start.
fn held(region: &Region<'_, System>) -> isize {
    let stats = region.change();
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

fn logging_in() -> SocketOptions {
    SocketOptions { max_login_frame_len: Some(128 << 10), omit_large_frames: true, ..options() }
}

/// A client with a bound for the login, and what a thread of the server does with its end.
fn plain(serve: impl FnOnce(TcpStream) + Send + 'static) -> AnySocket {
    let (client, tcp) = raw_peer(&logging_in());
    thread::spawn(move || serve(tcp));
    Arc::new(client)
}

/// The same over TLS.
fn secure(serve: impl FnOnce(&mut dyn Write) + Send + 'static) -> AnySocket {
    let (connector, config) = tls();
    let (listener, port) = listener();
    thread::spawn(move || {
        let tls = rustls::ServerConnection::new(config).unwrap();
        serve(&mut rustls::StreamOwned::new(tls, listener.accept().unwrap().0));
    });
    Arc::new(connector.connect("localhost", port, &logging_in()).unwrap())
}

fn clients(serve: fn(&mut dyn Write)) -> [AnySocket; 2] {
    [plain(move |mut tcp| serve(&mut tcp)), secure(serve)]
}

fn a_large_frame_is_taken_after_the_login_only() {
    for client in clients(|server| drop(server.write_all(&message(1, 200 * KIB)))) {
        let Err(TransportError::Frame { source, .. }) = client.recv() else { panic!("it is above the bound") };
        let length = message(1, 200 * KIB).len() as u32;
        assert_eq!(source, FrameError::TooLargeInLogin { length, maximum: 128 << 10 });
    }
    for client in clients(|server| drop(server.write_all(&message(1, 200 * KIB)))) {
        client.end_login();
        assert_eq!(number(&client.recv().unwrap()), 1);
    }
}

/// Messages that nobody waits for, as fast as the client takes them.
fn floods_take_little_memory() {
    let floods: [fn(&mut dyn Write); 2] = [
        |server| {
            let pings = Message::new(Header::default(), Body::Ping).encode().unwrap().repeat(1000);
            while server.write_all(&pings).is_ok() {}
        },
        // TLS records of one byte each.
        |server| {
            let pings = Message::new(Header::default(), Body::Ping).encode().unwrap().repeat(1000);
            while pings.iter().all(|byte| server.write_all(&[*byte]).is_ok()) {}
        },
    ];
    for flood in floods {
        for client in clients(flood) {
            let deadline = Instant::now() + Duration::from_millis(300);
            client.recv_deadline(Instant::now() + LONG).unwrap();
            let mut frames = Vec::with_capacity(8192);
            let region = Region::new(ALLOCATOR);
            let mut most = 0;
            loop {
                match client.recv_batch(&mut frames, Some(deadline)) {
                    Ok(()) => frames.clear(),
                    Err(TransportError::Timeout { .. }) => break,
                    Err(error) => panic!("{error}"),
                }
                most = most.max(held(&region));
            }
            assert!(Instant::now() < deadline + Duration::from_secs(1), "the deadline holds");
            assert!(most < 256 * KIB as isize, "{most} bytes");
            client.close();
        }
    }
}

/// A server that goes on and on in place of a handshake.
fn a_flood_in_the_handshake_ends_in_time() {
    // A handshake message in fragments of one byte; empty fragments; alerts; a change of the
    // cipher; records that are no TLS 1.3 at all.
    let records: [&[u8]; 6] = [
        b"\x16\x03\x03\x00\x01\x02",
        b"\x16\x03\x03\x00\x00",
        b"\x15\x03\x03\x00\x02\x01\x5a",
        b"\x14\x03\x03\x00\x01\x01",
        b"\x17\x03\x03\x00\x01\x00",
        b"\x16\x03\x03\x40\x00",
    ];
    for record in records {
        let (connector, _) = tls();
        let (listener, port) = listener();
        let flood = record.repeat(10_000);
        thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            while tcp.write_all(&flood).is_ok() {}
        });
        let timeout = Duration::from_millis(500);
        let options = SocketOptions { connect_timeout: timeout, ..options() };
        let region = Region::new(ALLOCATOR);
        let begun = Instant::now();
        let error = connector.connect("localhost", port, &options).unwrap_err();
        assert!(begun.elapsed() < timeout + Duration::from_secs(1), "{:?}: {error}", begun.elapsed());
        let allocated = region.change().bytes_allocated;
        assert!(allocated < 1024 * KIB, "{record:x?}: {allocated} bytes");
    }
}

/// A large frame leaves nothing behind in the socket, nor does the end of it.
fn buffers_are_given_back() {
    for secure_too in [false, true] {
        let serve = |server: &mut dyn Write| {
            server.write_all(&message(1, 16 << 20)).unwrap();
            server.write_all(&message(2, 3)).unwrap();
            server.flush().unwrap();
            thread::sleep(LONG);
        };
        let client = if secure_too { secure(serve) } else { plain(move |mut tcp| serve(&mut tcp)) };
        client.end_login();
        let region = Region::new(ALLOCATOR);
        assert_eq!(client.recv().unwrap().encoded_len(), (16 << 20) + 60);
        assert_eq!(number(&client.recv().unwrap()), 2);
        // The server's copy may still be there for a moment.
        common::eventually("the buffers are given back", || held(&region) < 64 * KIB as isize);
        client.close();
    }
}

/// One test, for what another one allocates meanwhile would count.
#[test]
fn a_peer_that_means_harm_takes_little_memory_and_time() {
    a_large_frame_is_taken_after_the_login_only();
    floods_take_little_memory();
    a_flood_in_the_handshake_ends_in_time();
    buffers_are_given_back();
}
