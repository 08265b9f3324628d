//! Many channels: none of them hurries, and they do not all do the same.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::TestServer;

/// A server that hangs up at once, and when it did.
fn hanging_up() -> (SocketAddr, Arc<Mutex<Vec<Instant>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let times = accepted.clone();
    thread::spawn(move || {
        for socket in listener.incoming() {
            times.lock().unwrap().push(Instant::now());
            drop(socket);
        }
    });
    (address, accepted)
}

#[test]
fn channels_that_lose_their_server_come_back_spread_over_the_interval() {
    const CHANNELS: usize = 40;
    let mut server = obedient();
    let (spare, accepted) = hanging_up();
    let channels: Vec<_> = (0..CHANNELS)
        .map(|_| {
            let builder = builder(&format!("{}/{{ftHosts={spare}}}", server.url()))
                .property(ConfigName::ChannelFTRetryIntervalSeconds, "60")
                .property(ConfigName::ChannelFTReconnectSpreadSeconds, "1");
            let channel = started(builder);
            // Else the server counts as one that hangs up after the login.
            channel.request(query("x")).unwrap();
            channel
        })
        .collect();
    let killed = Instant::now();
    server.kill();
    eventually("all have tried the spare", || accepted.lock().unwrap().len() >= CHANNELS);
    let after: Vec<Duration> = accepted.lock().unwrap().iter().map(|at| *at - killed).collect();
    let mut tenths = [0; 20];
    after.iter().for_each(|after| tenths[(after.as_millis() as usize / 100).min(19)] += 1);
    println!("accepted in each tenth of a second: {tenths:?}");
    assert_eq!(after.len(), CHANNELS, "each came once, for the next round is a minute later");
    assert!(tenths.iter().all(|count| *count <= 15), "{tenths:?}");
    assert!(tenths[..10].iter().filter(|count| **count > 0).count() >= 6, "{tenths:?}");
    channels.iter().for_each(|channel| channel.stop(StopMethod::RemoteKill));
}

#[test]
fn channels_with_a_random_order_are_not_all_at_one_server() {
    let logins = |channels: usize, order: &str| {
        let servers = [obedient(), obedient(), obedient()];
        let url = format!("{}/{{ftHosts={},{}}}", servers[0].url(), servers[1].address(), servers[2].address());
        let connect = |_| started(builder(&url).property(ConfigName::ChannelLoadBalanceHosts, order));
        let channels: Vec<_> = (0..channels).map(connect).collect();
        let logins = servers.each_ref().map(TestServer::logins);
        println!("{} channels, {order}: {logins:?}", channels.len());
        logins
    };
    assert_eq!(logins(12, "disable"), [12, 0, 0]);
    assert!(logins(12, "random").iter().all(|count| *count < 12));
    assert!(logins(60, "random").iter().all(|count| *count >= 5));
}

#[test]
fn without_an_interval_there_are_no_more_than_a_hundred_attempts_a_second() {
    let (first, first_accepted) = hanging_up();
    let (second, second_accepted) = hanging_up();
    let builder = builder(&format!("tcp://{first}/{{ftHosts={second}}}"))
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0")
        .property(ConfigName::ChannelFTMaxRetryIntervalSeconds, "0")
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
        .property(ConfigName::ChannelFTRetryCount, "1000000");
    let channel = builder.build().unwrap();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| channel.connect());
        thread::sleep(Duration::from_secs(1));
        channel.stop(StopMethod::RemoteKill);
        assert!(matches!(connecting.join().unwrap(), Err(ChannelError::Stopped)));
    });
    for accepted in [first_accepted, second_accepted] {
        let times = accepted.lock().unwrap();
        println!("{} attempts", times.len());
        assert!(times.len() > 5, "there are attempts");
        for pair in times.windows(11) {
            // The times are those of the acceptor, which a busy machine can hold up.
            assert!(pair[10] - pair[0] >= Duration::from_millis(60), "{:?}", pair[10] - pair[0]);
        }
        assert!(times.len() <= 101);
    }
}

#[test]
fn a_server_that_answers_once_and_hangs_up_is_not_asked_without_pause() {
    let server = obedient();
    let builder = builder(&format!("{}/{{ftHosts={}}}", server.url(), server.address()))
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0")
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
        .property(ConfigName::ChannelFTRetryCount, "1000000");
    let channel = started(builder);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        let _ = channel.request_with(query("x"), within_ms(1000));
        server.cut_connections();
    }
    let most = 1 + begun.elapsed().as_millis() / 10;
    assert!((server.accepted() as u128) <= most, "{} connections", server.accepted());
    assert!(server.accepted() > 5, "{} connections", server.accepted());
}
