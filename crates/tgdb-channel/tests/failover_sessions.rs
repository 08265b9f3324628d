//! Sessions that change: what belongs to one, what comes first in each, and what a program is
//! informed about it.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use support::*;
use tgdb_channel::pdu::body::{
    CommitTransactionRequest, ConnectionProperties, FetchOptions, GetEntityCommand, GetEntityRequest, QueryCommand,
    QueryRequest, QueryTarget,
};
use tgdb_channel::pdu::{Body, Verb};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{DEFAULT_PASSWORD, ServerConfig, ServerSession, TestServer, echo, echoed};

const RESEND: RequestOptions =
    RequestOptions { timeout: Some(LONG), resend: Some(ResendMode::ReconnectAndResend), session: None };

/// A server that keeps what it is asked, and does what queries say.
fn recording() -> TestServer {
    TestServer::start(ServerConfig { record: true, ..ServerConfig::scripted(obey) }).unwrap()
}

/// A channel to a server that is its own spare.
fn own_spare(server: &TestServer) -> ChannelBuilder {
    builder(&format!("{}/{{ftHosts={}}}", server.url(), server.address()))
        .property(ConfigName::ChannelFTReconnectSpreadSeconds, "0")
        .property(ConfigName::ChannelFTRetryCount, "1000")
}

/// Loses the connection, and waits until there is another session.
fn change_session(server: &TestServer, channel: &TgChannel) {
    let before = channel.session_number();
    server.cut_connections();
    eventually("there is another session", || {
        channel.session_number().is_some_and(|number| Some(number) != before) && channel.is_connected()
    });
}

/// What the server was asked after the login, except for queries.
fn asked(server: &TestServer) -> Vec<Verb> {
    let verbs = server.received().into_iter().map(|message| message.verb());
    let is_login = |verb: &Verb| matches!(*verb, Verb::HANDSHAKE_REQUEST | Verb::AUTHENTICATE_REQUEST);
    verbs.filter(|verb| !is_login(verb)).collect()
}

fn assert_gone(result: Result<tgdb_channel::pdu::Message, ChannelError>, channel: &TgChannel) {
    let error = result.unwrap_err();
    let ChannelError::SessionGone { session, current, .. } = &error else { panic!("{error:?}") };
    assert!(Some(*session) < *current && *current == channel.session_number(), "{error:?}");
    assert!(error.session_survives());
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::RethrowException);
}

fn commit() -> Body {
    CommitTransactionRequest::new(Vec::new()).into()
}

#[test]
fn a_commit_or_rollback_does_not_go_to_another_session() {
    let server = recording();
    let channel = started(own_spare(&server));
    channel.request(Body::BeginTransactionRequest).unwrap();
    change_session(&server, &channel);
    assert_gone(channel.request(commit()), &channel);
    assert_gone(channel.request(Body::RollbackTransactionRequest), &channel);
    assert_eq!(asked(&server), [Verb::BEGIN_TRANSACTION_REQUEST], "none was sent");
    channel.request(Body::BeginTransactionRequest).unwrap();
    channel.request(commit()).unwrap();
    // Begun and committed without waiting in between.
    change_session(&server, &channel);
    let waiters = channel.submit_all([Body::BeginTransactionRequest, commit()], RequestOptions::default()).unwrap();
    waiters.into_iter().for_each(|waiter| drop(waiter.wait().unwrap()));
}

#[test]
fn a_commit_while_the_channel_reconnects_fails_at_once() {
    let mut server = recording();
    let channel = started(own_spare(&server));
    channel.request(Body::BeginTransactionRequest).unwrap();
    let current = RequestOptions::session(SessionScope::Current);
    server.kill();
    eventually("it reconnects", || channel.link_state() == LinkState::Reconnecting);
    for (body, options) in [(commit(), RequestOptions::default()), (query("of this session"), current)] {
        let error = channel.request_with(body, options).unwrap_err();
        assert!(matches!(error, ChannelError::SessionGone { current: None, .. }), "{error:?}");
    }
}

#[test]
fn results_and_prepared_queries_are_those_of_their_session() {
    let server = recording();
    let channel = started(own_spare(&server));
    let get = |command, key| GetEntityRequest { command, result_id: 7, key };
    let key = Some((FetchOptions::default(), Vec::new().into()));
    channel.request(get(GetEntityCommand::GET, key.clone())).unwrap();
    channel.request(get(GetEntityCommand::CONTINUE, None)).unwrap();
    let prepared = |command| QueryRequest { command, target: QueryTarget::Id(7), ..QueryRequest::text(command, "") };
    change_session(&server, &channel);
    let before = asked(&server).len();
    assert_gone(channel.request(get(GetEntityCommand::CONTINUE, None)), &channel);
    assert_gone(channel.request(get(GetEntityCommand::CLOSE, None)), &channel);
    assert_gone(channel.request(prepared(QueryCommand::EXECUTE_ID)), &channel);
    assert_gone(channel.request(prepared(QueryCommand::CLOSE)), &channel);
    assert_eq!(asked(&server).len(), before, "none was sent");
    // In a session of which nothing is known they go to that.
    channel.request(get(GetEntityCommand::GET, key)).unwrap();
    channel.request(get(GetEntityCommand::CONTINUE, None)).unwrap();
}

#[test]
fn a_program_can_say_which_session_a_request_belongs_to() {
    let server = recording();
    let channel = started(own_spare(&server));
    let first = channel.session_number().unwrap();
    channel.request(Body::BeginTransactionRequest).unwrap();
    let pinned = RESEND.with_session(SessionScope::Current);
    let held = channel.submit_with(query("hold"), pinned).unwrap();
    eventually("it is in flight", || server.requests() == 2);
    change_session(&server, &channel);
    assert!(matches!(held.wait(), Err(ChannelError::NotResent { .. })), "it was sent, and is not sent again");
    assert_gone(channel.request_with(query("x"), RequestOptions::session(SessionScope::Of(first))), &channel);
    let second = channel.session_number().unwrap();
    let reply = channel.request_with(query("x"), RequestOptions::session(SessionScope::Of(second))).unwrap();
    assert_eq!(echoed(&reply.body), Some("x"));
    assert!(channel.request_with(query("x"), pinned).is_ok());
    assert!(channel.request_with(commit(), RequestOptions::session(SessionScope::Any)).is_ok(), "it knows better");
}

#[test]
fn what_sets_a_session_up_comes_first_in_each_and_has_no_secrets() {
    let server = recording();
    let channel = started(
        own_spare(&server)
            .property(ConfigName::ConnectionSendProperties, "true")
            .property(ConfigName::ChannelPassword, DEFAULT_PASSWORD)
            .property(ConfigName::KeyStorePassword, "key store")
            .property(ConfigName::TlsClientKey, "/no/such.key")
            .property(ConfigName::TlsClientCertificate, "/no/such.pem")
            .session_setup(ConnectionProperties { properties: Vec::new() })
            .session_setup(Body::DumpStacktraceRequest),
    );
    channel.request_with(query("first"), RESEND).unwrap();
    change_session(&server, &channel);
    channel.request_with(query("second"), RESEND).unwrap();
    let one =
        [Verb::CONNECTION_PROPERTIES, Verb::CONNECTION_PROPERTIES, Verb::DUMP_STACKTRACE_REQUEST, Verb::QUERY_REQUEST];
    assert_eq!(asked(&server), [one, one].concat());
    let sent = server.received().into_iter().find_map(|message| match message.body {
        Body::ConnectionProperties(sent) => Some(sent.properties),
        _ => None,
    });
    let sent: Vec<_> =
        sent.unwrap().into_iter().map(|property| (property.key.clone(), property.value.clone().unwrap())).collect();
    assert!(sent.contains(&("tgdb.connection.sendProperties".into(), "true".into())), "{sent:?}");
    for (key, value) in &sent {
        assert!(!key.to_lowercase().contains("password") && value != DEFAULT_PASSWORD && value != "key store", "{key}");
    }
}

/// The events as words.
fn words(events: &crossbeam_channel::Receiver<ChannelEvent>) -> Vec<String> {
    let word = |event| match event {
        ChannelEvent::LinkChanged { from, to } => format!("{from:?} -> {to:?}"),
        ChannelEvent::Lost { .. } => "lost".into(),
        ChannelEvent::AttemptFailed { attempt, .. } => format!("attempt {attempt} failed"),
        ChannelEvent::NewSession { session, .. } => format!("session {session}"),
        ChannelEvent::Resent { times, .. } => format!("resent {times}"),
        ChannelEvent::LateReply { request_id, .. } => format!("late {request_id}"),
        _ => "unknown".into(),
    };
    events.try_iter().map(word).collect()
}

#[test]
fn each_event_comes_once_and_in_order() {
    let (mut first, second) = (obedient(), obedient());
    let channel = builder(&format!("{}/{{ftHosts={}}}", first.url(), second.address())).build().unwrap();
    let (events, others) = (channel.events(), channel.events());
    channel.connect().unwrap();
    channel.start().unwrap();
    assert_eq!(words(&events), ["session 1", "NotConnected -> Connected"]);
    // Else the server counts as one that hangs up after the login.
    channel.request(query("x")).unwrap();
    let held = channel.submit_with(query("later 50"), RESEND).unwrap();
    eventually("it is in flight", || first.requests() == 2);
    first.kill();
    assert!(held.wait().is_ok());
    channel.stop(StopMethod::ClientForceful);
    let since = [
        "Connected -> FailedOnRecv",
        "lost",
        "FailedOnRecv -> Reconnecting",
        "attempt 1 failed",
        "session 2",
        "Reconnecting -> Connected",
        "resent 1",
        "Connected -> Closing",
        "Closing -> Closed",
    ];
    assert_eq!(words(&events), since);
    assert_eq!(words(&others)[2..], since, "each receiver gets all");
}

#[test]
fn a_late_reply_is_reported() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let events = channel.events();
    let late = channel.submit_with(query("later 200"), within_ms(50)).unwrap();
    let id = late.request_id();
    assert!(matches!(late.wait(), Err(ChannelError::Timeout { was_sent: true, .. })));
    match events.recv_timeout(LONG).unwrap() {
        ChannelEvent::LateReply { request_id, verb } => assert_eq!((request_id, verb), (id, Verb::QUERY_RESPONSE)),
        other => panic!("{other:?}"),
    }
    assert!(channel.request(query("on")).is_ok());
    assert_eq!(channel.stats().late_replies, 1);
}

#[test]
fn a_receiver_that_is_slow_loses_events_and_holds_nothing_up() {
    // Each reply comes twice: the second one is late.
    let twice = |session: &mut ServerSession, request: &tgdb_channel::pdu::Message| {
        echo(session, request);
        echo(session, request);
    };
    let server = TestServer::start(ServerConfig::scripted(twice)).unwrap();
    let channel = started(builder(&server.url()));
    let (slow, gone) = (channel.events(), channel.events());
    drop(gone);
    const REQUESTS: usize = 1200;
    for _ in 0..REQUESTS {
        channel.request_with(query("x"), within_ms(10_000)).unwrap();
    }
    eventually("all came", || channel.stats().late_replies == REQUESTS as u64);
    assert_eq!(slow.len(), 1024, "the first ones are kept");
    let ids: Vec<i64> = slow
        .try_iter()
        .map(|event| if let ChannelEvent::LateReply { request_id, .. } = event { request_id } else { -1 })
        .collect();
    assert_eq!(ids, (1..=1024).collect::<Vec<_>>());
    drop(channel);
    assert!(matches!(
        slow.recv_timeout(Duration::from_secs(5)),
        Ok(ChannelEvent::LinkChanged { .. }) | Err(crossbeam_channel::RecvTimeoutError::Disconnected)
    ));
}
