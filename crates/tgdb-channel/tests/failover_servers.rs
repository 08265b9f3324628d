//! Which server a channel goes to: names that change, servers that refuse connections, reset them, are full,
//! start, restart, are read-only, or are all down.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::transport::{Resolve, TransportError};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{Faults, LoginFault, ServerConfig, TestServer, echoed};

const RESEND: RequestOptions =
    RequestOptions { timeout: Some(LONG), resend: Some(ResendMode::ReconnectAndResend), session: None };

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn list(first: impl std::fmt::Display, spare: impl std::fmt::Display) -> ChannelBuilder {
    builder(&format!("tcp://{first}/{{ftHosts={spare}}}")).property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
}

/// Connects, and returns why attempts failed on the way.
fn connected(builder: ChannelBuilder) -> (TgChannel, Vec<ChannelError>) {
    let channel = builder.build().unwrap();
    let events = channel.events();
    channel.connect().unwrap();
    channel.start().unwrap();
    let failed = |event| match event {
        ChannelEvent::AttemptFailed { error, .. } => Some(error),
        _ => None,
    };
    let failed = events.try_iter().filter_map(failed).collect();
    (channel, failed)
}

fn io_kind(error: &ChannelError) -> Option<io::ErrorKind> {
    match error {
        ChannelError::Connect(cause) => match &**cause {
            TransportError::Io { source, .. } | TransportError::Connect { source, .. } => Some(source.kind()),
            _ => None,
        },
        _ => None,
    }
}

/// Names and their addresses of the moment.
#[derive(Debug, Default)]
struct Names(Mutex<HashMap<String, SocketAddr>>);

impl Names {
    fn set(&self, name: &str, address: SocketAddr) {
        self.0.lock().unwrap().insert(name.into(), address);
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        let address = self.0.lock().unwrap().get(host).copied();
        address.map(|address| vec![address]).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[test]
fn a_name_that_is_not_found_is_passed_over() {
    let spare = obedient();
    let (channel, failed) = connected(list("no.example:1", spare.address()).resolver(Arc::new(Names::default())));
    assert_eq!(channel.outbox_addr(), Some(spare.address()));
    let [ChannelError::Connect(cause)] = &failed[..] else { panic!("{failed:?}") };
    assert!(matches!(**cause, TransportError::Resolve { .. }), "{cause:?}");
}

#[test]
fn a_name_server_that_does_not_answer_takes_the_time_for_connecting() {
    let spare = obedient();
    let (release, resolver) = Stalled::resolver();
    let builder =
        list("slow.example:1", spare.address()).property(ConfigName::ChannelConnectTimeout, "300").resolver(resolver);
    let (elapsed, (channel, failed)) = time(|| connected(builder));
    assert!(elapsed >= Duration::from_millis(300) && elapsed < Duration::from_secs(3), "{elapsed:?}");
    assert_eq!((channel.outbox_addr(), failed.len()), (Some(spare.address()), 1));
    drop(release);
}

#[test]
fn a_name_is_looked_up_for_each_attempt() {
    let (mut old, new) = (obedient(), obedient());
    let names = Arc::new(Names::default());
    names.set("db.example", old.address());
    let builder = list("db.example:1", "db.example:1").resolver(names.clone());
    let channel = started(builder.property(ConfigName::ChannelFTRetryCount, "1000"));
    assert_eq!(channel.outbox_addr(), Some(old.address()));
    old.kill();
    eventually("it is tried in vain", || channel.link_state() == LinkState::Reconnecting);
    names.set("db.example", new.address());
    assert_eq!(echoed(&channel.request_with(query("moved"), RESEND).unwrap().body), Some("moved"));
    assert_eq!(channel.outbox_addr(), Some(new.address()));
}

#[test]
fn a_server_that_refuses_or_resets_connections_is_passed_over() {
    let spare = obedient();
    let (channel, failed) = connected(list(nobody(), spare.address()));
    assert_eq!(io_kind(&failed[0]), Some(io::ErrorKind::ConnectionRefused));
    assert_eq!(channel.outbox_addr(), Some(spare.address()));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let socket = socket.unwrap();
            let _ = socket.peek(&mut [0]);
            socket2::Socket::from(socket).set_linger(Some(Duration::ZERO)).unwrap();
        }
    });
    let (channel, failed) = connected(list(address, spare.address()));
    assert_eq!(io_kind(&failed[0]), Some(io::ErrorKind::ConnectionReset), "{failed:?}");
    assert_eq!(channel.outbox_addr(), Some(spare.address()));
}

#[test]
fn a_server_that_is_full_is_passed_over_when_connecting_and_when_reconnecting() {
    let (full, mut spare) = (obedient(), obedient());
    full.set_faults(Faults { terminate: Some("no more sessions".into()), ..Faults::default() });
    let (channel, failed) = connected(list(full.address(), spare.address()));
    let [ChannelError::Login { source, .. }] = &failed[..] else { panic!("{failed:?}") };
    assert!(matches!(&**source, LoginError::Terminated { reason } if reason.as_deref() == Some("no more sessions")));
    assert_eq!(channel.outbox_addr(), Some(spare.address()));
    // The spare dies, and the first one has room by the third round.
    let events = channel.events();
    spare.kill();
    let mut failed = 0;
    while failed < 2 {
        if let ChannelEvent::AttemptFailed { error: ChannelError::Login { .. }, .. } =
            events.recv_timeout(LONG).unwrap()
        {
            failed += 1;
        }
    }
    full.set_faults(Faults::default());
    assert_eq!(channel.wait_reconnected(), LinkState::Connected);
}

#[test]
fn a_server_that_starts_is_waited_for_if_it_is_in_the_list_twice() {
    let server = obedient();
    server.set_faults(Faults { terminate: Some("starting up".into()), ..Faults::default() });
    let builder = list(server.address(), server.address()).property(ConfigName::ChannelFTRetryCount, "1000");
    thread::scope(|scope| {
        let connecting = scope.spawn(|| connected(builder));
        eventually("it was asked thrice", || server.accepted() >= 3);
        server.set_faults(Faults::default());
        let (channel, failed) = connecting.join().unwrap();
        assert!(channel.is_connected() && failed.len() >= 3);
    });
}

#[test]
fn what_all_servers_would_reject_ends_it_at_once() {
    for fault in [LoginFault::Version, LoginFault::Rejected, LoginFault::Exception] {
        let (server, spare) = (obedient(), obedient());
        server.set_faults(Faults { login: Some(fault), ..Faults::default() });
        let error = list(server.address(), spare.address()).build().unwrap().connect().unwrap_err();
        assert!(matches!(error, ChannelError::Login { .. }), "{error}");
        assert_eq!((server.accepted(), spare.accepted()), (1, 0), "{fault:?}");
    }
}

#[test]
fn a_server_that_restarts_is_found_again() {
    let mut server = obedient();
    let address = server.address();
    let channel = started(list(address, address).property(ConfigName::ChannelFTRetryCount, "1000"));
    let events = channel.events();
    server.kill();
    while !matches!(events.recv_timeout(LONG).unwrap(), ChannelEvent::AttemptFailed { .. }) {}
    let server = TestServer::start(ServerConfig { address, ..ServerConfig::scripted(obey) }).unwrap();
    assert_eq!(echoed(&channel.request_with(query("back"), RESEND).unwrap().body), Some("back"));
    assert_eq!((server.logins(), channel.session_number().unwrap().to_string()), (1, "2".into()));
}

#[test]
fn when_all_are_down_the_channel_is_closed_and_can_connect_again() {
    let (mut first, mut second) = (obedient(), obedient());
    let address = first.address();
    let channel = started(list(address, second.address()).property(ConfigName::ChannelFTRetryCount, "2"));
    let events = channel.events();
    let waiter = channel.submit_with(query("hold"), RESEND).unwrap();
    eventually("it is in flight", || first.requests() == 1);
    second.kill();
    first.kill();
    let error = waiter.wait().unwrap_err();
    let ChannelError::ReconnectFailed { reconnect, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**reconnect, ChannelError::AllAttemptsFailed { attempts: 4, .. }), "{reconnect:?}");
    let attempts: Vec<u32> = events
        .try_iter()
        .filter_map(|event| if let ChannelEvent::AttemptFailed { attempt, .. } = event { Some(attempt) } else { None })
        .collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    assert_eq!(channel.link_state(), LinkState::Closed);
    let error = channel.request(query("on")).unwrap_err();
    assert!(matches!(error, ChannelError::NotConnected { state: LinkState::Closed, cause: Some(_), .. }), "{error:?}");
    let _first = TestServer::start(ServerConfig { address, ..ServerConfig::scripted(obey) }).unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    assert!(channel.request(query("on")).is_ok());
}

#[test]
fn a_program_leaves_a_server_that_only_reads() {
    let servers = [obedient(), obedient(), obedient()];
    let spares = format!("{},{}", servers[1].address(), servers[2].address());
    let channel = started(list(servers[0].address(), spares));
    let goes_to = |to, index: usize| {
        channel.switch_server(to).unwrap();
        assert_eq!(echoed(&channel.request_with(query("x"), RESEND).unwrap().body), Some("x"));
        assert_eq!(channel.outbox_addr(), Some(servers[index].address()));
    };
    // In flight, it fares as if the connection was lost.
    let held = channel.submit(query("hold")).unwrap();
    eventually("it is in flight", || servers[0].requests() == 1);
    goes_to(None, 1);
    assert!(matches!(held.wait(), Err(ChannelError::NotResent { .. })));
    goes_to(None, 2);
    goes_to(None, 0);
    goes_to(Some(2), 2);
    assert!(matches!(channel.switch_server(Some(3)), Err(ChannelError::NoOtherServer { servers: 3 })));
    channel.stop(StopMethod::ClientForceful);
    assert!(matches!(channel.switch_server(None), Err(ChannelError::NotConnected { .. })));
    let single = started(builder(&servers[0].url()));
    assert!(matches!(single.switch_server(None), Err(ChannelError::NoOtherServer { servers: 1 })));
}

#[test]
fn a_reply_above_the_bound_fails_its_request_and_nothing_else() {
    let (secure_server, secure_builder, _ca) = secure();
    let server = obedient();
    let plain_builder = builder(&server.url());
    for (server, builder) in [(server, plain_builder), (secure_server, secure_builder)] {
        let channel = started(builder.property(ConfigName::ChannelMaxFrameSize, "64"));
        let other = channel.submit(query("later 100")).unwrap();
        let error = channel.request_with(large(200_000), RESEND).unwrap_err();
        assert!(
            matches!(error, ChannelError::ReplyTooLarge { length: 200_004, .. }) && error.session_survives(),
            "{error}"
        );
        assert!(error.to_string().contains("maxFrameSize"), "it names the remedy: {error}");
        assert_eq!(echoed(&other.wait().unwrap().body), Some("later 100"));
        assert!(channel.request(large(1000)).is_ok());
        assert_eq!((server.requests(), server.logins()), (3, 1), "asked once, in the same session");
    }
}
