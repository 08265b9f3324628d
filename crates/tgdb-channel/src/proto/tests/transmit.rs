//! Sending: order and headers, what counts as sent, a peer that does not read, pings.

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndIgnore;

fn sequence(frames: &[Frame]) -> Vec<i64> {
    frames.iter().map(|frame| frame.header.sequence_no).collect()
}

#[test]
fn sequence_numbers_are_given_when_a_frame_leaves() {
    let sequence_of = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(100));
    let mut driven = Driven::connected_with(1, |config| config.sequence = sequence_of.clone());
    driven.submit_timed("expires", SECOND);
    driven.submit("stays", MODE);
    // Another session of the process sends in between.
    sequence_of.store(200, std::sync::atomic::Ordering::Relaxed);
    driven.pass(SECOND);
    driven.submit("joins", MODE);
    let frames = driven.sent();
    assert_eq!(sequence(&frames), [200, 201], "one that was not sent has none");
    assert_eq!(frames.iter().map(|frame| frame.header.request_id).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_login_has_no_token_and_what_follows_has_that_of_the_login() {
    let mut driven = Driven::new(1);
    driven.session.connect(driven.now).expect("not active");
    let link = driven.socket();
    let hello = driven.given_out().remove(0);
    assert_eq!((hello.header.auth_token, hello.header.session_id), (AuthToken::NONE, 0));
    driven.session.handle_disconnected(driven.now, link, cut());
    driven.session.connect(driven.now).expect("not active");
    driven.log_in();
    driven.session.start().expect("connected");
    driven.submit("asks", MODE);
    let request = driven.sent().remove(0);
    assert_eq!((request.header.auth_token, request.header.session_id), (AuthToken::new(1), 1));
}

#[test]
fn a_message_without_reply_is_sent_when_its_last_byte_is() {
    let mut driven = Driven::connected(1);
    driven.submit("before", MODE);
    let key = driven.submit_one_way("one way", MODE);
    let frames = driven.given_out();
    let lengths: Vec<usize> = frames.iter().map(|frame| tgdb_pdu::HEADER_LEN + frame.payload.len()).collect();
    assert_eq!(frames[1].header.request_id, -1);
    let link = driven.link();
    driven.session.handle_transmitted(driven.now, link, lengths[0] + lengths[1] - 1);
    assert!(driven.session.is_open(key), "a byte is missing");
    driven.session.handle_transmitted(driven.now, link, 1);
    assert!(matches!(&driven.ended()[..], [("one way", Outcome::Sent)]));
}

#[test]
fn a_connection_whose_peer_does_not_read_is_given_up() {
    let mut driven = Driven::connected_with(1, |config| config.send_timeout = 3 * SECOND);
    driven.submit("waits", MODE);
    driven.given_out();
    assert_eq!(driven.session.poll_timeout(), Some(driven.now + 3 * SECOND), "from the first byte on");
    driven.pass(2 * SECOND);
    // One byte goes: it starts again.
    let link = driven.link();
    driven.session.handle_transmitted(driven.now, link, 1);
    driven.pass(2 * SECOND);
    // Something went that cannot be counted yet.
    driven.session.handle_transmitted(driven.now, link, 0);
    driven.pass(2 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected);
    driven.pass(SECOND);
    assert_eq!(driven.session.state(), LinkState::FailedOnSend, "no byte is no progress");
    let ended = driven.ended();
    assert!(
        matches!(&ended[..], [("waits", Outcome::Failed(Failure::Lost(cause)))] if matches!(**cause, TransportError::Timeout { operation: "send to", .. }))
    );
}

#[test]
fn a_peer_that_reads_all_is_not_given_up() {
    let mut driven = Driven::connected_with(1, |config| config.send_timeout = 3 * SECOND);
    driven.submit("waits", MODE);
    driven.sent();
    driven.pass(20 * SECOND);
    assert_eq!(driven.session.state(), LinkState::Connected);
}

#[test]
fn after_a_failed_write_what_arrived_before_is_read() {
    let mut driven = Driven::connected(1);
    let id = driven.submit("answered", MODE);
    driven.submit("lost", MODE);
    driven.sent();
    let link = driven.link();
    driven.session.handle_send_failed(driven.now, link, cut());
    driven.submit("not sent", MODE);
    assert!(!driven.session.has_transmit(), "nothing can be sent any more");
    driven.reply(id);
    assert_eq!(names(&driven.ended()), ["answered"]);
    assert_eq!(driven.pass_to_timeout(), Duration::from_millis(100));
    assert_eq!(driven.session.state(), LinkState::FailedOnSend);
    assert_eq!(names(&driven.ended()), ["lost", "not sent"]);
}

#[test]
fn a_ping_is_sent_on_silence_only() {
    let mut driven = Driven::connected_with(1, |config| config.ping_interval = Some(10 * SECOND));
    driven.pass(6 * SECOND);
    driven.submit("asks", MODE);
    driven.sent();
    driven.pass(6 * SECOND);
    assert!(!driven.session.has_transmit(), "something was sent 6 s ago");
    driven.receive(frame(Verb::PING, -1));
    driven.pass(9 * SECOND);
    assert!(!driven.session.has_transmit(), "something came 9 s ago");
    driven.pass(SECOND);
    let frames = driven.sent();
    assert_eq!(frames.iter().map(|frame| frame.verb).collect::<Vec<_>>(), [Verb::PING]);
    assert_eq!(frames[0].header.request_id, -1);
    assert_eq!(driven.pass_to_timeout(), 10 * SECOND, "the ping broke the silence");
    assert_eq!(driven.sent().len(), 1);
}

#[test]
fn pings_do_not_pile_up_behind_a_peer_that_reads_slowly() {
    let mut driven = Driven::connected_with(1, |config| config.ping_interval = Some(SECOND));
    driven.submit_timed("large", 1000 * SECOND);
    driven.given_out();
    let link = driven.link();
    for _ in 0..60 {
        driven.pass(SECOND);
        driven.session.handle_transmitted(driven.now, link, 1);
        assert!(!driven.session.has_transmit(), "a ping although bytes wait");
    }
    assert_eq!(driven.session.state(), LinkState::Connected);
}

#[test]
fn without_an_interval_there_are_no_pings() {
    let mut driven = Driven::connected_with(1, |config| config.ping_interval = None);
    assert_eq!(driven.session.poll_timeout(), None);
    driven.pass(3600 * SECOND);
    assert!(!driven.session.has_transmit());
}
