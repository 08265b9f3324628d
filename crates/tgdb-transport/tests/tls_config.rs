//! Configurations of the program's own, and what was agreed on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
#[path = "common/setup.rs"]
mod setup;

use std::sync::Arc;

use common::{chain, plain_pair};
use setup::*;
use tgdb_transport::rustls::{ClientConfig, RootCertStore};
use tgdb_transport::{Roots, TgSocket, TlsConnector, TlsOptions, TransportError};

fn own_config(ca: &Made) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS12]);
    Arc::new(builder.unwrap().with_root_certificates(roots).with_no_client_auth())
}

#[test]
fn a_configuration_of_the_program_is_used_as_it_is() {
    let ca = authority("ca");
    let server = ca.issue(&params(&["graph.example.com"]));
    let tls = TlsOptions::default().client_config(own_config(&ca));
    let error = connect(serve(server.server(&[], None)), &tls).unwrap_err();
    assert!(matches!(error, TransportError::Certificate { .. }), "{error}");
    let socket = connect(serve(server.server(&[], None)), &tls.clone().expected_host_name("graph.example.com"));
    assert_eq!(socket.unwrap().tls_info().unwrap().version, "TLSv1.2");

    // What contradicts it is an error, not ignored.
    let mut dangerous = tls.clone();
    dangerous.dangerous().accept_any_certificate();
    for (options, name) in [
        (tls.clone().roots([Roots::WebPki]), "trustedCertificates"),
        (tls.clone().tls13_only(true), "tlsProtocol"),
        (tls.clone().cipher_suites(["TLS_AES_128_GCM_SHA256"]), "cipherSuites"),
        (tls.clone().client_certificate_files("a", "b"), "clientCertificate"),
        (dangerous, "dangerous"),
    ] {
        let error = TlsConnector::new(&options).unwrap_err();
        assert!(chain(&error).contains(name) && chain(&error).contains("ClientConfig"), "{error}");
    }
}

#[test]
fn what_was_agreed_on_can_be_asked_for() {
    let ca = authority("ca");
    let server = ca.issue(&params(&["localhost"]));
    let tls = TlsOptions::default().roots([ca.roots()]).cipher_suites(["TLS_AES_128_GCM_SHA256"]);
    let config = server.server(&[&ca], None);
    let connector = TlsConnector::new(&tls).unwrap();
    // The second one resumes the session of the first.
    for _ in 0..2 {
        let socket = connector.connect("localhost", serve(config.clone()), &common::options()).unwrap();
        let info = socket.tls_info().unwrap();
        assert_eq!(info.to_string(), "TLSv1.3 with TLS_AES_128_GCM_SHA256");
        assert_eq!(info.peer_certificates, [server.certificate.to_vec(), ca.certificate.to_vec()]);
        socket.finish();
        socket.recv().unwrap_err();
    }
    assert_eq!(plain_pair().0.tls_info(), None);
}
