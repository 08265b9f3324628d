//! What the tests of the channel share.
#![allow(dead_code, unreachable_pub, unused_imports, clippy::unwrap_used)]

pub mod graph;
pub mod logs;
mod peer;
#[cfg(unix)]
pub mod process;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::{DecryptBufferRequest, DecryptBufferResponse, QueryCommand, QueryRequest, QueryTarget};
use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::transport::Resolve;
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelBuilder, RequestOptions, TgChannel};
use tgdb_testkit::{
    DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, ServerSession, TestCa, TestServer, echo,
};

pub use peer::{Client, Peer};

/// A time that nothing in these tests takes.
pub const LONG: Duration = Duration::from_secs(20);

/// How much later than its timeout a request may end.
pub const LATE: Duration = Duration::from_millis(50);

/// The time in which a stop in a hurry is done.
pub const STOPPED: Duration = Duration::from_millis(250);

/// A channel to that URL as the testkit's user, with time enough for a busy machine.
pub fn builder(url: &str) -> ChannelBuilder {
    logs::show_logs();
    TgChannel::builder(url)
        .user(DEFAULT_USER)
        .password(DEFAULT_PASSWORD)
        .database(DEFAULT_DATABASE)
        .property(ConfigName::ChannelConnectTimeout, "20000")
        .property(ConfigName::ConnectionOperationTimeoutSeconds, "20")
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0.01")
}

/// A channel that is connected and started.
pub fn started(builder: ChannelBuilder) -> TgChannel {
    let channel = builder.build().unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    channel
}

/// A server that speaks TLS and does what queries say, the channel that trusts it, and the
/// authority, whose files go with it.
pub fn secure() -> (TestServer, ChannelBuilder, TestCa) {
    let ca = TestCa::new("test").unwrap();
    let tls = Some(ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::scripted(obey) }).unwrap();
    let pem = ca.pem_file().display().to_string();
    let builder = builder(&server.url()).property(ConfigName::TlsTrustedCertificates, pem);
    (server, builder, ca)
}

/// The text of a query.
pub fn text_of(request: &Message) -> &str {
    match &request.body {
        Body::QueryRequest(QueryRequest { target: QueryTarget::Text(text), .. }) => {
            text.query.as_deref().unwrap_or_default()
        }
        _ => "",
    }
}

/// Does what the text of a query says, and echoes all else.
/// - `hold`: no reply;
/// - `stall N`: the server stops for that many milliseconds, and does not reply;
/// - `later N`: it stops, then replies;
/// - `close N`: it stops, then closes the connection;
/// - `stray`: a message that nobody asked for, and no reply.
pub fn obey(session: &mut ServerSession, request: &Message) {
    let (order, number) = text_of(request).split_once(' ').unwrap_or((text_of(request), "0"));
    thread::sleep(Duration::from_millis(number.parse().unwrap_or(0)));
    match order {
        "hold" | "stall" => {}
        "close" => session.close(),
        "stray" => session.send(987_654_321, Body::MetadataRequest),
        _ => echo(session, request),
    }
}

/// A server that does what queries say.
pub fn obedient() -> TestServer {
    TestServer::start(ServerConfig::scripted(obey)).unwrap()
}

/// What [`echo`] answers to a request to decrypt.
pub fn echo_of(request: &Message) -> Body {
    match &request.body {
        Body::DecryptBufferRequest(decrypt) => {
            DecryptBufferResponse { buffer: tgdb_channel::pdu::Secret::new(&decrypt.buffer[..]) }.into()
        }
        other => panic!("not decrypt: {other:?}"),
    }
}

/// A query of that text.
pub fn query(text: &str) -> Body {
    QueryRequest::text(QueryCommand::EXECUTE, text).into()
}

/// A request of that many bytes.
pub fn large(length: usize) -> Body {
    DecryptBufferRequest { buffer: vec![7; length].into() }.into()
}

/// Options with a timeout of that many milliseconds.
pub fn within_ms(timeout: u64) -> RequestOptions {
    RequestOptions::timeout(Duration::from_millis(timeout))
}

/// Waits until the condition holds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// How long that takes.
pub fn time<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let begun = Instant::now();
    let result = run();
    (begun.elapsed(), result)
}

/// How many runs a promise about time may take to be kept.
const RUNS: usize = 8;

/// Checks a promise about time: of eight runs one takes no longer than `limit`, and none a
/// second more. A busy machine holds up a run now and then; a broken promise shows in all.
pub fn takes_at_most(what: &str, limit: Duration, run: impl Fn() -> Duration) {
    let mut taken = Vec::new();
    while taken.len() < RUNS {
        let elapsed = run();
        assert!(elapsed < limit + Duration::from_secs(1), "{what}: {elapsed:?} where {limit:?} are promised");
        if elapsed <= limit {
            return;
        }
        taken.push(elapsed);
    }
    panic!("{what}: {taken:?} where {limit:?} are promised");
}

/// Wakes a thread, and counts.
pub struct ThreadWaker {
    thread: Thread,
    woken: AtomicUsize,
}

impl ThreadWaker {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { thread: thread::current(), woken: AtomicUsize::new(0) })
    }

    pub fn woken(&self) -> usize {
        self.woken.load(Ordering::SeqCst)
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Runs a future on this thread, without any runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(ThreadWaker::new());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls a future once, with that waker.
pub fn poll_once<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// A resolver that does not answer until the sender is gone.
#[derive(Debug)]
pub struct Stalled(Mutex<mpsc::Receiver<()>>);

impl Stalled {
    pub fn resolver() -> (mpsc::Sender<()>, Arc<dyn Resolve>) {
        let (release, released) = mpsc::channel();
        (release, Arc::new(Self(Mutex::new(released))))
    }
}

impl Resolve for Stalled {
    fn resolve(&self, _host: &str, _port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let _ = self.0.lock().unwrap().recv();
        Ok(Vec::new())
    }
}
