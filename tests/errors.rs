//! Each thing that a user can get wrong has an error of its own that says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use tgdb_channel::pdu::body::Exception;
use tgdb_channel::pdu::version::ProductVersion;
use tgdb_channel::pdu::{FrameError, Message, Verb};
use tgdb_channel::transport::TransportError;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

fn failed(builder: ChannelBuilder) -> ChannelError {
    let error = builder.build().and_then(|channel| channel.connect()).expect_err("this cannot work");
    assert!(!format!("{error} {error:?}").contains("tiger"), "no error shows the password: {error:?}");
    assert_eq!(layers(&error).join(": "), format!("{error:#}"));
    assert_eq!(format!("{error:?}"), format!("{error:#}"), "a main that returns it prints text");
    error
}

/// The texts of an error and of its causes. Each layer says something of its own: a program that
/// prints them all says nothing twice.
fn layers(error: &ChannelError) -> Vec<String> {
    let mut layers = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        layers.push(error.to_string());
        cause = error.source();
    }
    for (at, layer) in layers.iter().enumerate() {
        let others = layers.iter().enumerate().filter(|(other, _)| *other != at);
        others.for_each(|(_, other)| assert!(!layer.contains(other.as_str()), "{other:?} twice in {layers:?}"));
    }
    layers
}

fn login(error: &ChannelError) -> &LoginError {
    match error {
        ChannelError::Login { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_password_and_user() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    for builder in [builder(&server.url()).password("tiger2"), builder(&server.url()).user("mallory")] {
        let error = failed(builder);
        assert!(matches!(login(&error), LoginError::Rejected { status: WRONG_PASSWORD, .. }));
        let text = format!("{error:#}");
        assert!(text.contains(&server.address().to_string()) && text.contains("check user, password"), "{text}");
    }
}

#[test]
fn unknown_role() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let error = failed(builder(&server.url()).property(ConfigName::ConnectionSpecifiedRoles, "god"));
    assert!(matches!(login(&error), LoginError::Rejected { .. }));
}

#[test]
fn unknown_database() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let error = failed(builder(&server.url()).database("nowhere"));
    assert!(matches!(login(&error), LoginError::Failed { code: UNKNOWN_DATABASE, .. }));
    assert!(format!("{error:#}").contains("\"nowhere\"") && format!("{error:#}").contains("check the name"), "{error}");
}

#[test]
fn wrong_product_version() {
    let version = ProductVersion { major: 9, ..ProductVersion::CLIENT };
    let server = TestServer::start(ServerConfig { version, ..ServerConfig::default() }).unwrap();
    let error = failed(builder(&server.url()));
    assert!(matches!(login(&error), LoginError::VersionMismatch { .. }));
    assert!(format!("{error:#}").contains("versionCheck"), "{error}");
    // And if we do not mind, the server does.
    let error = failed(builder(&server.url()).property(ConfigName::ChannelVersionCheck, "none"));
    assert!(matches!(login(&error), LoginError::ChallengeFailed { .. }), "{error}");
}

#[test]
fn wrong_protocol_version() {
    let faults = Faults { protocol_version: Some(0x0401), ..Faults::default() };
    let server = TestServer::start(ServerConfig::faulty(faults)).unwrap();
    let error = failed(builder(&server.url()));
    let ChannelError::Connect(cause) = &error else { panic!("{error:?}") };
    let TransportError::Frame { source, .. } = &**cause else { panic!("{cause:?}") };
    assert_eq!(*source, FrameError::UnsupportedVersion { found: 0x0401 });
    let text = format!("{error:#}");
    assert!(text.contains("4.1") && text.contains("3.0"), "{text}");
}

#[test]
fn server_not_there() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = failed(builder(&format!("tcp://{address}")));
    assert!(matches!(&error, ChannelError::Connect(cause) if matches!(**cause, TransportError::Connect { .. })));
    assert!(format!("{error:#}").contains("check that the server runs"), "{error}");
}

#[test]
fn server_full() {
    let faults = Faults { terminate: Some("too many clients".into()), ..Faults::default() };
    let server = TestServer::start(ServerConfig::faulty(faults)).unwrap();
    let error = failed(builder(&server.url()));
    assert!(matches!(login(&error), LoginError::Terminated { .. }));
    assert!(format!("{error:#}").contains("too many clients"), "{error}");
}

#[test]
fn server_that_says_nothing() {
    let server = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let error = failed(builder(&server.url()).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.2"));
    let timeout = Duration::from_millis(200);
    let expected = LoginError::Timeout { waiting_for: Verb::HANDSHAKE_RESPONSE, timeout };
    assert_eq!(*login(&error), expected);
    assert!(error.is_timeout() && error.is_retryable() && error.kind() == ErrorKind::Timeout, "{error:?}");
    let text = format!("{error:#}");
    assert!(text.contains(&server.address().to_string()) && text.contains("200ms"), "{text}");
    assert!(text.contains("check host and port"), "{text}");
}

#[test]
fn bad_url_and_property() {
    let error = failed(TgChannel::builder("tpc://localhost"));
    assert!(matches!(error, ChannelError::Url(_)) && format!("{error:#}").contains("use tcp or ssl"), "{error}");
    let error = failed(TgChannel::builder("tcp://localhost/{ftRetryCount=often}"));
    assert!(matches!(error, ChannelError::Property(_)) && format!("{error:#}").contains("ftRetryCount"), "{error}");
    let error = failed(TgChannel::builder("tcp://localhost/{ftHosts=a:b}"));
    assert!(matches!(error, ChannelError::Url(_)), "{error}");
    let error = failed(TgChannel::builder("tcp://scott:tiger@localhost"));
    assert!(matches!(error, ChannelError::Url(_)), "{error}");
}

#[test]
fn a_reply_above_the_bound_fails_its_request_only_and_is_not_asked_for_again() {
    let servers = [(); 2].map(|()| TestServer::start(ServerConfig::default()).unwrap());
    let url = failover_url(&[&servers[0], &servers[1]]);
    let channel = started(builder(&url).property(ConfigName::ChannelMaxFrameSize, "1"));
    let small = channel.submit(query("small")).unwrap();
    let large = RequestOptions::resend(ResendMode::ReconnectAndResend);
    let error = channel.request_with(query("x".repeat(2000)), large).unwrap_err();
    assert!(matches!(error, ChannelError::ReplyTooLarge { .. }) && error.session_survives(), "{error:?}");
    assert!(format!("{error:#}").contains("maxFrameSize"), "{error}");
    assert_eq!(echoed(&small.wait().unwrap().body), Some("small"));
    assert_eq!(echoed(&channel.request(query("goes on")).unwrap().body), Some("goes on"));
    assert_eq!((servers[0].requests(), servers[0].logins(), servers[1].accepted()), (3, 1, 0));
}

/// A failover list, so that an error holds an error: what is inside is found by its type.
#[test]
fn causes_are_found_by_their_type() {
    fn find<T: Error + 'static>(error: &ChannelError) -> Option<&T> {
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("tcp://{nobody}/{{ftHosts={nobody};ftRetryCount=1}}");
    let error = failed(builder(&url));
    assert!(matches!(find::<ChannelError>(&error), Some(ChannelError::Connect(_))), "{error:?}");
    assert!(matches!(find::<TransportError>(&error), Some(TransportError::Connect { .. })), "{error:?}");
    assert_eq!(find::<io::Error>(&error).map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused));
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.is_retryable() && !error.is_timeout() && !error.may_have_executed());
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionRefused);

    let server = TestServer::start(ServerConfig::default()).unwrap();
    let error = failed(builder(&server.url()).password("wrong"));
    assert!(matches!(find::<LoginError>(&error), Some(LoginError::Rejected { .. })), "{error:?}");
    assert!(error.is_auth() && !error.is_retryable() && error.kind() == ErrorKind::Login, "{error:?}");
    assert_eq!(error.server_code(), Some(WRONG_PASSWORD));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::PermissionDenied);
}

#[test]
fn a_lost_connection_is_told_from_one_that_was_never_made() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let channel = started(builder(&server.url()));
    server.cut_connections();
    let error = loop {
        match channel.request(query("one")) {
            Ok(_) => continue,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ChannelError::Lost { .. } | ChannelError::NotConnected { .. }), "{error:?}");
    let later = channel.request(query("two")).unwrap_err();
    let ChannelError::NotConnected { cause: Some(cause), .. } = &later else { panic!("{later:?}") };
    assert!(matches!(**cause, ChannelError::ConnectionLost(_)), "{later:?}");
    assert_eq!((later.kind(), cause.kind()), (ErrorKind::Closed, ErrorKind::ConnectionLost));
    assert!(later.is_retryable() && !later.may_have_executed());
    layers(&later);
    let text = format!("{later:#}");
    assert_eq!(text.matches("call connect").count(), 1, "the remedy stands there once: {text}");
}

/// What a server says cannot write lines of its own into a log, nor move the cursor.
#[test]
fn text_of_the_server_is_escaped() {
    let text = "full\n2026-01-01 all is well\u{1b}[2K\u{202e}";
    let faults = Faults { terminate: Some(text.into()), ..Faults::default() };
    let server = TestServer::start(ServerConfig::faulty(faults)).unwrap();
    let in_login = failed(builder(&server.url()));

    let says = move |session: &mut ServerSession, request: &Message| {
        session.reply(request, Exception { code: 7, message: Some(text.to_owned()) });
    };
    let server = TestServer::start(ServerConfig::scripted(says)).unwrap();
    let channel = started(builder(&server.url()));
    let of_a_request = channel.request(query("one")).unwrap_err();
    assert_eq!((of_a_request.kind(), of_a_request.server_code()), (ErrorKind::Server, Some(7)));

    server.terminate_sessions(text);
    while channel.link_state() == LinkState::Connected {
        let _ = channel.request(query("two"));
    }
    let ended = channel.request(query("three")).unwrap_err();
    for error in [in_login, of_a_request, ended] {
        let shown = format!("{error:#} {error:?}");
        assert!(shown.contains("full\\n2026"), "{shown}");
        assert!(!shown.contains(['\n', '\u{1b}', '\u{202e}']), "{shown:?}");
    }
}
