//! Losing a server, with and without another.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tgdb_channel::pdu::Body;
use tgdb_channel::pdu::body::DecryptBufferRequest;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

/// Bytes of the replies to a login: two of the handshake, one with an empty certificate.
const LOGIN_REPLIES: u64 = 2 * (56 + 9) + (56 + 21);

/// A server that takes requests and never answers.
fn silent() -> TestServer {
    scripted(|_, _| {})
}

fn echoing() -> TestServer {
    TestServer::start(ServerConfig::default()).unwrap()
}

/// A URL where nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn each_resend_mode() {
    use ResendMode::*;
    let mut first = silent();
    let second = echoing();
    let channel = started(builder(&failover_url(&[&first, &second])));
    let submit = |mode| channel.submit_with(query(format!("{mode:?}")), RequestOptions::resend(mode)).unwrap();
    let modes = [DontReconnectAndIgnore, ReconnectAndResend, ReconnectAndRaiseException, ReconnectAndIgnore];
    let [drop, resend, raise, ignore] = modes.map(submit);
    eventually("all are in flight", || first.requests() == 4);
    first.kill();

    let error = drop.wait().unwrap_err();
    assert!(matches!(error, ChannelError::Lost { .. }), "{error}");
    let resent = resend.request_id();
    let reply = resend.wait().unwrap();
    assert_eq!((echoed(&reply.body), reply.header.request_id), (Some("ReconnectAndResend"), resent));
    for waiter in [raise, ignore] {
        let error = waiter.wait().unwrap_err();
        assert!(matches!(error, ChannelError::NotResent { .. }) && error.session_survives(), "{error}");
        assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::RetryOperation);
    }
    assert!(channel.is_connected());
    assert_eq!(channel.url().authority(), second.address().to_string());
    assert_eq!(channel.outbox_addr(), Some(second.address()));
    assert_eq!((second.logins(), second.requests()), (1, 1), "one request was sent again, and once");
    assert_eq!(echoed(&channel.request(query("on")).unwrap().body), Some("on"));
}

/// Sends a message without reply that is larger than all buffers to a server that
/// does not read it, with that server's spare.
fn send_unread(mode: ResendMode, spares: &[&TestServer]) -> (TgChannel, Result<SendOutcome, ChannelError>) {
    let busy = scripted(|_, _| std::thread::sleep(Duration::from_secs(2)));
    let servers: Vec<_> = [&busy].into_iter().chain(spares.iter().copied()).collect();
    let url = if spares.is_empty() { busy.url() } else { failover_url(&servers) };
    let channel = started(builder(&url).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.3"));
    drop(channel.submit(query("keeps it busy")).unwrap());
    eventually("it is busy", || busy.requests() == 1);
    let large = DecryptBufferRequest { buffer: vec![7; 16 << 20].into() };
    let options = RequestOptions::resend(mode).with_timeout(LONG);
    let outcome = channel.send_with(large, options);
    (channel, outcome)
}

#[test]
fn each_resend_mode_of_a_message_without_reply() {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let spare = echoing();
            let (channel, outcome) = send_unread(ResendMode::ReconnectAndResend, &[&spare]);
            assert_eq!(outcome.unwrap(), SendOutcome::Sent);
            eventually("the spare has it", || spare.requests() == 1);
            assert!(channel.is_connected());
        });
        scope.spawn(|| {
            let spare = echoing();
            let (channel, outcome) = send_unread(ResendMode::ReconnectAndRaiseException, &[&spare]);
            assert!(matches!(outcome, Err(ChannelError::NotResent { .. })), "{outcome:?}");
            assert!(channel.is_connected(), "it waited for the reconnection");
            assert_eq!(spare.requests(), 0);
        });
        scope.spawn(|| {
            let spare = echoing();
            let (channel, outcome) = send_unread(ResendMode::ReconnectAndIgnore, &[&spare]);
            assert_eq!(outcome.unwrap(), SendOutcome::Ignored);
            assert!(channel.is_connected(), "it waited for the reconnection");
            assert_eq!(spare.requests(), 0);
        });
        scope.spawn(|| {
            let (channel, outcome) = send_unread(ResendMode::DontReconnectAndIgnore, &[]);
            assert_eq!(outcome.unwrap(), SendOutcome::Ignored);
            eventually("the loss is noticed", || channel.link_state() == LinkState::FailedOnSend);
        });
        scope.spawn(|| {
            let (channel, outcome) = send_unread(ResendMode::ReconnectAndResend, &[]);
            assert!(matches!(outcome, Err(ChannelError::NotConnected { cause: Some(_), .. })), "{outcome:?}");
            assert_eq!(channel.link_state(), LinkState::FailedOnSend);
        });
    });
}

#[test]
fn without_failover_a_loss_is_an_error_at_once() {
    let mut server = silent();
    let channel = started(builder(&server.url()));
    let waiter = channel.submit_with(query("x"), RequestOptions::resend(ResendMode::ReconnectAndResend)).unwrap();
    eventually("it is in flight", || server.requests() == 1);
    server.kill();
    let error = waiter.wait().unwrap_err();
    assert!(matches!(error, ChannelError::Lost { .. }) && !error.session_survives(), "{error}");
    assert!(channel.in_error() && !channel.is_connected());
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::Disconnected);
    let error = channel.request(Body::MetadataRequest).unwrap_err();
    assert!(matches!(error, ChannelError::NotConnected { cause: Some(_), .. }), "{error}");

    // The server comes back, and so does the channel.
    let config = ServerConfig { address: server.address(), ..ServerConfig::default() };
    let _server = TestServer::start(config).unwrap();
    channel.connect().unwrap();
    channel.start().unwrap();
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn the_same_server_may_come_back() {
    let server = echoing();
    // A failover list of the server itself: reconnect to it.
    let channel = started(builder(&failover_url(&[&server, &server])));
    for round in 1..=3 {
        assert!(channel.request_with(query("x"), RequestOptions::resend(ResendMode::ReconnectAndResend)).is_ok());
        server.cut_connections();
        eventually("logged in again", || server.logins() == round + 1 && channel.is_connected());
    }
}

#[test]
fn a_server_that_has_answered_is_tried_first() {
    let mut first = echoing();
    let (second, third) = (echoing(), echoing());
    let channel = started(builder(&failover_url(&[&first, &second, &third])));
    first.kill();
    eventually("the second takes over", || second.logins() == 1 && channel.is_connected());
    assert!(channel.request(Body::MetadataRequest).is_ok());
    second.cut_connections();
    eventually("the second takes over again", || second.logins() == 2 && channel.is_connected());
    assert_eq!(third.accepted(), 0);
}

#[test]
fn connecting_walks_the_list() {
    let last = echoing();
    let url = format!("tcp://{}/{{ftHosts={},{}}}", nobody(), nobody(), last.address());
    let channel = started(builder(&url));
    assert_eq!(channel.url().authority(), last.address().to_string());
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn retry_count_and_interval_are_kept() {
    let (first, second) = (nobody(), nobody());
    let url = format!("tcp://{first}/{{ftHosts={second}}}");
    let builder = builder(&url)
        .property(ConfigName::ChannelFTRetryCount, "3")
        .property(ConfigName::ChannelFTRetryIntervalSeconds, "0.1");
    let started = Instant::now();
    let error = builder.build().unwrap().connect().unwrap_err();
    let ChannelError::AllAttemptsFailed { servers, attempts, .. } = &error else { panic!("{error:?}") };
    assert_eq!((servers, *attempts), (&format!("{first}, {second}"), 6));
    assert!(started.elapsed() >= Duration::from_millis(200), "two pauses between three rounds");
}

#[test]
fn a_rejection_is_final() {
    let first = TestServer::start(ServerConfig { databases: Vec::new(), ..ServerConfig::default() }).unwrap();
    let second = echoing();
    let url = failover_url(&[&first, &second]);
    let error = builder(&url).build().unwrap().connect().unwrap_err();
    assert!(matches!(error, ChannelError::Login { .. }), "{error}");
    let error = builder(&url).database("").password("lion").build().unwrap().connect().unwrap_err();
    assert!(matches!(error, ChannelError::Login { .. }), "{error}");
    assert_eq!((first.accepted(), second.accepted()), (2, 0), "nobody else was asked");
}

#[test]
fn a_server_that_rejects_for_now_is_passed_over() {
    let (first, second) = (echoing(), echoing());
    first.set_faults(Faults { terminate: Some("too many sessions".into()), ..Faults::default() });
    let channel = started(builder(&failover_url(&[&first, &second])));
    assert_eq!(channel.url().authority(), second.address().to_string());
    // All of them: the last one's reason is in the error.
    second.set_faults(Faults { terminate: Some("starting up".into()), ..Faults::default() });
    let url = failover_url(&[&first, &second]);
    let error = builder(&url).property(ConfigName::ChannelFTRetryCount, "2").build().unwrap().connect().unwrap_err();
    assert!(matches!(error, ChannelError::AllAttemptsFailed { attempts: 4, .. }), "{error:?}");
    assert!(format!("{error:#}").contains("starting up"), "{error:#}");
}

#[test]
fn a_server_that_talks_nonsense_is_passed_over() {
    let first = echoing();
    first.set_faults(Faults { corrupt_sent: Some((4, 0xff)), ..Faults::default() });
    let second = echoing();
    let channel = started(builder(&failover_url(&[&first, &second])));
    assert_eq!(channel.url().authority(), second.address().to_string());
}

#[test]
fn when_no_server_is_left_every_waiter_gets_an_error() {
    let mut first = silent();
    let mut second = echoing();
    let url = failover_url(&[&first, &second]);
    let channel = started(builder(&url).property(ConfigName::ChannelFTRetryCount, "2"));
    second.kill();
    let waiters: Vec<_> = (0..10).map(|number| channel.submit(query(number.to_string())).unwrap()).collect();
    let (sender, outcome) = mpsc::channel();
    channel
        .submit_callback(Body::MetadataRequest, RequestOptions::default(), move |result| sender.send(result).unwrap())
        .unwrap();
    eventually("all are in flight", || first.requests() == 11);
    first.kill();
    for waiter in waiters {
        let error = waiter.wait().unwrap_err();
        assert!(matches!(error, ChannelError::ReconnectFailed { .. }), "{error}");
        assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::Disconnected);
    }
    assert!(matches!(outcome.recv_timeout(LONG).unwrap(), Err(ChannelError::ReconnectFailed { .. })));
    assert_eq!(channel.link_state(), LinkState::Closed);
    assert!(channel.waiters().is_empty());
}

#[test]
fn requests_wait_for_the_reconnection() {
    let mut first = echoing();
    let second_config = ServerConfig::default();
    let second = TestServer::start(second_config).unwrap();
    let channel = started(builder(&failover_url(&[&first, &second])));
    second.set_faults(Faults { delay: Some(Duration::from_millis(30)), ..Faults::default() });
    first.kill();
    eventually("the loss is noticed", || !channel.is_connected() || second.logins() == 1);
    // The link is being made again; this one waits for it instead of failing.
    assert_eq!(echoed(&channel.request(query("patient")).unwrap().body), Some("patient"));
    assert_eq!(channel.send(Body::DumpStacktraceRequest).unwrap(), SendOutcome::Sent);
}

#[test]
fn handling_an_error_waits_for_the_reconnection() {
    let mut first = silent();
    let second = echoing();
    let channel = started(builder(&failover_url(&[&first, &second])));
    second.set_faults(Faults { delay: Some(Duration::from_millis(50)), ..Faults::default() });
    let ignore = RequestOptions::resend(ResendMode::DontReconnectAndIgnore);
    let waiter = channel.submit_with(Body::MetadataRequest, ignore).unwrap();
    eventually("it is in flight", || first.requests() == 1);
    first.kill();
    let error = waiter.wait().unwrap_err();
    let ChannelError::Lost { cause, .. } = &error else { panic!("{error:?}") };
    assert_eq!(channel.handle_exception(&ChannelError::Connect(cause.clone())), ExceptionHandleResult::RetryOperation);
    assert!(channel.is_connected(), "the new connection was waited for");
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::RetryOperation);
    assert_eq!(channel.handle_exception(&ChannelError::Stopped), ExceptionHandleResult::Disconnected);
}

#[test]
fn a_timeout_also_ends_waiting_for_the_reconnection() {
    let mut first = silent();
    let url = format!("{}/{{ftHosts={}}}", first.url(), nobody());
    let channel = started(builder(&url).property(ConfigName::ChannelFTRetryIntervalSeconds, "60"));
    let options = RequestOptions::resend(ResendMode::ReconnectAndResend).with_timeout(Duration::from_millis(300));
    let waiter = channel.submit_with(Body::MetadataRequest, options).unwrap();
    eventually("it is in flight", || first.requests() == 1);
    first.kill();
    eventually("the channel reconnects", || channel.link_state() == LinkState::Reconnecting);
    assert_eq!((waiter.status(), channel.waiters()[0].status), (WaiterStatus::Resend, WaiterStatus::Resend));
    let error = waiter.wait().unwrap_err();
    assert!(matches!(error, ChannelError::Timeout { .. }), "{error}");
    let error = channel.request_with(Body::MetadataRequest, RequestOptions::timeout(Duration::from_millis(50)));
    let error = error.unwrap_err();
    assert!(matches!(error, ChannelError::NotConnected { state: LinkState::Reconnecting, .. }), "{error}");
    assert!(error.session_survives());
    let ignored = RequestOptions::resend(ResendMode::DontReconnectAndIgnore);
    let asked = Instant::now();
    let error = channel.request_with(Body::MetadataRequest, ignored).unwrap_err();
    assert!(matches!(error, ChannelError::NotConnected { .. }), "{error}");
    assert!(asked.elapsed() < LONG / 2, "this one does not wait");

    // Stopping does not wait for the next attempt.
    let asked = Instant::now();
    channel.stop(StopMethod::Graceful);
    assert!(asked.elapsed() < LONG);
    assert_eq!(channel.link_state(), LinkState::Closed);
}

#[test]
fn under_load_nothing_is_lost_or_mixed_up() {
    let servers: Vec<_> = (0..3).map(|_| echoing()).collect();
    let channel = started(builder(&failover_url(&servers.iter().collect::<Vec<_>>())));
    let channel = &channel;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|thread| {
                scope.spawn(move || {
                    for number in 0..500 {
                        let text = format!("{thread} {number}");
                        let options = RequestOptions::resend(ResendMode::ReconnectAndResend);
                        let reply = channel.request_with(query(&text), options);
                        let reply = reply.unwrap_or_else(|error| panic!("{text}: {error}"));
                        assert_eq!(echoed(&reply.body), Some(&*text));
                    }
                })
            })
            .collect();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(20));
            for server in &servers {
                server.cut_connections();
            }
        }
        for worker in workers {
            worker.join().unwrap();
        }
    });
    assert!(channel.waiters().is_empty());
}

#[test]
fn servers_that_hang_up_after_the_login_are_given_up_in_the_end() {
    // All of the login's replies, and nothing else.
    let faults = Faults { cut_after_sent: Some(LOGIN_REPLIES), ..Faults::default() };
    let servers: Vec<_> = (0..2).map(|_| TestServer::start(ServerConfig::faulty(faults.clone())).unwrap()).collect();
    let url = failover_url(&servers.iter().collect::<Vec<_>>());
    let begun = Instant::now();
    let channel = started(
        builder(&url)
            .property(ConfigName::ChannelFTRetryCount, "3")
            .property(ConfigName::ChannelFTRetryIntervalSeconds, "0.1"),
    );
    eventually("the channel gives up", || channel.link_state() == LinkState::Closed);
    assert!(matches!(channel.last_error(), Some(ChannelError::AllAttemptsFailed { .. })));
    assert_eq!(servers.iter().map(TestServer::logins).collect::<Vec<_>>(), [3, 3], "three rounds over two servers");
    assert!(begun.elapsed() >= Duration::from_millis(200), "two pauses between three rounds");
}

#[test]
fn over_tls_too() {
    let ca = TestCa::new("test").unwrap();
    let tls = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let config = || ServerConfig { tls: Some(tls.clone()), ..ServerConfig::default() };
    let mut first = TestServer::start(config()).unwrap();
    let second = TestServer::start(config()).unwrap();
    let url = format!("{}/{{ftHosts=localhost:{}}}", first.url(), second.address().port());
    let channel = started(trusting(&url, &ca));
    first.kill();
    assert_eq!(
        echoed(
            &channel.request_with(query("on"), RequestOptions::resend(ResendMode::ReconnectAndResend)).unwrap().body
        ),
        Some("on")
    );
}
