//! What send methods do about peers that read slowly, or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{IoSlice, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tgdb_transport::{Interest, SocketOptions, TgSocket, TransportError, Wakeup};

use common::{LONG, chain, message, number, options, pairs, raw_peer};

#[test]
fn a_slow_peer_is_given_up_and_nothing_is_sent_behind_a_part() {
    let options = SocketOptions { send_timeout: Some(Duration::from_millis(200)), ..options() };
    let (client, mut tcp) = raw_peer(&options);
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
    let options = SocketOptions { send_timeout: Some(Duration::from_secs(1)), ..options() };
    let (client, mut tcp) = raw_peer(&options);
    let bytes = message(1, 30 << 20);
    std::thread::scope(|scope| {
        let started = Instant::now();
        let sender = scope.spawn(|| client.send(&bytes));
        // Each pause is shorter than the timeout, all of them are longer.
        let mut received = vec![0; bytes.len()];
        for part in received.chunks_mut(5 << 20) {
            std::thread::sleep(Duration::from_millis(250));
            tcp.read_exact(part).unwrap();
        }
        assert_eq!(sender.join().unwrap().unwrap(), bytes.len());
        assert!(started.elapsed() > Duration::from_secs(1));
        assert!(received == bytes);
    });
}

#[test]
fn a_peer_that_does_not_read_is_given_up_after_the_timeout() {
    let timeout = Duration::from_millis(300);
    let options = SocketOptions { send_timeout: Some(timeout), ..options() };
    let (client, _tcp) = raw_peer(&options);
    let bytes = message(1, 50 << 20);
    let started = Instant::now();
    let error = client.send(&bytes).unwrap_err();
    assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
    let elapsed = started.elapsed();
    assert!((timeout..timeout + Duration::from_secs(2)).contains(&elapsed), "{elapsed:?}");
}

#[test]
fn what_is_taken_without_waiting_arrives_when_the_peer_reads() {
    const PAYLOAD: usize = 40 << 20;
    for (client, server) in pairs() {
        let (full, is_full) = mpsc::channel();
        let server = &server;
        let bytes = message(1, PAYLOAD);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                // Reads only after the sender could not go on.
                is_full.recv_timeout(LONG).unwrap();
                let frame = server.recv().unwrap();
                assert_eq!(number(&server.recv().unwrap()), 2);
                frame
            });
            let wakeup = Wakeup::new().unwrap();
            let mut rest = &bytes[..];
            let mut flushed = false;
            let mut waited = false;
            while !rest.is_empty() || !flushed {
                let asked = Instant::now();
                rest = &rest[client.try_send(&[IoSlice::new(rest)]).unwrap()..];
                flushed = client.try_flush().unwrap();
                assert!(asked.elapsed() < LONG / 4);
                if rest.is_empty() && flushed {
                    break;
                }
                if !std::mem::replace(&mut waited, true) {
                    // Nothing more goes, and the socket holds little itself.
                    let more = client.try_send(&[IoSlice::new(rest)]).unwrap();
                    rest = &rest[more..];
                    assert!(rest.len() > PAYLOAD / 4, "{} are left", rest.len());
                    full.send(()).unwrap();
                }
                let interest = Interest { read: false, write: true };
                let ready = wakeup.wait(Some((&*client, interest)), Some(Instant::now() + LONG)).unwrap();
                assert!(ready.writable);
            }
            assert!(waited, "the peer's buffers took all");
            client.send(&message(2, 5)).unwrap();
            assert!(reader.join().unwrap().encode().unwrap() == bytes);
        });
    }
}

#[test]
fn a_frame_can_come_in_many_parts() {
    for (client, server) in pairs() {
        let bytes = message(1, 5_000);
        let mut parts: Vec<_> = bytes.chunks(3).map(IoSlice::new).collect();
        parts.insert(7, IoSlice::new(&[]));
        let mut parts = &mut parts[..];
        let mut sent = 0;
        while sent < bytes.len() {
            let count = client.try_send(parts).unwrap();
            sent += count;
            IoSlice::advance_slices(&mut parts, count);
        }
        assert!(client.try_flush().unwrap());
        assert_eq!(server.recv().unwrap().encode().unwrap(), bytes);
        assert_eq!(client.try_send(&[]).unwrap(), 0);
        assert_eq!(client.try_send(&[IoSlice::new(&[]), IoSlice::new(&[])]).unwrap(), 0);
    }
}

#[test]
fn a_broken_connection_stays_broken() {
    for (client, server) in pairs() {
        client.send(&message(1, 1000)).unwrap();
        // Closing with unread bytes resets the connection.
        drop(server);
        let bytes = message(2, 1000);
        let deadline = Instant::now() + LONG;
        let first = loop {
            assert!(Instant::now() < deadline);
            match client.try_send(&[IoSlice::new(&bytes)]) {
                Ok(_) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => break error,
            }
        };
        assert!(matches!(first, TransportError::Io { operation: "send to", .. }), "{first}");
        for error in [client.try_send(&[IoSlice::new(&bytes)]).unwrap_err(), client.send(&bytes).map(drop).unwrap_err()]
        {
            assert!(matches!(error, TransportError::Io { .. }), "{error}");
            assert!(chain(&error).contains("an earlier message"), "{error}");
        }
    }
}
