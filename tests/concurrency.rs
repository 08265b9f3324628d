//! Many threads on one channel.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

const THREADS: usize = 64;
const REQUESTS: usize = 1_000;

/// Each request carries a text of its own, which must come back.
fn every_reply_reaches_its_own_waiter(channel: &TgChannel) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in 0..REQUESTS {
                    let text = format!("thread {thread} request {number}");
                    let reply = channel.request(query(&text)).unwrap_or_else(|error| panic!("{text}: {error}"));
                    assert_eq!(echoed(&reply.body), Some(&*text));
                }
            });
        }
    });
    assert!(channel.waiters().is_empty());
    assert_eq!((channel.stats().late_replies, channel.stats().unknown_replies), (0, 0));
}

#[test]
fn plain() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    every_reply_reaches_its_own_waiter(&started(builder(&server.url())));
    assert_eq!(server.requests(), THREADS * REQUESTS);
}

#[test]
fn tls() {
    let ca = TestCa::new("test").unwrap();
    let tls = Some(ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::default() }).unwrap();
    every_reply_reaches_its_own_waiter(&started(trusting(&server.url(), &ca)));
    assert_eq!(server.requests(), THREADS * REQUESTS);
}

#[test]
fn replies_in_reverse_order() {
    const BATCH: usize = 50;
    let held = Mutex::new(Vec::<Message>::new());
    let server = scripted(move |session, request| {
        let mut held = held.lock().unwrap();
        held.push(request.clone());
        if held.len() == BATCH {
            for request in held.drain(..).rev() {
                echo(session, &request);
            }
        }
    });
    let channel = started(builder(&server.url()));
    let waiters: Vec<_> = (0..BATCH).map(|number| channel.submit(query(number.to_string())).unwrap()).collect();
    for (number, waiter) in waiters.into_iter().enumerate() {
        assert_eq!(echoed(&waiter.wait().unwrap().body), Some(&*number.to_string()));
    }
}

#[test]
fn one_waiting_request_does_not_hold_up_others() {
    let server = ignoring_traversals();
    let channel = started(builder(&server.url()));
    let never = channel.submit(Body::TraverseRequest).unwrap();
    for number in 0..100 {
        assert_eq!(echoed(&channel.request(query(number.to_string())).unwrap().body), Some(&*number.to_string()));
    }
    drop(never);
}

#[test]
fn large_messages_both_ways_at_once() {
    // More than the socket buffers hold: only a reader beside the writers gets through.
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    let waiters: Vec<_> =
        (0..200).map(|number| channel.submit(query(format!("{number} {}", "x".repeat(30_000)))).unwrap()).collect();
    for (number, waiter) in waiters.into_iter().enumerate() {
        let reply = waiter.wait().unwrap();
        assert!(echoed(&reply.body).unwrap().starts_with(&format!("{number} ")));
    }
}

#[test]
fn stopping_while_all_are_busy_leaves_nobody_behind() {
    for method in [StopMethod::Graceful, StopMethod::ClientForceful, StopMethod::RemoteKill] {
        let server = TestServer::start(ServerConfig::default()).unwrap();
        let channel = started(builder(&server.url()));
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let channel = &channel;
                scope.spawn(move || {
                    loop {
                        match channel.request(query(thread.to_string())) {
                            Ok(reply) => assert_eq!(echoed(&reply.body), Some(&*thread.to_string())),
                            Err(
                                ChannelError::Stopped
                                | ChannelError::NotConnected { .. }
                                | ChannelError::Terminated { .. },
                            ) => return,
                            Err(other) => panic!("{method:?}: {other}"),
                        }
                    }
                });
            }
            eventually("they are busy", || server.requests() > 100);
            channel.stop(method);
        });
        assert!(channel.waiters().is_empty());
    }
}
