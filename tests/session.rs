//! A session from connect to stop, over plain TCP.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::version::{PROTOCOL, ProductVersion};
use tgdb_channel::pdu::{AuthToken, Body, Verb};
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

    // What the server saw: who logs in from where; each request has its own id, and the session's token.
    let received = server.received();
    let Body::AuthenticateRequest(login) = &received[2].body else { panic!("{:?}", received[2]) };
    assert_eq!(login.inbox_addr, channel.inbox_addr().map(|address| address.to_string()));
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
fn the_server_ends_the_session() {
    let server = scripted(|_, _| {});
    let channel = started(builder(&server.url()));
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    server.terminate_sessions("maintenance");
    let error = waiter.wait().unwrap_err();
    assert!(matches!(&error, ChannelError::Terminated { reason: Some(reason) } if reason == "maintenance"), "{error}");
    assert_eq!(channel.link_state(), LinkState::Terminated);
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::Disconnected);
    let error = channel.request(Body::MetadataRequest).unwrap_err();
    assert!(format!("{error:#}").contains("maintenance"), "{error}");
    channel.connect().unwrap();
    assert!(channel.is_connected());
}

#[test]
fn disconnecting_and_dropping_say_good_bye() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    channel.disconnect();
    assert_eq!(channel.link_state(), LinkState::Closed);
    eventually("the first leaves", || server.disconnects() == 1);
    let waiter = {
        let dropped = started(builder(&server.url()));
        dropped.submit(Body::MetadataRequest).unwrap()
    };
    eventually("the second leaves", || server.disconnects() == 2);
    // The reply may have been faster than the drop.
    assert!(matches!(waiter.wait(), Ok(_) | Err(ChannelError::Stopped)));
}

#[test]
fn graceful_waits_and_forceful_does_not() {
    let is_silent = Arc::new(AtomicBool::new(false));
    let server = scripted({
        let is_silent = is_silent.clone();
        move |session, request| {
            // Long enough that the reply is not there before the stop, mostly.
            std::thread::sleep(Duration::from_millis(100));
            if !is_silent.load(Ordering::SeqCst) {
                echo(session, request);
            }
        }
    });
    let channel = started(builder(&server.url()));
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::Graceful);
    assert!(waiter.wait().is_ok(), "the reply was waited for");
    is_silent.store(true, Ordering::SeqCst);

    channel.connect().unwrap();
    channel.start().unwrap();
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::ClientForceful);
    assert!(matches!(waiter.wait(), Err(ChannelError::Stopped)));
    eventually("both said good-bye", || server.disconnects() == 2);

    channel.connect().unwrap();
    channel.start().unwrap();
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    channel.stop(StopMethod::RemoteKill);
    assert!(matches!(waiter.wait(), Err(ChannelError::Terminated { reason: None })));
    assert_eq!(channel.link_state(), LinkState::Terminated);
    assert_eq!(server.disconnects(), 2, "without a disconnect request");
}

#[test]
fn graceful_waits_as_long_as_a_request_may_take() {
    // Longer than the server is given to close its end.
    let server = scripted(|session, request| {
        std::thread::sleep(Duration::from_millis(1300));
        echo(session, request);
    });
    let channel = started(builder(&server.url()));
    let waiter = channel.submit(Body::MetadataRequest).unwrap();
    std::thread::scope(|scope| {
        // The second waits for the first.
        let stops = [(); 2].map(|()| scope.spawn(|| channel.stop(StopMethod::Graceful)));
        for stop in stops {
            stop.join().unwrap();
            assert_eq!(channel.link_state(), LinkState::Closed);
        }
    });
    assert!(waiter.wait().is_ok());

    let silent = ignoring_traversals();
    let channel = started(builder(&silent.url()).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.3"));
    let waiter = channel.submit_with(Body::TraverseRequest, RequestOptions::timeout(LONG)).unwrap();
    let asked = Instant::now();
    channel.stop(StopMethod::Graceful);
    assert!((Duration::from_millis(300)..LONG / 2).contains(&asked.elapsed()));
    assert!(matches!(waiter.wait(), Err(ChannelError::Stopped)));
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
    let (before, begun) = (server.pings(), Instant::now());
    std::thread::sleep(Duration::from_millis(200));
    let pings = server.pings() - before;
    // Of twice the time, for some can have been on their way.
    assert!(pings as u128 <= begun.elapsed().as_millis() / 25, "one each interval: {pings}");
    // A ping from the server changes nothing.
    server.push(Body::Ping);
    assert!(channel.request(Body::MetadataRequest).is_ok());
    assert_eq!((channel.stats().late_replies, channel.stats().unknown_replies), (0, 0));

    let quiet = TestServer::start(ServerConfig::default()).unwrap();
    let _unpinged = started(builder(&quiet.url()).property(ConfigName::ChannelPingInterval, "0"));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(quiet.pings(), 0);
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
    assert!(shown.contains(&server.address().to_string()) && shown.contains("state: Connected"), "{shown}");
}
