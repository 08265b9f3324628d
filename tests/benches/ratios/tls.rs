//! The same over TLS, compared with plain TCP and the work of the cipher in memory.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConnection, Connection, RootCertStore, ServerConnection};
use tgdb_testkit::TestCa;
use tgdb_tests::{started, trusting};

use crate::sessions::{channel, mebibyte};
use crate::settings::Setting;
use crate::{compare, report, server, trips};

pub(crate) fn run(setting: Setting) {
    const COUNT: u32 = 16;
    let ca = TestCa::new("benchmark").unwrap();
    let tls = ca.server_config(&ca.issue(&["localhost"]).unwrap()).unwrap();
    let (request, reply) = mebibyte();
    let plain = channel(&format!("tcp://{}", server::start(&reply, None, setting)));
    let port = server::start(&reply, Some(tls.clone()), setting).port();
    let secure = started(trusting(&format!("ssl://localhost:{port}"), &ca));
    let mut cipher = Cipher::new(&ca, tls);
    let measured = compare(
        || {
            trips::one_at_a_time(&plain, &request, COUNT);
            (0..COUNT).for_each(|_| cipher.there_and_back());
        },
        || trips::one_at_a_time(&secure, &request, COUNT),
    );
    report("1 MiB each way over TLS / plain TCP and the cipher", COUNT, &measured);
}

/// Both ends of a TLS connection in memory.
struct Cipher {
    client: Connection,
    server: Connection,
    text: Vec<u8>,
    wire: Vec<u8>,
}

impl Cipher {
    fn new(ca: &TestCa, config: Arc<rustls::ServerConfig>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca.pem_file()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let client = client.unwrap().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut cipher = Self {
            client: ClientConnection::new(Arc::new(client), name).unwrap().into(),
            server: ServerConnection::new(config).unwrap().into(),
            text: vec![7; 1 << 20],
            wire: Vec::new(),
        };
        while cipher.client.is_handshaking() || cipher.server.is_handshaking() {
            transfer(&mut cipher.client, &mut cipher.server, &mut cipher.wire);
            transfer(&mut cipher.server, &mut cipher.client, &mut cipher.wire);
        }
        cipher
    }

    /// Four passes over a mebibyte: encrypt and decrypt it there, and back.
    fn there_and_back(&mut self) {
        pass(&mut self.client, &mut self.server, &mut self.text, &mut self.wire);
        pass(&mut self.server, &mut self.client, &mut self.text, &mut self.wire);
    }
}

fn transfer(from: &mut Connection, to: &mut Connection, wire: &mut Vec<u8>) {
    wire.clear();
    while from.wants_write() {
        from.write_tls(wire).unwrap();
    }
    let mut rest = &wire[..];
    while !rest.is_empty() {
        to.read_tls(&mut rest).unwrap();
        to.process_new_packets().unwrap();
    }
}

/// Sends the text in pieces of a record.
fn pass(from: &mut Connection, to: &mut Connection, text: &mut [u8], wire: &mut Vec<u8>) {
    for piece in text.chunks_mut(16 * 1024) {
        from.writer().write_all(piece).unwrap();
        transfer(from, to, wire);
        to.reader().read_exact(piece).unwrap();
    }
}
