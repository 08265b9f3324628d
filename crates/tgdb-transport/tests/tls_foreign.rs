//! rustls calls code of the program while it is locked. That code may use the socket.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/setup.rs"]
mod setup;

use std::io::IoSlice;
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use common::{message, options};
use setup::*;
use tgdb_transport::rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use tgdb_transport::rustls::pki_types::ServerName;
use tgdb_transport::rustls::{ClientConfig, NamedGroup, RootCertStore};
use tgdb_transport::{TgSocket, TlsConnector, TlsOptions, TlsSocket};

/// Uses the socket when the server gives a ticket, which comes behind the handshake, and reports
/// what it could send.
#[derive(Debug)]
struct Nosy {
    socket: Mutex<Weak<TlsSocket>>,
    sent: Mutex<mpsc::Sender<usize>>,
}

impl ClientSessionStore for Nosy {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {
        let Some(socket) = self.socket.lock().unwrap().upgrade() else { return };
        let sent = socket.try_send(&[IoSlice::new(&message(1, 10))]).unwrap();
        assert!(!socket.try_flush().unwrap(), "it is not known whether all went");
        assert_eq!(socket.tls_info(), None);
        socket.try_recv_batch(&mut Vec::new()).unwrap();
        let _ = self.sent.lock().unwrap().send(sent);
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

#[test]
fn code_of_the_program_inside_tls_may_use_the_socket() {
    let ca = authority("ca");
    let port = serve(ca.issue(&params(&["localhost"])).server(&[], None));
    let mut roots = RootCertStore::empty();
    roots.add(ca.certificate.clone()).unwrap();
    let (sender, sent) = mpsc::channel();
    let nosy = Arc::new(Nosy { socket: Mutex::default(), sent: Mutex::new(sender) });
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::store(nosy.clone());
    let connector = TlsConnector::new(&TlsOptions::default().client_config(Arc::new(config))).unwrap();
    let socket = Arc::new(connector.connect("localhost", port, &options()).unwrap());
    *nosy.socket.lock().unwrap() = Arc::downgrade(&socket);
    // Reads the tickets, on a thread that this one does not wait for.
    let reader = socket.clone();
    thread::spawn(move || reader.recv_deadline(Instant::now() + Duration::from_secs(20)));
    assert_eq!(sent.recv_timeout(Duration::from_secs(20)), Ok(0), "the socket is in use");
    // Others use it as before.
    assert!(socket.tls_info().is_some());
    let message = message(2, 10);
    assert_eq!(socket.send(&message).unwrap(), message.len());
    socket.close();
}
