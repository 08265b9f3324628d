//! Servers that fail in every way, at every byte. Whatever happens, each operation
//! ends in its outcome or a typed error in time, and leaves no thread and no
//! waiter behind.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

/// Longer than any of these sessions may take: a few of the timeouts below.
const BOUND: Duration = Duration::from_secs(10);
/// Offsets are tried by that many threads at once; most of the time is waiting.
const WORKERS: usize = 16;
/// The same where a session that a busy machine holds up is no failure.
const MANY_WORKERS: usize = 64;

/// These tests count the threads of the process, so they run one by one.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock()
}

fn no_thread_is_left() {
    if channel_threads().is_some() {
        eventually("no thread of a channel is left", || channel_threads() == Some(0));
    }
}

/// Runs one session against faults: connect, two requests, stop. The texts that
/// came back, or the first error.
fn session(builder: ChannelBuilder) -> Result<[String; 2], ChannelError> {
    let started = Instant::now();
    let channel = builder.build().unwrap();
    let run = || {
        channel.connect()?;
        channel.start()?;
        let options = RequestOptions::resend(ResendMode::ReconnectAndResend);
        let waiters = [channel.submit_with(query("one"), options)?, channel.submit_with(query("two"), options)?];
        let mut texts = waiters.into_iter().map(|waiter| {
            let reply = waiter.wait()?;
            Ok::<_, ChannelError>(echoed(&reply.body).unwrap_or("not a query's reply").to_owned())
        });
        Ok([texts.next().unwrap()?, texts.next().unwrap()?])
    };
    let result = run();
    assert!(channel.waiters().is_empty(), "{result:?} left a waiter behind");
    channel.stop(StopMethod::Graceful);
    assert!(started.elapsed() < BOUND, "{result:?} took {:?}", started.elapsed());
    result
}

/// How many bytes a session without faults sends and receives, on the wire.
fn wire_lengths(config: impl Fn() -> ServerConfig, builder: impl Fn(&str) -> ChannelBuilder) -> (u64, u64) {
    let finds = |fault: &dyn Fn(u64) -> Faults| {
        // The last cut that still breaks the session, by bisection.
        let (mut low, mut high) = (0, 1 << 16);
        while low < high {
            let middle = (low + high) / 2;
            let server = TestServer::start(ServerConfig { faults: fault(middle), ..config() }).unwrap();
            if session(builder(&server.url())).is_ok() { high = middle } else { low = middle + 1 }
        }
        low
    };
    (
        finds(&|at| Faults { cut_after_sent: Some(at), ..Faults::default() }),
        finds(&|at| Faults { cut_after_received: Some(at), ..Faults::default() }),
    )
}

/// Runs `check` for each offset.
fn at_each(workers: usize, offsets: impl Iterator<Item = u64>, check: impl Fn(u64) + Sync) {
    let offsets: Vec<_> = offsets.collect();
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(offset) = offsets.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    check(*offset);
                }
            });
        }
    });
}

/// Runs `check` with the server killed after each byte that it sends, and receives.
fn at_each_cut(sent: u64, received: u64, check: impl Fn(Faults) + Sync) {
    at_each(WORKERS, 0..sent, |at| check(Faults { cut_after_sent: Some(at), ..Faults::default() }));
    at_each(WORKERS, 0..received, |at| check(Faults { cut_after_received: Some(at), ..Faults::default() }));
}

/// Without failover the error is the loss itself, at the login or later.
fn is_loss(error: &ChannelError) -> bool {
    matches!(error, ChannelError::Connect(_) | ChannelError::Lost { .. } | ChannelError::NotConnected { .. })
}

fn quick(url: &str) -> ChannelBuilder {
    builder(url).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.5")
}

const ECHOED: [&str; 2] = ["one", "two"];

#[test]
fn killed_at_every_byte() {
    let _turn = one_at_a_time();
    let (sent, received) = wire_lengths(ServerConfig::default, quick);
    assert!(sent > 300 && received > 300, "{sent} {received}");
    let cut = |faults: Faults| {
        let server = TestServer::start(ServerConfig::faulty(faults.clone())).unwrap();
        let error = session(quick(&server.url())).expect_err("the server was killed");
        assert!(is_loss(&error), "{faults:?}: {error:?}");
    };
    at_each_cut(sent, received, cut);
    no_thread_is_left();
}

#[test]
fn killed_at_every_byte_with_another_server_at_hand() {
    let _turn = one_at_a_time();
    let (sent, received) = wire_lengths(ServerConfig::default, quick);
    let spare = TestServer::start(ServerConfig::default()).unwrap();
    let cut = |faults: Faults| {
        let server = TestServer::start(ServerConfig::faulty(faults.clone())).unwrap();
        let texts = session(builder(&failover_url(&[&server, &spare])));
        assert_eq!(texts.unwrap_or_else(|error| panic!("{faults:?}: {error}")), ECHOED, "{faults:?}");
    };
    at_each_cut(sent, received, cut);
    no_thread_is_left();
}

#[test]
fn corrupted_at_every_byte() {
    let _turn = one_at_a_time();
    let (sent, _) = wire_lengths(ServerConfig::default, quick);
    for mask in [0x01, 0xff] {
        at_each(MANY_WORKERS, 0..sent, |at| {
            let corrupt_sent = Some((at, mask));
            let server = TestServer::start(ServerConfig::faulty(Faults { corrupt_sent, ..Faults::default() })).unwrap();
            // Plain TCP does not notice a changed text; but it must not hang, panic, or mix replies up.
            if let Ok(texts) = session(quick(&server.url())) {
                let mixed_up = texts[0] == ECHOED[1] || texts[1] == ECHOED[0];
                assert!(!mixed_up, "offset {at}: {texts:?}");
            }
        });
    }
    no_thread_is_left();
}

fn tls_config(ca: &TestCa) -> impl Fn() -> ServerConfig + Sync {
    let tls = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    move || ServerConfig { tls: Some(tls.clone()), ..ServerConfig::default() }
}

#[test]
fn killed_at_every_byte_over_tls() {
    let _turn = one_at_a_time();
    let ca = TestCa::new("test").unwrap();
    let config = tls_config(&ca);
    let builder = |url: &str| trusting(url, &ca).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.5");
    let (sent, received) = wire_lengths(&config, builder);
    let cut = |faults: Faults| {
        let server = TestServer::start(ServerConfig { faults: faults.clone(), ..config() }).unwrap();
        // The lengths of TLS handshakes differ by a few bytes of signature, so near
        // the end the session can succeed.
        match session(builder(&server.url())) {
            Ok(texts) => assert_eq!(texts, ECHOED),
            Err(error) => assert!(is_loss(&error), "{faults:?}: {error:?}"),
        }
    };
    at_each_cut(sent, received, cut);
    no_thread_is_left();
}

#[test]
fn corrupted_at_every_byte_over_tls() {
    let _turn = one_at_a_time();
    let ca = TestCa::new("test").unwrap();
    let config = tls_config(&ca);
    let builder = |url: &str| {
        trusting(url, &ca)
            .property(ConfigName::ConnectionOperationTimeoutSeconds, "0.5")
            .property(ConfigName::ChannelConnectTimeout, "500")
    };
    let (sent, _) = wire_lengths(&config, builder);
    let succeeded = AtomicU64::new(0);
    at_each(MANY_WORKERS, 0..sent, |at| {
        let faults = Faults { corrupt_sent: Some((at, 0x10)), ..Faults::default() };
        let server = TestServer::start(ServerConfig { faults, ..config() }).unwrap();
        // TLS lets nothing changed through. What it ignores (a legacy version) is no matter.
        if let Ok(texts) = session(builder(&server.url())) {
            assert_eq!(texts, ECHOED, "offset {at}");
            succeeded.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert!(succeeded.into_inner() < sent / 10, "most corruptions must be noticed");
    no_thread_is_left();
}

#[test]
fn pieces_and_delays_change_nothing() {
    let _turn = one_at_a_time();
    let ca = TestCa::new("test").unwrap();
    for faults in [
        Faults { split_writes: Some(1), ..Faults::default() },
        Faults { split_writes: Some(55), delay: Some(Duration::from_millis(1)), ..Faults::default() },
    ] {
        let server = TestServer::start(ServerConfig::faulty(faults.clone())).unwrap();
        assert_eq!(session(builder(&server.url())).unwrap(), ECHOED, "{faults:?}");
        let server = TestServer::start(ServerConfig { faults: faults.clone(), ..tls_config(&ca)() }).unwrap();
        assert_eq!(session(trusting(&server.url(), &ca)).unwrap(), ECHOED, "{faults:?}");
    }
    no_thread_is_left();
}

#[test]
fn a_channel_has_a_thread_and_one_for_callbacks_until_it_is_dropped() {
    let _turn = one_at_a_time();
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    channel.start().unwrap();
    if channel_threads().is_some() {
        // A thread has its name only once it runs, and that of the connect has to end.
        eventually("one thread runs", || channel_threads() == Some(1));
        for _ in 0..2 {
            channel.submit_callback(Body::MetadataRequest, RequestOptions::default(), drop).unwrap();
            eventually("another runs callbacks", || channel_threads() == Some(2));
        }
        assert!(channel.request(Body::MetadataRequest).is_ok());
        assert_eq!(channel_threads(), Some(2), "a second callback makes no others");
    }
    drop(channel);
    no_thread_is_left();
}

#[test]
fn wrong_request_ids_reach_nobody() {
    let _turn = one_at_a_time();
    let server = TestServer::start(ServerConfig::faulty(Faults { request_id_offset: 1000, ..Faults::default() }));
    let server = server.unwrap();
    {
        let channel = started(quick(&server.url()));
        let waiters: Vec<_> = (0..5).map(|_| channel.submit(Body::MetadataRequest).unwrap()).collect();
        for waiter in waiters {
            assert!(matches!(waiter.wait(), Err(ChannelError::Timeout { .. })));
        }
        assert_eq!((channel.stats().late_replies, channel.stats().unknown_replies), (0, 5));
        assert!(channel.is_connected(), "the session goes on");
    }
    no_thread_is_left();
}

#[test]
fn out_of_order_duplicated_and_missing_replies() {
    let _turn = one_at_a_time();
    let held = Mutex::new(None::<Message>);
    let server = scripted(move |session, request| {
        // Of three requests the first is answered last, the second twice, the third never.
        let mut held = held.lock();
        match request.header.request_id % 3 {
            1 => *held = Some(request.clone()),
            2 => {
                echo(session, request);
                echo(session, request);
                echo(session, &held.take().unwrap());
            }
            _ => {}
        }
    });
    {
        let channel = started(quick(&server.url()));
        for round in 1..=3 {
            let submit = |text: &str| channel.submit(query(text)).unwrap();
            let [first, second, third] = ["first", "second", "third"].map(submit);
            assert_eq!(echoed(&first.wait().unwrap().body), Some("first"));
            assert_eq!(echoed(&second.wait().unwrap().body), Some("second"));
            assert!(matches!(third.wait(), Err(ChannelError::Timeout { .. })));
            assert_eq!((channel.stats().late_replies, channel.stats().unknown_replies), (round, 0));
        }
    }
    no_thread_is_left();
}

#[test]
fn a_peer_that_does_not_read_is_given_up() {
    let _turn = one_at_a_time();
    let server = scripted(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
    });
    {
        let channel = started(quick(&server.url()));
        let started = Instant::now();
        // More than all buffers hold. The sender is held up, but not without end.
        let error = loop {
            // Nobody waits for the reply.
            if let Err(error) = channel.submit(query("x".repeat(32_000))).map(drop) {
                break error;
            }
            assert!(started.elapsed() < BOUND);
        };
        assert!(matches!(error, ChannelError::NotConnected { .. }), "{error:?}");
        assert_eq!(channel.link_state(), LinkState::FailedOnSend);
        channel.stop(StopMethod::Graceful);
        assert!(started.elapsed() < BOUND);
    }
    drop(server);
    no_thread_is_left();
}
