//! What receive methods do about time, batches and errors.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::io::{IoSlice, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tgdb_pdu::{Body, Header, Message};
use tgdb_transport::{Interest, SocketOptions, TgSocket, TransportError, Wakeup};

use common::{AnySocket, LONG, message, number, options, pairs, raw_peer, tls_pair};

const READ: Interest = Interest { read: true, write: false };

/// Runs it, and checks that it times out when it should.
fn times_out(after: Duration, receive: impl FnOnce(Instant) -> Result<(), TransportError>) {
    let started = Instant::now();
    let error = receive(started + after).unwrap_err();
    assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
    let elapsed = started.elapsed();
    assert!((after..after + Duration::from_secs(2)).contains(&elapsed), "{elapsed:?} instead of {after:?}");
}

fn far_off() -> Option<Instant> {
    Some(Instant::now() + LONG)
}

/// Receives until the deadline.
fn drain(socket: &AnySocket, deadline: Instant) -> Result<(), TransportError> {
    loop {
        socket.recv_deadline(deadline)?;
    }
}

#[test]
fn a_deadline_keeps_what_had_come() {
    let (client, server) = tls_pair();
    let error = client.recv_deadline(Instant::now() + Duration::from_millis(20)).unwrap_err();
    assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
    server.send(&message(6, 10)).unwrap();
    assert_eq!(number(&client.recv_deadline(Instant::now() + LONG).unwrap()), 6);

    let (client, mut tcp) = raw_peer(&options());
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
fn what_is_not_a_frame_ends_the_socket() {
    let options = SocketOptions { max_frame_len: 1000, ..options() };
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], &message(1, 2000)] {
        let (client, mut tcp) = raw_peer(&options);
        tcp.write_all(bytes).unwrap();
        for _ in 0..2 {
            let error = client.recv().unwrap_err();
            assert!(matches!(error, TransportError::Frame { .. }), "{error}");
            assert!(error.to_string().contains("127.0.0.1"), "{error}");
        }
    }
}

#[test]
fn a_deadline_holds_near_and_far_while_nothing_comes() {
    for (client, server) in pairs() {
        for millis in [0, 1, 50, 105, 150, 320] {
            let after = Duration::from_millis(millis);
            times_out(after, |deadline| client.recv_deadline(deadline).map(drop));
            times_out(after, |deadline| client.recv_batch(&mut Vec::new(), Some(deadline)));
        }
        server.send(&message(1, 10)).unwrap();
        assert_eq!(number(&client.recv().unwrap()), 1);
    }
}

#[test]
fn a_deadline_holds_while_bytes_of_one_frame_keep_coming() {
    for (client, server) in pairs() {
        let done = AtomicBool::new(false);
        let bytes = message(1, 1 << 20);
        std::thread::scope(|scope| {
            let drip = scope.spawn(|| {
                for byte in bytes.chunks(1).take_while(|_| !done.load(Ordering::SeqCst)) {
                    assert_eq!(server.try_send(&[IoSlice::new(byte)]).unwrap(), 1);
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            times_out(Duration::from_millis(50), |deadline| client.recv_deadline(deadline).map(drop));
            times_out(Duration::from_millis(250), |deadline| client.recv_deadline(deadline).map(drop));
            times_out(Duration::from_millis(250), |deadline| client.recv_batch(&mut Vec::new(), Some(deadline)));
            assert!(!drip.is_finished());
            done.store(true, Ordering::SeqCst);
        });
    }
}

#[test]
fn a_deadline_holds_in_a_flood_of_frames() {
    let ping = Message::new(Header::default(), Body::Ping).encode().unwrap().repeat(100);
    for (client, server) in pairs() {
        std::thread::scope(|scope| {
            let flood = scope.spawn(|| while server.send(&ping).is_ok() {});
            times_out(Duration::from_millis(50), |deadline| drain(&client, deadline));
            times_out(Duration::from_millis(300), |deadline| drain(&client, deadline));
            assert!(!flood.is_finished());
            client.close();
            server.close();
        });
    }
}

#[test]
fn a_deadline_holds_while_another_thread_receives() {
    for (client, server) in pairs() {
        std::thread::scope(|scope| {
            let first = scope.spawn(|| client.recv());
            times_out(Duration::from_millis(200), |deadline| {
                // Until the other thread waits, and this one for it, there is nothing either.
                client.recv_deadline(deadline).map(drop)
            });
            let second = scope.spawn(|| client.recv_deadline(Instant::now() + LONG));
            server.send(&message(1, 1)).unwrap();
            server.send(&message(2, 1)).unwrap();
            let mut numbers = [first, second].map(|thread| number(&thread.join().unwrap().unwrap()));
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2], "the second gets its turn");
        });
    }
}

#[test]
fn nothing_is_left_inside_after_a_batch() {
    let sizes = [0, 1, 100, 5_000, 16_300, 16_324, 16_325, 70_000, 300_000, 10, 10, 10];
    let bytes: Vec<u8> = (1..).zip(sizes).flat_map(|(number, size)| message(number, size)).collect();
    for (client, server) in pairs() {
        let wakeup = Wakeup::new().unwrap();
        for waiting in [true, false] {
            std::thread::scope(|scope| {
                scope.spawn(|| assert_eq!(server.send(&bytes.repeat(3)).unwrap(), 3 * bytes.len()));
                let mut frames = Vec::new();
                while frames.len() < 3 * sizes.len() {
                    // Would time out if a frame were left inside.
                    let ready = wakeup.wait(Some((&*client, READ)), Some(Instant::now() + LONG)).unwrap();
                    assert!(ready.readable, "{} frames", frames.len());
                    match waiting {
                        true => client.recv_batch(&mut frames, None).unwrap(),
                        false => client.try_recv_batch(&mut frames).unwrap(),
                    }
                }
                let numbers: Vec<_> = frames.iter().map(number).collect();
                assert_eq!(numbers, (1..=sizes.len() as i64).collect::<Vec<_>>().repeat(3));
            });
        }
        assert!(!wakeup.wait(Some((&*client, READ)), Some(Instant::now())).unwrap().readable);
        let mut frames = Vec::new();
        client.try_recv_batch(&mut frames).unwrap();
        assert!(frames.is_empty());
    }
}

#[test]
fn frames_that_came_together_are_one_batch() {
    for (client, server) in pairs() {
        server.send(&(1..=50).flat_map(|number| message(number, 20)).collect::<Vec<_>>()).unwrap();
        let mut frames = Vec::new();
        client.recv_batch(&mut frames, Some(Instant::now() + LONG)).unwrap();
        assert_eq!(frames.iter().map(number).collect::<Vec<_>>(), (1..=50).collect::<Vec<_>>());
        // What is in the vector stays.
        server.send(&message(51, 20)).unwrap();
        client.recv_batch(&mut frames, None).unwrap();
        assert_eq!(frames.len(), 51);
    }
}

#[test]
fn an_error_comes_after_the_good_frames_and_stays() {
    for (client, server) in pairs() {
        let mut bytes = [message(1, 10), message(2, 10)].concat();
        bytes.extend_from_slice(b"HTTP/1.1 400 Bad Request");
        server.send(&bytes).unwrap();
        let mut frames = Vec::new();
        client.recv_batch(&mut frames, None).unwrap();
        assert_eq!(frames.iter().map(number).collect::<Vec<_>>(), [1, 2]);
        let ready = Wakeup::new().unwrap().wait(Some((&*client, READ)), Some(Instant::now() + LONG)).unwrap();
        assert!(ready.readable, "who waits for the descriptor learns of the error");
        server.send(&message(3, 10)).unwrap();
        let results = [
            client.recv_batch(&mut frames, None),
            client.try_recv_batch(&mut frames),
            client.recv().map(drop),
            client.recv_deadline(Instant::now() + LONG).map(drop),
            client.try_read().map(drop),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, TransportError::Frame { .. }), "{error}");
        }
        assert_eq!(frames.len(), 2);
    }
}

#[test]
fn the_end_comes_after_the_good_frames_and_stays() {
    let (client, mut tcp) = raw_peer(&options());
    tcp.write_all(&[message(1, 10), message(2, 40)[..99].to_vec()].concat()).unwrap();
    tcp.shutdown(Shutdown::Write).unwrap();
    let mut frames = Vec::new();
    client.recv_batch(&mut frames, None).unwrap();
    assert_eq!(frames.len(), 1);
    for _ in 0..2 {
        let error = client.recv_batch(&mut frames, None).unwrap_err();
        assert!(matches!(error, TransportError::PeerClosed { partial: 99, .. }), "{error}");
        let error = client.try_recv_batch(&mut frames).unwrap_err();
        assert!(matches!(error, TransportError::PeerClosed { partial: 99, .. }), "{error}");
    }
}

#[test]
fn close_ends_every_wait_of_other_threads() {
    for (client, _server) in pairs() {
        let wakeup = Wakeup::new().unwrap();
        std::thread::scope(|scope| {
            let waits: [Box<dyn FnOnce() -> Result<(), TransportError> + Send>; 5] = [
                Box::new(|| client.recv().map(drop)),
                Box::new(|| client.recv_deadline(Instant::now() + LONG).map(drop)),
                Box::new(|| client.recv_batch(&mut Vec::new(), None)),
                Box::new(|| client.recv_batch(&mut Vec::new(), far_off())),
                // More than all buffers take.
                Box::new(|| client.send(&message(1, 50 << 20)).map(drop)),
            ];
            let threads = waits.map(|wait| scope.spawn(wait));
            let waiting = scope.spawn(|| wakeup.wait(Some((&*client, READ)), far_off()));
            std::thread::sleep(Duration::from_millis(50));
            let closed = Instant::now();
            client.close();
            for thread in threads {
                let error = thread.join().unwrap().unwrap_err();
                assert!(matches!(error, TransportError::Closed { .. }), "{error}");
            }
            assert!(waiting.join().unwrap().unwrap().readable);
            assert!(closed.elapsed() < LONG / 4);
        });
        let error = client.try_send(&[IoSlice::new(b"x")]).unwrap_err();
        assert!(matches!(error, TransportError::Closed { .. }), "{error}");
        assert!(matches!(client.try_flush(), Err(TransportError::Closed { .. })));
        assert!(matches!(client.try_recv_batch(&mut Vec::new()), Err(TransportError::Closed { .. })));
    }
}
