//! A connect ends at its limits, and soon after it is stopped, whatever hangs.
#![allow(clippy::unwrap_used)]

mod support;

use std::cell::Cell;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::pdu::Body;
use tgdb_channel::transport::Resolve;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{Faults, ServerConfig, TestServer};

/// Runs a connect on another thread until `begun`, and checks that it ends with the stop.
fn connect_is_stopped(what: &str, begun: impl Fn(), builder: &ChannelBuilder) {
    takes_at_most(&format!("connect, stopped, {what}"), STOPPED, || {
        let channel = builder.clone().build().unwrap();
        thread::scope(|scope| {
            let connect = scope.spawn(|| channel.connect());
            begun();
            assert!(!connect.is_finished(), "{what}: {:?}", connect.join());
            let (elapsed, result) = time(|| {
                channel.stop(StopMethod::ClientForceful);
                connect.join().unwrap()
            });
            assert!(matches!(result, Err(ChannelError::Stopped)), "{what}: {result:?}");
            elapsed
        })
    });
    takes_at_most(&format!("drop while a task connects, {what}"), STOPPED, || {
        let channel = builder.clone().build().unwrap();
        let mut connecting = channel.connect_async();
        assert!(poll_once(&mut connecting, Waker::noop()).is_pending(), "{what}");
        begun();
        let (elapsed, result) = time(|| {
            drop(channel);
            block_on(connecting)
        });
        assert!(matches!(result, Err(ChannelError::Stopped)), "{what}: {result:?}");
        elapsed
    });
}

/// Counts how often it is asked, so that tests see that a connect has begun.
#[derive(Debug)]
struct Counting {
    asked: AtomicUsize,
    resolver: Arc<dyn Resolve>,
}

impl Resolve for Counting {
    fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.resolver.resolve(host, port)
    }
}

/// The same for a host that this resolver finds.
fn resolving_is_stopped(what: &str, resolver: Arc<dyn Resolve>) {
    let counting = Arc::new(Counting { asked: AtomicUsize::new(0), resolver });
    let seen = Cell::new(0);
    let begun = || {
        seen.set(seen.get() + 1);
        eventually("it resolves", || counting.asked.load(Ordering::SeqCst) == seen.get());
    };
    connect_is_stopped(what, begun, &builder("tcp://some-host:8222").resolver(counting.clone()));
}

#[test]
fn while_the_resolver_stalls() {
    let (_release, resolver) = Stalled::resolver();
    resolving_is_stopped("the resolver stalls", resolver);
}

#[test]
fn while_the_handshake_or_the_login_hangs() {
    let mute = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let accepted = Cell::new(0);
    let begun = || {
        accepted.set(accepted.get() + 1);
        eventually("it is connected", || mute.accepted() == accepted.get());
    };
    connect_is_stopped("the login hangs", begun, &builder(&mute.url()));
    let url = format!("ssl://localhost:{}", mute.address().port());
    connect_is_stopped("the TLS handshake hangs", begun, &builder(&url));
}

#[cfg(target_os = "linux")]
#[test]
fn while_an_address_does_not_answer() {
    #[derive(Debug)]
    struct Finds(SocketAddr);
    impl Resolve for Finds {
        fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
            Ok(vec![self.0])
        }
    }
    let silent = tgdb_testkit::SilentListener::start().unwrap();
    resolving_is_stopped("nobody answers", Arc::new(Finds(silent.address())));
}

#[test]
fn while_the_login_is_flooded() {
    takes_at_most("connect, stopped, flooded", STOPPED, || {
        let (flooded, is_flooded) = mpsc::channel();
        let peer = Peer::before_login(move |client| {
            flooded.send(()).unwrap();
            client.flood(Body::Ping);
        });
        let channel = builder(&peer.url()).build().unwrap();
        thread::scope(|scope| {
            let connect = scope.spawn(|| channel.connect());
            is_flooded.recv_timeout(LONG).unwrap();
            let (elapsed, result) = time(|| {
                channel.stop(StopMethod::ClientForceful);
                connect.join().unwrap()
            });
            assert!(matches!(result, Err(ChannelError::Stopped)), "{result:?}");
            elapsed
        })
    });
}

#[test]
fn connecting_ends_at_its_own_limit() {
    let limit = Duration::from_millis(200);
    let mute = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let (_release, resolver) = Stalled::resolver();
    let hangs = builder(&format!("ssl://localhost:{}", mute.address().port()));
    for (what, builder) in [
        ("the resolver stalls", builder("tcp://some-host:8222").resolver(resolver)),
        ("the TLS handshake hangs", hangs),
    ] {
        takes_at_most(what, limit + LATE, || {
            let channel = builder.clone().property(ConfigName::ChannelConnectTimeout, "200").build().unwrap();
            let (elapsed, result) = time(|| channel.connect());
            assert!(matches!(result, Err(ChannelError::Connect(_))), "{what}: {result:?}");
            elapsed
        });
    }
}

#[test]
fn the_login_ends_at_its_own_limit() {
    type Serve = fn(Client);
    let limit = Duration::from_millis(200);
    let servers: [(&str, Serve); 3] = [
        ("silent", Client::hold),
        ("flooding", |client| client.flood(Body::Ping)),
        ("dripping", |mut client| {
            let bytes = client.encode(-1, large(100_000));
            let mut bytes = bytes.chunks(1);
            while client.pause(Duration::from_millis(1)) && client.tcp.write_all(bytes.next().unwrap()).is_ok() {}
        }),
    ];
    for (what, serve) in servers {
        takes_at_most(what, limit + LATE, || {
            let peer = Peer::before_login(serve);
            let builder = builder(&peer.url()).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.2");
            let channel = builder.build().unwrap();
            let (elapsed, result) = time(|| channel.connect());
            let Err(ChannelError::Login { source, .. }) = &result else { panic!("{what}: {result:?}") };
            assert!(matches!(**source, LoginError::Timeout { .. }), "{what}: {result:?}");
            elapsed
        });
    }
}

#[test]
fn a_connect_after_a_stop_does_not_wait_for_the_first() {
    for _ in 0..20 {
        let server = obedient();
        server.set_faults(Faults { mute: true, ..Faults::default() });
        let channel = builder(&server.url()).build().unwrap();
        thread::scope(|scope| {
            let first = scope.spawn(|| channel.connect());
            eventually("the first is at it", || server.accepted() == 1);
            server.set_faults(Faults::default());
            let (connected, is_connected) = mpsc::channel();
            let channel = &channel;
            scope.spawn(move || {
                channel.stop(StopMethod::ClientForceful);
                connected.send(channel.connect()).unwrap();
            });
            is_connected.recv_timeout(LONG).unwrap().unwrap();
            assert!(matches!(first.join().unwrap(), Err(ChannelError::Stopped)));
        });
    }
}
