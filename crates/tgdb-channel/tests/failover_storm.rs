//! Two servers of which one is killed every 50 ms, and many threads on one channel: nothing is
//! wrong, executed twice although it may not, hung or leaked.
//!
//! `cargo test -p tgdb-channel --release --test failover_storm -- --ignored storm --nocapture`
//! runs it for a minute, over TCP and over TLS.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::pdu::Message;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{ServerConfig, ServerSession, TestCa, TestServer, echo, echoed};

const THREADS: u64 = 16;
const KILL_EVERY: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often each request was executed, by its text.
type Executed = Arc<Mutex<HashMap<String, u32>>>;

fn serve(address: SocketAddr, tls: Option<&(TestCa, Arc<ServerConfig>)>, executed: &Executed) -> TestServer {
    let executed = executed.clone();
    let mut config = ServerConfig::scripted(move |session: &mut ServerSession, request: &Message| {
        *executed.lock().unwrap().entry(text_of(request).to_owned()).or_default() += 1;
        echo(session, request);
    });
    config.address = address;
    config.tls = tls.and_then(|(_, like)| like.tls.clone());
    TestServer::start(config).unwrap()
}

#[derive(Debug, Default)]
struct Counts {
    replies: AtomicU64,
    failed: AtomicU64,
    wrong: AtomicU64,
    hung: AtomicU64,
    kills: AtomicU64,
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// Asks until the end; what it asks for says whether it may be executed twice.
fn ask(channel: &TgChannel, thread: u64, is_over: &AtomicBool, counts: &Counts) {
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let may_repeat = number % 2 == 0;
        let text = format!("{} {thread} {number}", if may_repeat { "again" } else { "once" });
        let mode = if may_repeat { ResendMode::ReconnectAndResend } else { ResendMode::ReconnectAndRaiseException };
        let (elapsed, result) =
            time(|| channel.request_with(query(&text), RequestOptions::resend(mode).with_timeout(TIMEOUT)));
        if elapsed > TIMEOUT + Duration::from_secs(1) {
            add(&counts.hung);
        }
        match result {
            Ok(reply) if echoed(&reply.body) == Some(&text) => add(&counts.replies),
            Ok(_) => add(&counts.wrong),
            Err(ChannelError::NotResent { .. }) => add(&counts.failed),
            Err(error) => {
                eprintln!("{text}: {error}");
                add(&counts.wrong);
            }
        }
    }
}

/// Threads and descriptors of this process, where the system reports it.
fn resources() -> (usize, usize) {
    let count = |directory: &str| std::fs::read_dir(directory).map_or(0, Iterator::count);
    (count("/proc/self/task"), count("/proc/self/fd"))
}

fn storm(length: Duration, is_secure: bool) {
    let ca = is_secure.then(|| {
        let ca = TestCa::new("storm").unwrap();
        let tls = Some(ca.server_config(&ca.issue(&["localhost", "127.0.0.1"]).unwrap()).unwrap());
        (ca, Arc::new(ServerConfig { tls, ..ServerConfig::default() }))
    });
    let before = resources();
    let executed = Executed::default();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut servers = [0; 2].map(|_| serve(any, ca.as_ref(), &executed));
    let mut builder = builder(&format!("{}/{{ftHosts=127.0.0.1:{}}}", servers[0].url(), servers[1].address().port()))
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
        .property(ConfigName::ChannelFTRetryCount, "1000000")
        .property(ConfigName::ChannelFTMaxRetryIntervalSeconds, "0.05");
    if let Some((ca, _)) = &ca {
        builder = builder.property(ConfigName::TlsTrustedCertificates, ca.pem_file().display().to_string());
    }
    let (channel, counts, is_over) = (started(builder), Counts::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (channel, counts, is_over) = (&channel, &counts, &is_over);
            scope.spawn(move || ask(channel, thread, is_over, counts));
        }
        let begun = Instant::now();
        for number in 0.. {
            if begun.elapsed() >= length {
                break;
            }
            thread::sleep(KILL_EVERY);
            let server = &mut servers[number % 2];
            server.kill();
            add(&counts.kills);
            *server = serve(server.address(), ca.as_ref(), &executed);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let sessions = channel.session_number();
    channel.stop(StopMethod::Graceful);
    assert!(channel.waiters().is_empty());
    drop(channel);
    drop(servers);
    // The last threads end a moment after the channel.
    let limit = Instant::now() + Duration::from_secs(5);
    while (resources().0 > before.0 || resources().1 > before.1) && Instant::now() < limit {
        thread::sleep(Duration::from_millis(5));
    }
    let after = resources();
    let leaked = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    let twice = executed
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, count)| **count > 1)
        .map(|(text, _)| text.clone())
        .collect::<Vec<_>>();
    let doubled = twice.iter().filter(|text| text.starts_with("once")).count();
    println!(
        "secure {is_secure}: {counts:?}, sessions {sessions:?}, executed twice and may be: {}, doubled {doubled}, leaked threads and descriptors {leaked:?}",
        twice.len() - doubled
    );
    for (what, count) in [("wrong", &counts.wrong), ("hung", &counts.hung)] {
        assert_eq!(count.load(Ordering::Relaxed), 0, "{what}");
    }
    assert_eq!((doubled, leaked), (0, (0, 0)), "{twice:?}");
    assert!(counts.replies.load(Ordering::Relaxed) > 100 && counts.kills.load(Ordering::Relaxed) > 5);
}

/// One at a time, so that the resources counted are those of the storm.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn a_short_storm() {
    let _one = ONE.lock();
    storm(Duration::from_secs(2), false);
    storm(Duration::from_secs(2), true);
}

#[test]
#[ignore = "takes a minute"]
fn a_storm_over_tcp() {
    let _one = ONE.lock();
    storm(Duration::from_secs(60), false);
}

#[test]
#[ignore = "takes a minute"]
fn a_storm_over_tls() {
    let _one = ONE.lock();
    storm(Duration::from_secs(60), true);
}
