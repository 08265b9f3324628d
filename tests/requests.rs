//! Requests and what becomes of them: replies, timeouts, exceptions, callbacks.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::{Body, Message, Verb};
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

#[test]
fn a_timeout_frees_the_waiter_and_the_late_reply_goes_to_nobody() {
    let held = Arc::new(Mutex::new(Vec::<Message>::new()));
    let server = {
        let held = held.clone();
        scripted(move |session, request| {
            if matches!(request.body, Body::MetadataRequest) {
                held.lock().unwrap().push(request.clone());
                return;
            }
            // The late reply goes out before this one's.
            for late in held.lock().unwrap().drain(..) {
                session.reply(&late, MetadataResponse::default());
            }
            echo(session, request);
        })
    };
    let channel = started(builder(&server.url()));
    let options = RequestOptions::timeout(Duration::from_millis(50));
    let sent = Instant::now();
    let error = channel.request_with(Body::MetadataRequest, options).unwrap_err();
    assert!(sent.elapsed() >= Duration::from_millis(50));
    assert!(matches!(error, ChannelError::Timeout { verb: Verb::METADATA_REQUEST, .. }), "{error}");
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
    assert!(error.session_survives());
    assert!(channel.waiters().is_empty());
    assert_eq!(channel.handle_exception(&error), ExceptionHandleResult::RethrowException);

    // A waiter that is there when the late reply comes does not get it.
    assert_eq!(echoed(&channel.request(query("next")).unwrap().body), Some("next"));
    assert_eq!((channel.stats().late_replies, channel.stats().unknown_replies), (1, 0));

    // A dropped waiter gives up, too.
    drop(channel.submit(Body::MetadataRequest).unwrap());
    assert!(channel.waiters().is_empty());
    assert_eq!(echoed(&channel.request(query("after")).unwrap().body), Some("after"));
    assert_eq!(channel.stats().late_replies, 2);
}

#[test]
fn waiters_tell_how_they_stand() {
    let server = ignoring_traversals();
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
    let server = ignoring_traversals();
    let channel = Arc::new(started(builder(&server.url())));
    let (sender, results) = mpsc::channel();
    let timeout = RequestOptions::timeout(Duration::from_millis(50));
    let send = sender.clone();
    channel.submit_callback(Body::TraverseRequest, timeout, move |outcome| send.send(outcome).unwrap()).unwrap();
    assert!(matches!(results.recv_timeout(LONG).unwrap(), Err(ChannelError::Timeout { .. })));

    // A callback may submit and wait, and its panic is its own affair.
    let inner = channel.clone();
    let send = sender.clone();
    let options = RequestOptions::default();
    channel
        .submit_callback(Body::MetadataRequest, options, move |_| {
            let waited = inner.request(Body::MetadataRequest);
            send.send(waited).unwrap();
            assert!(matches!(inner.connect(), Err(ChannelError::AlreadyConnected(_))));
            inner.submit_callback(query("nested"), options, move |outcome| sender.send(outcome).unwrap()).unwrap();
            panic!("on purpose");
        })
        .unwrap();
    assert_eq!(results.recv_timeout(LONG).unwrap().unwrap().verb(), Verb::METADATA_RESPONSE);
    assert_eq!(echoed(&results.recv_timeout(LONG).unwrap().unwrap().body), Some("nested"));
    assert_eq!(echoed(&channel.request(query("goes on")).unwrap().body), Some("goes on"));
}

#[test]
fn a_server_exception_is_the_request_s_own() {
    let server = scripted(|session, request| match request.body {
        Body::TraverseRequest => session.reply(request, Exception { code: 42, message: Some("no".into()) }),
        _ => echo(session, request),
    });
    let channel = started(builder(&server.url()));
    let error = channel.request(Body::TraverseRequest).unwrap_err();
    assert_eq!(error.to_string(), "TraverseRequest: the server reports error 42: no");
    assert!(error.session_survives());
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn a_reply_that_does_not_decode_is_the_request_s_own() {
    let server = scripted(|session, request| match request.body {
        Body::MetadataRequest => {
            let raw = RawBody { verb: Verb::METADATA_RESPONSE, payload: vec![0, 0, 0, 9].into() };
            session.reply(request, Body::Raw(raw));
        }
        _ => echo(session, request),
    });
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
fn unasked_messages_are_counted_and_dropped() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    server.push(Exception { code: 1, message: None }.into());
    server.push(MetadataResponse::default().into());
    eventually("both are counted", || channel.stats().unknown_replies == 2);
    assert!(channel.request(Body::MetadataRequest).is_ok());
}
