//! What a channel reports about its requests in flight.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Mutex, mpsc};
use std::task::Poll;
use std::thread;

use support::*;
use tgdb_channel::pdu::Message;
use tgdb_channel::*;
use tgdb_testkit::{ServerConfig, ServerSession, TestServer, echo};

#[test]
fn threads_tasks_and_callbacks_differ() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let kind = |id: i64| channel.waiters().into_iter().find(|info| info.request_id == id).unwrap().kind;

    let blocking = channel.submit(query("hold")).unwrap();
    let mut awaited = channel.submit(query("hold")).unwrap();
    assert_eq!(kind(awaited.request_id()), WaiterKind::Blocking, "nobody awaits it yet");
    assert!(matches!(poll_once(&mut awaited, &ThreadWaker::new().into()), Poll::Pending));
    channel.submit_callback(query("hold"), RequestOptions::timeout(LONG), |_| ()).unwrap();

    assert_eq!(kind(blocking.request_id()), WaiterKind::Blocking);
    assert_eq!(kind(awaited.request_id()), WaiterKind::Future);
    let kinds: Vec<_> = channel.waiters().into_iter().map(|info| info.kind).collect();
    assert_eq!(kinds, [WaiterKind::Blocking, WaiterKind::Future, WaiterKind::Callback]);
}

#[test]
fn the_request_for_the_schema_is_the_channels() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let script = move |session: &mut ServerSession, request: &Message| {
        let _ = released.lock().unwrap().recv();
        echo(session, request);
    };
    let server = TestServer::start(ServerConfig::scripted(script)).unwrap();
    let channel = started(builder(&server.url()));
    thread::scope(|scope| {
        scope.spawn(|| channel.schema().unwrap());
        eventually("it is asked for", || channel.waiters().iter().any(|info| info.kind == WaiterKind::Channel));
        release.send(()).unwrap();
    });
}

/// The numbers of `channel.py`.
#[test]
fn values_and_their_numbers() {
    macro_rules! numbers {
        ($($name:ident from $first:literal: $($variant:ident)+;)+) => {$(
            let all = [$($name::$variant),+];
            for (number, value) in ($first..).zip(all) {
                assert_eq!((value.number(), $name::from_number(number)), (number, Some(value)));
            }
            assert_eq!($name::from_number($first + all.len() as u8), None);
        )+};
    }
    numbers! {
        LinkState from 0: NotConnected Connected Closing Closed FailedOnSend FailedOnRecv FailedOnProcessing
            Reconnecting Terminated;
        ResendMode from 0: DontReconnectAndIgnore ReconnectAndResend ReconnectAndRaiseException ReconnectAndIgnore;
        StopMethod from 0: Graceful ClientForceful RemoteKill;
        ExceptionHandleResult from 0: RethrowException RetryOperation Disconnected;
        WaiterStatus from 1: Waiting Ok Pushed Resend Disconnected Closed;
    }
    assert_eq!(WaiterStatus::from_number(0), None);
    assert_eq!((WaiterStatus::Waiting.status_number(), WaiterStatus::Closed.status_number()), (0, 5));
    assert_eq!(WaiterStatus::from_status_number(5), Some(WaiterStatus::Closed));
    assert_eq!((WaiterStatus::from_status_number(6), WaiterStatus::from_status_number(255)), (None, None));
}
