//! Bounds, and waiting for room.

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndIgnore;

/// Full with one request in flight.
fn full() -> Driven {
    let mut driven = Driven::connected_with(1, |config| config.max_in_flight = 1);
    driven.submit("in flight", MODE);
    driven.sent();
    driven.events();
    assert_eq!(driven.not_taken(MODE), Some(SubmitError::Full));
    driven
}

impl Driven {
    fn queue(&mut self, name: &'static str) -> u64 {
        self.queue_again(None, name)
    }

    fn queue_again(&mut self, ticket: Option<u64>, name: &'static str) -> u64 {
        self.session.wait_for_room(ticket, 100, self.now + 30 * SECOND, name).0
    }

    fn submit_in_turn(&mut self, ticket: u64, name: &'static str) -> Option<i64> {
        let request = self.request(name, MODE);
        self.session.submit_in_turn(Some(ticket), request).ok()
    }
}

#[test]
fn the_bytes_that_wait_are_bounded() {
    let mut driven = Driven::connected_with(1, |config| config.max_outbox = 150);
    driven.submit("larger than the bound is possible if nothing waits, as otherwise it could never be sent", MODE);
    assert!(driven.session.outbox_bytes() > 150);
    assert_eq!(driven.not_taken(MODE), Some(SubmitError::Full));
    driven.sent();
    assert_eq!((driven.session.outbox_bytes(), driven.not_taken(MODE)), (0, None));
}

#[test]
fn first_come_first_served_one_at_a_time() {
    let mut driven = full();
    let tickets = ["first", "second", "third"].map(|name| driven.queue(name));
    driven.reply(1);
    assert_eq!(driven.called(), ["first"], "there is room for one");
    assert_eq!(driven.not_taken(MODE), Some(SubmitError::Full), "nobody comes before it");
    assert_eq!(driven.submit_in_turn(tickets[1], "second"), None);
    let id = driven.submit_in_turn(tickets[0], "first").expect("it is its turn");
    driven.session.leave_room(tickets[0]);
    assert!(driven.called().is_empty(), "it is full again");
    driven.sent();
    driven.reply(id);
    assert_eq!(driven.called(), ["second"]);
}

#[test]
fn a_dropped_ticket_passes_the_turn_on() {
    let mut driven = full();
    let tickets = ["first", "second", "third"].map(|name| driven.queue(name));
    assert_eq!(driven.session.leave_room(tickets[0]), Some("first"), "before its turn");
    driven.reply(1);
    assert_eq!(driven.called(), ["second"]);
    // It does not want it any more.
    assert_eq!(driven.session.leave_room(tickets[1]), None);
    assert_eq!(driven.called(), ["third"]);
}

#[test]
fn who_waits_again_after_a_call_keeps_its_place() {
    let mut driven = full();
    let first = driven.queue("first");
    driven.queue("second");
    driven.reply(1);
    assert_eq!(driven.called(), ["first"]);
    assert_eq!(driven.queue_again(Some(first), "first"), first);
    assert_eq!(driven.called(), ["first"], "there still is room");
}

#[test]
fn a_large_one_is_called_when_it_fits() {
    let mut driven = Driven::connected_with(1, |config| config.max_outbox = 1000);
    driven.submit("waits to be sent", MODE);
    let (ticket, _) = driven.session.wait_for_room(None, 990, driven.now + 30 * SECOND, "large");
    assert!(driven.called().is_empty(), "a call would be in vain");
    driven.sent();
    assert_eq!(driven.called(), ["large"]);
    driven.session.leave_room(ticket);
}

#[test]
fn who_waits_is_called_at_its_deadline() {
    let mut driven = full();
    driven.queue("waits");
    driven.pass(30 * SECOND);
    assert_eq!(driven.called(), ["waits"]);
}

#[test]
fn who_waits_again_after_a_call_is_called_at_its_deadline() {
    let mut driven = full();
    let ticket = driven.queue("waits");
    driven.reply(1);
    assert_eq!(driven.called(), ["waits"]);
    // A driver asks for the next timeout in between.
    driven.session.poll_timeout();
    driven.queue_again(Some(ticket), "waits");
    driven.called();
    driven.queue_again(Some(ticket), "waits");
    assert_eq!(driven.session.poll_timeout(), Some(driven.now + 30 * SECOND));
    driven.session.leave_room(ticket);
}

#[test]
fn a_deadline_is_watched_however_many_there_were_before() {
    // Those who left are swept out now and then, at whichever count.
    for count in 0..300 {
        let mut driven = full();
        for _ in 0..count {
            let ticket = driven.queue("leaves");
            driven.session.leave_room(ticket);
        }
        driven.reply(1);
        driven.submit("in flight", MODE);
        driven.queue("waits");
        driven.pass(30 * SECOND);
        assert_eq!(driven.called(), ["waits"], "after {count}");
    }
}

#[test]
fn all_are_called_when_there_will_be_no_room() {
    for end in [Driven::lose as fn(&mut Driven), |driven| driven.session.close(driven.now, StopMethod::Graceful)] {
        let mut driven = full();
        driven.queue("first");
        driven.queue("second");
        end(&mut driven);
        assert_eq!(driven.called(), ["first", "second"], "{:?}", driven.session.state());
        assert!(matches!(driven.not_taken(MODE), Some(SubmitError::State(_))));
    }
}

#[test]
fn requests_that_end_with_their_session_leave_room() {
    let mut driven = Driven::connected_with(2, |config| config.max_in_flight = 1);
    let session = driven.session.session_number();
    driven.submit_as(Request { session, ..driven.request("of the session", ResendMode::ReconnectAndResend) });
    driven.queue("waits");
    driven.lose();
    assert_eq!(names(&driven.ended()), ["of the session"]);
    assert_eq!(driven.called(), ["waits"]);
}

#[test]
fn what_ends_something_needs_no_room_but_a_session() {
    let mut driven = full();
    driven.queue("waits for room");
    let request = driven.request("beyond", MODE);
    let id = driven.session.submit_beyond_bounds(request).expect("it needs no room");
    assert_eq!(driven.session.in_flight(), 2);
    driven.sent();
    driven.reply(id);
    assert_eq!(driven.called(), [""; 0], "that made no room for others");
    driven.reply(1);
    assert_eq!(driven.called(), ["waits for room"]);
    let request = driven.request("beyond", MODE);
    let request = Request { session: Some(SessionNumber(7)), ..request };
    let not_taken = driven.session.submit_beyond_bounds(request).expect_err("there is no such session");
    assert_eq!(not_taken.why, SubmitError::SessionGone(SessionNumber(7)));
}
