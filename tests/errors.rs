//! Each thing that a user can get wrong has an error of its own that says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::TcpListener;

use tgdb_channel::pdu::FrameError;
use tgdb_channel::pdu::version::ProductVersion;
use tgdb_channel::transport::TransportError;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

fn refused(builder: ChannelBuilder) -> ChannelError {
    let error = builder.build().and_then(|channel| channel.connect()).expect_err("this cannot work");
    assert!(!format!("{error} {error:?}").contains("tiger"), "no error shows the password: {error:?}");
    error
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
        let error = refused(builder);
        assert!(matches!(login(&error), LoginError::Rejected { status: WRONG_PASSWORD, .. }));
        let text = error.to_string();
        assert!(text.contains(&server.address().to_string()) && text.contains("check user, password"), "{text}");
    }
}

#[test]
fn unknown_role() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let error = refused(builder(&server.url()).property(ConfigName::ConnectionSpecifiedRoles, "god"));
    assert!(matches!(login(&error), LoginError::Rejected { .. }));
}

#[test]
fn unknown_database() {
    let server = TestServer::start(ServerConfig::default()).unwrap();
    let error = refused(builder(&server.url()).database("nowhere"));
    assert!(matches!(login(&error), LoginError::Refused { code: UNKNOWN_DATABASE, .. }));
    assert!(error.to_string().contains("\"nowhere\"") && error.to_string().contains("check the name"), "{error}");
}

#[test]
fn wrong_product_version() {
    let version = ProductVersion { major: 9, ..ProductVersion::CLIENT };
    let server = TestServer::start(ServerConfig { version, ..ServerConfig::default() }).unwrap();
    let error = refused(builder(&server.url()));
    assert!(matches!(login(&error), LoginError::VersionMismatch { .. }));
    assert!(error.to_string().contains("versionCheck"), "{error}");
    // And if we do not mind, the server does.
    let error = refused(builder(&server.url()).property(ConfigName::ChannelVersionCheck, "none"));
    assert!(matches!(login(&error), LoginError::ChallengeFailed { .. }), "{error}");
}

#[test]
fn wrong_protocol_version() {
    let faults = Faults { protocol_version: Some(0x0401), ..Faults::default() };
    let server = TestServer::start(ServerConfig::faulty(faults)).unwrap();
    let error = refused(builder(&server.url()));
    let ChannelError::Transport(cause) = &error else { panic!("{error:?}") };
    let TransportError::Frame { source, .. } = &**cause else { panic!("{cause:?}") };
    assert_eq!(*source, FrameError::UnsupportedVersion { found: 0x0401 });
    let text = chain(&error);
    assert!(text.contains("4.1") && text.contains("3.0"), "{text}");
}

#[test]
fn server_not_there() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refused(builder(&format!("tcp://{address}")));
    assert!(matches!(&error, ChannelError::Transport(cause) if matches!(**cause, TransportError::Connect { .. })));
    assert!(error.to_string().contains("check that the server runs"), "{error}");
}

#[test]
fn server_full() {
    let faults = Faults { refuse: Some("too many clients".into()), ..Faults::default() };
    let server = TestServer::start(ServerConfig::faulty(faults)).unwrap();
    let error = refused(builder(&server.url()));
    assert!(matches!(login(&error), LoginError::Terminated { .. }));
    assert!(error.to_string().contains("too many clients"), "{error}");
}

#[test]
fn server_that_says_nothing() {
    let server = TestServer::start(ServerConfig::faulty(Faults { mute: true, ..Faults::default() })).unwrap();
    let error = refused(builder(&server.url()).property(ConfigName::ConnectionOperationTimeoutSeconds, "0.2"));
    assert!(matches!(&error, ChannelError::Transport(cause) if matches!(**cause, TransportError::Timeout { .. })));
}

#[test]
fn bad_url_and_property() {
    let error = refused(TgChannel::builder("tpc://localhost"));
    assert!(matches!(error, ChannelError::Url(_)) && error.to_string().contains("use tcp or ssl"), "{error}");
    let error = refused(TgChannel::builder("tcp://localhost/{ftRetryCount=often}"));
    assert!(matches!(error, ChannelError::Property(_)) && error.to_string().contains("ftRetryCount"), "{error}");
    let error = refused(TgChannel::builder("tcp://localhost/{ftHosts=a:b}"));
    assert!(matches!(error, ChannelError::Url(_)), "{error}");
    let error = refused(TgChannel::builder("tcp://scott:tiger@localhost"));
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
    assert!(error.to_string().contains("maxFrameSize"), "{error}");
    assert_eq!(echoed(&small.wait().unwrap().body), Some("small"));
    assert_eq!(echoed(&channel.request(query("goes on")).unwrap().body), Some("goes on"));
    assert_eq!((servers[0].requests(), servers[0].logins(), servers[1].accepted()), (3, 1, 0));
}
