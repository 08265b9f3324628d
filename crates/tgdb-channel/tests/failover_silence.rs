//! Servers that die without closing the connection: a process that hangs, a host that is gone, a reply that
//! is under way for long.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use support::process::{self, OtherProcess};
use support::*;
use tgdb_channel::transport::TransportError;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::echoed;

const RESEND: RequestOptions =
    RequestOptions { timeout: Some(LONG), resend: Some(ResendMode::ReconnectAndResend), session: None };

/// Not a test, but the server of another process.
#[test]
#[ignore = "a server for the other tests"]
fn serve() {
    process::serve();
}

fn patience(builder: ChannelBuilder, liveness: &str) -> ChannelBuilder {
    builder
        .property(ConfigName::ChannelLivenessTimeoutSeconds, liveness)
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
}

#[test]
fn a_process_that_hangs_is_given_up_and_the_spare_answers() {
    let hung = OtherProcess::start(&[], "127.0.0.1:0");
    let spare = obedient();
    let url = format!("tcp://{}/{{ftHosts={}}}", hung.address, spare.address());
    let channel = started(patience(builder(&url), "1.5"));
    assert_eq!(echoed(&channel.request(query("before")).unwrap().body), Some("before"));
    let events = channel.events();
    hung.stop();
    let (elapsed, reply) = time(|| channel.request_with(query("after"), RESEND));
    assert_eq!(echoed(&reply.unwrap().body), Some("after"));
    assert!(elapsed >= Duration::from_millis(1500), "given up after {elapsed:?}");
    assert!(elapsed < Duration::from_secs(5), "the spare answered after {elapsed:?}");
    let is_silence = |event: &ChannelEvent| {
        matches!(event, ChannelEvent::Lost { cause }
            if matches!(&**cause, TransportError::Unresponsive { silence, .. } if *silence >= Duration::from_millis(1500)))
    };
    assert!(events.try_iter().any(|event| is_silence(&event)));
    assert_eq!(spare.requests(), 1);

    // It goes on, and is there for those who want it.
    hung.go_on();
    channel.switch_server(Some(0)).unwrap();
    assert_eq!(echoed(&channel.request_with(query("again"), RESEND).unwrap().body), Some("again"));
    assert_eq!(channel.outbox_addr(), Some(hung.address));
}

#[test]
fn a_process_that_hangs_is_kept_if_liveness_is_off_or_nobody_waits() {
    let hung = OtherProcess::start(&[], "127.0.0.1:0");
    let off = started(patience(builder(&format!("tcp://{}", hung.address)), "0"));
    let idle = started(patience(builder(&format!("tcp://{}", hung.address)), "0.1"));
    hung.stop();
    let error = off.request_with(query("unheard"), within_ms(400)).unwrap_err();
    assert!(matches!(error, ChannelError::Timeout { was_sent: true, .. }), "{error}");
    assert!(off.is_connected() && idle.is_connected());
    hung.go_on();
    assert!(off.request(query("heard")).is_ok() && idle.request(query("heard")).is_ok());
}

#[test]
fn a_login_at_a_process_that_hangs_ends_at_its_timeout() {
    let hung = OtherProcess::start(&[], "127.0.0.1:0");
    let spare = obedient();
    hung.stop();
    let url = format!("tcp://{}/{{ftHosts={}}}", hung.address, spare.address());
    let builder = builder(&url).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.5");
    let (elapsed, channel) = time(|| started(builder));
    assert!(elapsed >= Duration::from_millis(500) && elapsed < Duration::from_secs(3), "{elapsed:?}");
    assert_eq!(channel.outbox_addr(), Some(spare.address()));
}

#[test]
fn a_reply_that_takes_longer_than_the_liveness_time_is_waited_for_while_bytes_come() {
    let peer = Peer::start(|mut client| {
        let Some(request) = client.read() else { return };
        let reply = client.encode(request.header.request_id, echo_of(&request));
        for piece in reply.chunks(reply.len() / 10) {
            client.tcp.write_all(piece).unwrap();
            if !client.pause(Duration::from_millis(150)) {
                return;
            }
        }
        client.hold();
    });
    let channel = started(patience(builder(&peer.url()), "0.5"));
    let (elapsed, reply) = time(|| channel.request_with(large(100_000), within_ms(10_000)));
    assert!(reply.is_ok(), "{reply:?}");
    assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}");
}

/// Sends half of a message, and then nothing.
fn stops_half_way(mut client: Client, request_id: i64) {
    let bytes = client.encode(request_id, query("not all of it"));
    client.tcp.write_all(&bytes[..bytes.len() / 2]).unwrap();
    client.hold();
}

#[test]
fn a_message_that_stops_half_way_is_silence_once_something_is_waited_for() {
    let of_a_reply: fn(Client) = |mut client| {
        let Some(request) = client.read() else { return };
        stops_half_way(client, request.header.request_id);
    };
    let unasked: fn(Client) = |client| stops_half_way(client, 987_654_321);
    for serve in [of_a_reply, unasked] {
        let peer = Peer::start(serve);
        let channel = started(patience(builder(&peer.url()), "0.3"));
        let (elapsed, result) = time(|| channel.request_with(query("?"), within_ms(10_000)));
        let error = result.unwrap_err();
        let ChannelError::Lost { cause, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(**cause, TransportError::Unresponsive { .. }), "{cause:?}");
        assert!(elapsed >= Duration::from_millis(300) && elapsed < Duration::from_secs(3), "{elapsed:?}");
        assert_eq!(channel.link_state(), LinkState::FailedOnRecv);
    }
}

#[test]
fn a_message_of_the_login_that_stops_half_way_ends_it_at_its_timeout() {
    let peer = Peer::before_login(|client| stops_half_way(client, -1));
    let builder = builder(&peer.url()).operation_timeout(Duration::from_millis(300));
    let (elapsed, result) = time(|| builder.build().unwrap().connect());
    let error = result.unwrap_err();
    assert!(error.is_timeout() && error.kind() == ErrorKind::Timeout, "{error:?}");
    assert!(elapsed >= Duration::from_millis(300) && elapsed < Duration::from_secs(3), "{elapsed:?}");
}

/// A network of its own for a server, at the other end of a cable.
struct Namespace {
    name: String,
    ours: String,
    server: String,
}

fn ip(words: &str) -> bool {
    Command::new("ip").args(words.split(' ')).status().is_ok_and(|status| status.success())
}

impl Namespace {
    /// `None` if this machine does not allow it.
    fn new(number: u8) -> Option<Self> {
        let id = std::process::id();
        let (name, ours, theirs) = (format!("tg{id}n{number}"), format!("tg{id}a{number}"), format!("tg{id}b{number}"));
        if !ip(&format!("netns add {name}")) {
            return None;
        }
        let namespace = Self { server: format!("10.231.{number}.2"), name, ours };
        let Self { name, ours, server } = &namespace;
        let is_made = ip(&format!("link add {ours} type veth peer name {theirs} netns {name}"))
            && ip(&format!("addr add 10.231.{number}.1/30 dev {ours}"))
            && ip(&format!("link set {ours} up"))
            && ip(&format!("-n {name} addr add {server}/30 dev {theirs}"))
            && ip(&format!("-n {name} link set {theirs} up"));
        is_made.then_some(namespace)
    }

    fn serve(&self) -> OtherProcess {
        let prefix = ["ip", "netns", "exec", &self.name];
        OtherProcess::start(&prefix, &format!("{}:0", self.server))
    }

    /// From now on what is sent there goes to nobody, and nobody says so.
    fn die(&self) {
        let Self { ours, server, .. } = self;
        assert!(ip(&format!("neigh replace {server} lladdr 02:00:00:00:00:99 dev {ours} nud permanent")));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&format!("link del {}", self.ours));
        ip(&format!("netns del {}", self.name));
    }
}

/// `None`, with a word, where there can be no such network.
fn namespace(number: u8) -> Option<Namespace> {
    let namespace = Namespace::new(number);
    if namespace.is_none() {
        eprintln!("SKIPPED: needs root and `ip netns`, for a host that dies without closing the connection");
    }
    namespace
}

#[test]
fn a_host_that_is_gone_is_lost_within_the_user_timeout() {
    let Some(namespace) = namespace(1) else { return };
    let server = namespace.serve();
    let builder = patience(builder(&format!("tcp://{}", server.address)), "0");
    let channel = started(builder.property(ConfigName::ChannelTcpUserTimeoutSeconds, "1"));
    assert!(channel.request(query("before")).is_ok());
    namespace.die();
    let (elapsed, result) = time(|| channel.request_with(query("unheard"), RESEND));
    let error = result.unwrap_err();
    let ChannelError::Lost { cause, .. } = &error else { panic!("{error:?}") };
    assert!(
        matches!(&**cause, TransportError::Io { source, .. } if source.kind() == std::io::ErrorKind::TimedOut),
        "{cause:?}"
    );
    assert!(elapsed >= Duration::from_millis(900) && elapsed < Duration::from_secs(4), "{elapsed:?}");
    assert_eq!(channel.link_state(), LinkState::FailedOnRecv);
    println!("a dead host was noticed after {elapsed:?}");
}

#[test]
fn a_host_that_is_gone_is_replaced_and_not_waited_for_when_connecting() {
    let Some(namespace) = namespace(2) else { return };
    let (server, spare) = (namespace.serve(), obedient());
    let url = format!("tcp://{}/{{ftHosts={}}}", server.address, spare.address());
    let channel = started(
        patience(builder(&url), "0.4")
            .property(ConfigName::ChannelTcpUserTimeoutSeconds, "20")
            .property(ConfigName::ChannelConnectTimeout, "500"),
    );
    assert!(channel.request(query("before")).is_ok());
    namespace.die();
    let (elapsed, reply) = time(|| channel.request_with(query("after"), RESEND));
    assert_eq!(echoed(&reply.unwrap().body), Some("after"));
    assert!(elapsed >= Duration::from_millis(400) && elapsed < Duration::from_secs(3), "{elapsed:?}");
    // Connecting there takes the time for connecting, and goes on with the spare.
    let events = channel.events();
    let (elapsed, ()) = time(|| {
        channel.switch_server(Some(0)).unwrap();
        assert_eq!(channel.wait_reconnected(), LinkState::Connected);
    });
    assert!(elapsed >= Duration::from_millis(500) && elapsed < Duration::from_secs(3), "{elapsed:?}");
    let is_timeout = |event: &ChannelEvent| {
        matches!(event, ChannelEvent::AttemptFailed { error: ChannelError::Connect(cause), .. }
            if matches!(&**cause, TransportError::ConnectTimeout { .. }))
    };
    assert!(events.try_iter().any(|event| is_timeout(&event)));
}
