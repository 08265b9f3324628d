//! Every request ends within its timeout and 50 ms, whatever the server does.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::pdu::body::DecryptBufferResponse;
use tgdb_channel::pdu::{Body, Secret};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

const TIMEOUT: Duration = Duration::from_millis(150);

/// A way to have a request answered.
type Way = fn(&TgChannel, Body) -> Result<(), ChannelError>;

fn options() -> RequestOptions {
    RequestOptions::timeout(TIMEOUT)
}

const WAYS: [(&str, Way); 6] = [
    ("request", |channel, body| channel.request_with(body, options()).map(drop)),
    ("submit and wait", |channel, body| channel.submit_with(body, options())?.wait().map(drop)),
    ("request_async", |channel, body| block_on(channel.request_async(body, options())).map(drop)),
    ("submit and wait_timeout", |channel, body| {
        let waiter = channel.submit_with(body, options())?;
        waiter.wait_timeout(LONG).map_err(|_| ChannelError::Stopped)?.map(drop)
    }),
    ("submit_all", |channel, body| {
        let waiters = channel.submit_all([body.clone(), body], options())?;
        waiters.into_iter().map(|waiter| waiter.wait().map(drop)).next_back().unwrap()
    }),
    ("callback", |channel, body| {
        let (ended, outcome) = mpsc::channel();
        channel.submit_callback(body, options(), move |result| ended.send(result.map(drop)).unwrap())?;
        outcome.recv_timeout(LONG).unwrap()
    }),
];

/// Checks all ways against a server that does this, with requests of that length.
fn every_request_times_out(peer: &str, length: usize, serve: fn(Client)) {
    for (way, request) in WAYS {
        times_out(&format!("{way}, {peer}"), length, serve, request);
    }
}

fn times_out(what: &str, length: usize, serve: fn(Client), request: Way) {
    takes_at_most(what, TIMEOUT + LATE, || {
        let peer = Peer::start(serve);
        let channel = started(builder(&peer.url()).property(ConfigName::ChannelSendSize, "16"));
        let (elapsed, result) = time(|| request(&channel, large(length)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{what}: {result:?}");
        assert!(elapsed >= TIMEOUT, "{what}: too early, {elapsed:?}");
        assert!(channel.waiters().is_empty(), "{what}: nothing is left");
        elapsed
    });
}

#[test]
fn a_silent_server() {
    every_request_times_out("silent", 10, Client::hold);
    every_request_times_out("reading only", 1 << 20, |mut client| while client.read().is_some() {});
}

#[test]
fn a_server_that_does_not_read() {
    every_request_times_out("not reading", 4 << 20, Client::hold);
    let send: Way = |channel, body| channel.send_with(body, options()).map(drop);
    times_out("a message without reply", 4 << 20, Client::hold, send);
    times_out("a message without reply, flooded", 4 << 20, |client| client.flood(Body::Ping), send);
}

/// Sends a message of 32 MiB in pieces, until the test ends.
fn drip(mut client: Client, piece: usize) {
    let body = DecryptBufferResponse { buffer: Secret::new(vec![7; 32 << 20]) };
    let bytes = client.encode(987_654_321, body);
    for piece in bytes.chunks(piece) {
        if !client.pause(Duration::from_millis(1)) || client.tcp.write_all(piece).is_err() {
            return;
        }
    }
}

#[test]
fn a_server_that_drips() {
    every_request_times_out("a byte at a time", 10, |client| drip(client, 1));
    every_request_times_out("a huge message in pieces", 10, |client| drip(client, 8 * 1024));
}

#[test]
fn a_server_that_floods() {
    every_request_times_out("pings", 10, |client| client.flood(Body::Ping));
    every_request_times_out("unknown replies", 10, |client| client.flood(query("nobody asked")));
    every_request_times_out("both ways", 4 << 20, |client| client.flood(Body::Ping));
}

#[test]
fn an_outcome_at_the_deadline_is_a_timeout_for_everybody() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    // Polled as a task, then waited for by a thread.
    let waiter = block_on(channel.submit_async(query("hold"), within_ms(200))).unwrap();
    let result = waiter.wait();
    assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");

    // Many threads, each of which can end the requests of the others.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let result = channel.request_with(query("hold"), within_ms(1));
                    assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
                }
            });
        }
    });
}

#[test]
fn the_deadline_counts_from_the_call_not_from_the_first_poll() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    takes_at_most("a future that is polled late", TIMEOUT + LATE, || {
        let begun = Instant::now();
        let submitting = channel.submit_async(query("hold"), options());
        std::thread::sleep(TIMEOUT / 2);
        let result = block_on(async { submitting.await?.await });
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
        begun.elapsed()
    });
}

#[test]
fn timeouts_hold_behind_a_caller_that_reads() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let _long = channel.submit_with(query("hold"), RequestOptions::timeout(LONG)).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| channel.request_with(query("hold"), RequestOptions::timeout(LONG)));
        eventually("somebody reads", || channel.waiters().len() == 2);
        for (way, request) in WAYS {
            takes_at_most(way, TIMEOUT + LATE, || {
                let (elapsed, result) = time(|| request(&channel, query("hold")));
                assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{way}: {result:?}");
                elapsed
            });
        }
        channel.stop(StopMethod::ClientForceful);
        assert!(matches!(reader.join().unwrap(), Err(ChannelError::Stopped)));
    });
}
