//! A stop and the drop of the last handle end in their time, whatever the channel is at.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use support::*;
use tgdb_channel::pdu::Body;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;

/// Checks that the channel, brought into some state, is stopped in time, and dropped in time.
/// What `prepare` returns is kept until then.
fn ends_in_time<T>(what: &str, prepare: impl Fn() -> (TgChannel, T)) {
    takes_at_most(&format!("stop, {what}"), STOPPED, || {
        let (channel, _kept) = prepare();
        let (elapsed, ()) = time(|| channel.stop(StopMethod::ClientForceful));
        assert!(channel.is_closed(), "{what}: {:?}", channel.link_state());
        elapsed
    });
    takes_at_most(&format!("drop, {what}"), STOPPED, || {
        let (channel, _kept) = prepare();
        time(|| drop(channel)).0
    });
}

#[test]
fn while_a_message_is_stuck() {
    let stuck = || {
        let peer = Peer::start(Client::hold);
        let channel = started(builder(&peer.url()).property(ConfigName::ChannelSendSize, "16"));
        (peer, channel)
    };
    ends_in_time("a request is stuck", || {
        let (peer, channel) = stuck();
        let waiter = channel.submit(large(8 << 20)).unwrap();
        (channel, (waiter, peer))
    });
    // Threads that are at it end, too.
    takes_at_most("stop while threads send", STOPPED, || {
        let (_peer, channel) = stuck();
        thread::scope(|scope| {
            let sender = scope.spawn(|| channel.send(large(8 << 20)));
            let caller = scope.spawn(|| channel.request(large(8 << 20)).map(drop));
            eventually("both are at it", || channel.waiters().len() == 1);
            let (elapsed, (sent, called)) = time(|| {
                channel.stop(StopMethod::ClientForceful);
                (sender.join().unwrap(), caller.join().unwrap())
            });
            assert!(matches!(called, Err(ChannelError::Stopped)), "{called:?}");
            // It may have come after the stop.
            assert!(matches!(sent, Err(ChannelError::Stopped | ChannelError::NotConnected { .. })), "{sent:?}");
            elapsed
        })
    });
}

#[cfg(target_os = "linux")]
#[test]
fn while_reconnecting_to_an_address_that_does_not_answer() {
    let silent = tgdb_testkit::SilentListener::start().unwrap();
    ends_in_time("reconnecting", || {
        let peer = Peer::start(|client| {
            client.pause(Duration::from_millis(10));
        });
        let channel = started(builder(&format!("{}/{{ftHosts={}}}", peer.url(), silent.address())));
        let options = RequestOptions::resend(ResendMode::ReconnectAndResend);
        let waiter = channel.submit_with(query("hold"), options);
        drop(peer);
        eventually("the loss is noticed", || channel.link_state() == LinkState::Reconnecting);
        (channel, waiter)
    });
}

#[test]
fn while_the_server_floods() {
    let flooded = || {
        let peer = Peer::start(|client| client.flood(Body::Ping));
        (started(builder(&peer.url())), peer)
    };
    ends_in_time("flooded", flooded);
    takes_at_most("stop in a callback, flooded", STOPPED, || {
        let (channel, _peer) = flooded();
        let (stopped, is_stopped) = mpsc::channel();
        let handle = channel.clone();
        let stop = move |_| stopped.send(time(|| handle.stop(StopMethod::ClientForceful)).0).unwrap();
        channel.submit_callback(query("one"), within_ms(50), stop).unwrap();
        is_stopped.recv_timeout(LONG).unwrap()
    });
}

#[test]
fn from_a_callback() {
    takes_at_most("stop in a callback", STOPPED, || {
        let server = obedient();
        let channel = started(builder(&server.url()));
        let (stopped, is_stopped) = mpsc::channel();
        let handle = channel.clone();
        let stop = move |_| {
            let (elapsed, ()) = time(|| handle.stop(StopMethod::ClientForceful));
            stopped.send((elapsed, handle.link_state())).unwrap();
        };
        // Its outcome is the stop; its callback comes after the one that stops.
        channel.submit_callback(query("hold"), within_ms(20_000), |_| ()).unwrap();
        channel.submit_callback(query("one"), within_ms(20_000), stop).unwrap();
        let (elapsed, state) = is_stopped.recv_timeout(LONG).unwrap();
        assert_eq!(state, LinkState::Closed);
        elapsed
    });
}

#[test]
fn gracefully_from_a_callback() {
    // Callbacks that are due come after it, so there is nothing to wait for.
    let limit = Duration::from_secs(1);
    let server = obedient();
    let channel = started(builder(&server.url()));
    let (stopped, is_stopped) = mpsc::channel();
    let handle = channel.clone();
    let (other_is_due, due) = mpsc::channel::<()>();
    let stop = move |_| {
        due.recv_timeout(LONG).unwrap();
        stopped.send(time(|| handle.stop(StopMethod::Graceful)).0).unwrap();
    };
    channel.submit_callback(query("one"), within_ms(20_000), stop).unwrap();
    channel.submit_callback(query("two"), within_ms(20_000), |_| ()).unwrap();
    // Its reply comes after that of the second.
    channel.request(query("three")).unwrap();
    other_is_due.send(()).unwrap();
    let elapsed = is_stopped.recv_timeout(LONG).unwrap();
    assert!(elapsed < limit, "{elapsed:?}");
}

/// Stops the channel when it is woken, and says how long that took.
struct Stop(Mutex<Option<(TgChannel, mpsc::Sender<Duration>)>>);

impl Wake for Stop {
    fn wake(self: Arc<Self>) {
        if let Some((channel, stopped)) = self.0.lock().unwrap().take() {
            stopped.send(time(|| channel.stop(StopMethod::ClientForceful)).0).unwrap();
        }
    }
}

#[test]
fn from_the_waker_of_a_task() {
    takes_at_most("stop in a waker", STOPPED, || {
        let server = obedient();
        let channel = started(builder(&server.url()));
        let (stopped, is_stopped) = mpsc::channel();
        let waker = Waker::from(Arc::new(Stop(Mutex::new(Some((channel.clone(), stopped))))));
        let mut waiter = channel.submit(query("later 200")).unwrap();
        assert!(poll_once(&mut waiter, &waker).is_pending());
        let elapsed = is_stopped.recv_timeout(LONG).unwrap();
        // On the I/O thread it does not wait for itself; then it goes on by itself.
        eventually("closed", || channel.link_state() == LinkState::Closed);
        assert!(matches!(poll_once(&mut waiter, Waker::noop()), Poll::Ready(Ok(_))));
        elapsed
    });
}

#[test]
fn gracefully_from_a_server_that_does_not_read() {
    let limit = Duration::from_secs(1) + Duration::from_millis(1250);
    takes_at_most("graceful stop", limit, || {
        let peer = Peer::start(Client::hold);
        let builder = builder(&peer.url()).property(ConfigName::ChannelSendSize, "16");
        let channel = started(builder.property(ConfigName::ConnectionOperationTimeoutSeconds, "1"));
        let waiter = channel.submit_with(large(8 << 20), within_ms(60_000)).unwrap();
        let (elapsed, ()) = time(|| channel.stop(StopMethod::Graceful));
        let (after, result) = time(|| waiter.wait());
        assert!(result.is_err() && after < LATE, "{result:?} after {after:?}");
        elapsed
    });
}
