//! Connecting, the login's time, and the states.

use super::*;

impl Driven {
    fn connecting(servers: usize) -> Self {
        let mut driven = Self::new(servers);
        driven.session.connect(driven.now).expect("not active");
        driven
    }
}

#[test]
fn the_states_follow_the_diagram() {
    use LinkState::*;
    let mut driven = Driven::new(2);
    driven.session.close(driven.now, StopMethod::Graceful);
    assert_eq!(driven.session.state(), NotConnected, "there is nothing to close yet");
    driven.session.connect(driven.now).expect("not active");
    driven.log_in();
    driven.session.close(driven.now, StopMethod::RemoteKill);
    assert_eq!(driven.session.state(), Terminated);
    driven.session.close(driven.now, StopMethod::ClientForceful);
    assert_eq!(driven.session.state(), Terminated, "a stop does not hide why the link ended");
    driven.session.connect(driven.now).expect("not active");
    assert_eq!(driven.session.state(), Terminated, "until it is logged in");
    driven.log_in();
    assert_eq!(driven.session.state(), Connected);
    driven.events();
    let link = driven.link();
    let source = tgdb_pdu::FrameError::TooShort { length: 1 };
    let garbage = TransportError::Frame { peer: "a:1".into(), source };
    driven.session.handle_disconnected(driven.now, link, garbage);
    driven.session.close(driven.now, StopMethod::Graceful);
    let changes = driven.events().into_iter().filter_map(|event| match event {
        Event::LinkChanged { from, to } => Some((from, to)),
        _ => None,
    });
    let arrows = [
        (Connected, FailedOnProcessing),
        (FailedOnProcessing, Reconnecting),
        (Reconnecting, Closing),
        (Closing, Closed),
    ];
    assert!(changes.eq(arrows));
}

#[test]
fn a_login_has_the_operation_timeout() {
    let mut driven = Driven::connecting(1);
    driven.socket();
    driven.sent();
    driven.pass(4 * SECOND);
    // Pings do not prolong it.
    driven.receive(framed(Body::Ping));
    assert_eq!(driven.pass_to_timeout(), 6 * SECOND);
    let outcome = driven.outcome();
    let Some(Err(ChannelError::Login { source, .. })) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(*source, LoginError::Timeout { .. }), "{source:?}");
    assert!(!driven.session.is_active() && driven.session.poll_timeout().is_none());
}

#[test]
fn an_attempt_that_the_driver_does_not_report_is_given_up() {
    let mut driven = Driven::connecting(2);
    let (link, server) = driven.attempt().expect("an attempt");
    assert_eq!(server, 0);
    assert_eq!(driven.pass_to_timeout(), SECOND + Duration::from_millis(100));
    let events = driven.events();
    assert!(matches!(events[0], Event::CancelConnect { link: cancelled } if cancelled == link));
    assert!(matches!(events.last(), Some(Event::Connect { server: 1, .. })));
    // What comes of it later is not wanted, and changes nothing.
    assert!(!driven.session.handle_connected(driven.now, link, "192.0.2.1:50000"));
    driven.session.handle_connect_failed(driven.now, link, cut().into());
    assert!(driven.events().is_empty());
}

#[test]
fn connecting_goes_over_the_list_with_pauses_between_rounds() {
    let mut driven = Driven::connecting(2);
    let mut pauses = [10 * SECOND, 20 * SECOND].into_iter();
    for server in [0, 1, 0, 1, 0, 1] {
        let attempt = driven.attempt().or_else(|| {
            let minimum = pauses.next().expect("a round is over");
            assert!((minimum..minimum * 3 / 2).contains(&driven.pass_to_timeout()), "half as much at random");
            driven.attempt()
        });
        let (link, asked) = attempt.expect("an attempt");
        assert_eq!(asked, server);
        driven.session.handle_connect_failed(driven.now, link, cut().into());
    }
    let outcome = driven.outcome();
    assert!(matches!(outcome, Some(Err(ChannelError::AllAttemptsFailed { attempts: 6, .. }))), "{outcome:?}");
    assert_eq!(driven.session.state(), LinkState::NotConnected);
}

#[test]
fn a_servers_no_ends_connecting_and_a_lost_login_does_not() {
    let mut driven = Driven::connecting(2);
    let link = driven.socket();
    driven.session.handle_disconnected(driven.now, link, cut());
    let link = driven.socket();
    let status = HandshakeStatus::CHALLENGE_FAILED;
    let reason = Some(Bytes::from_static(b"no"));
    driven.session.handle_frame(driven.now, link, framed(HandshakeResponse { status, challenge: 0, reason }));
    let outcome = driven.outcome();
    assert!(matches!(outcome, Some(Err(ChannelError::Login { .. }))), "{outcome:?}");
    assert!(driven.attempt().is_none(), "no other server would say yes");
}

#[test]
fn only_one_connects_at_a_time() {
    let mut driven = Driven::connecting(1);
    assert!(matches!(driven.session.connect(driven.now), Err(ChannelError::AlreadyConnected(_))));
    driven.log_in();
    assert!(matches!(driven.session.connect(driven.now), Err(ChannelError::AlreadyConnected(LinkState::Connected))));
    assert!(matches!(driven.outcome(), Some(Ok(()))));
    assert!(driven.outcome().is_none(), "it is taken once");
}

#[test]
fn a_connect_needs_a_start_again() {
    let mut driven = Driven::connected(1);
    driven.lose();
    driven.session.connect(driven.now).expect("not active");
    driven.log_in();
    assert_eq!(driven.not_taken(ResendMode::ReconnectAndResend), Some(SubmitError::NotStarted));
}
