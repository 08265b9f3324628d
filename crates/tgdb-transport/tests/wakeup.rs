//! Waiting for sockets, wakes and times.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tgdb_transport::{Interest, Ready, TgSocket, Wakeup};

use common::{LONG, message, options, pairs, raw_peer};

const NOTHING: Ready = Ready { readable: false, writable: false, woken: false };

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_millis(20))
}

fn late() -> Option<Instant> {
    Some(Instant::now() + LONG)
}

#[test]
fn a_wake_is_kept_and_used_up() {
    let wakeup = Wakeup::new().unwrap();
    for _ in 0..1_000 {
        wakeup.wake();
    }
    assert_eq!(wakeup.wait(None, None).unwrap(), Ready { woken: true, ..NOTHING });
    let started = Instant::now();
    assert_eq!(wakeup.wait(None, soon()).unwrap(), NOTHING);
    assert!(started.elapsed() >= Duration::from_millis(20));
    wakeup.wake();
    assert!(wakeup.wait(None, Some(Instant::now())).unwrap().woken, "what is ready is seen after the deadline too");
}

#[test]
fn no_wake_is_lost() {
    const ROUNDS: u32 = 20_000;
    let (there, back) = (Wakeup::new().unwrap(), Wakeup::new().unwrap());
    let (asked, answered) = (AtomicU32::new(0), AtomicU32::new(0));
    let wait = |wakeup: &Wakeup, value: &AtomicU32, wanted: u32| {
        while value.load(Ordering::Relaxed) < wanted {
            assert!(wakeup.wait(None, late()).unwrap().woken, "lost");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                wait(&there, &asked, round);
                answered.store(round, Ordering::Relaxed);
                back.wake();
            }
        });
        for round in 1..=ROUNDS {
            asked.store(round, Ordering::Relaxed);
            there.wake();
            wait(&back, &answered, round);
        }
    });
}

#[test]
fn a_socket_and_a_wake_are_waited_for_together() {
    for (client, server) in pairs() {
        let wakeup = Wakeup::new().unwrap();
        let both = Some((&*client, Interest { read: true, write: true }));
        let read = Some((&*client, Interest { read: true, write: false }));
        // TLS's session tickets.
        assert!(client.try_read().unwrap().is_none());
        assert_eq!(wakeup.wait(both, late()).unwrap(), Ready { writable: true, ..NOTHING });
        assert_eq!(wakeup.wait(read, soon()).unwrap(), NOTHING);
        std::thread::scope(|scope| {
            scope.spawn(|| wakeup.wake());
            assert_eq!(wakeup.wait(read, late()).unwrap(), Ready { woken: true, ..NOTHING });
        });
        server.send(&message(1, 10)).unwrap();
        assert_eq!(wakeup.wait(read, late()).unwrap(), Ready { readable: true, ..NOTHING });
        let neither = Some((&*client, Interest::default()));
        assert_eq!(wakeup.wait(neither, soon()).unwrap(), NOTHING);
        client.recv().unwrap();
        assert_eq!(wakeup.wait(read, soon()).unwrap(), NOTHING);
    }
}

#[test]
fn an_end_and_a_failure_are_readable() {
    let wakeup = Wakeup::new().unwrap();
    let read = Interest { read: true, write: false };
    let (client, tcp) = raw_peer(&options());
    drop(tcp);
    assert!(wakeup.wait(Some((&client, read)), late()).unwrap().readable);

    let (client, tcp) = raw_peer(&options());
    client.send(&message(1, 10)).unwrap();
    // A reset, as there are unread bytes.
    drop(tcp);
    let write = Interest { read: false, write: true };
    let deadline = Instant::now() + LONG;
    while !wakeup.wait(Some((&client, write)), soon()).unwrap().readable {
        assert!(Instant::now() < deadline);
    }
}
