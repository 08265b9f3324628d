//! Callbacks run on one thread. They may do everything, take as long as they like, and fail.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashSet;
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use support::*;
use tgdb_channel::pdu::{Body, Message};
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{ServerConfig, TestServer, echoed};

const LIMIT: RequestOptions = RequestOptions { timeout: Some(LONG), resend: None, session: None };

fn channel(server: &TestServer) -> TgChannel {
    started(builder(&server.url()))
}

#[test]
fn all_outcomes_come_on_one_thread() {
    let server = obedient();
    let channel = channel(&server);
    let (called, calls) = mpsc::channel();
    let callback = |kind: &'static str| {
        let called = called.clone();
        move |result: Result<Message, ChannelError>| {
            let thread = thread::current();
            called.send((thread.id(), thread.name().unwrap().to_owned(), kind, result)).unwrap();
        }
    };
    channel.submit_callback(query("one"), LIMIT, callback("reply")).unwrap();
    channel.submit_callback(query("hold"), within_ms(100), callback("timeout")).unwrap();
    // In their order, for the server stops the connection at the last.
    let outcomes: Vec<_> = (0..2).map(|_| calls.recv_timeout(LONG).unwrap()).collect();
    channel.submit_callback(query("hold"), LIMIT, callback("stop")).unwrap();
    channel.stop(StopMethod::ClientForceful);
    channel.connect().unwrap();
    channel.start().unwrap();
    channel.submit_callback(query("close 0"), LIMIT, callback("loss")).unwrap();
    let later = (0..2).map(|_| calls.recv_timeout(LONG).unwrap());

    let outcomes: Vec<_> = outcomes.into_iter().chain(later).collect();
    let threads: HashSet<_> = outcomes.iter().map(|(id, ..)| *id).collect();
    assert_eq!(threads.len(), 1);
    for (_, name, kind, result) in outcomes {
        assert_eq!(name, "tgdb-callbacks");
        let is_right = match kind {
            "reply" => result.is_ok(),
            "timeout" => matches!(result, Err(ChannelError::Timeout { .. })),
            "stop" => matches!(result, Err(ChannelError::Stopped)),
            _ => matches!(result, Err(ChannelError::Lost { .. } | ChannelError::NotResent { .. })),
        };
        assert!(is_right, "{kind}: {result:?}");
    }
}

#[test]
fn a_callback_may_do_everything() {
    let server = obedient();
    let channel = channel(&server);
    let (done, is_done) = mpsc::channel();
    let handle = channel.clone();
    let work = move |_| {
        handle.request(query("request")).unwrap();
        handle.submit(query("submit")).unwrap().wait().unwrap();
        block_on(handle.request_async(query("future"), LIMIT)).unwrap();
        assert_eq!(handle.send(Body::DumpStacktraceRequest).unwrap(), SendOutcome::Sent);
        let (called, call) = mpsc::channel();
        handle.submit_callback(query("callback"), LIMIT, move |result| called.send(result).unwrap()).unwrap();
        // It comes after this one.
        assert_eq!(call.recv_timeout(Duration::from_millis(50)).unwrap_err(), mpsc::RecvTimeoutError::Timeout);
        handle.stop(StopMethod::Graceful);
        handle.connect().unwrap();
        handle.start().unwrap();
        done.send((handle, call)).unwrap();
    };
    channel.submit_callback(query("one"), LIMIT, work).unwrap();
    let (handle, call) = is_done.recv_timeout(LONG).unwrap();
    call.recv_timeout(LONG).unwrap().unwrap();
    handle.request(query("the channel is in order")).unwrap();
}

#[test]
fn a_callback_that_blocks_holds_up_no_reply_and_no_timeout() {
    let server = obedient();
    let channel = channel(&server);
    let (release, released) = mpsc::channel::<()>();
    let (blocks, is_blocking) = mpsc::channel();
    let block = move |_| {
        blocks.send(()).unwrap();
        let _ = released.recv_timeout(LONG);
    };
    channel.submit_callback(query("one"), LIMIT, block).unwrap();
    is_blocking.recv_timeout(LONG).unwrap();

    let outcome = Arc::new(Mutex::new(None));
    let set = outcome.clone();
    let begun = Instant::now();
    let callback = move |result| *set.lock().unwrap() = Some((begun.elapsed(), result));
    channel.submit_callback(query("hold"), within_ms(100), callback).unwrap();
    takes_at_most("a request", Duration::from_millis(100), || time(|| channel.request(query("two")).unwrap()).0);
    takes_at_most("a timeout", Duration::from_millis(150), || {
        time(|| channel.request_with(query("hold"), within_ms(100)).unwrap_err()).0
    });
    block_on(channel.request_async(query("three"), LIMIT)).unwrap();
    // The request with the callback is over; the callback only waits for its thread.
    eventually("the timeout is noticed", || channel.waiters().is_empty());
    assert!(outcome.lock().unwrap().is_none());
    drop(release);
    eventually("the callback is called", || outcome.lock().unwrap().is_some());
    let (_, result) = outcome.lock().unwrap().take().unwrap();
    assert!(matches!(result, Err(ChannelError::Timeout { .. })), "{result:?}");
}

#[test]
fn pipelines_of_callbacks_do_not_block_against_a_server_that_does_not_read() {
    const PIPELINES: usize = 4;
    const EACH: usize = 5;
    // This server sends each answer to its end before it reads on.
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()).property(ConfigName::ChannelSendSize, "64"));
    let (answered, answers) = mpsc::channel();

    fn next(channel: TgChannel, left: usize, answered: mpsc::Sender<Result<(), ChannelError>>) {
        if left == 0 {
            return;
        }
        let handle = channel.clone();
        let callback = move |result: Result<Message, ChannelError>| {
            answered.send(result.map(drop)).unwrap();
            next(handle, left - 1, answered);
        };
        channel.submit_callback(large(4 << 20), LIMIT, callback).unwrap();
    }

    for _ in 0..PIPELINES {
        next(channel.clone(), EACH, answered.clone());
    }
    drop(answered);
    let outcomes: Vec<_> = (0..PIPELINES * EACH).map_while(|_| answers.recv_timeout(LONG * 2).ok()).collect();
    assert_eq!(outcomes.len(), PIPELINES * EACH);
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

/// Panics when it is dropped, as the payload of a panic can.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("and again");
    }
}

#[test]
fn a_callback_that_panics_is_the_only_one_to_suffer() {
    let server = obedient();
    let channel = channel(&server);
    channel.submit_callback(query("one"), LIMIT, |_| panic!("on purpose")).unwrap();
    channel.submit_callback(query("two"), LIMIT, |_| panic_any(Spiteful)).unwrap();
    // What it holds panics when the callback was called.
    let spiteful = Spiteful;
    channel.submit_callback(query("three"), LIMIT, move |_| drop(spiteful)).unwrap();
    let (called, call) = mpsc::channel();
    channel.submit_callback(query("four"), LIMIT, move |result| called.send(result).unwrap()).unwrap();
    let reply = call.recv_timeout(LONG).unwrap().unwrap();
    assert_eq!(echoed(&reply.body), Some("four"));
    channel.request(query("five")).unwrap();
    takes_at_most("stop", STOPPED, || time(|| channel.stop(StopMethod::ClientForceful)).0);
}

/// A callback that counts its call.
fn count_in(calls: &Arc<AtomicUsize>) -> impl FnOnce(Result<Message, ChannelError>) + Send + 'static {
    let calls = calls.clone();
    move |_| {
        calls.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn callbacks_that_are_due_are_called_when_the_channel_is_dropped() {
    let server = obedient();
    let channel = channel(&server);
    let called = Arc::new(AtomicUsize::new(0));
    let (blocks, is_blocking) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let count = called.clone();
    let block = move |_| {
        blocks.send(()).unwrap();
        let _ = released.lock().unwrap().recv_timeout(LONG);
        count.fetch_add(1, Ordering::SeqCst);
    };
    channel.submit_callback(query("one"), LIMIT, block).unwrap();
    for text in ["two", "hold", "hold"] {
        channel.submit_callback(query(text), LIMIT, count_in(&called)).unwrap();
    }
    is_blocking.recv_timeout(LONG).unwrap();
    let (elapsed, ()) = time(|| drop(channel));
    assert!(elapsed < STOPPED + Duration::from_secs(1), "it does not wait for the one that blocks: {elapsed:?}");
    assert_eq!(called.load(Ordering::SeqCst), 0);
    drop(release);
    eventually("all are called, in the end", || called.load(Ordering::SeqCst) == 4);
}

#[test]
fn a_stop_waits_for_callbacks_that_are_due() {
    let server = obedient();
    let channel = channel(&server);
    let called = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        channel.submit_callback(query("hold"), LIMIT, count_in(&called)).unwrap();
    }
    channel.stop(StopMethod::ClientForceful);
    assert_eq!(called.load(Ordering::SeqCst), 3);
}

/// Uses the channel when it is dropped.
struct Curious(TgChannel, mpsc::Sender<LinkState>);

impl Drop for Curious {
    fn drop(&mut self) {
        let _ = self.1.send(self.0.link_state());
    }
}

#[test]
fn a_callback_that_is_not_taken_is_not_called() {
    let server = obedient();
    let channel = channel(&server);
    channel.stop(StopMethod::ClientForceful);
    let (dropped, is_dropped) = mpsc::channel();
    let curious = Curious(channel.clone(), dropped);
    let result = channel.submit_callback(query("one"), LIMIT, move |_| {
        let _curious = &curious;
        panic!("it is not called")
    });
    assert!(matches!(result, Err(ChannelError::NotConnected { .. })), "{result:?}");
    assert_eq!(is_dropped.recv_timeout(LONG), Ok(LinkState::Closed));
}
