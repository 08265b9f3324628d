//! The counters of a channel, over sockets.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

/// Passes one connection to that server on; gives the bytes that went to it and came from it when
/// the connection is over.
fn counting(to: std::net::SocketAddr) -> (String, thread::JoinHandle<(u64, u64)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}", listener.local_addr().unwrap());
    let relay = thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(to).unwrap();
        [&client, &server].iter().for_each(|socket| socket.set_nodelay(true).unwrap());
        let pass = |mut from: TcpStream, mut to: TcpStream| {
            thread::spawn(move || {
                let (mut buf, mut total) = (vec![0; 64 * 1024], 0);
                while let Ok(count) = from.read(&mut buf)
                    && count > 0
                    && to.write_all(&buf[..count]).is_ok()
                {
                    total += count as u64;
                }
                let _ = to.shutdown(Shutdown::Write);
                total
            })
        };
        let up = pass(client.try_clone().unwrap(), server.try_clone().unwrap());
        let down = pass(server, client);
        (up.join().unwrap(), down.join().unwrap())
    });
    (url, relay)
}

#[test]
fn bytes_are_those_of_the_socket() {
    let server = obedient();
    let (url, relay) = counting(server.address());
    let channel = started(builder(&url));
    for number in 0..100 {
        channel.request(query(&format!("number-{number}"))).unwrap();
    }
    // More than the system takes at once.
    channel.request(large(4 << 20)).unwrap();
    channel.stop(StopMethod::Graceful);
    let (up, down) = relay.join().unwrap();
    let stats = channel.stats();
    assert_eq!((stats.bytes_sent, stats.bytes_received), (up, down));
    assert!(up > 4 << 20 && down > 4 << 20);
    assert_eq!((stats.requests, stats.replies, stats.latency.count(), stats.in_flight), (101, 101, 101, 0));
}

#[test]
fn latencies_are_those_that_the_program_sees() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let (elapsed, result) = time(|| channel.request(query("later 30")));
    result.unwrap();
    let latency = channel.stats().latency;
    assert!(latency.max() >= Duration::from_millis(30) && latency.max() <= elapsed, "{latency:?} of {elapsed:?}");
    for text in ["a", "b", "c"] {
        channel.request(query(text)).unwrap();
    }
    let all = [channel.submit(query("task")).unwrap(), channel.submit(query("another")).unwrap()];
    all.into_iter().for_each(|waiter| drop(block_on(waiter).unwrap()));
    let latency = channel.stats().latency;
    assert_eq!((latency.count(), latency.percentile(100.0)), (6, latency.max()));
    assert!(latency.percentile(50.0) < latency.max());
}

#[test]
fn what_goes_wrong_is_counted() {
    let servers = [obedient(), obedient()];
    let url = format!("{}/{{ftHosts={}}}", servers[0].url(), servers[1].address());
    let channel = started(builder(&url).property(ConfigName::ChannelFTRetryCount, "50"));
    assert!(matches!(channel.request_with(query("hold"), within_ms(30)), Err(ChannelError::Timeout { .. })));
    let resend = within_ms(20_000).with_resend(ResendMode::ReconnectAndResend);
    // Each server closes the connection when it has it, until it is not sent again.
    channel.request_with(query("close 1"), resend).unwrap_err();
    assert_eq!(channel.wait_reconnected(), LinkState::Connected);
    let stats = channel.stats();
    assert_eq!((stats.timeouts, stats.resends, stats.replies, stats.requests), (1, 5, 0, 2));
    assert_eq!((stats.losses, stats.reconnects), (6, 6));
    assert!(!stats.connected.is_zero());
    channel.stop(StopMethod::RemoteKill);
    let connected = channel.stats().connected;
    thread::sleep(Duration::from_millis(2));
    assert_eq!(channel.stats().connected, connected, "it is not connected any more");

    let [address, _] = servers.map(|server| server.address());
    let channel = builder(&format!("tcp://{address}")).build().unwrap();
    channel.connect().unwrap_err();
    assert_eq!(channel.stats().failed_attempts, 1);
}
