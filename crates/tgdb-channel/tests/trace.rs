//! The trace of requests: `enableTrace` and `enableTraceDir`.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use support::*;
use tgdb_channel::pdu::{AuthToken, Body, FrameDecoder, Message, Verb};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::DEFAULT_PASSWORD;

/// A directory that is not there yet, and is removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("tgdb-trace-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path.join("deep"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of its files.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn traced(url: &str, dir: &Path, client_id: &str) -> TgChannel {
    let builder = builder(url).client_id(client_id);
    let builder = builder.property(ConfigName::EnableConnectionTrace, "true");
    let channel = builder.property(ConfigName::ConnectionTraceDir, dir.to_str().unwrap()).build().unwrap();
    assert!(channel.warnings().is_empty(), "{:?}", channel.warnings());
    channel.connect().unwrap();
    channel.start().unwrap();
    channel
}

/// The messages of a file.
fn messages(path: &Path) -> Vec<Message> {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut messages = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (message, after) = after.split_at(i32::from_be_bytes(*length).try_into().unwrap());
        let mut decoder = FrameDecoder::default();
        decoder.push(message);
        messages.push(Message::decode(&decoder.next_frame().unwrap().unwrap()).unwrap());
        rest = after;
    }
    assert_eq!(rest, [0_u8; 0]);
    messages
}

#[test]
fn a_trace_has_the_requests_in_their_order_and_no_secret() {
    let directory = Directory::new("requests");
    let server = obedient();
    let channel = traced(&server.url(), &directory.0, "one/two");
    for text in ["first", "second"] {
        channel.request(query(text)).unwrap();
    }
    channel.send(query("a message without reply")).unwrap();
    channel.request(query("last")).unwrap();
    assert_ne!(channel.auth_token(), AuthToken::NONE);
    // All is written when the stop is done.
    channel.stop(StopMethod::ClientForceful);

    assert_eq!(directory.files(), ["one_two.trace.0"]);
    let file = directory.file("one_two.trace.0");
    let messages = messages(&file);
    assert!(messages.iter().map(text_of).eq(["first", "second", "last"]));
    for (message, request_id) in messages.iter().zip([1, 2, 4]) {
        assert_eq!((message.header.request_id, message.header.auth_token), (request_id, AuthToken::NONE));
        assert_eq!(message.header.session_id, channel.session_id());
    }
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(DEFAULT_PASSWORD.len()).any(|window| window == DEFAULT_PASSWORD.as_bytes()));
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn files_roll_over_and_none_is_overwritten() {
    let directory = Directory::new("files");
    fs::create_dir_all(&directory.0).unwrap();
    fs::write(directory.file("id.trace.0"), "of another day").unwrap();
    let server = obedient();
    // Two with the same name at the same time.
    let channels = [(); 2].map(|()| traced(&server.url(), &directory.0, "id"));
    for channel in &channels {
        channel.request(query("begins")).unwrap();
        channel.request(large(1 << 20)).unwrap();
        channel.request(query("is in the next file")).unwrap();
    }
    drop(channels);
    assert_eq!(directory.files(), ["id.trace.0", "id.trace.1", "id.trace.2", "id.trace.3", "id.trace.4"]);
    assert_eq!(fs::read(directory.file("id.trace.0")).unwrap(), b"of another day");
    let verbs = |number: u32| {
        let messages = messages(&directory.file(&format!("id.trace.{number}")));
        messages.iter().map(|message| message.body.verb()).collect::<Vec<_>>()
    };
    let (one, other) = ([Verb::QUERY_REQUEST, Verb::DECRYPT_BUFFER_REQUEST], [Verb::QUERY_REQUEST]);
    let all: Vec<_> = (1..=4).map(verbs).collect();
    assert_eq!(all.iter().filter(|verbs| **verbs == one).count(), 2, "{all:?}");
    assert_eq!(all.iter().filter(|verbs| **verbs == other).count(), 2, "{all:?}");
}

#[test]
fn a_trace_goes_on_over_a_reconnection_and_another_connect() {
    let directory = Directory::new("again");
    let server = obedient();
    let url = format!("{}/{{ftHosts={}}}", server.url(), server.address());
    let channel = traced(&url, &directory.0, "id");
    let resend = within_ms(20_000).with_resend(ResendMode::ReconnectAndResend);
    channel.switch_server(Some(1)).unwrap();
    channel.request_with(query("after the switch"), resend).unwrap();
    channel.stop(StopMethod::Graceful);
    channel.connect().unwrap();
    channel.start().unwrap();
    channel.request(query("after the stop")).unwrap();
    drop(channel);
    assert_eq!(directory.files(), ["id.trace.0"]);
    let messages = messages(&directory.file("id.trace.0"));
    assert!(messages.iter().map(text_of).eq(["after the switch", "after the stop"]));
    #[cfg(target_os = "linux")]
    eventually("the thread ends", || {
        let names = fs::read_dir("/proc/self/task").unwrap().filter_map(|task| {
            // It can end in the meantime.
            fs::read_to_string(task.ok()?.path().join("comm")).ok()
        });
        names.filter(|name| name.starts_with("tgdb-trace")).count() == 0
    });
}

#[test]
fn a_trace_that_cannot_be_written_ends_with_one_warning_and_the_session_goes_on() {
    let directory = Directory::new("unusable");
    fs::create_dir_all(directory.0.parent().unwrap()).unwrap();
    fs::write(&directory.0, "no directory").unwrap();
    let server = obedient();
    let channel = traced(&server.url(), &directory.0, "id");
    let warnings = || {
        let path = directory.0.display().to_string();
        logs::warnings().iter().filter(|warning| warning.contains(&path)).count()
    };
    channel.request(query("one")).unwrap();
    eventually("there is a warning", || warnings() == 1);
    for _ in 0..100 {
        channel.request(query("another")).unwrap();
    }
    assert!(channel.request(Body::MetadataRequest).is_ok());
    channel.stop(StopMethod::Graceful);
    thread::yield_now();
    assert_eq!(warnings(), 1);
    assert_eq!(fs::read(&directory.0).unwrap(), b"no directory");
}
