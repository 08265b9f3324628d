//! TLS: what is verified, what is rejected, and with which error.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use tgdb_channel::pdu::Body;
use tgdb_channel::transport::*;
use tgdb_channel::url::ConfigName;
use tgdb_channel::*;
use tgdb_testkit::*;
use tgdb_tests::*;

fn ca() -> TestCa {
    TestCa::new("test").unwrap()
}

fn server(ca: &TestCa, names: &[&str]) -> TestServer {
    serve(ca, &ca.issue(names).unwrap())
}

fn serve(ca: &TestCa, identity: &Identity) -> TestServer {
    let tls = Some(ca.server_config(identity).unwrap());
    TestServer::start(ServerConfig { tls, ..ServerConfig::default() }).unwrap()
}

fn rejected(builder: ChannelBuilder) -> ChannelError {
    builder.build().unwrap().connect().expect_err("the certificate is to be rejected")
}

fn problem(error: &ChannelError) -> CertificateProblem {
    match error {
        ChannelError::Connect(cause) => match &**cause {
            TransportError::Certificate { problem, .. } => *problem,
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

#[test]
fn a_session_over_each_version() {
    let ca = ca();
    let identity = ca.issue(&["localhost"]).unwrap();
    for (version, name) in [(&rustls::version::TLS12, "TLSv1.2"), (&rustls::version::TLS13, "TLSv1.3")] {
        let tls = Some(ca.server_config_with(&identity, &[version], false).unwrap());
        let server = TestServer::start(ServerConfig { tls, ..ServerConfig::default() }).unwrap();
        let channel = started(trusting(&server.url(), &ca));
        assert_eq!(echoed(&channel.request(query("secret")).unwrap().body), Some("secret"));
        let long = "x".repeat(30_000);
        assert_eq!(echoed(&channel.request(query(&long)).unwrap().body), Some(&*long));
        channel.stop(StopMethod::Graceful);
        eventually("the disconnect request arrives", || server.disconnects() == 1);

        let options = TlsOptions::default().roots([Roots::Path(ca.pem_file())]);
        let connector = TlsConnector::new(&options).unwrap();
        let socket = connector.connect("localhost", server.address().port(), &SocketOptions::default()).unwrap();
        assert_eq!(socket.tls_info().expect("hands were shaken").version, name);
    }
}

#[test]
fn least_version_and_cipher_suites_are_kept() {
    let ca = ca();
    let identity = ca.issue(&["localhost"]).unwrap();
    let tls = Some(ca.server_config_with(&identity, &[&rustls::version::TLS12], false).unwrap());
    let old = TestServer::start(ServerConfig { tls, ..ServerConfig::default() }).unwrap();
    let error = rejected(trusting(&old.url(), &ca).property(ConfigName::TlsProtocol, "TLSv1.3"));
    assert!(format!("{error:#}").contains("tlsProtocol"), "{error}");

    let suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    started(trusting(&old.url(), &ca).property(ConfigName::TlsCipherSuites, suite));
    let unknown = trusting(&old.url(), &ca).property(ConfigName::TlsCipherSuites, "TLS_NULL").build();
    assert!(format!("{:#}", unknown.expect_err("no such suite")).contains("TLS_NULL"));
}

#[test]
fn an_unknown_issuer_is_rejected() {
    let (ca, stranger) = (ca(), ca());
    let server = server(&ca, &["localhost"]);
    let error = rejected(builder(&server.url()));
    assert_eq!(problem(&error), CertificateProblem::UnknownIssuer);
    assert!(format!("{error:#}").contains("trustedCertificates"), "{error}");
    // It has the same name, and another key.
    let error = rejected(trusting(&server.url(), &stranger));
    assert_eq!(problem(&error), CertificateProblem::BadSignature);
    assert_eq!(server.logins(), 0, "no password went out");
}

#[test]
fn a_wrong_host_name_is_rejected_unless_expected() {
    let ca = ca();
    let server = server(&ca, &["graph.example.com"]);
    let error = rejected(trusting(&server.url(), &ca));
    assert_eq!(problem(&error), CertificateProblem::WrongName);
    assert!(format!("{error:#}").contains("expectedHostName"), "{error}");
    started(trusting(&server.url(), &ca).property(ConfigName::TlsExpectedHostName, "graph.example.com"));
    let error = rejected(trusting(&server.url(), &ca).property(ConfigName::TlsExpectedHostName, "other.example.com"));
    assert_eq!(problem(&error), CertificateProblem::WrongName);
}

#[test]
fn an_address_can_be_verified() {
    let ca = ca();
    let server = server(&ca, &["127.0.0.1"]);
    started(trusting(&format!("ssl://{}", server.address()), &ca));
    assert_eq!(
        problem(&rejected(trusting(&server.url(), &ca))),
        CertificateProblem::WrongName,
        "localhost is not in it"
    );
}

#[test]
fn an_expired_certificate_is_rejected() {
    let ca = ca();
    let server = serve(&ca, &ca.issue_expired("localhost").unwrap());
    assert_eq!(problem(&rejected(trusting(&server.url(), &ca))), CertificateProblem::Expired);
}

#[test]
fn verification_can_be_turned_off_explicitly_and_loudly() {
    let (ca, stranger) = (ca(), ca());
    let server = server(&ca, &["graph.example.com"]);
    let warnings = || {
        let port = server.address().port().to_string();
        let about_us = |text: &String| text.contains(&port) && text.contains("VERIFIED");
        logs::warnings().into_iter().filter(about_us).collect::<Vec<_>>()
    };
    rejected(trusting(&server.url(), &ca));
    assert!(warnings().is_empty());
    let channel = started(trusting(&server.url(), &stranger).dangerous_accept_any_certificate());
    assert!(channel.request(Body::MetadataRequest).is_ok());
    let warnings = warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("NOT VERIFIED; anybody can pose as the server"),
        "{warnings:?}"
    );
}

#[test]
fn several_trusted_files() {
    let (ca, stranger) = (ca(), ca());
    let server = server(&ca, &["localhost"]);
    let both = format!("{};{}", stranger.pem_file().display(), ca.pem_file().display());
    started(builder(&server.url()).property(ConfigName::TlsTrustedCertificates, both));
    let build = |files: &str| builder(&server.url()).property(ConfigName::TlsTrustedCertificates, files).build();
    let error = build("/does/not/exist.pem").expect_err("no such file");
    assert!(format!("{error:#}").contains("/does/not/exist.pem"), "{error}");
    let empty = ca.write("empty.pem", "nothing").unwrap();
    let error = build(&empty.display().to_string()).expect_err("no certificate");
    assert!(format!("{error:#}").contains("no certificate"), "{error}");
}

#[test]
fn a_client_certificate() {
    let ca = ca();
    let identity = ca.issue(&["localhost"]).unwrap();
    let tls = Some(ca.server_config_with(&identity, rustls::ALL_VERSIONS, true).unwrap());
    let server = TestServer::start(ServerConfig { tls, ..ServerConfig::default() }).unwrap();
    rejected(trusting(&server.url(), &ca));
    let client = ca.issue_common_name("client").unwrap();
    let chain = ca.write("client.pem", &client.certificate_pem).unwrap().display().to_string();
    let key = ca.write("client.key", &client.key_pem).unwrap().display().to_string();
    let with_chain = trusting(&server.url(), &ca).property(ConfigName::TlsClientCertificate, chain);
    let error = with_chain.clone().build().expect_err("the key is missing");
    assert!(format!("{error:#}").contains("clientKey"), "{error}");
    let channel = started(with_chain.property(ConfigName::TlsClientKey, key));
    assert!(channel.request(Body::MetadataRequest).is_ok());
}

#[test]
fn the_certificate_of_the_database_is_checked_if_asked_for() {
    let issuer = TestCa::new("routes.1nit").unwrap();
    let with = |common_name: &str| {
        let certificate = issuer.issue_common_name(common_name).unwrap().certificate.to_vec();
        let tls = Some(issuer.server_config(&issuer.issue(&["localhost"]).unwrap()).unwrap());
        let certificate = Some(certificate.into());
        TestServer::start(ServerConfig { tls, certificate, ..ServerConfig::default() }).unwrap()
    };
    let check = |server: &TestServer| {
        trusting(&server.url(), &issuer).property(ConfigName::TlsVerifyDatabaseName, "true").build().unwrap().connect()
    };
    check(&with("routes.ce$t")).unwrap();
    let other = with("parts.ce$t");
    let error = check(&other).expect_err("it is another database's");
    assert!(matches!(error, ChannelError::DatabaseName { .. }), "{error}");
    assert!(format!("{error:#}").contains("parts.ce$t"), "{error}");
    started(trusting(&other.url(), &issuer));

    let plain = TestServer::start(ServerConfig::default()).unwrap();
    let error = builder(&plain.url()).property(ConfigName::TlsVerifyDatabaseName, "true").build();
    assert!(matches!(error, Err(ChannelError::CannotVerifyDatabase { .. })));
}

#[test]
fn a_rejection_in_clear_text_before_tls_is_understood() {
    let ca = ca();
    let server = server(&ca, &["localhost"]);
    server.set_faults(Faults { terminate: Some("too many clients".into()), ..Faults::default() });
    let error = rejected(trusting(&server.url(), &ca));
    assert!(
        matches!(&error, ChannelError::Login { source, .. }
        if matches!(&**source, LoginError::Terminated { reason: Some(reason) } if reason == "too many clients")),
        "{error}"
    );
}

#[test]
fn tls_to_a_plain_port_and_the_other_way_round() {
    let ca = ca();
    let plain = TestServer::start(ServerConfig::default()).unwrap();
    let url = format!("ssl://localhost:{}", plain.address().port());
    let started = std::time::Instant::now();
    let error = rejected(trusting(&url, &ca).property(ConfigName::ChannelConnectTimeout, "1000"));
    assert!(matches!(error, ChannelError::Connect(_)), "{error}");
    let secure = server(&ca, &["localhost"]);
    let error = rejected(builder(&format!("tcp://{}", secure.address())));
    assert!(format!("{error:#}").contains("ssl://"), "{error}");
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_server_that_never_shakes_hands_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ssl://{}", listener.local_addr().unwrap());
    let error = rejected(builder(&url).property(ConfigName::ChannelConnectTimeout, "100"));
    assert!(format!("{error:#}").contains("TLS handshake"), "{error}");
    assert!(format!("{error:#}").contains("connectTimeout"), "{error}");
}

#[test]
fn an_http_server_in_place_of_a_handshake_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ssl://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let _ = tcp.read(&mut [0; 64]);
        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = rejected(builder(&url));
    assert!(
        matches!(&error, ChannelError::Connect(cause) if matches!(**cause, TransportError::NotTls { .. })),
        "{error}"
    );
    assert!(format!("{error:#}").contains("HTTP server"), "{error}");
    server.join().unwrap();
}
