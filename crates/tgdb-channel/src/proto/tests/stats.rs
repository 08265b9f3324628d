//! What is counted.

use super::*;
use crate::ChannelStats;

const MODE: ResendMode = ResendMode::ReconnectAndResend;
const MS: Duration = Duration::from_millis(1);

impl Driven {
    fn stats(&self) -> ChannelStats {
        self.session.stats(self.now)
    }
}

/// At most so much above, see `LatencyHistogram`.
fn is_about(found: Duration, exact: Duration) -> bool {
    found >= exact && found <= exact + exact / 31
}

#[test]
fn requests_replies_and_their_latencies_are_counted() {
    let mut driven = Driven::connected(1);
    let ids: Vec<i64> = (0..100).map(|_| driven.submit("asks", MODE)).collect();
    driven.submit_one_way("tells", MODE);
    assert_eq!(driven.not_taken(MODE), None, "one more");
    driven.sent();
    for id in ids {
        driven.now += MS;
        driven.reply(id);
    }
    let stats = driven.stats();
    assert_eq!((stats.requests, stats.one_way, stats.replies, stats.in_flight), (101, 1, 100, 1));
    assert_eq!((stats.latency.count(), stats.latency.max(), stats.latency.sum()), (100, 100 * MS, 5050 * MS));
    for percent in [1_u32, 50, 90, 99, 100] {
        let found = stats.latency.percentile(percent.into());
        assert!(is_about(found, percent * MS), "{percent} %: {found:?}");
    }
}

#[test]
fn a_latency_has_the_wait_for_the_connection_in_it() {
    let mut driven = Driven::connected(2);
    let id = driven.submit("asks", MODE);
    driven.sent();
    driven.lose();
    driven.pass(SECOND);
    let before = driven.now;
    driven.log_in();
    driven.sent();
    driven.now = before + SECOND;
    driven.reply(id);
    let stats = driven.stats();
    assert_eq!((stats.resends, stats.latency.max()), (1, 2 * SECOND));
}

#[test]
fn bytes_are_those_that_the_system_took_and_whole_messages_that_came() {
    let mut driven = Driven::connected(1);
    let before = driven.stats();
    // The login: 66, 66 and some for the authenticate request.
    assert!(before.bytes_sent > 200 && before.bytes_received > 180, "{before:?}");
    let id = driven.submit("asks", MODE);
    let frame_of = |driven: &mut Driven| driven.given_out().remove(0);
    let length = frame_of(&mut driven).encoded_len() as u64;
    assert_eq!(driven.stats().bytes_sent, before.bytes_sent, "given out is not taken");
    let link = driven.link();
    for (count, sum) in [(10, 10), (0, 10), (length - 10, length)] {
        driven.session.handle_transmitted(driven.now, link, count as usize);
        assert_eq!(driven.stats().bytes_sent, before.bytes_sent + sum);
    }
    let padded = Frame { padding: Bytes::from_static(&[0; 8]), ..frame(Verb::QUERY_RESPONSE, id) };
    driven.receive(padded);
    // One that was too long to be kept.
    driven.receive(Frame { omitted: 1000, ..frame(Verb::QUERY_RESPONSE, id) });
    assert_eq!(driven.stats().bytes_received, before.bytes_received + 56 + 8 + 56 + 1000);
    assert_eq!(driven.stats().late_replies, 1);
}

#[test]
fn those_who_wait_for_room_are_counted() {
    let mut driven = Driven::connected_with(1, |config| config.max_in_flight = 1);
    let id = driven.submit("in flight", MODE);
    driven.sent();
    let deadline = driven.now + SECOND;
    let [first, second] = ["first", "second"].map(|name| driven.session.wait_for_room(None, 100, deadline, name).0);
    assert_eq!((driven.stats().in_flight, driven.stats().waiting_for_room), (1, 2));
    driven.reply(id);
    assert_eq!(driven.stats().waiting_for_room, 2, "the first is called, and did not come yet");
    driven.session.leave_room(first);
    driven.session.leave_room(second);
    assert_eq!(driven.stats().waiting_for_room, 0);
    driven.session.wait_for_room(None, 100, deadline, "third");
    driven.session.close(driven.now, StopMethod::RemoteKill);
    assert_eq!(driven.stats().waiting_for_room, 0, "there will be no room");
}

#[test]
fn timeouts_are_counted_but_not_those_that_nobody_waits_for() {
    let mut driven = Driven::connected(2);
    driven.submit_timed("sent", SECOND);
    driven.sent();
    driven.submit_timed("not sent", SECOND);
    let given_up = driven.submit_timed("given up", SECOND);
    driven.session.cancel(driven.now, given_up);
    driven.pass(SECOND);
    assert_eq!(driven.ended().len(), 2);
    let stats = driven.stats();
    assert_eq!((stats.timeouts, stats.in_flight, stats.latency.count()), (2, 0, 0));
}

#[test]
fn losses_attempts_and_reconnections_are_counted() {
    let mut driven = Driven::connected(2);
    driven.lose();
    for _ in 0..2 {
        let (link, _) = driven.attempt().expect("an attempt");
        driven.session.handle_connect_failed(driven.now, link, cut().into());
        driven.pass(20 * SECOND);
    }
    driven.log_in();
    assert!(driven.session.switch_server(driven.now, None));
    driven.log_in();
    let stats = driven.stats();
    assert_eq!((stats.losses, stats.failed_attempts, stats.reconnects), (1, 2, 2));
}

#[test]
fn the_time_connected_is_from_each_login_to_the_end_of_its_connection() {
    let ends: [fn(&mut Driven); 4] = [
        Driven::lose,
        |driven| driven.receive(frame(Verb::SESSION_FORCEFULLY_TERMINATED, -1)),
        |driven| driven.session.close(driven.now, StopMethod::RemoteKill),
        |driven| {
            driven.session.close(driven.now, StopMethod::ClientForceful);
            driven.lose();
        },
    ];
    for end in ends {
        let mut driven = Driven::new(1);
        let mut expected = Duration::ZERO;
        for seconds in 1..=3 {
            driven.pass(100 * SECOND);
            assert_eq!(driven.stats().connected, expected, "it is not connected");
            driven.session.connect(driven.now).expect("not active");
            driven.log_in();
            driven.now += seconds * SECOND;
            expected += seconds * SECOND;
            assert_eq!(driven.stats().connected, expected, "it lasts");
            end(&mut driven);
            assert!(!driven.session.is_active());
        }
        driven.pass(100 * SECOND);
        assert_eq!(driven.stats().connected, expected);
    }
}
