//! Futures: the same results on a thread without a runtime, under tokio and under smol; moved,
//! dropped, and polled by others than before.
#![allow(clippy::unwrap_used)]

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::pdu::Message;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::{Faults, ServerConfig, TestServer, echoed};

const LIMIT: RequestOptions = RequestOptions { timeout: Some(LONG), resend: None, session: None };

/// What a task sees of a whole session.
async fn session(url: String) -> Vec<String> {
    let of = |result: Result<Message, ChannelError>| match result {
        Ok(reply) => echoed(&reply.body).unwrap().to_owned(),
        Err(ChannelError::Timeout { was_sent, .. }) => format!("timeout, sent: {was_sent}"),
        Err(error) => error.to_string(),
    };
    let channel = builder(&url).build().unwrap();
    channel.connect_async().await.unwrap();
    channel.start().unwrap();
    let mut seen = vec![of(channel.request_async(query("one"), LIMIT).await)];
    let waiters: Vec<_> = (0..100).map(|number| channel.submit(query(&number.to_string())).unwrap()).collect();
    // From behind: their replies are there already.
    for waiter in waiters.into_iter().rev() {
        seen.push(of(waiter.await));
    }
    seen.push(of(channel.request_async(query("hold"), within_ms(50)).await));
    let waiter = channel.submit_async(query("hold"), LIMIT).await.unwrap();
    channel.stop(StopMethod::ClientForceful);
    seen.push(of(waiter.await));
    seen.push(format!("{:?}", channel.reconnected_async().await));
    seen
}

#[test]
fn results_are_the_same_under_every_runtime() {
    let server = obedient();
    let seen = block_on(session(server.url()));
    assert_eq!((seen.len(), &*seen[0], &*seen[1], &*seen[101]), (104, "one", "99", "timeout, sent: true"));
    assert_eq!(seen[103], "Closed");

    let one_thread = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let task = one_thread.spawn(session(server.url()));
    assert_eq!(one_thread.block_on(task).unwrap(), seen);
    assert_eq!(one_thread.block_on(session(server.url())), seen);

    let executor = smol::Executor::new();
    let task = executor.spawn(session(server.url()));
    assert_eq!(smol::block_on(executor.run(task)), seen);
}

#[test]
fn a_waiter_can_be_moved_between_tasks_and_threads() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let mut waiter = channel.submit_with(query("later 200"), LIMIT).unwrap();
    let (first, second) = (ThreadWaker::new(), ThreadWaker::new());
    assert!(poll_once(&mut waiter, &Waker::from(first.clone())).is_pending());
    assert!(poll_once(&mut waiter, &Waker::from(second.clone())).is_pending());
    let seconds = second.clone();
    // Only the last one that polled is woken.
    eventually("the reply is there", || seconds.woken() == 1);
    assert_eq!(first.woken(), 0);
    let reply = thread::spawn(move || block_on(waiter)).join().unwrap().unwrap();
    assert_eq!(echoed(&reply.body), Some("later 200"));
}

#[test]
fn a_thread_can_wait_after_a_task_has_polled() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let mut waiter = channel.submit_with(query("later 300"), LIMIT).unwrap();
    assert!(poll_once(&mut waiter, Waker::noop()).is_pending());
    let Err(waiter) = waiter.try_wait() else { panic!("too early") };
    let Err(mut waiter) = waiter.wait_timeout(Duration::from_millis(1)) else { panic!("too early") };
    assert!(poll_once(&mut waiter, Waker::noop()).is_pending());
    waiter.wait().unwrap();
}

#[test]
fn a_task_can_poll_after_a_thread_has_waited() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let waiter = channel.submit_with(query("later 200"), LIMIT).unwrap();
    let Err(waiter) = waiter.wait_timeout(Duration::from_millis(10)) else { panic!("too early") };
    block_on(waiter).unwrap();
}

#[test]
fn a_future_that_is_dropped_leaves_nothing_behind() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let waker = ThreadWaker::new();
    let mut waiter = channel.submit_with(query("later 200"), LIMIT).unwrap();
    assert!(poll_once(&mut waiter, &Waker::from(waker.clone())).is_pending());
    drop(waiter);
    assert!(channel.waiters().is_empty());
    eventually("nobody holds the waker", || Arc::strong_count(&waker) == 1);
    channel.request(query("after it")).unwrap();
    assert_eq!((waker.woken(), channel.stats().late_replies), (0, 1));

    // Never polled: never submitted.
    drop(channel.submit_async(query("no"), LIMIT));
    drop(channel.request_async(query("no"), LIMIT));
    channel.request(query("last")).unwrap();
    assert_eq!(server.requests(), 3);
}

#[test]
fn a_future_that_was_ready_is_not_to_be_polled_again() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let mut waiter = channel.submit_with(query("one"), LIMIT).unwrap();
    block_on(&mut waiter).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut waiter, Waker::noop()))).is_err());
    channel.request(query("two")).unwrap();
}

#[test]
fn a_connect_that_is_dropped_is_given_up() {
    let server = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let channel = builder(&server.url()).build().unwrap();
    let mut connecting = channel.connect_async();
    assert!(poll_once(&mut connecting, Waker::noop()).is_pending());
    eventually("it is at it", || server.accepted() == 1);
    takes_at_most("giving up", LATE, || {
        let mut connecting = builder(&server.url()).build().unwrap().connect_async();
        assert!(poll_once(&mut connecting, Waker::noop()).is_pending());
        time(|| drop(connecting)).0
    });
    drop(connecting);
    // Another one can follow at once.
    server.set_faults(Faults::default());
    block_on(channel.connect_async()).unwrap();
    let mut again = channel.connect_async();
    let poll = poll_once(&mut again, Waker::noop());
    assert!(matches!(poll, Poll::Ready(Err(ChannelError::AlreadyConnected(_)))), "{poll:?}");
    drop(again);
    assert!(channel.is_connected(), "the one that failed undoes nothing");
    // Never polled: nothing is begun, nothing undone.
    drop(channel.connect_async());
    assert!(channel.is_connected());
}

#[test]
fn a_reconnection_can_be_awaited() {
    let mut first = obedient();
    let second = obedient();
    let url = format!("{}/{{ftHosts={}}}", first.url(), second.address());
    let channel = started(builder(&url));
    assert_eq!(block_on(channel.reconnected_async()), LinkState::Connected, "at once");
    second.set_faults(Faults { mute: true, ..Faults::default() });
    first.kill();
    eventually("the loss is noticed", || channel.link_state() == LinkState::Reconnecting);
    let wakers = [ThreadWaker::new(), ThreadWaker::new()];
    let mut waiting = [channel.reconnected_async(), channel.reconnected_async()];
    for (future, waker) in waiting.iter_mut().zip(&wakers) {
        assert!(poll_once(future, &Waker::from(waker.clone())).is_pending());
    }
    let [one, other] = waiting;
    drop(other);
    second.set_faults(Faults::default());
    second.cut_connections();
    assert_eq!(block_on(one), LinkState::Connected);
    assert_eq!(wakers[1].woken(), 0);
}

#[test]
fn a_task_is_not_blocked_while_the_channel_reconnects() {
    let mut first = obedient();
    let second = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let url = format!("{}/{{ftHosts={}}}", first.url(), second.address());
    let channel = started(builder(&url).property(ConfigName::ChannelMaxInFlight, "1"));
    first.kill();
    eventually("the loss is noticed", || channel.link_state() == LinkState::Reconnecting);
    takes_at_most("what a task does", LATE, || {
        let options = within_ms(20_000);
        let begun = std::time::Instant::now();
        let mut one = channel.submit_async(query("one"), options);
        let Poll::Ready(Ok(mut waiter)) = poll_once(&mut one, Waker::noop()) else { panic!("there is room") };
        assert!(poll_once(&mut waiter, Waker::noop()).is_pending());
        assert!(poll_once(&mut channel.submit_async(query("two"), options), Waker::noop()).is_pending());
        assert!(poll_once(&mut channel.reconnected_async(), Waker::noop()).is_pending());
        drop(waiter);
        begun.elapsed()
    });
}

/// Polls a waiter when it is woken: on whatever thread that is.
struct Inline(Mutex<Option<(ResponseWaiter, mpsc::Sender<Outcome>)>>);

type Outcome = Result<Message, ChannelError>;

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        if let Some((mut waiter, done)) = self.0.lock().unwrap().take() {
            let Poll::Ready(result) = Pin::new(&mut waiter).poll(&mut std::task::Context::from_waker(Waker::noop()))
            else {
                panic!("woken too early")
            };
            done.send(result).unwrap();
        }
    }
}

#[test]
fn a_waker_may_use_the_channel() {
    let server = obedient();
    let channel = started(builder(&server.url()));
    let (done, is_done) = mpsc::channel();
    let mut waiter = channel.submit_with(query("later 200"), LIMIT).unwrap();
    let inline = Arc::new(Inline(Mutex::new(None)));
    assert!(poll_once(&mut waiter, &Waker::from(inline.clone())).is_pending());
    *inline.0.lock().unwrap() = Some((waiter, done));
    assert!(is_done.recv_timeout(LONG).unwrap().is_ok());
}
