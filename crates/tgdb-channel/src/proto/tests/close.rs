//! The ends that the program asks for.

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndIgnore;
const FORCEFUL: Duration = Duration::from_millis(100);

impl Driven {
    fn close(&mut self, method: StopMethod) {
        self.session.close(self.now, method);
    }

    fn verbs(&mut self) -> Vec<Verb> {
        self.sent().iter().map(|frame| frame.verb).collect()
    }

    fn is_finished(&mut self) -> bool {
        self.events().iter().any(|event| matches!(event, Event::Finish { .. }))
    }
}

#[test]
fn a_graceful_stop_waits_for_replies_then_says_goodbye_and_lingers() {
    let mut driven = Driven::connected(1);
    let id = driven.submit("asks", MODE);
    driven.close(StopMethod::Graceful);
    assert_eq!(driven.session.state(), LinkState::Closing);
    assert_eq!(driven.not_taken(MODE), Some(SubmitError::State(LinkState::Closing)));
    assert_eq!(driven.verbs(), [Verb::QUERY_REQUEST], "what was taken in is sent");
    driven.pass(SECOND);
    driven.reply(id);
    assert_eq!(names(&driven.ended()), ["asks"]);
    assert_eq!(driven.verbs(), [Verb::DISCONNECT_CHANNEL_REQUEST]);
    assert!(driven.is_finished(), "no more follows");
    assert!(driven.session.is_active(), "the server has not closed its end");
    driven.lose();
    assert_eq!(driven.session.state(), LinkState::Closed);
    assert!(!driven.session.is_active() && driven.session.poll_timeout().is_none());
    assert!(driven.session.last_error().is_none(), "the program wanted it");
}

#[test]
fn a_graceful_stop_ends_within_the_operation_timeout_and_a_second() {
    let mut driven = Driven::connected_with(1, |config| config.ping_interval = None);
    driven.submit("unanswered", MODE);
    driven.sent();
    driven.close(StopMethod::Graceful);
    assert_eq!(driven.pass_to_timeout(), 10 * SECOND);
    assert!(matches!(&driven.ended()[..], [("unanswered", Outcome::Failed(Failure::Stopped))]));
    assert_eq!(driven.verbs(), [Verb::DISCONNECT_CHANNEL_REQUEST]);
    assert_eq!(driven.pass_to_timeout(), SECOND);
    assert_eq!(driven.session.state(), LinkState::Closed);
}

#[test]
fn a_graceful_stop_does_not_wait_for_cancelled_requests() {
    let mut driven = Driven::connected(1);
    let id = driven.submit("gone", MODE);
    driven.sent();
    driven.close(StopMethod::Graceful);
    assert!(!driven.session.has_transmit());
    driven.session.cancel(driven.now, id);
    assert_eq!(driven.verbs(), [Verb::DISCONNECT_CHANNEL_REQUEST]);
}

#[test]
fn a_forceful_stop_ends_requests_at_once_and_itself_soon() {
    let mut driven = Driven::connected(1);
    driven.submit("sent", MODE);
    driven.sent();
    driven.submit("queued", MODE);
    driven.close(StopMethod::ClientForceful);
    let ended = driven.ended();
    assert_eq!(names(&ended), ["sent", "queued"]);
    assert!(ended.iter().all(|(_, outcome)| matches!(outcome, Outcome::Failed(Failure::Stopped))));
    assert_eq!(driven.verbs(), [Verb::DISCONNECT_CHANNEL_REQUEST], "what was queued is not sent");
    assert_eq!(driven.pass_to_timeout(), FORCEFUL);
    assert_eq!(driven.session.state(), LinkState::Closed);
}

#[test]
fn a_forceful_stop_escalates_a_graceful_one() {
    let mut driven = Driven::connected(1);
    driven.submit("asks", MODE);
    driven.sent();
    driven.close(StopMethod::Graceful);
    driven.pass(SECOND);
    driven.close(StopMethod::ClientForceful);
    assert_eq!(names(&driven.ended()), ["asks"]);
    assert_eq!(driven.pass_to_timeout(), FORCEFUL);
    assert!(!driven.session.is_active());
}

#[test]
fn a_further_stop_does_not_prolong_the_first() {
    let mut driven = Driven::connected(1);
    driven.close(StopMethod::ClientForceful);
    for _ in 0..3 {
        driven.pass(FORCEFUL / 4);
        driven.close(StopMethod::ClientForceful);
        driven.close(StopMethod::Graceful);
    }
    assert_eq!(driven.pass_to_timeout(), FORCEFUL / 4);
    assert!(!driven.session.is_active());
}

#[test]
fn a_kill_says_nothing_and_ends_at_once() {
    for before in [None, Some(StopMethod::Graceful), Some(StopMethod::ClientForceful)] {
        let mut driven = Driven::connected(2);
        driven.submit("asks", MODE);
        driven.sent();
        if let Some(method) = before {
            driven.close(method);
        }
        driven.close(StopMethod::RemoteKill);
        assert_eq!(names(&driven.ended()), ["asks"], "{before:?}");
        assert_eq!(driven.session.state(), LinkState::Terminated);
        assert!(!driven.session.is_active() && !driven.session.has_transmit());
    }
}

#[test]
fn a_stop_ends_connecting_and_reconnecting_at_once() {
    let mut driven = Driven::new(1);
    driven.session.connect(driven.now).expect("not active");
    let (link, _) = driven.attempt().expect("an attempt");
    driven.close(StopMethod::Graceful);
    assert_eq!(driven.session.state(), LinkState::NotConnected);
    assert!(matches!(driven.outcome(), Some(Err(ChannelError::Stopped))));
    assert!(!driven.session.handle_connected(driven.now, link, "192.0.2.1:50000"), "nobody wants it");

    let mut driven = Driven::connected(2);
    driven.submit("resend", ResendMode::ReconnectAndResend);
    driven.sent();
    driven.lose();
    driven.close(StopMethod::Graceful);
    assert!(matches!(&driven.ended()[..], [("resend", Outcome::Failed(Failure::Stopped))]));
    assert_eq!(driven.session.state(), LinkState::Closed);
    assert!(!driven.session.is_active() && driven.session.poll_timeout().is_none());
}
