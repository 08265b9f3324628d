//! Requests in flight and bytes that wait are bounded: with no room left, `submit` waits up
//! to its timeout, `try_submit` fails, tasks wait without blocking, and all in their turn.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::TestServer;

const TIMEOUT: Duration = Duration::from_millis(200);

fn options() -> RequestOptions {
    RequestOptions::timeout(TIMEOUT)
}

/// A channel whose table is full with these.
fn full_table() -> (TestServer, TgChannel, Vec<ResponseWaiter>) {
    let server = obedient();
    let channel = started(builder(&server.url()).property(ConfigName::ChannelMaxInFlight, "2"));
    let waiters = vec![channel.submit(query("hold")).unwrap(), channel.submit(query("hold")).unwrap()];
    (server, channel, waiters)
}

/// A channel whose outbox is full with these, to a server that does not read.
fn full_outbox() -> (Peer, TgChannel, Vec<ResponseWaiter>) {
    let peer = Peer::start(Client::hold);
    let builder = builder(&peer.url()).property(ConfigName::ChannelSendSize, "16");
    let channel = started(builder.property(ConfigName::ChannelMaxOutboxSize, "1024"));
    let mut waiters = Vec::new();
    let error = loop {
        match channel.try_submit(large(500_000)) {
            Ok(waiter) => waiters.push(waiter),
            Err(error) => break error,
        }
        assert!(waiters.len() < 50, "25 MB are taken where 1 MiB is the bound");
    };
    let ChannelError::Full { waiting_bytes, max_waiting_bytes, .. } = error else { panic!("{error:?}") };
    assert_eq!(max_waiting_bytes, 1 << 20);
    assert!((500_000..=1 << 20).contains(&waiting_bytes), "{waiting_bytes}");
    (peer, channel, waiters)
}

/// Waits until so many wait for room.
fn queued(channel: &TgChannel, waiting: usize) {
    eventually("all have queued", || channel.stats().waiting_for_room == waiting);
}

/// Without room, each way to submit ends with `Full`, in its time.
fn every_way_says_full(channel: &TgChannel) {
    let full =
        |result: Result<(), ChannelError>| assert!(matches!(result, Err(ChannelError::Full { .. })), "{result:?}");
    takes_at_most("try_submit", LATE, || {
        let (elapsed, result) = time(|| channel.try_submit(large(600_000)).map(drop));
        full(result);
        elapsed
    });
    takes_at_most("submit", TIMEOUT + LATE, || {
        let (elapsed, result) = time(|| channel.submit_with(large(600_000), options()).map(drop));
        full(result);
        assert!(elapsed >= TIMEOUT, "{elapsed:?}");
        elapsed
    });
    takes_at_most("submit_callback", TIMEOUT + LATE, || {
        let callback = |_: Result<_, _>| panic!("it is not called");
        let (elapsed, result) = time(|| channel.submit_callback(large(600_000), options(), callback).map(drop));
        full(result);
        elapsed
    });
    takes_at_most("submit_async", TIMEOUT + LATE, || {
        let mut submitting = channel.submit_async(large(600_000), options());
        let (polling, poll) = time(|| poll_once(&mut submitting, Waker::noop()));
        assert!(poll.is_pending() && polling < LATE, "it does not block: {polling:?}");
        let (elapsed, result) = time(|| block_on(submitting).map(drop));
        full(result);
        elapsed
    });
}

#[test]
fn a_full_table() {
    let (_server, channel, waiters) = full_table();
    every_way_says_full(&channel);
    drop(waiters);
    channel.request(query("there is room again")).unwrap();
}

#[test]
fn a_full_outbox() {
    let (_peer, channel, _waiters) = full_outbox();
    every_way_says_full(&channel);
}

#[test]
fn a_request_larger_than_the_outbox_is_taken_if_nothing_waits() {
    let server = obedient();
    let channel = started(builder(&server.url()).property(ConfigName::ChannelMaxOutboxSize, "64"));
    for _ in 0..3 {
        channel.request(large(1 << 20)).unwrap();
    }
}

#[test]
fn tasks_get_room_in_their_turn() {
    let (_server, channel, mut waiters) = full_table();
    let wakers: Vec<_> = (0..3).map(|_| ThreadWaker::new()).collect();
    let mut queue: Vec<_> = (0..3).map(|_| channel.submit_async(query("hold"), within_ms(20_000))).collect();
    for (submitting, waker) in queue.iter_mut().zip(&wakers) {
        assert!(poll_once(submitting, &Waker::from(waker.clone())).is_pending());
    }
    queued(&channel, 3);
    // Whoever comes later does not overtake them, even if there is room.
    waiters.pop();
    let error = channel.try_submit(query("hold")).unwrap_err();
    assert!(matches!(error, ChannelError::Full { .. }), "{error:?}");
    assert_eq!(wakers.iter().map(|waker| waker.woken()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(poll_once(&mut queue[1], &Waker::from(wakers[1].clone())).is_pending(), "it is not its turn");

    let Poll::Ready(Ok(first)) = poll_once(&mut queue[0], Waker::noop()) else { panic!("it is its turn") };
    // The second loses interest: it is the third's turn then.
    drop(queue.remove(1));
    drop(first);
    // What was given up is sent all the same, a moment later.
    eventually("it is called", || wakers[2].woken() == 1);
    // Called, but not taken in yet.
    assert_eq!(channel.stats().waiting_for_room, 1);
    assert!(matches!(poll_once(&mut queue[1], Waker::noop()), Poll::Ready(Ok(_))));
    assert_eq!(channel.stats().waiting_for_room, 0);
}

#[test]
fn threads_get_room_in_their_turn() {
    const THREADS: usize = 8;
    let (_server, channel, waiters) = full_table();
    let (got_room, order) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (channel, got_room) = (&channel, got_room.clone());
            scope.spawn(move || {
                let waiter = channel.submit_with(query("hold"), RequestOptions::timeout(LONG)).unwrap();
                // The next one gets in when this one is dropped.
                got_room.send(number).unwrap();
                drop(waiter);
            });
            queued(channel, number + 1);
        }
        let mut waiters = waiters.into_iter();
        drop(waiters.next());
        // The other one goes on to hold its place, so that they come one by one.
        let order: Vec<_> = (0..THREADS).map(|_| order.recv_timeout(LONG).unwrap()).collect();
        assert_eq!(order, (0..THREADS).collect::<Vec<_>>());
    });
}

#[test]
fn a_wait_for_room_ends_with_the_channel() {
    takes_at_most("threads that wait for room", STOPPED, || {
        let (_server, channel, _waiters) = full_table();
        let mut submitting = channel.submit_async(query("hold"), within_ms(20_000));
        let waker = ThreadWaker::new();
        assert!(poll_once(&mut submitting, &Waker::from(waker.clone())).is_pending());
        let (elapsed, result) = thread::scope(|scope| {
            let thread = scope.spawn(|| channel.submit_with(query("hold"), RequestOptions::timeout(LONG)).map(drop));
            queued(&channel, 2);
            time(|| {
                channel.stop(StopMethod::ClientForceful);
                thread.join().unwrap()
            })
        });
        assert!(matches!(result, Err(ChannelError::NotConnected { .. })), "{result:?}");
        assert_eq!((waker.woken(), channel.stats().waiting_for_room), (1, 0));
        let Poll::Ready(Err(error)) = poll_once(&mut submitting, Waker::noop()) else { panic!("it is over") };
        assert!(matches!(error, ChannelError::NotConnected { .. }), "{error:?}");
        elapsed
    });
}

#[test]
fn the_time_spent_waiting_for_room_is_not_held_against_the_server() {
    // Longer than the operation timeout, after which a connection is given up that takes
    // nothing: but it had nothing to take until there was room.
    let server = obedient();
    let builder = builder(&server.url())
        .property(ConfigName::ConnectionOperationTimeoutSeconds, "1")
        .property(ConfigName::ChannelMaxInFlight, "1")
        .property(ConfigName::ChannelSendSize, "64");
    let channel = started(builder);
    let _first = channel.submit_with(query("hold"), within_ms(1500)).unwrap();
    let (ended, outcome) = mpsc::channel();
    let callback = move |result: Result<_, _>| ended.send(result.map(drop)).unwrap();
    channel.submit_callback(large(9 << 20), within_ms(20_000), callback).unwrap();
    outcome.recv_timeout(LONG).unwrap().unwrap();
}

#[test]
fn room_for_some_does_not_wake_a_task_that_needs_more() {
    let (_peer, channel, _waiters) = full_outbox();
    let waker = ThreadWaker::new();
    let mut submitting = channel.submit_async(large(900_000), within_ms(20_000));
    for _ in 0..3 {
        assert!(poll_once(&mut submitting, &Waker::from(waker.clone())).is_pending());
    }
    assert_eq!(waker.woken(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn room_for_some_does_not_wake_a_thread_that_needs_more() {
    use rustix::time::{ClockId, clock_gettime};
    let cpu_time = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let (_peer, channel, _waiters) = full_outbox();
    let before = cpu_time();
    let result = channel.submit_with(large(900_000), within_ms(500)).map(drop);
    assert!(matches!(result, Err(ChannelError::Full { .. })), "{result:?}");
    let used = cpu_time() - before;
    assert!(used < Duration::from_millis(100), "it was busy for {used:?}");
}
