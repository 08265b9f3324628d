//! Requests that are reported as they leave.

use tgdb_pdu::body::{AdminCommand, AdminRequest, DecryptBufferRequest};

use super::*;

const MODE: ResendMode = ResendMode::ReconnectAndResend;

impl Driven {
    fn reporting(servers: usize) -> Self {
        let mut driven = Self::connected_with(servers, |config| config.report_sent = true);
        assert!(driven.reported().is_empty(), "the login has the password");
        driven
    }

    fn submit_body(&mut self, body: impl Into<Body>) -> i64 {
        let body = body.into();
        let payload = Payload::encode(&body).expect("it fits");
        let request = self.request("one", MODE);
        self.submit_as(Request { verb: body.verb(), payload, ..request })
    }

    /// The requests reported, taken apart again.
    fn reported(&mut self) -> Vec<Frame> {
        let reported = self.take_events(|event| match event {
            Event::Sent { request } => Some(request.clone()),
            _ => None,
        });
        let frames = reported.iter().map(|request| {
            let bytes = request.parts().concat();
            assert_eq!(bytes.len(), request.encoded_len());
            let mut decoder = FrameDecoder::default();
            decoder.push(&bytes);
            let frame = decoder.next_frame().expect("a frame").expect("a whole one");
            assert_eq!(decoder.next_frame(), Ok(None));
            frame
        });
        frames.collect()
    }
}

/// As it was sent, but for the token.
fn without_token(mut frame: Frame) -> Frame {
    assert_ne!(frame.header.auth_token, AuthToken::NONE);
    frame.header.auth_token = AuthToken::NONE;
    frame
}

#[test]
fn requests_are_reported_as_they_leave_without_the_token() {
    let mut driven = Driven::reporting(1);
    let ids = [driven.submit("first", MODE), driven.submit("second", MODE)];
    // One payload is sent from where it is, and shared.
    let large = driven.submit_body(DecryptBufferRequest { buffer: vec![7; 1 << 20].into() });
    assert!(driven.reported().is_empty(), "they have not left");
    let sent: Vec<Frame> = driven.sent().into_iter().map(without_token).collect();
    let reported = driven.reported();
    assert_eq!(reported, sent);
    assert!(reported.iter().map(|frame| frame.header.request_id).eq([ids[0], ids[1], large]));
}

#[test]
fn what_is_sent_again_is_reported_again() {
    let mut driven = Driven::reporting(2);
    let id = driven.submit("again", MODE);
    driven.sent();
    driven.lose();
    driven.log_in();
    driven.sent();
    let reported: Vec<_> = driven.reported().into_iter().map(|frame| frame.header).collect();
    assert!(matches!(&reported[..], [first, again] if first.request_id == id && again.request_id == id));
    assert_eq!((reported[0].session_id, reported[1].session_id), (1, 2));
}

#[test]
fn what_can_hold_a_password_and_what_has_no_reply_is_not_reported() {
    let mut driven = Driven::reporting(1);
    driven.submit_one_way("tells", MODE);
    driven.submit_body(AdminRequest::new(AdminCommand::SHOW_USERS));
    driven.pass(100 * SECOND);
    driven.session.close(driven.now, StopMethod::ClientForceful);
    let verbs: Vec<Verb> = driven.sent().into_iter().map(|frame| frame.verb).collect();
    assert!(verbs.contains(&Verb::DISCONNECT_CHANNEL_REQUEST), "{verbs:?}");
    assert!(driven.reported().is_empty());
}

#[test]
fn nothing_is_reported_unless_asked_for() {
    let mut driven = Driven::connected(1);
    driven.submit("quiet", MODE);
    driven.sent();
    assert!(driven.reported().is_empty());
}
