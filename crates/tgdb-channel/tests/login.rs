//! The login's state machine against the server's bytes, without sockets.
#![allow(clippy::unwrap_used)]

use tgdb_channel::pdu::body::*;
use tgdb_channel::pdu::version::ProductVersion;
use tgdb_channel::pdu::{AuthToken, Body, Frame, FrameDecoder, Header, Message, Verb};
use tgdb_channel::url::VersionCheck;
use tgdb_channel::{Credentials, Login, LoginError, LoginStep};

fn credentials() -> Credentials {
    Credentials {
        user: "scott".into(),
        password: "tiger".into(),
        database: Some("routes".into()),
        roles: None,
        client_id: "test".into(),
        inbox_addr: "127.0.0.1:1".into(),
        ssl_mode: true,
        version_check: VersionCheck::Major,
    }
}

fn frame(body: impl Into<Body>) -> Frame {
    let mut decoder = FrameDecoder::default();
    decoder.push(&Message::new(Header::default(), body.into()).encode().unwrap());
    decoder.next_frame().unwrap().unwrap()
}

fn handshake(status: HandshakeStatus, version: ProductVersion) -> Frame {
    frame(HandshakeResponse { status, challenge: version.to_wire(), reason: None })
}

/// A login that stands before the authenticate reply.
fn authenticating() -> Login {
    let (mut login, _) = Login::start(credentials());
    login.on_frame(&handshake(HandshakeStatus::ACCEPT_CHALLENGE, ProductVersion::CLIENT)).unwrap();
    login.on_frame(&handshake(HandshakeStatus::PROCEED_WITH_AUTHENTICATION, ProductVersion::CLIENT)).unwrap();
    login
}

#[test]
fn the_whole_login() {
    let (mut login, first) = Login::start(credentials());
    assert_eq!(first, HandshakeRequest { kind: HandshakeKind::INITIATE, ssl_mode: false, challenge: 0 }.into());
    assert!(matches!(login.on_frame(&frame(Body::Ping)).unwrap(), LoginStep::Wait), "a ping changes nothing");

    let server = ProductVersion { minor: 9, ..ProductVersion::CLIENT };
    let LoginStep::Send(second) = login.on_frame(&handshake(HandshakeStatus::ACCEPT_CHALLENGE, server)).unwrap() else {
        panic!("the challenge is to be accepted")
    };
    let accepted = HandshakeKind::CHALLENGE_ACCEPTED;
    let challenge = ProductVersion::CLIENT.to_wire();
    assert_eq!(second, HandshakeRequest { kind: accepted, ssl_mode: true, challenge }.into());

    let proceed = login.on_frame(&handshake(HandshakeStatus::PROCEED_WITH_AUTHENTICATION, server)).unwrap();
    let LoginStep::Send(Body::AuthenticateRequest(request)) = proceed else { panic!("login is next: {proceed:?}") };
    assert_eq!((request.user.as_deref(), request.database.as_deref()), (Some("scott"), Some("routes")));
    assert_eq!((request.password.expose(), request.roles), (&b"tiger"[..], None));

    let response = AuthenticateResponse::Accepted {
        auth_token: AuthToken::new(7),
        session_id: 8,
        certificate: Some(vec![1, 2].into()),
    };
    let done = login.on_frame(&frame(response)).unwrap();
    let LoginStep::Done(session) = done else { panic!("{done:?}") };
    assert_eq!((session.auth_token, session.session_id), (AuthToken::new(7), 8));
    assert_eq!((session.certificate.as_deref(), session.server_version), (Some(&[1, 2][..]), server));
}

#[test]
fn versions_are_checked_as_asked() {
    let client = ProductVersion::CLIENT;
    let other_minor = ProductVersion { minor: client.minor + 1, ..client };
    let other_major = ProductVersion { major: client.major + 1, ..client };
    let other_build = ProductVersion { build: client.build + 1, edition: 0, ..client };
    for (check, server, fine) in [
        (VersionCheck::Exact, client, true),
        (VersionCheck::Exact, other_build, true),
        (VersionCheck::Exact, other_minor, false),
        (VersionCheck::Major, other_minor, true),
        (VersionCheck::Major, other_major, false),
        (VersionCheck::None, other_major, true),
    ] {
        let (mut login, _) = Login::start(Credentials { version_check: check, ..credentials() });
        let step = login.on_frame(&handshake(HandshakeStatus::ACCEPT_CHALLENGE, server));
        match step {
            Ok(LoginStep::Send(_)) => assert!(fine, "{check:?} {server}"),
            Err(LoginError::VersionMismatch { .. }) => assert!(!fine, "{check:?} {server}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_failure_has_its_own_error() {
    let failed =
        HandshakeResponse { status: HandshakeStatus::CHALLENGE_FAILED, challenge: 0, reason: Some("too old".into()) };
    let (mut login, _) = Login::start(credentials());
    let error = login.on_frame(&frame(failed)).unwrap_err();
    assert!(matches!(&error, LoginError::ChallengeFailed { reason, .. } if reason == "too old"), "{error}");

    let ended = SessionForcefullyTerminated { reason: Some("full".into()) };
    let (mut login, _) = Login::start(credentials());
    let error = login.on_frame(&frame(ended)).unwrap_err();
    assert_eq!(error.to_string(), "the server ended the session: full; ask its administrator why");

    let error = authenticating().on_frame(&frame(AuthenticateResponse::Rejected { status: 7 })).unwrap_err();
    assert!(error.to_string().contains("\"scott\"") && error.to_string().contains("status 7"), "{error}");
    assert!(!format!("{error} {error:?}").contains("tiger"));

    let exception = Exception { code: 5, message: Some("no such database".into()) };
    let error = authenticating().on_frame(&frame(exception)).unwrap_err();
    let LoginError::Failed { verb, code, message, database } = error else { panic!("{error:?}") };
    assert_eq!((verb, code, message.as_deref()), (Verb::AUTHENTICATE_REQUEST, 5, Some("no such database")));
    assert_eq!(database, "routes");
}

#[test]
fn what_does_not_belong_here_is_an_error() {
    let early = frame(AuthenticateResponse::Rejected { status: 0 });
    let (mut login, _) = Login::start(credentials());
    let expects = |step: Result<LoginStep, LoginError>| match step {
        Err(LoginError::Unexpected { expected, .. }) => expected,
        other => panic!("{other:?}"),
    };
    assert_eq!(expects(login.on_frame(&early)), Verb::HANDSHAKE_RESPONSE, "no login before the handshake");

    let accept = handshake(HandshakeStatus::ACCEPT_CHALLENGE, ProductVersion::CLIENT);
    assert_eq!(expects(authenticating().on_frame(&accept)), Verb::AUTHENTICATE_RESPONSE);

    let (mut login, _) = Login::start(credentials());
    login.on_frame(&accept).unwrap();
    assert!(matches!(login.on_frame(&accept), Err(LoginError::Unexpected { .. })), "one challenge is enough");

    let (mut login, _) = Login::start(credentials());
    let cut = Frame { payload: vec![1, 0].into(), ..accept };
    assert!(matches!(login.on_frame(&cut), Err(LoginError::Body(_))));
}

#[test]
fn credentials_do_not_show_the_password() {
    assert!(!format!("{:?} {:?}", credentials(), authenticating()).contains("tiger"));
}

#[test]
fn messages_of_a_login_are_short() {
    let reason = Some(vec![b'x'; 200 << 10].into());
    let long = frame(HandshakeResponse { status: HandshakeStatus::CHALLENGE_FAILED, challenge: 0, reason });
    let (mut login, _) = Login::start(credentials());
    let length = long.encoded_len();
    let expected = LoginError::TooLarge { verb: Verb::HANDSHAKE_RESPONSE, length, maximum: 128 << 10 };
    assert_eq!(login.on_frame(&long).unwrap_err(), expected);
    assert!(expected.to_string().contains("131072 is the maximum before the login is done"), "{expected}");
    let (login, _) = Login::start(credentials());
    let error = login.with_max_frame_len(1 << 20).on_frame(&long).unwrap_err();
    assert!(matches!(error, LoginError::ChallengeFailed { .. }), "{error:?}");
}

#[test]
fn errors_keep_little_of_the_server_s_text() {
    let long = || "\u{fc}".repeat(10_000);
    let kept = |bodies: [Body; 3]| {
        bodies.map(|body| match authenticating().on_frame(&frame(body)).unwrap_err() {
            LoginError::Terminated { reason } => reason.unwrap(),
            LoginError::Failed { message, .. } => message.unwrap(),
            LoginError::ChallengeFailed { reason, .. } => reason,
            other => panic!("{other:?}"),
        })
    };
    let status = HandshakeStatus::CHALLENGE_FAILED;
    let texts = kept([
        SessionForcefullyTerminated { reason: Some(long()) }.into(),
        Exception { code: 7, message: Some(long()) }.into(),
        HandshakeResponse { status, challenge: 0, reason: Some(long().into()) }.into(),
    ]);
    // What is not UTF-8 is three bytes long as U+FFFD.
    let bad = HandshakeResponse { status, challenge: 0, reason: Some(vec![0xff; 1000].into()) };
    let LoginError::ChallengeFailed { reason, .. } = authenticating().on_frame(&frame(bad)).unwrap_err() else {
        panic!()
    };
    for text in texts.iter().chain([&reason]) {
        assert!((1000..=1024).contains(&text.len()) && text.ends_with("..."), "{} bytes", text.len());
        assert!(text.capacity() <= 1024);
    }
}
