//! A logger of the program may use the channel that logs. The logger is one for the process,
//! so this has a program of its own.
#![allow(clippy::unwrap_used)]

mod support;

use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, mpsc};
use std::time::Duration;

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

type Nested = (Duration, Result<(), ChannelError>);

/// The channel to be used for the next warning, and where to report the result.
static NEXT: Mutex<Option<(TgChannel, mpsc::Sender<Nested>)>> = Mutex::new(None);

/// The channel to be used in each record, with a panic at the end.
static ALWAYS: Mutex<Option<TgChannel>> = Mutex::new(None);

/// How many records used it.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Panics when it is dropped, as the payload of a panic can.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("and again");
    }
}

/// What was logged, with level and target.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Nosy;

impl log::Log for Nosy {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LOGGED.lock().unwrap().push(format!("{} {} {}", record.level(), record.target(), record.args()));
        let always = ALWAYS.lock().unwrap().clone();
        if let Some(channel) = always.filter(|_| !record.target().starts_with("tgdb_testkit")) {
            let _ = (channel.stats(), channel.link_state(), channel.last_error(), channel.waiters());
            let _ = channel.try_submit_with(query("hold"), within_ms(1));
            USED.fetch_add(1, Ordering::SeqCst);
            panic_any(Spiteful);
        }
        if record.level() > log::Level::Warn {
            return;
        }
        let Some((channel, done)) = NEXT.lock().unwrap().take() else { return };
        let nested = time(|| channel.request_with(query("nested"), within_ms(20_000)).map(drop));
        done.send(nested).unwrap();
    }

    fn flush(&self) {}
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Nosy).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// Tests share the logger: one at a time.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn a_logger_may_use_the_channel_that_logs() {
    let _turn = TURN.lock();
    install();
    let server = obedient();
    let channel = started(builder(&server.url()));
    let nested = |wait: &dyn Fn()| {
        let (done, is_done) = mpsc::channel();
        *NEXT.lock().unwrap() = Some((channel.clone(), done));
        wait();
        let (elapsed, result) = is_done.recv_timeout(LONG).unwrap();
        assert!(result.is_ok(), "{result:?}");
        assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    };
    // A message that nobody asked for is logged by the thread that reads: a caller,
    nested(&|| {
        let (elapsed, result) = time(|| channel.request_with(query("stray"), within_ms(500)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
        assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    });
    // or the I/O thread, for a task.
    nested(&|| {
        let result = block_on(channel.request_async(query("stray"), within_ms(500)));
        assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
    });
    channel.stop(StopMethod::Graceful);
}

/// A whole life: connecting, a failed attempt, replies to a caller and to a task, a callback that
/// panics, a timeout, a loss, a reconnection, the end.
#[test]
fn a_logger_that_uses_the_channel_in_each_record_and_panics_does_no_harm() {
    let _turn = TURN.lock();
    install();
    let (_used, mut first, second) = (Used, obedient(), obedient());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("tcp://{nobody}/{{ftHosts={},{}}}", first.address(), second.address());
    let channel = builder(&url).property(ConfigName::ChannelFTReconnectSpreadSeconds, "0").build().unwrap();
    *ALWAYS.lock().unwrap() = Some(channel.clone());
    // A panic of the logger does not reach the program either, where the program's own thread logs.
    let reported = USED.load(Ordering::SeqCst);
    let without_effect = builder("tcp://h/{locale=de}").build().unwrap();
    assert_eq!((without_effect.warnings().len(), USED.load(Ordering::SeqCst)), (1, reported + 1));
    channel.connect().unwrap();
    channel.start().unwrap();
    assert_eq!(channel.outbox_addr(), Some(first.address()));
    channel.request_with(query("one"), within_ms(20_000)).unwrap();
    block_on(channel.request_async(query("two"), within_ms(20_000))).unwrap();
    let (called, call) = mpsc::channel();
    channel.submit_callback(query("three"), within_ms(20_000), |_| panic_any(Spiteful)).unwrap();
    channel.submit_callback(query("four"), within_ms(20_000), move |result| called.send(result).unwrap()).unwrap();
    assert!(call.recv_timeout(LONG).unwrap().is_ok());
    let timeout = channel.request_with(query("hold"), within_ms(20));
    assert!(matches!(timeout, Err(ChannelError::Timeout { .. })), "{timeout:?}");
    first.kill();
    eventually("it is connected to the other", || channel.outbox_addr() == Some(second.address()));
    let resend = RequestOptions { resend: Some(ResendMode::ReconnectAndResend), ..within_ms(20_000) };
    channel.request_with(query("five"), resend).unwrap();
    let used = USED.load(Ordering::SeqCst);
    assert!(used >= 8, "{used} records");
    takes_at_most("stop", STOPPED, || time(|| channel.stop(StopMethod::ClientForceful)).0);
    assert_eq!(channel.link_state(), LinkState::Closed);
}

/// Ends that use when it is dropped.
struct Used;

impl Drop for Used {
    fn drop(&mut self) {
        // The last handle logs when it is dropped.
        let channel = ALWAYS.lock().unwrap().take();
        drop(channel);
    }
}

#[test]
fn a_logger_hears_events_and_no_spans_where_no_subscriber_is() {
    let _turn = TURN.lock();
    install();
    LOGGED.lock().unwrap().clear();
    let server = obedient();
    let channel = started(builder(&server.url()));
    channel.request_with(query("one"), within_ms(20_000)).unwrap();
    channel.request_with(query("hold"), within_ms(10)).unwrap_err();
    channel.stop(StopMethod::Graceful);
    let logged = LOGGED.lock().unwrap().clone();
    for (start, part) in [
        ("INFO tgdb::connect logged in", "user=\"scott\""),
        ("DEBUG tgdb::link the link has changed", "from=not connected to=connected"),
        ("DEBUG tgdb::request ended", "outcome=\"reply\""),
        ("INFO tgdb::request not answered in time", "timeout=10ms"),
        ("TRACE tgdb::frame sent", "verb=QueryRequest"),
    ] {
        let count = logged.iter().filter(|line| line.starts_with(start) && line.contains(part)).count();
        assert!(count == 1 || (count > 1 && part == "verb=QueryRequest"), "{start}: {count} in {logged:#?}");
    }
    let spans: Vec<_> = logged.iter().filter(|line| line.contains("tgdb::") && line.contains("++ ")).collect();
    assert!(spans.is_empty(), "{spans:?}");
}
