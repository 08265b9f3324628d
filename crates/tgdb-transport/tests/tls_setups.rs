//! Set-ups of TLS as they are met, and what each gives. docs/security.md has the table.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "common/setup.rs"]
mod setup;

use common::{chain, options};
use rcgen::ExtendedKeyUsagePurpose;
use setup::*;
use tgdb_transport::{CertificateProblem, Roots, TgSocket, TlsConnector, TlsOptions, TransportError};

fn trusting(roots: &[&Made]) -> TlsOptions {
    TlsOptions::default().roots(roots.iter().map(|made| made.roots()))
}

fn accepted(server: &Made, others: &[&Made], tls: &TlsOptions) {
    let socket = connect(serve(server.server(others, None)), tls).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(socket.tls_info().unwrap().peer_certificates[0], *server.certificate);
}

/// The certificate is rejected for that reason, and the text has these parts.
#[track_caller]
fn rejected(server: &Made, tls: &TlsOptions, expected: CertificateProblem, parts: &[&str]) {
    let error = connect(serve(server.server(&[], None)), tls).expect_err("it is to be rejected");
    let text = chain(&error);
    let TransportError::Certificate { problem, peer, .. } = &error else { panic!("{text}") };
    assert_eq!(*problem, expected, "{text}");
    assert!(peer.starts_with("localhost:"), "{peer}");
    for part in parts {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn an_unknown_authority() {
    let server = authority("ca").issue(&params(&["localhost"]));
    let tls = trusting(&[&authority("another")]);
    rejected(&server, &tls, CertificateProblem::UnknownIssuer, &["trustedCertificates", "UnknownIssuer"]);
    rejected(&server, &TlsOptions::default(), CertificateProblem::UnknownIssuer, &[]);
    // Of the same name, as one that was made anew.
    let tls = trusting(&[&authority("ca")]);
    rejected(&server, &tls, CertificateProblem::BadSignature, &["has another key"]);
}

#[test]
fn intermediate_certificates() {
    let root = authority("root");
    let mut between = authority_params(&[]);
    between.distinguished_name.push(rcgen::DnType::CommonName, "between");
    let between = root.issue(&between);
    let server = between.issue(&params(&["localhost"]));
    accepted(&server, &[&between], &trusting(&[&root]));
    accepted(&server, &[], &trusting(&[&between]));
    rejected(&server, &trusting(&[&root]), CertificateProblem::UnknownIssuer, &["send its intermediate certificates"]);
}

#[test]
fn expired_and_not_yet_valid() {
    let ca = authority("ca");
    let mut expired = params(&["localhost"]);
    expired.not_before = rcgen::date_time_ymd(2001, 1, 1);
    expired.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let mut early = params(&["localhost"]);
    early.not_before = rcgen::date_time_ymd(3001, 1, 1);
    early.not_after = rcgen::date_time_ymd(3002, 1, 1);
    // Also where the certificate is itself trusted.
    for (params, problem, text) in
        [(expired, CertificateProblem::Expired, "expired"), (early, CertificateProblem::NotYetValid, "not valid yet")]
    {
        rejected(&ca.issue(&params), &trusting(&[&ca]), problem, &[text, "clock"]);
        let itself = self_signed(params);
        rejected(&itself, &trusting(&[&itself]), problem, &[text, "clock"]);
    }
}

#[test]
fn another_host() {
    let ca = authority("ca");
    let server = ca.issue(&params(&["graph.example.com", "*.example.org"]));
    let parts = ["expectedHostName", "localhost", "graph.example.com", "*.example.org"];
    rejected(&server, &trusting(&[&ca]), CertificateProblem::WrongName, &parts);
    for name in ["graph.example.com", "a.example.org"] {
        accepted(&server, &[], &trusting(&[&ca]).expected_host_name(name));
    }
    rejected(&server, &trusting(&[&ca]).expected_host_name("a.b.example.org"), CertificateProblem::WrongName, &[]);
    let itself = self_signed(params(&["graph.example.com"]));
    rejected(&itself, &trusting(&[&itself]), CertificateProblem::WrongName, &parts[..3]);
}

#[test]
fn an_address() {
    let ca = authority("ca");
    let server = ca.issue(&params(&["127.0.0.1", "::1"]));
    let connector = TlsConnector::new(&trusting(&[&ca])).unwrap();
    connector.connect("127.0.0.1", serve(server.server(&[], None)), &options()).unwrap();
    rejected(&server, &trusting(&[&ca]), CertificateProblem::WrongName, &["127.0.0.1"]);
}

#[test]
fn a_common_name_only() {
    let ca = authority("ca");
    let parts = ["subjectAltName", "common name (CN) does not count"];
    rejected(&ca.issue(&params(&[])), &trusting(&[&ca]), CertificateProblem::NoNames, &parts);
    let itself = self_signed(params(&[]));
    rejected(&itself, &trusting(&[&itself]), CertificateProblem::NoNames, &parts);
}

#[test]
fn self_signed_and_itself_trusted() {
    for params in [params(&["localhost"]), authority_params(&["localhost"])] {
        let itself = self_signed(params);
        accepted(&itself, &[], &trusting(&[&itself]));
        // Together with others, which is a usual file.
        accepted(&itself, &[], &trusting(&[&authority("ca"), &itself]).roots([Roots::WebPki, itself.roots()]));
    }
}

#[test]
fn self_signed_and_not_trusted() {
    let (server, twin) = (self_signed(params(&["localhost"])), self_signed(params(&["localhost"])));
    let tls = trusting(&[&authority("ca")]);
    rejected(&server, &tls, CertificateProblem::UnknownIssuer, &["or itself if it is self-signed"]);
    rejected(&server, &trusting(&[&twin]), CertificateProblem::BadSignature, &[]);
    let server = self_signed(authority_params(&["localhost"]));
    let parts = ["CA:TRUE", "put this very certificate into trustedCertificates"];
    rejected(&server, &tls, CertificateProblem::Authority, &parts);
}

#[test]
fn a_certificate_without_its_authority_can_be_trusted() {
    let server = authority("ca").issue(&params(&["localhost"]));
    accepted(&server, &[], &trusting(&[&server]));
}

#[test]
fn a_trusted_certificate_needs_the_key_of_its_own() {
    let (itself, thief) = (self_signed(params(&["localhost"])), self_signed(params(&["localhost"])));
    let stolen = Made { certificate: itself.certificate.clone(), ..thief };
    rejected(&stolen, &trusting(&[&itself]), CertificateProblem::BadSignature, &[]);
}

#[test]
fn version_1() {
    let v1 = Made::fixture("v1.pem", "v1.key");
    let parts = ["X.509 version 1", "issued again in X.509 version 3"];
    rejected(&v1, &trusting(&[&v1]), CertificateProblem::OldVersion, &parts);
    rejected(&v1, &trusting(&[&authority("ca")]), CertificateProblem::OldVersion, &parts);
}

#[test]
fn signed_with_sha_1() {
    let server = Made::fixture("sha1.pem", "sha1.key");
    let tls = TlsOptions::default().roots([Roots::Path(fixture("sha1-ca.pem"))]);
    rejected(&server, &tls, CertificateProblem::UnsupportedAlgorithm, &["SHA-1", "1.2.840.10045.4.1"]);
}

#[test]
fn for_another_purpose() {
    let ca = authority("ca");
    let mut client = params(&["localhost"]);
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    rejected(&ca.issue(&client), &trusting(&[&ca]), CertificateProblem::WrongPurpose, &["serverAuth"]);
    let itself = self_signed(client);
    rejected(&itself, &trusting(&[&itself]), CertificateProblem::WrongPurpose, &["serverAuth"]);
}

#[test]
fn a_client_certificate_is_demanded() {
    let ca = authority("ca");
    let server = ca.issue(&params(&["localhost"]));
    let config = server.server(&[], Some(&ca));
    // In TLS 1.3 the client learns of it after its end of the handshake.
    let error = connect(serve(config.clone()), &trusting(&[&ca])).unwrap().recv().unwrap_err();
    let text = chain(&error);
    assert!(matches!(error, TransportError::Tls { .. }), "{text}");
    assert!(text.contains("demands a client certificate; set clientCertificate"), "{text}");

    let stranger = authority("stranger").issue(&params(&["client"]));
    let tls = trusting(&[&ca]).client_certificate(stranger.pem, stranger.key_pem);
    let text = chain(&connect(serve(config.clone()), &tls).unwrap().recv().unwrap_err());
    assert!(text.contains("rejected the client's certificate"), "{text}");

    let client = ca.issue(&params(&["client"]));
    let tls = trusting(&[&ca]).client_certificate(client.pem, client.key_pem);
    let socket = connect(serve(config), &tls).unwrap();
    socket.finish();
    assert!(matches!(socket.recv().unwrap_err(), TransportError::PeerClosed { .. }), "the server took it");
}

#[test]
fn names_that_a_certificate_cannot_have_are_named() {
    let connector = TlsConnector::new(&TlsOptions::default().expected_host_name("no host")).unwrap();
    let error = connector.connect("localhost", 1, &options()).unwrap_err();
    assert!(chain(&error).contains("expectedHostName: \"no host\""), "{}", chain(&error));
}

#[test]
fn what_a_certificate_says_is_escaped() {
    let ca = authority("ca");
    let mut hostile = params(&[]);
    let name = rcgen::string::Ia5String::try_from("x\n\u{1b}[2Jgood").unwrap();
    hostile.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
    let error = connect(serve(ca.issue(&hostile).server(&[], None)), &trusting(&[&ca])).unwrap_err();
    let text = chain(&error);
    assert!(text.contains(r"x\n\u{1b}[2Jgood"), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
}
