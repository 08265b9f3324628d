//! A session from connect to stop, over plain TCP.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::version::{PROTOCOL, ProductVersion};
use tgdb_channel::pdu::{AuthToken, Body, Message, Verb};
use tgdb_channel::url::{ConfigName, Properties};
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

#[test]
fn connect_request_stop() {
    let server = TestServer::start(ServerConfig { record: true, ..ServerConfig::default() }).unwrap();
    let channel = builder(&server.url()).build().unwrap();
    assert_eq!(channel.link_state(), LinkState::NotConnected);
    assert!(!channel.is_connected() && !channel.is_closed() && !channel.in_error());
    assert_eq!((channel.auth_token(), channel.session_id(), channel.outbox_addr()), (AuthToken::NONE, 0, None));
    assert!(matches!(channel.request(Body::MetadataRequest), Err(ChannelError::NotConnected { .. })));
    assert!(matches!(channel.start(), Err(ChannelError::NotConnected { .. })));

    channel.connect().unwrap();
    assert!(channel.is_connected());
    assert!(matches!(channel.request(Body::MetadataRequest), Err(ChannelError::NotStarted)));
    channel.start().unwrap();
    channel.start().unwrap();
    assert!(matches!(channel.connect(), Err(ChannelError::AlreadyConnected(LinkState::Connected))));
    assert_eq!(channel.session_id(), 1001);
    assert_ne!(channel.auth_token(), AuthToken::NONE);
    assert_eq!(channel.client_id(), "tgdb.rust-api.client");
    assert_eq!((channel.client_protocol_version(), channel.server_protocol_version()), (PROTOCOL, Some(PROTOCOL)));
    assert_eq!(channel.server_product_version(), Some(ProductVersion::CLIENT));
    assert_eq!(channel.outbox_addr(), Some(server.address()));
    assert!(channel.inbox_addr().unwrap().ip().is_loopback());
    assert_eq!(channel.url().authority(), server.address().to_string());

    assert_eq!(echoed(&channel.request(query("g.V()")).unwrap().body), Some("g.V()"));
    assert_eq!(channel.send(Body::DumpStacktraceRequest).unwrap(), SendOutcome::Sent);
    let everything = [
        (Body::MetadataRequest, Verb::METADATA_RESPONSE),
        (Body::BeginTransactionRequest, Verb::BEGIN_TRANSACTION_RESPONSE),
        (CommitTransactionRequest::new(&b""[..]).into(), Verb::COMMIT_TRANSACTION_RESPONSE),
        (Body::RollbackTransactionRequest, Verb::ROLLBACK_TRANSACTION_RESPONSE),
        (Body::TraverseRequest, Verb::TRAVERSE_RESPONSE),
        (AdminRequest::new(AdminCommand::SHOW_USERS).into(), Verb::ADMIN_RESPONSE),
        (GetLargeObjectRequest { entity_id: 7, decrypt: false }.into(), Verb::GET_LARGE_OBJECT_RESPONSE),
        (DecryptBufferRequest { buffer: (&b"x"[..]).into() }.into(), Verb::DECRYPT_BUFFER_RESPONSE),
        (
            GetEntityRequest { command: GetEntityCommand::CLOSE, result_id: 3, key: None }.into(),
            Verb::GET_ENTITY_RESPONSE,
        ),
    ];
    for (body, verb) in everything {
        assert_eq!(channel.request(body).unwrap().verb(), verb);
    }
    assert!(channel.waiters().is_empty());

    channel.stop(StopMethod::Graceful);
    assert_eq!(channel.link_state(), LinkState::Closed);
    assert!(channel.is_closed() && !channel.in_error());
    eventually("the disconnect request arrives", || server.disconnects() == 1);
    channel.stop(StopMethod::Graceful);
    assert!(matches!(channel.request(Body::MetadataRequest), Err(ChannelError::NotConnected { .. })));

    // What the server saw: each request has its own id, and the session's token.
    let received = server.received();
    let ids: Vec<_> = received.iter().filter(|message| message.header.request_id > 0).collect();
    assert_eq!(ids.len(), 10);
    assert!(ids.windows(2).all(|pair| pair[0].header.request_id < pair[1].header.request_id));
    assert!(received.windows(2).all(|pair| pair[0].header.sequence_no < pair[1].header.sequence_no));
    let last = received.last().unwrap();
    let session = Some((channel.auth_token(), channel.session_id()));
    assert_eq!(last.body, DisconnectChannelRequest { session }.into());
}

#[test]
fn a_closed_channel_connects_again() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    for method in [StopMethod::Graceful, StopMethod::ClientForceful, StopMethod::RemoteKill] {
        channel.stop(method);
        assert!(channel.is_closed());
        channel.connect().unwrap();
        channel.start().unwrap();
        assert_eq!(echoed(&channel.request(query("again")).unwrap().body), Some("again"));
    }
    assert_eq!(server.logins(), 4);
}

#[test]
fn settings_precede_each_other_as_documented() {
    let server = TestServer::start(ServerConfig { record: true, ..ServerConfig::default() }).unwrap();
    let login = |url: &str, user, password, database, properties: &Properties| {
        let before = server.received().len();
        let channel = create_channel(url, user, password, database, Some(properties)).unwrap();
        let result = channel.connect();
        drop(channel);
        let received = server.received();
        let request = received[before..].iter().find_map(|message| match &message.body {
            Body::AuthenticateRequest(request) => Some(request.clone()),
            _ => None,
        });
        (result, request.unwrap())
    };
    let properties = Properties::new()
        .with(ConfigName::ChannelUserID, "p-user")
        .with(ConfigName::ChannelPassword, "p-password")
        .with(ConfigName::ConnectionDatabaseName, "p-database")
        .with(ConfigName::ChannelClientId, "p-client")
        .with(ConfigName::ConnectionSpecifiedRoles, "user, admin");
    let plain = server.url();
    let (_, request) = login(&plain, None, None, None, &properties);
    assert_eq!((request.user.as_deref(), request.database.as_deref()), (Some("p-user"), Some("p-database")));
    assert_eq!(request.password.expose(), b"p-password");
    assert_eq!(request.client_id.as_deref(), Some("p-client"));
    assert_eq!(request.roles, Some(vec!["user".to_owned(), "admin".to_owned()]));

    let url = format!("tcp://u-user@{}/{{password=u-password;dbName=u-database;roles=}}", server.address());
    let (_, request) = login(&url, None, None, None, &properties);
    assert_eq!((request.user.as_deref(), request.database.as_deref()), (Some("u-user"), Some("u-database")));
    assert_eq!((request.password.expose(), request.roles), (&b"u-password"[..], Some(Vec::new())));

    let (result, request) = login(&url, Some("scott"), Some("tiger"), Some("routes"), &properties);
    assert_eq!((request.user.as_deref(), request.database.as_deref()), (Some("scott"), Some("routes")));
    result.unwrap();

    let (_, request) = login(&plain, None, None, None, &Properties::new());
    assert_eq!((request.user.as_deref(), request.database, request.roles), (Some("admin"), None, None));
    assert!(request.password.expose().is_empty());
}

#[test]
fn a_timeout_frees_the_waiter_and_the_late_reply_goes_to_nobody() {
    let held = Arc::new(Mutex::new(Vec::<Message>::new()));
    let server = {
        let held = held.clone();
        TestServer::start(ServerConfig::scripted(move |session: &mut ServerSession, request: &Message| {
            if matches!(request.body, Body::MetadataRequest) {
                held.lock().unwrap().push(request.clone());
                return;
            }
            // The late reply goes out before this one's.
            for late in held.lock().unwrap().drain(..) {
                session.reply(&late, MetadataResponse::default());
            }
            echo(session, request);
        }))
        .unwrap()
    };
    let channel = started(builder(&server.url()));
    let options = RequestOptions::timeout(Duration::from_millis(50));
    let sent = Instant::now();
    let error = channel.request_with(Body::MetadataRequest, options).unwrap_err();
    assert!(sent.elapsed() >= Duration::from_millis(50));
    assert!(matches!(error, ChannelError::Timeout { verb: Verb::METADATA_REQUEST, .. }), "{error}");
    assert!(error.session_survives());
    assert!(channel.waiters().is_empty());
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::RethrowException);

    // A waiter that is there when the late reply comes does not get it.
    assert_eq!(echoed(&channel.request(query("next")).unwrap().body), Some("next"));
    assert_eq!(channel.stats(), ChannelStats { late_replies: 1, unknown_replies: 0 });

    // A dropped waiter gives up, too.
    drop(channel.submit(Body::MetadataRequest).unwrap());
    assert!(channel.waiters().is_empty());
    assert_eq!(echoed(&channel.request(query("after")).unwrap().body), Some("after"));
    assert_eq!(channel.stats().late_replies, 2);
}

#[test]
fn waiters_tell_how_they_stand() {
    let server = TestServer::start(ServerConfig::scripted(|session: &mut ServerSession, request: &Message| {
        if !matches!(request.body, Body::TraverseRequest) {
            echo(session, request);
        }
    }))
    .unwrap();
    let channel = started(builder(&server.url()));
    let silent = channel.submit(Body::TraverseRequest).unwrap();
    let answered = channel.submit(Body::MetadataRequest).unwrap();
    assert_eq!((silent.verb(), silent.status()), (Verb::TRAVERSE_REQUEST, WaiterStatus::Waiting));
    eventually("the second is answered", || answered.status() == WaiterStatus::Ok);
    let info = channel.waiters();
    assert_eq!(info.len(), 1);
    assert_eq!((info[0].request_id, info[0].verb), (silent.request_id(), Verb::TRAVERSE_REQUEST));
    let silent = silent.try_wait().expect_err("no reply yet");
    assert!(answered.try_wait().expect("there").is_ok());
    channel.stop(StopMethod::ClientForceful);
    assert_eq!(silent.status(), WaiterStatus::Closed);
    assert!(matches!(silent.wait(), Err(ChannelError::Stopped)));
    channel.connect().unwrap();
    channel.start().unwrap();
    let lost = channel.submit(Body::TraverseRequest).unwrap();
    server.cut_connections();
    eventually("the loss is noticed", || lost.status() == WaiterStatus::Disconnected);
    assert!(matches!(lost.wait(), Err(ChannelError::Lost { .. })));
}

#[test]
fn callbacks_get_replies_and_timeouts() {
    let server = TestServer::start(ServerConfig::scripted(|session: &mut ServerSession, request: &Message| {
        if !matches!(request.body, Body::TraverseRequest) {
            echo(session, request);
        }
    }))
    .unwrap();
    let channel = Arc::new(started(builder(&server.url())));
    let (sender, results) = mpsc::channel();
    let timeout = RequestOptions::timeout(Duration::from_millis(50));
    let send = sender.clone();
    channel.submit_callback(Body::TraverseRequest, timeout, move |outcome| send.send(outcome).unwrap()).unwrap();
    assert!(matches!(results.recv_timeout(LONG).unwrap(), Err(ChannelError::Timeout { .. })));

    // A callback may submit but not wait, and its panic is its own affair.
    let inner = channel.clone();
    let send = sender.clone();
    let options = RequestOptions::default();
    channel
        .submit_callback(Body::MetadataRequest, options, move |_| {
            let waited = inner.request(Body::MetadataRequest);
            send.send(waited).unwrap();
            assert!(matches!(inner.connect(), Err(ChannelError::WouldDeadlock)));
            inner.submit_callback(query("nested"), options, move |outcome| sender.send(outcome).unwrap()).unwrap();
            panic!("on purpose");
        })
        .unwrap();
    assert!(matches!(results.recv_timeout(LONG).unwrap(), Err(ChannelError::WouldDeadlock)));
    assert_eq!(echoed(&results.recv_timeout(LONG).unwrap().unwrap().body), Some("nested"));
    assert_eq!(echoed(&channel.request(query("goes on")).unwrap().body), Some("goes on"));
}

#[test]
fn a_callback_may_stop_the_channel_which_then_connects_again() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = Arc::new(started(builder(&server.url())));
    let inner = channel.clone();
    let (sender, stopped) = mpsc::channel();
    channel
        .submit_callback(Body::MetadataRequest, RequestOptions::default(), move |_| {
            inner.stop(StopMethod::Graceful);
            sender.send(inner.link_state()).unwrap();
        })
        .unwrap();
    assert_eq!(stopped.recv_timeout(LONG).unwrap(), LinkState::Closed);
    channel.connect().unwrap();
    channel.start().unwrap();
    assert_eq!(echoed(&channel.request(query("again")).unwrap().body), Some("again"));
}

#[test]
fn a_server_exception_is_the_request_s_own() {
    let server =
        TestServer::start(ServerConfig::scripted(|session: &mut ServerSession, request: &Message| {
            match request.body {
                Body::TraverseRequest => session.reply(request, Exception { code: 42, message: Some("no".into()) }),
                _ => echo(session, request),
            }
        }))
        .unwrap();
    let channel = started(builder(&server.url()));
    let error = channel.request(Body::TraverseRequest).unwrap_err();
    assert_eq!(error.to_string(), "TraverseRequest: the server reports error 42: no");
    assert!(error.session_survives());
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn a_reply_that_does_not_decode_is_the_request_s_own() {
    let server =
        TestServer::start(ServerConfig::scripted(|session: &mut ServerSession, request: &Message| {
            match request.body {
                Body::MetadataRequest => {
                    let raw = RawBody { verb: Verb::METADATA_RESPONSE, payload: vec![0, 0, 0, 9].into() };
                    session.reply(request, Body::Raw(raw));
                }
                _ => echo(session, request),
            }
        }))
        .unwrap();
    let channel = started(builder(&server.url()));
    let error = channel.request(Body::MetadataRequest).unwrap_err();
    assert!(matches!(error, ChannelError::BadReply { .. }), "{error}");
    assert!(error.session_survives());
    assert_eq!(echoed(&channel.request(query("goes on")).unwrap().body), Some("goes on"));
}

#[test]
fn a_message_that_cannot_be_written_is_not_sent() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    let error = channel.request(query("x".repeat(40_000))).unwrap_err();
    assert!(matches!(error, ChannelError::Encode { .. }) && error.session_survives(), "{error}");
    assert!(channel.request(Body::MetadataRequest).is_ok());
    assert_eq!(server.requests(), 1);
}

#[test]
fn the_server_ends_the_session() {
    let server = TestServer::start(ServerConfig::scripted(|_: &mut ServerSession, _: &Message| {})).unwrap();
    let channel = started(builder(&server.url()));
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    server.terminate_sessions("maintenance");
    let error = waiter.wait().unwrap_err();
    assert!(matches!(&error, ChannelError::Terminated { reason: Some(reason) } if reason == "maintenance"), "{error}");
    assert_eq!(channel.link_state(), LinkState::Terminated);
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::Disconnected);
    let error = channel.request(Body::MetadataRequest).unwrap_err();
    assert!(error.to_string().contains("maintenance"), "{error}");
    channel.connect().unwrap();
    assert!(channel.is_connected());
}

#[test]
fn graceful_waits_and_forceful_does_not() {
    let slow = |session: &mut ServerSession, request: &Message| {
        std::thread::sleep(Duration::from_millis(100));
        echo(session, request);
    };
    let server = TestServer::start(ServerConfig::scripted(slow)).unwrap();
    let channel = started(builder(&server.url()));
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::Graceful);
    assert!(waiter.wait().is_ok(), "the reply was waited for");

    channel.connect().unwrap();
    channel.start().unwrap();
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::ClientForceful);
    assert!(matches!(waiter.wait(), Err(ChannelError::Stopped)));
    eventually("both said good-bye", || server.disconnects() == 2);

    channel.connect().unwrap();
    channel.start().unwrap();
    channel.stop(StopMethod::RemoteKill);
    assert_eq!(channel.link_state(), LinkState::Terminated);
    assert_eq!(server.disconnects(), 2, "without a word");
}

#[test]
fn stop_ends_a_connect_that_hangs() {
    let server = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let channel = builder(&server.url()).build().unwrap();
    std::thread::scope(|scope| {
        let connecting = scope.spawn(|| channel.connect());
        eventually("the connection is there", || server.accepted() == 1);
        std::thread::sleep(Duration::from_millis(20));
        assert!(matches!(channel.connect(), Err(ChannelError::AlreadyConnected(_))));
        let asked = Instant::now();
        channel.stop(StopMethod::ClientForceful);
        assert!(matches!(connecting.join().unwrap(), Err(ChannelError::Stopped)));
        assert!(asked.elapsed() < LONG / 2);
    });
}

#[test]
fn the_pinger_pings_a_silent_link_only() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()).property(ConfigName::ChannelPingInterval, "0.05"));
    eventually("two pings", || server.pings() >= 2);
    // A ping from the server changes nothing.
    server.push(Body::Ping);
    assert!(channel.request(Body::MetadataRequest).is_ok());
    assert_eq!(channel.stats(), ChannelStats::default());

    let quiet = TestServer::start(ServerConfig::default()).unwrap();
    let _unpinged = started(builder(&quiet.url()).property(ConfigName::ChannelPingInterval, "0"));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(quiet.pings(), 0);
}

#[test]
fn unasked_messages_are_counted_and_dropped() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    server.push(Exception { code: 1, message: None }.into());
    server.push(MetadataResponse::default().into());
    eventually("both are counted", || channel.stats().unknown_replies == 2);
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn nothing_shows_the_password() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let url = format!("{}/{{password=open sesame}}", server.url());
    let builder = TgChannel::builder(&url).user("scott").password("tiger").database("routes");
    let shown = format!("{builder:?}");
    let channel = started(builder);
    let shown =
        format!("{shown} {channel:?} {:?} {:?} {:?}", channel.properties(), channel.url(), channel.auth_token());
    assert!(!shown.contains("tiger") && !shown.contains("sesame"), "{shown}");
    assert!(!shown.contains(&channel.auth_token().expose().to_string()), "{shown}");
}
