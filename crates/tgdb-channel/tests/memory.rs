//! What a channel takes of memory, whatever the server sends.
#![allow(clippy::unwrap_used)]

mod support;

use std::alloc::System;
use std::fs;
use std::io::Write;
use std::net::Shutdown;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::*;
use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::{Body, Frame, FrameError, Header, Message, Verb};
use tgdb_channel::transport::TransportError;
use tgdb_channel::*;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const KIB: isize = 1024;
const MIB: usize = 1 << 20;

/// Bytes that are held, beyond those of the start.
fn held(region: &Region<'_, System>) -> isize {
    let stats = region.change();
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

fn encoded(body: impl Into<Body>) -> Arc<Vec<u8>> {
    Arc::new(Message::new(Header::default(), body.into()).encode().unwrap())
}

/// What a server sends in place of the replies of a login: far more than a login needs.
fn large_messages_before_the_login_are_refused() {
    let reason = Some(vec![b'x'; 60 * MIB].into());
    let refusal = encoded(HandshakeResponse { status: HandshakeStatus::CHALLENGE_FAILED, challenge: 0, reason });
    let certificate = Some(vec![7; 16 * MIB].into());
    let accepted =
        encoded(AuthenticateResponse::Accepted { auth_token: Default::default(), session_id: 1, certificate });
    for (bytes, requests) in [(refusal, 0), (accepted, 2)] {
        let length = bytes.len() as u32;
        let peer = Peer::before_login(move |mut client| {
            for _ in 0..requests {
                client.read();
            }
            let _ = client.tcp.write_all(&bytes);
            client.hold();
        });
        let channel = builder(&peer.url()).build().unwrap();
        let region = Region::new(ALLOCATOR);
        let error = channel.connect().unwrap_err();
        let allocated = region.change().bytes_allocated;
        let ChannelError::Connect(cause) = &error else { panic!("{error:?}") };
        let TransportError::Frame { source, .. } = &**cause else { panic!("{error:?}") };
        assert_eq!(*source, FrameError::TooLargeInLogin { length, maximum: 128 << 10 });
        // The 64 KiB of the server's buffer among them.
        assert!(allocated < MIB, "{allocated} bytes for a message of {length}");
    }
}

/// The maximum of what is held while that runs on a thread of its own.
fn maximum_while<T: Send>(run: impl FnOnce() -> T + Send) -> (isize, T) {
    let region = Region::new(ALLOCATOR);
    let mut maximum = 0;
    thread::scope(|scope| {
        let thread = scope.spawn(run);
        while !thread.is_finished() {
            maximum = maximum.max(held(&region));
            thread::sleep(Duration::from_micros(200));
        }
        (maximum, thread.join().unwrap())
    })
}

/// Messages that nobody waits for, as fast as the client takes them.
fn floods_take_little_memory() {
    let time = Duration::from_millis(500);
    for flood in [Body::Ping, query("nobody asked")] {
        let is_ping = flood == Body::Ping;
        let peer = Peer::before_login(move |client| client.flood(flood));
        let channel = builder(&peer.url()).operation_timeout(time).build().unwrap();
        let begun = Instant::now();
        let (maximum, result) = maximum_while(|| channel.connect());
        let ChannelError::Login { source, .. } = result.unwrap_err() else { panic!("the login fails") };
        match &*source {
            LoginError::Timeout { .. } => assert!(is_ping),
            LoginError::Unexpected { .. } => assert!(!is_ping),
            other => panic!("{other:?}"),
        }
        assert!(begun.elapsed() < time + Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(maximum < 1024 * KIB, "{maximum} bytes in the login");
    }
    for flood in [Body::Ping, query("nobody asked"), large(100_000)] {
        let peer = Peer::start(move |mut client| {
            // Encoded before, for what the server takes counts too.
            let bytes = client.encode(987_654_321, flood).repeat(10);
            while client.tcp.write_all(&bytes).is_ok() {}
        });
        let channel = started(builder(&peer.url()));
        thread::sleep(Duration::from_millis(50));
        let begun = Instant::now();
        let (maximum, result) = maximum_while(|| channel.request_with(query("?"), RequestOptions::timeout(time)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
        assert!(begun.elapsed() < time + Duration::from_secs(1), "{:?}", begun.elapsed());
        assert!(maximum < 1024 * KIB, "{maximum} bytes");
    }
}

/// A server that answers with messages of 32 MiB and of 69 bytes in turn.
fn large_and_small(mut client: Client) {
    let encoded = |length: usize| Frame::new(Header::default(), Verb(71), vec![7; length]).encode().unwrap();
    let [large, small] = [encoded(32 * MIB), encoded(13)];
    for reply in [&large, &small].into_iter().cycle() {
        let Some(request) = client.read() else { return };
        let mut header = [0; 56];
        header.copy_from_slice(&reply[..56]);
        header[28..36].copy_from_slice(&request.header.request_id.to_be_bytes());
        if client.tcp.write_all(&header).and_then(|()| client.tcp.write_all(&reply[56..])).is_err() {
            return;
        }
    }
}

fn small_replies_keep_nothing_of_large_ones() {
    let peer = Peer::start(large_and_small);
    let channel = started(builder(&peer.url()));
    let mut kept = Vec::with_capacity(20);
    let mut waiting = Vec::with_capacity(20);
    // The server has made its messages when it has answered.
    let warm = [channel.request(query("large")).unwrap(), channel.request(query("small")).unwrap()];
    drop(warm);
    let region = Region::new(ALLOCATOR);
    for number in 0..20 {
        let waiter = channel.submit(query("next")).unwrap();
        match number {
            // Large replies are taken and dropped.
            _ if number % 2 == 0 => drop(waiter.wait().unwrap()),
            ..10 => kept.push(waiter.wait().unwrap()),
            // Others are left inside the channel.
            _ => waiting.push(waiter),
        }
    }
    eventually("all replies are there", || waiting.iter().all(|waiter| waiter.status() == WaiterStatus::Ok));
    let after = held(&region);
    assert_eq!((kept.len(), waiting.len()), (5, 5));
    assert!(after < 64 * KIB, "{after} bytes for ten replies of 69 bytes");
}

/// How many descriptors are open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// With the handle still there.
fn closed_and_failed_channels_give_everything_back() {
    for is_stopped in [true, false] {
        let open = descriptors();
        let peer = Peer::start(move |mut client| {
            let large = RawBody { verb: Verb(71), payload: vec![7; 8 * MIB].into() };
            while let Some(request) = client.read() {
                let id = request.header.request_id;
                match text_of(&request) {
                    "close" => return client.tcp.shutdown(Shutdown::Both).unwrap(),
                    "small" => client.send(id, Body::MetadataRequest),
                    _ => client.send(id, Body::Raw(large.clone())),
                };
            }
        });
        let region = Region::new(ALLOCATOR);
        let channel = started(builder(&peer.url()));
        channel.request(large(8 * MIB)).unwrap();
        // Many at once, of which some are given up, some wait, and the large replies are under way.
        let waiters: Vec<_> = (0..5000).map(|_| channel.submit(query("small")).unwrap()).collect();
        waiters.into_iter().for_each(|waiter| drop(waiter.wait().unwrap()));
        let last = channel.submit(query("large")).unwrap();
        if is_stopped {
            channel.stop(StopMethod::ClientForceful);
            assert_eq!(channel.link_state(), LinkState::Closed);
        } else {
            let result = channel.request(query("close"));
            assert!(result.is_err_and(|error| !error.is_timeout()));
            assert!(channel.in_error());
        }
        drop((peer, last));
        eventually("descriptors are closed", || descriptors() <= open);
        let after = held(&region);
        assert!(after < 32 * KIB, "{after} bytes of a channel that is {:?}", channel.link_state());
    }
}

/// One test, for what another one allocates meanwhile would count.
#[test]
fn memory_is_bounded() {
    logs::no_logs();
    large_messages_before_the_login_are_refused();
    floods_take_little_memory();
    small_replies_keep_nothing_of_large_ones();
    if cfg!(target_os = "linux") {
        closed_and_failed_channels_give_everything_back();
    }
}
