//! Replies, deadlines, requests that are given up.

use super::*;

#[test]
fn a_reply_goes_to_its_own_waiter_only() {
    let mut driven = Driven::with_one_of_each_mode(1);
    driven.reply(3);
    assert!(matches!(&driven.ended()[..], [("raise", Outcome::Reply(_))]));
    // The same again is late; ids never given out are unknown.
    driven.reply(3);
    for id in [0, -1, -2, 5, i64::MIN, i64::MAX] {
        driven.reply(id);
    }
    assert!(driven.ended().is_empty(), "nobody else was answered");
    let stats = driven.session.stats(driven.now);
    assert_eq!((stats.late_replies, stats.unknown_replies), (1, 6));
    assert_eq!(driven.session.in_flight(), 3);
}

#[test]
fn dropped_messages_are_reported_ever_more_rarely() {
    let mut driven = Driven::connected(1);
    driven.events();
    for _ in 0..1000 {
        driven.reply(77);
    }
    let counts = driven.events().into_iter().map(|event| match event {
        Event::Dropped { verb: Verb::QUERY_RESPONSE, request_id: 77, count, .. } => count,
        other => panic!("{other:?}"),
    });
    assert!(counts.eq([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]));
}

#[test]
fn a_reply_before_the_request_was_sent_is_nobodys() {
    let mut driven = Driven::connected(1);
    let id = driven.submit("early", ResendMode::ReconnectAndIgnore);
    driven.reply(id);
    assert!(driven.ended().is_empty() && driven.session.is_open(id));
}

#[test]
fn a_reply_of_another_connection_is_nobodys() {
    let mut driven = Driven::with_one_of_each_mode(2);
    let old = driven.link();
    driven.lose();
    driven.ended();
    driven.session.connect(driven.now).expect_err("it reconnects");
    assert_eq!(driven.session.state(), LinkState::Reconnecting);
    driven.session.handle_frame(driven.now, old, frame(Verb::QUERY_RESPONSE, 3));
    assert!(driven.ended().is_empty());
}

#[test]
fn a_ping_is_a_heartbeat_unless_it_answers_one() {
    let mut driven = Driven::with_one_of_each_mode(1);
    driven.receive(frame(Verb::PING, -1));
    assert!(driven.ended().is_empty());
    driven.receive(frame(Verb::PING, 2));
    assert_eq!(names(&driven.ended()), ["resend"]);
    let stats = driven.session.stats(driven.now);
    assert_eq!((stats.late_replies, stats.unknown_replies), (0, 0));
}

#[test]
fn the_servers_end_of_the_session_ends_all() {
    let mut driven = Driven::with_one_of_each_mode(2);
    // Even if it names a request.
    driven.receive(frame(Verb::SESSION_FORCEFULLY_TERMINATED, 1));
    let ended = driven.ended();
    assert_eq!(names(&ended), ["drop", "resend", "raise", "ignore"]);
    assert!(ended.iter().all(|(_, outcome)| matches!(outcome, Outcome::Failed(Failure::Terminated { reason: None }))));
    assert_eq!(driven.session.state(), LinkState::Terminated);
    assert!(!driven.session.is_active() && driven.session.poll_timeout().is_none());
}

#[test]
fn a_cancelled_request_makes_its_reply_late() {
    let mut driven = Driven::with_one_of_each_mode(1);
    assert_eq!(driven.session.cancel(driven.now, 1), Some("drop"));
    assert_eq!(driven.session.cancel(driven.now, 1), None);
    driven.reply(1);
    assert!(driven.ended().is_empty());
    assert_eq!((driven.session.stats(driven.now).late_replies, driven.session.in_flight()), (1, 3));
}

#[test]
fn a_request_cancelled_before_it_was_sent_is_sent_all_the_same() {
    let mut driven = Driven::connected(1);
    let id = driven.submit("gone", ResendMode::ReconnectAndResend);
    assert_eq!(driven.session.cancel(driven.now, id), Some("gone"));
    assert!(driven.session.requests().is_empty() && driven.session.in_flight() == 1);
    assert_eq!(driven.sent_ids(), [id]);
    assert_eq!((driven.session.in_flight(), driven.session.status(id)), (0, None));
}

#[test]
fn deadlines_expire_in_order_and_once() {
    let mut driven = Driven::connected_with(1, |config| config.ping_interval = None);
    driven.submit_timed("last", 9 * SECOND);
    driven.submit_timed("second", 5 * SECOND);
    driven.sent();
    driven.submit_timed("first", 2 * SECOND);
    let answered = driven.submit_timed("answered", SECOND);
    driven.sent();
    driven.reply(answered);
    driven.ended();
    assert_eq!(driven.pass_to_timeout(), 2 * SECOND, "an answered request has no deadline");
    assert!(matches!(&driven.ended()[..], [("first", Outcome::Failed(Failure::Timeout { was_sent: true }))]));
    assert_eq!(driven.pass_to_timeout(), 3 * SECOND);
    assert_eq!(names(&driven.ended()), ["second"]);
    driven.pass(SECOND);
    assert!(driven.ended().is_empty());
    assert_eq!(driven.session.cancel(driven.now, 1), Some("last"));
    assert_eq!(driven.session.poll_timeout(), None);
}

#[test]
fn a_timeout_says_whether_the_request_was_sent() {
    let mut driven = Driven::connected(1);
    driven.submit_timed("not sent", SECOND);
    driven.pass(SECOND);
    assert!(matches!(&driven.ended()[..], [("not sent", Outcome::Failed(Failure::Timeout { was_sent: false }))]));
    assert!(driven.sent_ids().is_empty(), "it is not sent any more");
    assert_eq!(driven.session.outbox_bytes(), 0);
}

#[test]
fn a_request_is_not_taken_where_it_makes_no_sense() {
    use ResendMode::*;
    let mut driven = Driven::new(2);
    assert_eq!(driven.not_taken(ReconnectAndResend), Some(SubmitError::State(LinkState::NotConnected)));
    driven.session.connect(driven.now).expect("not active");
    assert_eq!(driven.not_taken(ReconnectAndResend), Some(SubmitError::State(LinkState::NotConnected)));
    driven.log_in();
    assert_eq!(driven.not_taken(ReconnectAndResend), Some(SubmitError::NotStarted));
    driven.lose();
    assert_eq!(driven.not_taken(ReconnectAndResend), Some(SubmitError::NotStarted), "while it reconnects, too");
    driven.session.start().expect("it reconnects");
    assert_eq!(driven.not_taken(DontReconnectAndIgnore), Some(SubmitError::State(LinkState::Reconnecting)));
    assert_eq!(driven.not_taken(ReconnectAndResend), None);
}
