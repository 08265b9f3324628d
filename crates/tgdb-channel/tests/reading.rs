//! Whoever reads, replies and the end of the connection are noticed at once.
#![allow(clippy::unwrap_used)]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::*;

/// Long before the next thing that would make the channel look at its socket.
const SOON: Duration = Duration::from_millis(500);

/// A channel whose I/O thread has learnt that a caller reads.
fn led(server: &tgdb_testkit::TestServer) -> TgChannel {
    let channel = started(builder(&server.url()));
    channel.request_with(query("later 300"), within_ms(4000)).unwrap();
    channel
}

#[test]
fn try_wait_sees_a_reply_that_is_there() {
    let server = obedient();
    let channel = led(&server);
    let begun = Instant::now();
    let mut waiter = channel.submit(query("one")).unwrap();
    loop {
        match waiter.try_wait() {
            Ok(result) => break drop(result.unwrap()),
            Err(again) => waiter = again,
        }
        assert!(begun.elapsed() < SOON, "no reply after {:?}", begun.elapsed());
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_end_of_an_idle_connection_is_noticed() {
    let server = obedient();
    let channel = led(&server);
    let begun = Instant::now();
    server.cut_connections();
    eventually("it is noticed", || channel.link_state() != LinkState::Connected);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(channel.link_state(), LinkState::FailedOnRecv);
}

#[test]
fn callers_behind_one_that_reads_do_not_slow_down() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    thread::scope(|scope| {
        let reader = scope.spawn(|| channel.request_with(query("hold"), RequestOptions::timeout(LONG)));
        eventually("it reads", || channel.waiters().len() == 1);
        let thousand = || time(|| (0..1000).for_each(|_| drop(channel.request(query("one")).unwrap()))).0;
        let times: Vec<_> = (0..6).map(|_| thousand()).collect();
        channel.stop(StopMethod::ClientForceful);
        assert!(reader.join().unwrap().is_err());
        // A round trip takes less than 0.2 ms; waiting for the next tick takes 1 to 10 ms.
        assert!(times.iter().min().unwrap() < &Duration::from_millis(800), "{times:?}");
        assert!(times[5] < times[0] * 5 + SOON, "{times:?}");
    });
}

#[test]
fn the_role_of_a_reader_that_leaves_is_taken() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    for _ in 0..20 {
        thread::scope(|scope| {
            // The first to come reads; it leaves long before the reply of the others.
            let first = scope.spawn(|| channel.request_with(query("hold"), within_ms(30)).unwrap_err());
            eventually("it reads, or has read", || channel.waiters().len() == 1 || first.is_finished());
            for _ in 0..3 {
                scope.spawn(|| {
                    let (elapsed, result) = time(|| channel.request_with(query("later 50"), within_ms(20_000)));
                    assert!(result.is_ok() && elapsed < Duration::from_millis(150) + SOON, "{result:?} {elapsed:?}");
                });
            }
        });
    }
}
