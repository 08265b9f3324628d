//! What becomes of requests when the connection is lost.

use super::*;

fn is_lost(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Failure::Lost(_)))
}

fn is_not_resent(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(Failure::NotResent(_)))
}

#[test]
fn without_failover_a_loss_ends_all() {
    let mut driven = Driven::with_one_of_each_mode(1);
    driven.lose();
    let ended = driven.ended();
    assert_eq!(names(&ended), ["drop", "resend", "raise", "ignore"]);
    assert!(ended.iter().all(|(_, outcome)| is_lost(outcome)), "{ended:?}");
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv);
    let expected = SubmitError::State(LinkState::FailedOnRecv);
    assert_eq!(driven.not_taken(ResendMode::ReconnectAndResend), Some(expected));
}

#[test]
fn with_failover_each_mode_gets_its_own() {
    let mut driven = Driven::with_one_of_each_mode(2);
    driven.lose();
    assert_eq!(driven.session.state(), LinkState::Reconnecting);
    assert!(matches!(&driven.ended()[..], [("drop", outcome)] if is_lost(outcome)));
    let statuses: Vec<_> = driven.session.requests().into_iter().map(|(id, _, _, status)| (id, status)).collect();
    assert_eq!(statuses, [(2, WaiterStatus::Resend), (3, WaiterStatus::Waiting), (4, WaiterStatus::Waiting)]);

    driven.log_in();
    let ended = driven.ended();
    assert_eq!(names(&ended), ["raise", "ignore"]);
    assert!(ended.iter().all(|(_, outcome)| is_not_resent(outcome)), "{ended:?}");
    assert_eq!(driven.submit("new", ResendMode::ReconnectAndIgnore), 5);
    assert_eq!(driven.sent_ids(), [2, 5], "it is sent again before the others");
    assert!(driven.sent_ids().is_empty(), "and once");
}

#[test]
fn a_message_sent_again_has_the_header_of_its_connection() {
    let mut driven = Driven::connected(2);
    let id = driven.submit("resend", ResendMode::ReconnectAndResend);
    let first = driven.sent().remove(0);
    driven.lose();
    driven.log_in();
    let again = driven.sent().remove(0);
    assert_eq!((first.header.request_id, again.header.request_id), (id, id));
    assert_eq!((first.header.session_id, again.header.session_id), (1, 2));
    assert_eq!(again.header.auth_token, AuthToken::new(2));
    assert!(again.header.sequence_no > first.header.sequence_no);
    assert_eq!(first.payload, again.payload);
}

#[test]
fn requests_wait_for_the_login_of_a_reconnection() {
    let mut driven = Driven::connected(2);
    driven.lose();
    let queued = driven.submit("queued", ResendMode::ReconnectAndIgnore);
    assert!(!driven.session.has_transmit(), "there is no connection");
    let link = driven.socket();
    let hello = driven.sent();
    assert_eq!(hello.len(), 1);
    assert_eq!((hello[0].verb, hello[0].header.session_id), (Verb::HANDSHAKE_REQUEST, 0));
    assert!(!driven.session.has_transmit(), "the server has not answered");
    // The login, except for its first message.
    let challenge = ProductVersion::CLIENT.to_wire();
    let status = HandshakeStatus::ACCEPT_CHALLENGE;
    driven.session.handle_frame(driven.now, link, framed(HandshakeResponse { status, challenge, reason: None }));
    let status = HandshakeStatus::PROCEED_WITH_AUTHENTICATION;
    driven.sent();
    driven.session.handle_frame(driven.now, link, framed(HandshakeResponse { status, challenge, reason: None }));
    assert_eq!(driven.sent_ids(), [-1]);
    let accepted = AuthenticateResponse::Accepted { auth_token: AuthToken::new(9), session_id: 9, certificate: None };
    driven.session.handle_frame(driven.now, link, framed(accepted));
    assert_eq!(driven.sent_ids(), [queued]);
    assert!(driven.session.is_open(queued), "it was sent for the first time: nothing was lost");
}

#[test]
fn a_second_loss_before_it_is_sent_again_keeps_it() {
    let mut driven = Driven::connected(2);
    let id = driven.submit("resend", ResendMode::ReconnectAndResend);
    driven.sent();
    driven.lose();
    driven.log_in();
    // Something came, so that the next server need not be tried.
    driven.receive(frame(Verb::PING, -1));
    driven.lose();
    driven.log_in();
    assert!(driven.ended().is_empty());
    assert_eq!(driven.sent_ids(), [id]);
}

#[test]
fn messages_are_sent_again_in_the_order_of_submission() {
    let mut driven = Driven::connected(2);
    let mode = ResendMode::ReconnectAndResend;
    let sent: Vec<i64> = (0..20).map(|_| driven.submit("resend", mode)).collect();
    driven.sent();
    driven.lose();
    let queued: Vec<i64> = (0..5).map(|_| driven.submit("queued", mode)).collect();
    driven.log_in();
    assert_eq!(driven.sent_ids(), [sent, queued].concat());
}

#[test]
fn a_message_is_sent_again_five_times_at_most() {
    let mut driven = Driven::connected(2);
    let id = driven.submit("resend", ResendMode::ReconnectAndResend);
    for times in 0..=5 {
        assert_eq!(driven.sent_ids(), [id], "after {times} times");
        driven.receive(frame(Verb::PING, -1));
        driven.lose();
        driven.log_in();
    }
    let ended = driven.ended();
    assert!(matches!(&ended[..], [("resend", outcome)] if is_not_resent(outcome)), "{ended:?}");
    assert!(!driven.session.has_transmit());
}

#[test]
fn messages_without_reply_are_dropped_or_reported_as_their_mode_says() {
    let mut driven = Driven::connected(2);
    for (name, mode) in MODES {
        driven.submit_one_way(name, mode);
    }
    driven.given_out();
    driven.lose();
    driven.log_in();
    let ended = driven.ended();
    assert_eq!(names(&ended), ["drop", "raise", "ignore"]);
    assert!(matches!(ended[0].1, Outcome::Ignored) && matches!(ended[2].1, Outcome::Ignored), "{ended:?}");
    assert!(is_not_resent(&ended[1].1), "{ended:?}");
    assert_eq!(driven.sent().len(), 1);
    assert!(matches!(&driven.ended()[..], [("resend", Outcome::Sent)]));
}

#[test]
fn requests_end_when_reconnecting_fails() {
    let mut driven = Driven::with(2, |config| config.retry_count = 1);
    driven.session.connect(driven.now).expect("not active");
    driven.log_in();
    driven.session.start().expect("connected");
    driven.submit("resend", ResendMode::ReconnectAndResend);
    driven.sent();
    driven.receive(frame(Verb::PING, -1));
    driven.lose();
    driven.submit("queued", ResendMode::ReconnectAndIgnore);
    for server in [0, 1] {
        let (link, asked) = driven.attempt().expect("an attempt");
        assert_eq!(asked, server, "the lost one first");
        driven.session.handle_connect_failed(driven.now, link, cut().into());
    }
    let ended = driven.ended();
    assert_eq!(names(&ended), ["resend", "queued"]);
    assert!(ended.iter().all(|(_, outcome)| matches!(outcome, Outcome::Failed(Failure::ReconnectFailed { .. }))));
    assert_eq!(driven.session.state(), LinkState::Closed);
    assert!(matches!(driven.session.last_error(), Some(ChannelError::AllAttemptsFailed { attempts: 2, .. })));
}

#[test]
fn a_deadline_while_reconnecting_says_that_there_is_no_connection() {
    let mut driven = Driven::connected(2);
    let deadline = driven.now + SECOND;
    driven.submit_as(Request { deadline, ..driven.request("sent", ResendMode::ReconnectAndResend) });
    driven.sent();
    driven.lose();
    driven.submit_timed("queued", SECOND);
    driven.pass(SECOND);
    let ended = driven.ended();
    assert!(matches!(ended[0], ("sent", Outcome::Failed(Failure::Timeout { was_sent: true }))));
    let state = LinkState::Reconnecting;
    assert!(
        matches!(&ended[1], ("queued", Outcome::Failed(Failure::NotConnected { state: is, cause: Some(_) })) if *is == state)
    );
}
