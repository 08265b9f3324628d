//! Servers that do not answer.

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndIgnore;

fn alive_for(liveness: Liveness) -> Driven {
    Driven::connected_with(1, |config| {
        config.liveness = liveness;
        config.ping_interval = None;
    })
}

impl Driven {
    /// The server pings.
    fn ping(&mut self) {
        self.receive(Frame::new(Header::default(), Verb::PING, Bytes::new()));
    }
}

#[test]
fn a_silent_server_is_given_up_while_requests_wait() {
    let mut driven = alive_for(Liveness::After(3 * SECOND));
    driven.pass(60 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected, "nobody waits");
    driven.submit("waits", MODE);
    driven.sent();
    driven.pass(2 * SECOND);
    driven.ping();
    driven.pass(2 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected, "anything that arrives will do");
    driven.pass(SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv);
    let ended = driven.ended();
    assert!(matches!(
        &ended[..],
        [("waits", Outcome::Failed(Failure::Lost(cause)))]
            if matches!(&**cause, TransportError::Unresponsive { silence, .. } if *silence == 3 * SECOND)
    ));
}

#[test]
fn a_long_reply_that_is_under_way_is_no_silence() {
    let mut driven = alive_for(Liveness::After(3 * SECOND));
    let id = driven.submit("long", MODE);
    driven.sent();
    for _ in 0..5 {
        driven.pass(2 * SECOND);
        let link = driven.session.link().expect("still there");
        driven.session.handle_partial(driven.now, link);
        driven.session.handle_partial(driven.now, LinkId(99));
    }
    driven.reply(id);
    assert_eq!(driven.session.state(), LinkState::Connected);
    driven.submit("silent", MODE);
    driven.sent();
    driven.session.handle_partial(driven.now + SECOND, LinkId(99));
    driven.pass(3 * SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv, "another connection's bytes do not count");
}

#[test]
fn requests_that_time_out_do_not_make_silence_shorter() {
    let mut driven = alive_for(Liveness::After(3 * SECOND));
    for _ in 0..2 {
        driven.submit_timed("times out", SECOND);
        driven.sent();
        driven.pass(SECOND);
    }
    assert_eq!(driven.session.state(), LinkState::Connected);
    driven.submit_timed("times out", SECOND);
    driven.sent();
    driven.pass(SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv);
}

#[test]
fn an_answered_request_ends_the_wait_and_the_next_begins_it() {
    let mut driven = alive_for(Liveness::After(3 * SECOND));
    for _ in 0..5 {
        let id = driven.submit("answered", MODE);
        driven.sent();
        driven.pass(2 * SECOND);
        driven.reply(id);
        driven.pass(10 * SECOND);
    }
    driven.submit("queued", MODE);
    driven.ping();
    driven.sent();
    driven.pass(3 * SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv);
}

#[test]
fn a_patient_session_waits_as_long_as_its_requests_may_take() {
    let mut driven = alive_for(Liveness::Patient(3 * SECOND));
    driven.submit_timed("may take long", 20 * SECOND);
    driven.sent();
    driven.pass(19 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected);
    driven.pass(SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnRecv);
    let mut driven = alive_for(Liveness::Off);
    driven.submit_timed("silent", 20 * SECOND);
    driven.sent();
    driven.pass(100 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected);
}
