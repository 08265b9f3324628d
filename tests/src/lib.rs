//! What the tests across the crates share.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[allow(missing_docs, clippy::missing_panics_doc, clippy::unwrap_used)]
#[path = "../../crates/tgdb-channel/tests/support/logs.rs"]
pub mod logs;
#[cfg(doctest)]
mod readmes;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::{QueryCommand, QueryRequest};
use tgdb_channel::pdu::{Body, Frame, FrameDecoder, Message};
use tgdb_channel::url::ConfigName;
use tgdb_channel::{ChannelBuilder, TgChannel};
use tgdb_testkit::{
    DEFAULT_DATABASE, DEFAULT_PASSWORD, DEFAULT_USER, ServerConfig, ServerSession, TestCa, TestServer, echo,
};

/// A time that nothing in these tests should take.
pub const LONG: Duration = Duration::from_secs(20);

/// A file of recorded vectors: of the folder that `TGDB_VECTORS` names, such as that which
/// `cargo xtask interop` writes, or else of `tests/vectors`.
///
/// # Panics
/// If it cannot be read.
pub fn recorded(file: &str) -> Vec<u8> {
    let folder = std::env::var_os("TGDB_VECTORS").map(PathBuf::from);
    let path = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")).join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A channel to that URL as the testkit's user. Attempts to reconnect follow each
/// other at once, and replies are waited for long enough for a busy machine.
pub fn builder(url: &str) -> ChannelBuilder {
    logs::show_logs();
    TgChannel::builder(url)
        .user(DEFAULT_USER)
        .password(DEFAULT_PASSWORD)
        .database(DEFAULT_DATABASE)
        .property(ConfigName::ChannelConnectTimeout, "5000")
        .property(ConfigName::ConnectionOperationTimeoutSeconds, "20")
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0.01")
}

/// The same, trusting the authority.
pub fn trusting(url: &str, ca: &TestCa) -> ChannelBuilder {
    builder(url).property(ConfigName::TlsTrustedCertificates, ca.pem_file().display().to_string())
}

/// A channel to that server, connected and started.
///
/// # Panics
/// If it does not connect.
pub fn started(builder: ChannelBuilder) -> TgChannel {
    let channel = builder.build().unwrap_or_else(|error| panic!("build: {error}"));
    channel.connect().unwrap_or_else(|error| panic!("connect: {error}"));
    channel.start().unwrap_or_else(|error| panic!("start: {error}"));
    channel
}

/// The URL of the first server with the others as its failover list.
pub fn failover_url(servers: &[&TestServer]) -> String {
    let spares: Vec<_> = servers[1..].iter().map(|server| server.address().to_string()).collect();
    format!("{}/{{ftHosts={}}}", servers[0].url(), spares.join(","))
}

/// A query of that text.
pub fn query(text: impl Into<String>) -> Body {
    QueryRequest::text(QueryCommand::EXECUTE, text).into()
}

/// The frames of a stream that comes in those pieces.
///
/// # Panics
/// If they are none, or something is left over.
pub fn frames(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut decoder = FrameDecoder::default();
    let mut frames = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(frame) = decoder.next_frame().unwrap_or_else(|error| panic!("{error}")) {
            frames.push(frame);
        }
    }
    assert_eq!(decoder.buffered(), 0, "nothing is left over");
    frames
}

/// The frames of a stream, which must be the same at every split and byte by byte,
/// and whose messages must encode to the bytes that they came in.
///
/// # Panics
/// If they are not, or do not.
pub fn replayed(stream: &[u8]) -> Vec<Frame> {
    let whole = frames(&[stream]);
    for at in 0..=stream.len() {
        let (start, end) = stream.split_at(at);
        assert_eq!(frames(&[start, end]), whole, "split at {at}");
    }
    let bytes: Vec<_> = stream.chunks(1).collect();
    assert_eq!(frames(&bytes), whole, "byte by byte");

    let mut again = Vec::new();
    for frame in &whole {
        let message = Message::decode(frame).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(message.encode(), frame.encode(), "{message:?}");
        again.extend(frame.encode().unwrap_or_else(|error| panic!("{error}")));
    }
    assert_eq!(again, stream);
    whole
}

/// A server that answers all but traversals, which it never answers.
///
/// # Panics
/// If it does not start.
pub fn ignoring_traversals() -> TestServer {
    scripted(|session, request| {
        if !matches!(request.body, Body::TraverseRequest) {
            echo(session, request);
        }
    })
}

/// A server with that script.
///
/// # Panics
/// If it does not start.
pub fn scripted(script: impl Fn(&mut ServerSession, &Message) + Send + Sync + 'static) -> TestServer {
    TestServer::start(ServerConfig::scripted(script)).unwrap_or_else(|error| panic!("start: {error}"))
}

/// Waits until the condition holds.
///
/// # Panics
/// If it does not within [`LONG`].
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How many threads of channels this process has; `None` where the system does not report it.
pub fn channel_threads() -> Option<usize> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    Some(tasks.flatten().map(name).filter(|name| name.starts_with("tgdb-")).count())
}
