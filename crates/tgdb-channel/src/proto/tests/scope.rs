//! Requests that belong to a session, and sessions that change.

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndResend;

impl Driven {
    fn submit_pinned(&mut self, name: &'static str, session: Option<SessionNumber>) -> Result<i64, SubmitError> {
        let request = Request { session, ..self.request(name, MODE) };
        self.session.submit(request).map_err(|not_taken| not_taken.why)
    }
}

#[test]
fn each_login_is_another_session() {
    let mut driven = Driven::connected(2);
    let first = driven.session.session_number();
    assert_eq!(first, Some(SessionNumber(1)));
    driven.lose();
    assert_eq!(driven.session.session_number(), None);
    driven.log_in();
    assert_eq!(driven.session.session_number(), Some(SessionNumber(2)));
}

#[test]
fn a_request_of_a_session_that_is_gone_is_not_sent() {
    let mut driven = Driven::connected(2);
    let session = driven.session.session_number();
    driven.submit_pinned("sent", session).expect("its session is there");
    driven.sent();
    driven.submit_pinned("queued", session).expect("its session is there");
    driven.submit("any", MODE);
    driven.lose();
    let ended = driven.ended();
    assert!(
        matches!(&ended[..], [("queued", Outcome::Failed(Failure::SessionGone { session: SessionNumber(1) }))]),
        "{ended:?}"
    );
    let gone = Err(SubmitError::SessionGone(SessionNumber(1)));
    assert_eq!(driven.submit_pinned("while reconnecting", session), gone);
    driven.log_in();
    assert_eq!(driven.submit_pinned("later", session), gone);
    let ended = driven.ended();
    assert!(matches!(&ended[..], [("sent", Outcome::Failed(Failure::NotResent(_)))]), "{ended:?}");
    driven.sent();
    assert_eq!(driven.session.in_flight(), 1, "what may go to any session was sent");
}

#[test]
fn a_transaction_that_is_to_begin_counts_before_it_is_sent() {
    let mut driven = Driven::connected(2);
    let begin = |driven: &Driven| Request { verb: Verb::BEGIN_TRANSACTION_REQUEST, ..driven.request("begin", MODE) };
    driven.submit_as(begin(&driven));
    assert_eq!(driven.session.transaction_session(), Some(SessionNumber(1)));
    driven.sent();
    driven.lose();
    driven.submit_as(begin(&driven));
    assert_eq!(driven.session.transaction_session(), Some(SessionNumber(1)), "there is no other yet");
    driven.log_in();
    driven.sent();
    assert_eq!(driven.session.transaction_session(), Some(SessionNumber(2)));
}

#[test]
fn what_sets_a_session_up_goes_first() {
    let setup = (Verb::CONNECTION_PROPERTIES, Payload::encode(&Body::Ping).expect("it fits"));
    let mut driven = Driven::connected_with(2, |config| config.session_setup = vec![setup]);
    driven.submit("behind it", MODE);
    let verbs = |driven: &mut Driven| driven.given_out().iter().map(|frame| frame.verb).collect::<Vec<_>>();
    assert_eq!(verbs(&mut driven), [Verb::CONNECTION_PROPERTIES, Verb::QUERY_REQUEST]);
    driven.lose();
    driven.log_in();
    assert_eq!(verbs(&mut driven), [Verb::CONNECTION_PROPERTIES, Verb::QUERY_REQUEST], "in each session");
}

#[test]
fn switching_goes_to_the_next_server_or_the_one_asked_for() {
    let mut driven = Driven::connected(3);
    driven.submit("in flight", MODE);
    driven.sent();
    assert!(!driven.session.switch_server(driven.now, Some(3)), "there is no such server");
    assert!(driven.session.switch_server(driven.now, None));
    assert_eq!(driven.session.state(), LinkState::Reconnecting);
    driven.log_in();
    assert_eq!((driven.session.server(), driven.session.state()), (1, LinkState::Connected));
    assert_eq!(driven.given_out().len(), 1, "it is sent again");
    assert!(driven.session.switch_server(driven.now, Some(0)));
    assert!(!driven.session.switch_server(driven.now, None), "it is under way");
    driven.log_in();
    assert_eq!(driven.session.server(), 0);
    assert!(!Driven::connected(1).session.switch_server(Instant::now(), None), "there is no other");
}
