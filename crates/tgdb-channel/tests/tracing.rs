//! What subscribers of `tracing` hear of a channel: spans, events and their levels; and no secrets.
//! The subscriber is one for the process, so this has a program of its own.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt::{self, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber, debug_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// What was heard: a line for each event, and for each span that was closed.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Hearing takes longer than the bit of time between an outcome and the end of a program.
static IS_SLOW: AtomicBool = AtomicBool::new(false);

/// Writes down what it hears.
struct Scribe;

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Scribe {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields(String::new());
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        record.record(context.span(id).unwrap().extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields(format!("{} {}", event.metadata().level(), event.metadata().target()));
        for span in context.event_scope(event).into_iter().flatten() {
            write!(line.0, " in {}", span.name()).unwrap();
        }
        event.record(&mut line);
        if IS_SLOW.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
        HEARD.lock().unwrap().push(line.0);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let parent = span.parent().map(|parent| format!(" in {}", parent.name())).unwrap_or_default();
        let extensions = span.extensions();
        let fields = &extensions.get::<Fields>().unwrap().0;
        let line = format!("SPAN {} {}{parent}{fields}", span.metadata().level(), span.name());
        HEARD.lock().unwrap().push(line);
    }
}

/// One test at a time, with a subscriber that hears all there is.
fn listen() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static ONCE: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    ONCE.call_once(|| tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Scribe)).unwrap());
    HEARD.lock().unwrap().clear();
    turn
}

/// Waits for a line that starts so and has all of that, and returns it.
fn heard(start: &str, parts: &[&str]) -> String {
    let find = || {
        let heard = HEARD.lock().unwrap();
        heard.iter().find(|line| line.starts_with(start) && parts.iter().all(|part| line.contains(part))).cloned()
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    loop {
        match find() {
            Some(line) => return line,
            None if std::time::Instant::now() > deadline => {
                panic!("{start} {parts:?} not in\n{}", HEARD.lock().unwrap().join("\n"))
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn count(start: &str) -> usize {
    HEARD.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
}

#[test]
fn a_whole_life_has_spans_and_events() {
    let _turn = listen();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (mut first, mut second) = (obedient(), obedient());
    let (one, other) = (first.address().to_string(), second.address().to_string());
    let url = format!("tcp://{nobody}/{{ftHosts={one},{other}}}");
    let spread = ConfigName::ChannelFTReconnectSpreadSeconds;
    let channel = builder(&url).property(spread, "0").retry_count(1).build().unwrap();

    channel.connect().unwrap();
    channel.start().unwrap();
    heard("DEBUG tgdb::connect in connect", &["connecting", &nobody.to_string(), "attempt=1"]);
    heard("INFO tgdb::connect in connect", &[&nobody.to_string(), "attempt=1", "failed", "refused"]);
    heard("SPAN INFO connect", &[&nobody.to_string(), "attempt=1", r#"outcome="failed""#]);
    heard("DEBUG tgdb::connect in connect", &["message=connected ", &one, "attempt=2"]);
    heard(
        "INFO tgdb::connect in login in connect",
        &["logged in", &one, r#"user="scott""#, "session=1", "session_id="],
    );
    heard(
        "SPAN INFO login in connect",
        &[&one, r#"user="scott""#, "session=1", "session_id=", r#"outcome="connected""#],
    );
    heard("SPAN INFO connect", &[&one, "attempt=2", r#"outcome="connected""#]);
    heard("DEBUG tgdb::link", &["from=not connected to=connected"]);

    // Requests are in the span of who asks.
    debug_span!("program").in_scope(|| channel.request(query("one")).unwrap());
    let ended = ["verb=QueryRequest", "id=1", "bytes=", r#"outcome="reply""#, "reply_bytes=", "elapsed_us="];
    heard("SPAN DEBUG request in program", &ended);
    heard("DEBUG tgdb::request in request in program", &ended);
    heard("TRACE tgdb::frame", &[r#"direction="sent""#, "verb=QueryRequest", "id=1"]);
    heard("TRACE tgdb::frame", &[r#"direction="received""#, "verb=QueryResponse", "id=1"]);
    block_on(channel.request_async(query("two"), within_ms(20_000))).unwrap();
    heard("SPAN DEBUG request", &["id=2", r#"outcome="reply""#]);
    drop(channel.submit(query("hold")).unwrap());
    heard("SPAN DEBUG request", &["id=3", r#"outcome="given up""#]);

    channel.request_with(query("later 100"), within_ms(10)).unwrap_err();
    heard("INFO tgdb::request", &["id=4", "timeout=10ms", "was_sent=true", "not answered in time"]);
    heard("SPAN DEBUG request", &["id=4", r#"outcome="timeout""#]);
    channel.request(query("three")).unwrap();
    heard("INFO tgdb::request", &["id=4", "verb=QueryResponse", "late"]);
    channel.request_with(query("stray"), within_ms(50)).unwrap_err();
    heard("WARN tgdb::link", &["id=987654321", "answers nothing"]);

    let resend = RequestOptions { resend: Some(ResendMode::ReconnectAndResend), ..within_ms(20_000) };
    let waiter = channel.submit_with(query("later 400"), resend).unwrap();
    eventually("it arrives", || first.requests() == 7);
    first.kill();
    waiter.wait().unwrap();
    heard("WARN tgdb::link", &["the connection"]);
    heard("DEBUG tgdb::link", &["to=reconnecting"]);
    heard("INFO tgdb::connect in login in connect", &["logged in", &other, "session=2"]);
    heard("INFO tgdb::request", &["verb=QueryRequest", "times=1", "again"]);
    assert_eq!(count("WARN"), 2, "{:?}", HEARD.lock().unwrap());

    second.kill();
    heard("WARN tgdb::connect", &["no server could be connected to", "attempts=", "refused"]);
    heard("DEBUG tgdb::link", &["from=reconnecting to=closed"]);
    let not_taken = channel.submit(query("no"));
    assert!(not_taken.is_err());
    heard("SPAN DEBUG request", &[r#"outcome="not taken""#]);
    assert_eq!(count("ERROR"), 0);
}

#[test]
fn silence_is_an_event() {
    let _turn = listen();
    let server = obedient();
    let channel = started(
        builder(&server.url())
            .ping_interval(Some(Duration::from_millis(20)))
            .liveness_timeout(Some(Duration::from_millis(200))),
    );
    heard("DEBUG tgdb::link", &["ping"]);
    channel.request(query("stall 5000")).unwrap_err();
    heard("INFO tgdb::link", &["silence=", "nothing at all arrives"]);
    heard("WARN tgdb::link", &["the connection"]);
}

#[test]
fn what_happened_is_emitted_before_the_channel_is_gone() {
    let _turn = listen();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    IS_SLOW.store(true, Ordering::Relaxed);
    let channel = builder(&format!("tcp://{nobody}")).build().unwrap();
    channel.connect().unwrap_err();
    drop(channel);
    let (attempts, ends) = (count("INFO tgdb::connect"), count("WARN tgdb::connect"));
    IS_SLOW.store(false, Ordering::Relaxed);
    assert_eq!((attempts, ends), (1, 1), "{:?}", HEARD.lock().unwrap());
}

#[test]
fn spans_and_events_have_what_tls_agreed_on() {
    let _turn = listen();
    let (_server, builder, _ca) = secure();
    started(builder);
    heard("SPAN INFO connect", &[r#"tls.version="TLSv1.3""#, r#"tls.suite="TLS_"#]);
    heard("DEBUG tgdb::connect in connect", &["message=connected ", r#"tls.version="TLSv1.3""#]);
    heard("DEBUG tgdb::tls in connect", &["TLSv1.3"]);
}

#[test]
fn no_event_has_secrets_and_payloads_are_there_only_if_asked_for() {
    let _turn = listen();
    let server = obedient();
    let url = format!("tcp://{}/{{dbName={}}}", server.address(), tgdb_testkit::DEFAULT_DATABASE);
    let secrets = [tgdb_testkit::DEFAULT_PASSWORD, "open sesame"];
    let hex = secrets.map(|secret| secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
    let bytes = secrets.map(|secret| format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned());
    for traced in [false, true] {
        let channel = started(builder(&url).trace_payloads(traced));
        channel.request(query("g.V()")).unwrap();
        // The answer is a secret.
        channel.request(DecryptBufferRequest { buffer: "open sesame".as_bytes().to_vec().into() }).unwrap();
        channel.stop(StopMethod::Graceful);
        let token = channel.auth_token().expose().to_string();
        let heard = HEARD.lock().unwrap().join("\n");
        assert!(heard.contains("verb=AuthenticateRequest") && heard.contains("verb=DecryptBufferResponse"), "{heard}");
        let found = secrets.iter().copied().chain(hex.iter().chain(&bytes).map(String::as_str)).chain([&*token]);
        for secret in found {
            assert!(!heard.contains(secret), "{secret} in\n{heard}");
        }
        assert_eq!(heard.contains("TRACE tgdb::payload"), traced, "{heard}");
        assert_eq!(heard.contains("g.V()"), traced, "{heard}");
    }
}
