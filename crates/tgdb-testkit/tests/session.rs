//! The server's side of a session, frame by frame.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use tgdb_pdu::body::*;
use tgdb_pdu::{AuthToken, Body, Frame, FrameDecoder, Header, Message, Verb};
use tgdb_testkit::{Faults, ServerConfig, ServerEvent, ServerSession, echo};

const NOW: Duration = Duration::from_millis(1234);

fn session(faults: Faults) -> ServerSession {
    ServerSession::new(Arc::new(ServerConfig::default()), faults, 77)
}

fn sent(session: &mut ServerSession) -> Vec<Message> {
    let mut decoder = FrameDecoder::default();
    let mut out = Vec::new();
    assert_eq!(session.poll_transmit(&mut out), out.len());
    decoder.push(&out);
    let frames = std::iter::from_fn(|| decoder.next_frame().unwrap());
    frames.map(|frame| Message::decode(&frame).unwrap()).collect()
}

fn event(session: &mut ServerSession, header: Header, body: Body) -> ServerEvent {
    session.handle_frame(NOW, &frame(header, body)).unwrap().0
}

/// A session after its login, and the header for its requests.
fn logged_in(faults: Faults) -> (ServerSession, Header) {
    let mut session = session(faults);
    session.handle_connected(NOW);
    for kind in [HandshakeKind::INITIATE, HandshakeKind::CHALLENGE_ACCEPTED] {
        assert_eq!(event(&mut session, Header::default(), hello(kind)), ServerEvent::Handshake);
    }
    assert_eq!(event(&mut session, Header::default(), login()), ServerEvent::LoggedIn);
    let answers = sent(&mut session);
    let header = answers.last().unwrap().header;
    assert_eq!((answers.len(), header.session_id, header.timestamp), (3, 77, 1234));
    (session, Header { request_id: 1, sequence_no: 1, timestamp: 0, ..header })
}

#[test]
fn requests_are_left_to_the_script() {
    let (mut session, header) = logged_in(Faults::default());
    let (event, request) = session.handle_frame(NOW, &frame(header, query("text"))).unwrap();
    assert_eq!((event, sent(&mut session)), (ServerEvent::Request, vec![]));
    session.set_now(2 * NOW);
    echo(&mut session, &request);
    let reply = sent(&mut session).pop().unwrap();
    assert_eq!((reply.verb(), reply.header.request_id, reply.header.timestamp), (Verb::QUERY_RESPONSE, 1, 2468));
    assert_eq!(reply.header.sequence_no, 3, "after the three of the login");
}

#[test]
fn what_does_not_belong_is_an_error_and_the_session_goes_on() {
    let mut early = session(Faults::default());
    for body in [login(), query("early"), Body::Invalid] {
        assert_eq!(event(&mut early, Header::default(), body), ServerEvent::Invalid);
        assert!(matches!(sent(&mut early)[..], [Message { body: Body::Exception(_), .. }]));
    }
    assert!(!early.is_over());

    let (mut session, header) = logged_in(Faults::default());
    for wrong in [
        Header { auth_token: AuthToken::new(1), ..header },
        Header { session_id: 1, ..header },
        Header { auth_token: AuthToken::NONE, session_id: 0, ..header },
    ] {
        assert_eq!(event(&mut session, wrong, query("not mine")), ServerEvent::Invalid);
    }
    assert_eq!(sent(&mut session).len(), 3);
    let undecodable = Frame { payload: vec![1].into(), ..frame(header, query("")) };
    session.handle_frame(NOW, &undecodable).unwrap_err();
    assert_eq!(sent(&mut session)[0].header.request_id, 1);
    assert_eq!(event(&mut session, header, query("mine")), ServerEvent::Request);
    assert_eq!(event(&mut session, header, Body::Ping), ServerEvent::Ping);
}

#[test]
fn nothing_is_handled_after_the_end() {
    let (mut session, header) = logged_in(Faults::default());
    let leave = DisconnectChannelRequest { session: None };
    assert_eq!(event(&mut session, header, leave.into()), ServerEvent::Left);
    assert!(session.is_over() && !session.is_logged_in());
    assert_eq!(event(&mut session, header, query("late")), ServerEvent::Ignored);
    session.terminate(NOW, "late");
    assert_eq!(sent(&mut session), []);
}

#[test]
fn what_a_client_sends_cannot_make_the_server_panic() {
    let mut session = session(Faults { request_id_offset: i64::MAX, ..Faults::default() });
    for kind in [HandshakeKind::INITIATE, HandshakeKind::CHALLENGE_ACCEPTED] {
        let _ = event(&mut session, Header { request_id: i64::MAX, ..Header::default() }, hello(kind));
    }
    sent(&mut session);
    // Quoted, each character takes several.
    let Body::AuthenticateRequest(request) = login() else { unreachable!() };
    let long = AuthenticateRequest { database: Some("\u{1}".repeat(32_767)), ..request };
    assert_eq!(event(&mut session, Header::default(), long.into()), ServerEvent::Handshake);
    assert!(matches!(sent(&mut session)[..], [Message { body: Body::Exception(_), .. }]));
    let _ = event(&mut session, Header::default(), login());
    let accepted = sent(&mut session).pop().unwrap().header;
    let header = Header { request_id: i64::MAX, ..accepted };
    let (_, request) = session.handle_frame(NOW, &frame(header, query(&"x".repeat(32_767)))).unwrap();
    echo(&mut session, &request);
    assert_eq!(sent(&mut session)[0].header.request_id, -2, "wrapped around");
}

#[test]
fn a_mute_session_says_nothing_at_all() {
    let mut session = session(Faults { mute: true, ..Faults::default() });
    session.handle_connected(NOW);
    assert_eq!(event(&mut session, Header::default(), hello(HandshakeKind::INITIATE)), ServerEvent::Ignored);
    session.push(NOW, Body::Ping);
    assert_eq!(sent(&mut session), []);
}
