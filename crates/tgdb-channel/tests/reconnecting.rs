//! While the channel reconnects, the attempts go on: whoever waits, and whatever the servers do.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

const RESEND: RequestOptions =
    RequestOptions { timeout: Some(LONG), resend: Some(ResendMode::ReconnectAndResend), session: None };

#[test]
fn attempts_go_on_while_a_caller_waits() {
    // The spare takes each connection, and closes it a moment later.
    let spare = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = spare.local_addr().unwrap();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    thread::spawn(move || {
        for socket in spare.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(30));
            drop(socket);
        }
    });
    let mut server = obedient();
    let builder = builder(&format!("{}/{{ftHosts={address}}}", server.url()))
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0.05")
        .property(ConfigName::ChannelFTMaxRetryIntervalSeconds, "0.05")
        .property(ConfigName::ChannelFTRetryCount, "1000");
    let channel = started(builder);
    thread::scope(|scope| {
        let caller = scope.spawn(|| channel.request_with(query("hold"), RESEND));
        eventually("it is under way", || server.requests() == 1);
        server.kill();
        let begun = Instant::now();
        eventually("there are attempts", || attempts.load(Ordering::SeqCst) >= 10);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(channel.link_state(), LinkState::Reconnecting);
        channel.stop(StopMethod::ClientForceful);
        assert!(matches!(caller.join().unwrap(), Err(ChannelError::Stopped)));
    });
}

#[test]
fn a_request_that_ends_each_connection_ends_after_five_resends() {
    let servers = [obedient(), obedient()];
    let url = format!("{}/{{ftHosts={}}}", servers[0].url(), servers[1].address());
    let channel = started(builder(&url).property(ConfigName::ChannelFTRetryCount, "50"));
    let begun = Instant::now();
    // Each server closes the connection when it has it.
    let result = channel.request_with(query("close 20"), RESEND);
    assert!(matches!(result, Err(ChannelError::NotResent { .. } | ChannelError::Lost { .. })), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(servers.iter().map(|server| server.requests()).sum::<usize>(), 6);
    assert_eq!(channel.wait_reconnected(), LinkState::Connected);
    channel.request(query("the channel is in order")).unwrap();
}
